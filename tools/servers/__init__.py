"""Real servers, started and ended by whoever needs one: an Airflow, and a Livy on real PySpark; and a stand-in for
Ilum's core, which can't be had, that keeps its documented API and really runs what it gets.

Standard library only, but for the Ilum core, which needs croniter: an Airflow pins some 170 packages and lives in an
environment of its own.
"""
