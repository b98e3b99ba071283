"""Addresses of Airflow's web pages: of a DAG, a run, a task."""

from __future__ import annotations

from urllib.parse import quote, urlencode


def link_3(base: str, dag: str, run: str = "", task: str = "") -> str:
    """Return the page of Airflow 3; "" where `base`, the web pages' address, is not known.

    >>> link_3("http://host/airflow", "etl", "manual__2026-01-01T00:00:00+00:00")
    'http://host/airflow/dags/etl/runs/manual__2026-01-01T00%3A00%3A00%2B00%3A00'
    """
    parts = [("dags", dag), *([("runs", run)] if run else []), *([("tasks", task)] if task else [])]
    return base.rstrip("/") + "".join(f"/{kind}/{quote(name, safe='')}" for kind, name in parts) if base else ""


def link_2(base: str, dag: str, run: str = "", task: str = "") -> str:
    """Return the page of Airflow 2, whose grid shows everything.

    >>> link_2("http://host", "etl", "jpe__1", "cell_2")
    'http://host/dags/etl/grid?dag_run_id=jpe__1&task_id=cell_2&tab=logs'
    """
    if not base:
        return ""
    asked = [("dag_run_id", run), *([("task_id", task), ("tab", "logs")] if task else [])] if run else []
    page = f"{base.rstrip('/')}/dags/{quote(dag, safe='')}/grid"
    return f"{page}?{urlencode(asked, quote_via=quote, safe='')}" if asked else page
