"""Stands for PySpark where a job runs in plain Python: sessions can be made and stopped, and that is all."""
