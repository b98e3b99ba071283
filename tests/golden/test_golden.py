"""Whole artifacts, as people will read them.

`JPE_UPDATE_GOLDEN=1 pytest tests/golden` writes them anew: look at the diff.
"""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import Any

import pytest

from jpe_magics.core.check import check
from jpe_magics.model.parameter import Parameter
from jpe_magics.targets.airflow import target as airflow
from jpe_magics.targets.ilum import target as ilum
from jpe_magics.targets.py import target as py

HERE = Path(__file__).parent
PARAMETERS = (
    Parameter("threshold", "float", 0.95, description="share of rows that must be good"),
    Parameter("run_date", "str", "2026-05-21"),
    Parameter("regions", "list", ["EU", "US"]),
    Parameter("out", "any", None, literal=False, expression='f"gold.{run_date}"'),
)
PARAMETER_CELL = """\
# @pipeline-params
threshold = config.get("threshold", 0.95)  # share of rows that must be good
run_date: str = config.get("run_date", "2026-05-21")
regions = config.get("regions", ["EU", "US"])
out = config.get("out", f"gold.{run_date}")"""
LOAD = """\
raw = spark.read.parquet("s3a://sales/raw").where(f"day = '{run_date}'")

# one row per order
orders = raw.dropDuplicates(["order_id"])"""
VIEW = '''\
query = """
    select region, count(*) as n
    from orders
"""
orders.createOrReplaceTempView("orders")'''
WRITE = r"""import re

table = re.sub(r'[^\w.]', '_', out)
spark.sql(query).write.saveAsTable(table)"""
CELLS = [("cell_1", PARAMETER_CELL), ("load_raw_sales", LOAD, {"retries": 5}), ("cell_3", VIEW), ("write_gold", WRITE)]
SCHEDULED = {
    "schedule": "@daily",
    "tags": "etl,sales",
    "owner": "data",
    "description": "sales, every day",
    "timezone": "Europe/Warsaw",
}
CASES: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
    "dag_per_cell": (airflow, {}, SCHEDULED),
    "dag_batch": (airflow, {"whole": True}, {"mode": "batch"}),
    "job": (ilum, {"reads": frozenset({"spark", "sc"})}, {"mode": "single"}),
    "service": (ilum, {"reads": frozenset({"spark"})}, {"mode": "service"}),
    "cron": (ilum, {"parameters": (), "reads": frozenset({"spark"})}, {"mode": "cron", "cron": "0 5 * * *"}),
    "script": (py, {"reads": frozenset({"spark"}), "session_conf": {"executorMemory": "4g"}}, {}),
}


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str, pipeline_of: Any, load_template: Any) -> None:
    target, about, options = CASES[name]
    named = {"airflow": {"dag_id": "etl_daily"}, "ilum": {"name": "daily-kpi"}}.get(target.name, {})
    given = {**named, **options}
    about = {"parameters": PARAMETERS, **about}
    artifact = target.render(pipeline_of(CELLS, **about), target.check(given), load_template, "0.1.0")
    check(artifact)
    ast.parse(artifact.files[0].text, feature_version=(3, 8))
    path = HERE / f"{name}.py.txt"
    if os.environ.get("JPE_UPDATE_GOLDEN"):
        path.write_text(artifact.files[0].text, encoding="utf-8")
    assert artifact.files[0].text == path.read_text(encoding="utf-8")


def test_the_excerpt_of_the_documentation() -> None:
    assert (
        'load_raw_sales = PythonOperator(task_id="load_raw_sales", python_callable=_submit_statement, '
        'op_kwargs={"livy_conn_id": "ilum-livy-proxy", "code": LOAD_RAW_SALES}, retries=5)'
    ) in [line.strip() for line in (HERE / "dag_per_cell.py.txt").read_text(encoding="utf-8").splitlines()]
