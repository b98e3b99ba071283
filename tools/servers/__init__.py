"""Real servers, started and ended by whoever needs one: an Airflow, and a Livy on real PySpark.

Standard library only: an Airflow pins some 170 packages and lives in an environment of its own.
"""
