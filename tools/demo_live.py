"""A notebook with Spark work becomes a DAG that a real Airflow runs (`make demo-live`).

Starts `jpe livy` and Airflow, runs the notebook in a kernel, and shows what came of it: the notebook's last
cell exports it and follows the run.  `--keep` leaves both up until Ctrl-C.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from tools.environments import AIRFLOW, LIVE, ROOT, SPARK, interpreter
from tools.servers.airflow import RealAirflow
from tools.servers.errors import ServerError
from tools.servers.http import ask
from tools.servers.livy import RealLivy
from tools.servers.server import Server

WORK = LIVE / "demo"
TESTS = ROOT / "tests" / "live"
SOURCE = TESTS / "spark_etl.ipynb"
DAG_ID = "etl_daily"
EXPORT = f"%export_pipeline airflow --dag-id {DAG_ID} --wait"
NO_JAVA = "the demo needs Java 17 or newer (on Debian: apt-get install openjdk-17-jre-headless)"
NOTEBOOK_SECONDS = 900
ServerT = TypeVar("ServerT", bound=Server)


def main(words: Sequence[str]) -> int:
    keep = "--keep" in words
    if not shutil.which("java"):
        raise SystemExit(NO_JAVA)
    airflow_python, spark_python = interpreter(AIRFLOW), interpreter(SPARK)
    shutil.rmtree(WORK, ignore_errors=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the servers end then too
    try:
        with (
            started("Livy on Spark", RealLivy(spark_python, WORK / "livy")) as livy,
            started("Airflow", RealAirflow(airflow_python, WORK / "airflow", livy=livy.connection)) as airflow,
        ):
            good = demonstrate(airflow, spark_python)
            print("\n".join(addresses(airflow, livy)), flush=True)
            if keep:
                print("\nAll of it stays up until Ctrl-C.", flush=True)
                threading.Event().wait()
            print("\nstopping …", flush=True)
    except KeyboardInterrupt:
        print("stopped")
        return 0 if keep else 130
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"stopped; what was made is in {WORK.relative_to(ROOT)}, `make demo-live KEEP=1` leaves all of it up")
    return 0 if good else 1


@contextmanager
def started(name: str, server: ServerT) -> Iterator[ServerT]:
    """Run a server in the block, and say how long its start took."""
    began = time.monotonic()
    print(f"starting {name} …", flush=True)
    with server:
        print(f"  up after {time.monotonic() - began:.0f} s", flush=True)
        yield server


def demonstrate(airflow: RealAirflow, spark_python: Path) -> bool:
    """Run the notebook and show what came of it; true where the pipeline has made the notebook's own tables."""
    folder = WORK / "notebook"
    folder.mkdir(parents=True)
    notebook, executed = folder / SOURCE.name, folder / "executed.ipynb"
    notebook.write_text(json.dumps(prepared(json.loads(SOURCE.read_text()), folder / "tables")))
    print(f"running {notebook.relative_to(ROOT)} in a kernel; its last cell: {EXPORT}\n", flush=True)
    command = [str(spark_python), str(TESTS / "run_notebook.py"), str(notebook), str(executed)]
    done = subprocess.run(
        command,
        env={**os.environ, **kernel_environment(airflow, folder, notebook, spark_python)},
        check=False,
        capture_output=True,
        text=True,
        timeout=NOTEBOOK_SECONDS,
    )
    if executed.exists():
        print(shown(json.loads(executed.read_text())), flush=True)
    if done.returncode:
        print(f"the notebook did not run to its end:\n{done.stderr[-2000:]}", file=sys.stderr)
        return False
    run = last_run(airflow)
    print("\n".join(run.lines()), flush=True)
    tables, own = read_tables(spark_python, folder / "tables", folder / "tables-notebook")
    print("\n".join(compared(tables, own)), flush=True)
    return run.state == "success" and bool(tables) and tables == own


def prepared(content: dict[str, Any], tables: Path) -> dict[str, Any]:
    """Return the notebook with its tables in a folder of ours, and with the last cell that exports and follows.

    Before that cell the notebook puts its own tables aside: what is there behind it, the pipeline has made.
    """
    cells = [dict(cell) for cell in content["cells"]]
    for cell in cells:
        if cell["id"] == "parameters":
            cell["source"] = "".join(cell["source"]).replace('"tables"', repr(str(tables)))
    aside = f"from pathlib import Path\n\nPath(out).rename({str(tables) + '-notebook'!r});"
    empty: dict[str, Any] = {"cell_type": "code", "execution_count": None, "outputs": []}
    cells[-1:] = [
        {**empty, "id": "aside", "metadata": {"tags": ["skip"]}, "source": aside},
        {**empty, "id": "export", "metadata": {}, "source": EXPORT},
    ]
    return {**content, "cells": cells}


def kernel_environment(airflow: RealAirflow, folder: Path, notebook: Path, spark_python: Path) -> dict[str, str]:
    """Return what the kernel is told: where Airflow is, and what a kernel that runs headless can't know."""
    return {
        "AIRFLOW_API_URL": airflow.url,
        "AIRFLOW_JWT_SECRET": airflow.jwt_secret,
        "JPE_LOCAL_DAGS_FOLDER": str(airflow.dags),
        "JPE_NOTEBOOK_PATH": str(notebook),
        "JPE_AUDIT_LOG": str(folder / "jpe-audit.jsonl"),
        "IPYTHONDIR": str(folder / "ipython"),
        "PYSPARK_PYTHON": str(spark_python),
    }


def shown(executed: Mapping[str, Any]) -> str:
    """Return what the last cell that ran shows to a user who has no front end."""
    ran = [cell for cell in executed["cells"] if cell.get("outputs")]
    texts = []
    for output in ran[-1]["outputs"] if ran else []:
        data = output.get("data", {}).get("text/plain", output.get("text", output.get("traceback", "")))
        texts.append("".join(data) if output["output_type"] != "error" else "\n".join(data))
    return "\n".join(texts)


@dataclass(frozen=True)
class Run:
    """A run as Airflow tells it; `tasks` are (id, state, seconds)."""

    id: str
    state: str
    tasks: tuple[tuple[str, str, float], ...]

    def lines(self) -> list[str]:
        """Return it as text, its tasks in the order in which they ran."""
        width = max((len(name) for name, _, _ in self.tasks), default=0)
        return [
            f"\nThe run {self.id}: {self.state}",
            *(f"  {name:{width}}  {state:8} {seconds:6.1f} s" for name, state, seconds in self.tasks),
        ]


def last_run(airflow: RealAirflow) -> Run:
    """Return the latest run of the DAG."""
    login = {"username": "admin", "password": airflow.passwords["admin"]}
    headers = {"Authorization": f"Bearer {ask(f'{airflow.url}/auth/token', body=login)['access_token']}"}
    runs = f"{airflow.url}/api/v2/dags/{DAG_ID}/dagRuns"
    run = ask(f"{runs}?order_by=-run_after&limit=1", headers)["dag_runs"][0]
    told = ask(f"{runs}/{quote(run['dag_run_id'], safe='')}/taskInstances", headers)["task_instances"]
    tasks = sorted(told, key=lambda task: str(task["start_date"]))
    states = ((task["task_id"], str(task["state"]), float(task["duration"] or 0)) for task in tasks)
    return Run(run["dag_run_id"], run["state"], tuple(states))


def read_tables(python: Path, *folders: Path) -> list[dict[str, list[str]]]:
    """Return for each folder its tables, as rows in JSON; none for a folder that is not there."""
    there = [str(folder) for folder in folders if folder.exists()]
    command = [str(python), str(TESTS / "read_tables.py"), *there]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    line = next(line for line in said.splitlines() if line.startswith("TABLES "))
    told = json.loads(line.removeprefix("TABLES "))
    return [told.get(str(folder), {}) for folder in folders]


def compared(tables: Mapping[str, list[str]], own: Mapping[str, list[str]]) -> list[str]:
    """Return a line for each table that the pipeline or the notebook has made."""
    lines = ["\nThe tables that the pipeline made, beside the notebook's own"]
    for name in sorted({*tables, *own}):
        same = "the same rows" if tables.get(name) == own.get(name) else "not the same"
        lines.append(f"  {name:12} {len(tables.get(name, ())):4} rows   {same}")
    return lines


def addresses(airflow: RealAirflow, livy: RealLivy) -> list[str]:
    """Return where to look at it, with the users and passwords of these servers alone."""
    return [
        f"\nAirflow   {airflow.url}   user admin  password {airflow.passwords['admin']}",
        f"the DAG   {airflow.url}/dags/{DAG_ID}",
        f"the runs  {airflow.url}/dags/{DAG_ID}/runs",
        f"Livy      {livy.url}/sessions   user {livy.user}  password {livy.password}",
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
