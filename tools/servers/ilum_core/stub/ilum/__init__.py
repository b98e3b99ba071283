"""Stands for the package `ilum-job-api`."""
