"""The notebooks in `notebooks/` that need Spark, run as a user runs them: what they show, and what they leave behind.

`tests/integration/test_notebooks.py` has the others, and of these what needs no Spark.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.live.conftest import interpreter
from tools.servers.ilum_core import IlumCore, SparkRunner
from tools.servers.livy import RealLivy

HERE = Path(__file__).parent
NOTEBOOKS = HERE.parents[1] / "notebooks"
SECONDS = 600  # two busy cores
_OTHERS = ("JPE_", "JPY_", "GITEA_", "AIRFLOW_", "ILUM_", "LIVY_")


def command(*words: str | Path, **environ: str) -> str:
    """Run a command in an environment in which nothing of this machine's user counts; return what it says."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
    done = subprocess.run(
        [str(word) for word in words], env=kept | environ, check=False, capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@dataclass(frozen=True)
class Ran:
    """A notebook that was run to its end in `folder`."""

    folder: Path
    cells: dict[str, Any]

    def shown(self, id: str) -> str:
        """Return what a user without a front end sees below a cell, in one line."""
        outputs = self.cells[id]["outputs"]
        assert [one for one in outputs if one["output_type"] == "error"] == []
        texts = [one.get("text") or one.get("data", {}).get("text/plain", "") for one in outputs]
        return " ".join("".join("".join(text) + "\n" for text in texts).split())


def run(name: str, python: str, folder: Path, **environ: str) -> Ran:
    """Run a notebook from its first cell to its last in a kernel of that interpreter."""
    path, executed = Path(shutil.copy(NOTEBOOKS / f"{name}.ipynb", folder)), folder / "executed.ipynb"
    home = folder / "home"
    home.mkdir()
    own = {
        "HOME": str(home),
        "IPYTHONDIR": str(home),
        "JPE_NOTEBOOK_PATH": str(path),
        "JPE_AUDIT_LOG": str(folder / "audit.jsonl"),
        "JPE_AIRFLOW_ENABLED": "false",
        "JPE_GIT_PROVIDER": "local",
        "PYSPARK_PYTHON": python,
        "PYSPARK_SUBMIT_ARGS": "--master local[1] --conf spark.ui.enabled=false pyspark-shell",
    }
    command(python, HERE / "run_notebook.py", path, executed, **{**own, **environ})
    return Ran(folder, {cell["id"]: cell for cell in json.loads(executed.read_text())["cells"]})


def tables(*folders: Path) -> list[dict[str, list[dict[str, Any]]]]:
    """Return the tables in each folder, read by a Spark of its own."""
    said = command(interpreter("JPE_SPARK_PYTHON"), HERE / "read_tables.py", *folders)
    told = json.loads(next(line for line in said.splitlines() if line.startswith("TABLES "))[7:])
    return [{name: [json.loads(row) for row in rows] for name, rows in told[str(one)].items()} for one in folders]


def test_plain_pyspark_and_the_script_that_it_makes(tmp_path: Path) -> None:
    ran = run("plain_pyspark", interpreter("JPE_SPARK_PYTHON"), tmp_path)
    assert "✓ Exported" in ran.shown("script")
    own, again = tables(tmp_path / "orders-report", tmp_path / "orders-report-again")
    report = [{"band": "large", "orders": 2, "revenue": 420.6}, {"band": "small", "orders": 2, "revenue": 122.25}]
    assert own == {"report": [{**row, "day": "2026-05-21"} for row in report]}
    assert again == {"report": [{**row, "day": "2026-05-22"} for row in report]}, "what the script was told"


def test_the_service_and_its_re_executions(tmp_path: Path, nobody_below: Callable[..., None]) -> None:
    python, work = interpreter("JPE_SPARK_PYTHON"), tmp_path / "core"
    with IlumCore(work, runner=SparkRunner(python)) as core:
        ran = run("ilum_service", python, tmp_path, ILUM_API_URL=core.api_url)
        for id in ("first-run", "second-run"):
            assert "✓ The run succeeded." in ran.shown(id)
        assert "✓ Stopped." in ran.shown("stop")
        (group,) = core.state.groups
        assert core.driver(group).ended
        assert sum(request == ("POST", "/api/v1/group") for request in core.requests) == 1
        (found,) = tables(core.runner.warehouse)  # type: ignore[attr-defined]
    nobody_below(work)
    eu = {"day": "2026-05-21", "region": "EU", "orders": 1, "revenue": 80.0}
    us = {"day": "2026-05-21", "region": "US", "orders": 1, "revenue": 42.25}
    assert found == {
        "kpi_2026_05_21": [eu, us],
        "kpi_2026_05_22": [{"day": "2026-05-22", "region": "APAC", "orders": 1, "revenue": 300.1}],
    }, "a table for each run, and none for the day of the notebook's default"


def test_sparkmagic_and_the_dag_that_it_makes(tmp_path: Path, nobody_below: Callable[..., None]) -> None:
    sparkmagic, airflow = interpreter("JPE_SPARKMAGIC_PYTHON"), interpreter("JPE_AIRFLOW_33")
    work = tmp_path / "livy"
    with RealLivy(interpreter("JPE_SPARK_PYTHON"), work, "--no-auth") as livy:
        ran = run("sparkmagic", sparkmagic, tmp_path, LIVY_URL=livy.url)
        assert "also sent to the Sparkmagic session etl" in ran.shown("parameters")
        assert "5 orders landed" in ran.shown("load-orders")
        assert "refused: 1" in ran.shown("count-refused"), "min_amount has arrived in the session"
        assert "APAC" in ran.shown("in-the-kernel")
        assert "6 of 6 tasks are named" in ran.shown("preview")
        assert "✓ Exported: the file is in its place." in ran.shown("export")
        assert "daily_orders" in ran.shown("history")
        assert livy.sessions() == [], "the last cell has closed it"
        (table,) = work.rglob("daily_kpi")
        (own,) = tables(table.parent)
        assert {row["region"]: row["orders"] for row in own["daily_kpi"]} == {"EU": 1, "US": 2, "APAC": 1}

        told = run_dag(airflow, tmp_path / "dags" / "daily_orders.py", livy, {})
        assert told["state"] == "success", told
        assert tables(table.parent) == [own]
        told = run_dag(airflow, tmp_path / "dags" / "daily_orders.py", livy, {"min_amount": 100})
        assert told["state"] == "success", told
        (other,) = tables(table.parent)
        assert {row["region"]: row["orders"] for row in other["daily_kpi"]} == {"EU": 1, "APAC": 1}
        assert livy.sessions() == []
    nobody_below(work, seconds=20)


def run_dag(python: str, dag: Path, livy: RealLivy, conf: dict[str, Any]) -> dict[str, Any]:
    """Run a DAG once, in its Airflow, with a connection to that Livy; return what became of it."""
    home = dag.parents[1] / "airflow"
    environ = {
        "HOME": str(home),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dag.parent),
        "AIRFLOW_CONN_ILUM-LIVY-PROXY": json.dumps({"conn_type": "livy", "host": livy.url}),
    }
    if not home.exists():
        home.mkdir()
        command(python, "-m", "airflow", "db", "migrate", **environ)
    said = command(python, HERE / "run_dag.py", dag, json.dumps({"conf": conf}), **environ)
    told: dict[str, Any] = json.loads(next(line for line in said.splitlines() if line.startswith("RESULT "))[7:])
    return told
