"""The whole way: a notebook with Spark work runs in a kernel and exports itself; the DAG runs in a real
Airflow against `jpe livy` on real PySpark; the tables must be the same, row by row.

`make test-live` gives the Pythons: JPE_SPARK_PYTHON, JPE_AIRFLOW_33, JPE_AIRFLOW_211.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SPARK = os.environ.get("JPE_SPARK_PYTHON", "")
VERSIONS = ("33", "211")


def python(*command: str | Path, timeout: float = 600, **environment: str) -> str:
    """Run a command and return what it printed; its output is the failure's message."""
    done = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def result(marker: str, log: str) -> Any:
    return json.loads(next(line for line in log.splitlines() if line.startswith(marker)).removeprefix(marker))


@dataclass(frozen=True)
class Livy:
    url: str
    password: str

    @property
    def connection(self) -> str:
        """Airflow's connection, as JSON."""
        return json.dumps({"conn_type": "livy", "host": self.url, "login": "jpe", "password": self.password})

    def sessions(self) -> list[Any]:
        token = base64.b64encode(f"jpe:{self.password}".encode()).decode()
        request = urllib.request.Request(self.url + "/sessions", headers={"Authorization": f"Basic {token}"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return list(json.load(answer)["sessions"])


@pytest.fixture(scope="module")
def livy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Livy]:
    command = [sys.executable, "-m", "jpe_magics", "livy", "--port", "0", "--python", SPARK]
    command += ["--work-dir", str(tmp_path_factory.mktemp("livy")), "--conf", "spark.ui.enabled=false"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            match = re.fullmatch(r"Livy is listening on (\S+)  user jpe  password (\S+)\n", line)
            assert match, line
            yield Livy(*match.groups())
        finally:
            process.terminate()


@dataclass(frozen=True)
class Notebook:
    """The executed notebook: `folder` is where it ran, `dag` what it exported, `tables` what it wrote."""

    folder: Path
    dag: Path
    tables: dict[str, list[str]]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Notebook:
    folder = tmp_path_factory.mktemp("notebook")
    source = folder / "spark_etl.ipynb"
    content = json.loads((HERE / "spark_etl.ipynb").read_text())
    for cell in content["cells"]:
        if cell["id"] == "parameters":  # one place for both, whatever the working folder
            cell["source"] = [line.replace('"tables"', repr(str(folder / "tables"))) for line in cell["source"]]
    source.write_text(json.dumps(content))
    python(
        SPARK,
        HERE / "run_notebook.py",
        source,
        folder / "executed.ipynb",
        JPE_NOTEBOOK_PATH=str(source),
        JPE_LOCAL_DAGS_FOLDER=str(folder / "dags"),
        JPE_AUDIT_LOG=str(folder / "audit.jsonl"),
        IPYTHONDIR=str(folder / "ipython"),
        PYSPARK_PYTHON=SPARK,
    )
    (folder / "tables").rename(folder / "tables-notebook")
    tables = read_tables(folder / "tables-notebook")[str(folder / "tables-notebook")]
    assert sorted(tables) == ["kpi", "orders_eu", "orders_us", "summary"]
    assert all(tables.values())
    return Notebook(folder, folder / "dags" / "spark_etl.py", tables)


def read_tables(*folders: Path) -> dict[str, dict[str, list[str]]]:
    return dict(result("TABLES ", python(SPARK, HERE / "read_tables.py", *folders)))


@dataclass(frozen=True)
class Airflow:
    python: str
    home: Path

    def run(self, dag: Path, livy: Livy, conf: dict[str, Any] | None = None) -> tuple[Any, str]:
        """Run the DAG once with `dag.test()`; return what became of it, and the log."""
        folder = self.home / "dags"  # Airflow 3 runs only what lies in its DAGs folder
        folder.mkdir(exist_ok=True)
        log = python(
            self.python,
            HERE / "run_dag.py",
            shutil.copy(dag, folder / dag.name),
            json.dumps({"conf": conf}),
            **self.environment,
            **{"AIRFLOW_CONN_ILUM-LIVY-PROXY": livy.connection},
        )
        return result("RESULT ", log), log

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.home / "dags"),
        }


@pytest.fixture(scope="module", params=VERSIONS)
def airflow(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    made = Airflow(os.environ[f"JPE_AIRFLOW_{request.param}"], tmp_path_factory.mktemp(f"airflow_{request.param}"))
    python(made.python, "-m", "airflow", "db", "migrate", **made.environment)
    return made


def move_tables(notebook: Notebook, name: str) -> Path:
    """Take the tables that a run has written out of the next run's way."""
    target = notebook.folder / name
    shutil.rmtree(target, ignore_errors=True)
    (notebook.folder / "tables").rename(target)
    return target


def test_the_notebook_said_what_it_exported(notebook: Notebook) -> None:
    executed = json.loads((notebook.folder / "executed.ipynb").read_text())
    said = json.dumps(executed["cells"][-1]["outputs"])
    assert "spark_etl.py" in said
    assert "spark.stop()" in said


def test_the_dag_gives_the_notebooks_tables(notebook: Notebook, airflow: Airflow, livy: Livy) -> None:
    told, log = airflow.run(notebook.dag, livy)
    assert told["warnings"] == []
    assert told.get("state") == "success", log
    assert set(told.get("states", {}).values()) == {"success"}
    names = ["livy_session", "cell_2", "connect", "make_orders", "cell_5", "build_kpi", "split_regions", "cell_8"]
    assert sorted(told["states"]) == sorted([*names, "livy_cleanup"])
    folder = move_tables(notebook, "tables-dag")
    assert read_tables(folder)[str(folder)] == notebook.tables
    assert livy.sessions() == []

    # and with a parameter of this run only: what the notebook itself would give for it
    told, log = airflow.run(notebook.dag, livy, {"min_quantity": 4, "regions": ["APAC"]})
    assert told.get("state") == "success", log
    folder = move_tables(notebook, "tables-overridden")
    tables = read_tables(folder)[str(folder)]
    assert sorted(tables) == ["kpi", "orders_apac", "summary"]
    assert sorted(json.loads(row)["id"] for row in tables["orders_apac"]) == [14, 29, 44, 59]
    assert [json.loads(row) for row in tables["summary"]] == [{"min_quantity": 4, "name": "__main__", "regions": 1}]


def export(notebook: Notebook, dag_id: str, *options: str, extra_cell: str = "") -> Path:
    """Export the notebook from the shell, with one more cell before the last two, and return the DAG's file."""
    content = json.loads((notebook.folder / "spark_etl.ipynb").read_text())
    if extra_cell:
        cell = {"cell_type": "code", "id": "extra", "metadata": {}, "source": extra_cell, "outputs": []}
        content["cells"].insert(-2, {**cell, "execution_count": None})
    source = notebook.folder / f"{dag_id}.ipynb"
    source.write_text(json.dumps(content))
    dags = notebook.folder / "dags"
    words = ["export", source, "airflow", "--dag-id", dag_id, "--no-push", "--output", f"{dags}/", *options]
    python(sys.executable, "-m", "jpe_magics", *words, JPE_AUDIT_LOG=str(notebook.folder / "audit.jsonl"))
    return dags / f"{dag_id}.py"


def test_a_batch_dag_gives_the_same_tables(notebook: Notebook, airflow: Airflow, livy: Livy) -> None:
    told, log = airflow.run(export(notebook, "spark_batch", "--mode", "batch"), livy)
    assert told["states"] == {"run_notebook": "success"}, log
    folder = move_tables(notebook, "tables-batch")
    assert read_tables(folder)[str(folder)] == notebook.tables
    assert livy.sessions() == []


def test_a_cell_that_fails_fails_the_run_and_closes_the_session(
    notebook: Notebook, airflow: Airflow, livy: Livy
) -> None:
    broken = 'def broken():\n    return spark.sql("SELECT no_such_column FROM banded").collect()\n\nbroken()'
    told, log = airflow.run(export(notebook, "spark_broken", "--retries", "0", extra_cell=broken), livy)
    assert told.get("state", "failed") == "failed", log
    assert told["states"]["cell_9"] == "failed" if "states" in told else "error" in told
    assert "no_such_column" in log  # the remote error …
    assert "in broken" in log  # … with its traceback
    assert livy.sessions() == []
