"""Generated DAGs in a real Airflow, one folder and one table each, and what can be done to their runs."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import urllib.error
import urllib.parse
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from tools.servers.airflow import RealAirflow
from tools.servers.airflow_settings import LivyConnection
from tools.servers.http import ask, basic
from tools.servers.livy import RealLivy

RUN = "run"
ENDED = ("success", "failed")
Cells = Sequence[tuple[Any, ...]]

# A Spark job of four tasks: two end at once, two tick until the gate is open.
WORK = """
import os, time
def tick(number):
    while number > 1 and not os.path.exists({gate!r}):
        with open({ticks!r}, "a") as ticks:
            ticks.write("x")
        time.sleep(0.1)
spark.sparkContext.parallelize(range(4), 4).foreach(tick)
print("the gate of {cell} is open")
"""
APPEND = """
spark.range(1).selectExpr("'{cell}' as cell").write.mode("append").json({table!r})
"""


def until(seen: Callable[[], Any], told: Callable[[], str], seconds: float = 240) -> Any:
    """Return what is seen as soon as it is true; the test fails with what is `told` when time is up."""
    deadline = time.monotonic() + seconds
    while not (found := seen()):
        assert time.monotonic() < deadline, told()
        time.sleep(0.5)
    return found


_WRITING = threading.Lock()  # SQLite has one writer


class Api:
    """The REST API of an Airflow 3, as its administrator."""

    def __init__(self, airflow: RealAirflow) -> None:
        self._root = airflow.url
        login = {"username": "admin", "password": airflow.passwords["admin"]}
        self._headers = {"Authorization": "Bearer " + ask(f"{airflow.url}/auth/token", body=login)["access_token"]}

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        """Return the answer, None for a 404; what SQLite answers with a 500 now and then is asked again."""
        for _ in range(5):
            try:
                with _WRITING if method != "GET" else nullcontext():
                    return ask(f"{self._root}/api/v2{path}", self._headers, body, method=method)
            except urllib.error.HTTPError as error:  # noqa: PERF203
                with error:
                    text = error.read().decode()
                if error.code in (404, 409):  # 409: made by the request before
                    return None
                if error.code != 500:
                    raise AssertionError(f"{method} {path}: {error.code} {text}") from error
                time.sleep(0.5)
        raise AssertionError(f"{method} {path}: 500 again and again")


class DagRun:
    """A DAG, its one run, the sessions that the run has in Livy, and the table that its cells append to."""

    def __init__(self, dag_id: str, airflow: RealAirflow, livy: RealLivy, folder: Path) -> None:
        self.id, self.airflow, self.livy, self.folder = dag_id, airflow, livy, folder / dag_id
        self.folder.mkdir()
        self._table = self.folder / "table"
        self._api = Api(airflow)

    # --- the DAG's code

    def append(self, cell: str) -> str:
        """Return code that adds the row `cell` to the table."""
        return APPEND.format(cell=cell, table=str(self._table))

    def work(self, cell: str) -> str:
        """Return code that runs a Spark job until `open_gate`, then adds a row."""
        gate, ticks = self._gate(cell), self._ticks(cell)
        return WORK.format(cell=cell, gate=str(gate), ticks=str(ticks)) + self.append(cell)

    def _gate(self, cell: str) -> Path:
        return self.folder / f"{cell}.gate"

    def _ticks(self, cell: str) -> Path:
        return self.folder / f"{cell}.ticks"

    def open_gate(self, cell: str) -> None:
        self._gate(cell).touch()

    def rows(self) -> dict[str, int]:
        """Return how often each cell has added its row."""
        lines = (line for part in self._table.glob("*.json") for line in part.read_text().splitlines())
        return dict(Counter(json.loads(line)["cell"] for line in lines))

    def job_runs(self, cell: str, seconds: float = 1.5) -> bool:
        """Tell whether the cell's Spark job ticks."""
        ticks = self._ticks(cell)
        before = ticks.stat().st_size if ticks.exists() else 0
        time.sleep(seconds)  # what is looked for is that nothing happens
        return ticks.exists() and ticks.stat().st_size > before

    # --- Airflow

    def start(self, text: str) -> None:
        """Put the DAG where Airflow looks, and start its run."""
        (self.airflow.dags / f"{self.id}.py").write_text(text, encoding="utf-8")
        until(lambda: self._api("GET", f"/dags/{self.id}"), self.told)
        self._api("PATCH", f"/dags/{self.id}", {"is_paused": False})
        self._api("POST", f"/dags/{self.id}/dagRuns", {"dag_run_id": RUN, "logical_date": None})

    def tasks(self) -> dict[str, Any]:
        """Return the task instances by task."""
        told = self._api("GET", f"/dags/{self.id}/dagRuns/{RUN}/taskInstances?limit=200")
        return {one["task_id"]: one for one in (told or {"task_instances": []})["task_instances"]}

    def states(self) -> dict[str, str]:
        return {name: str(one["state"]) for name, one in self.tasks().items()}

    def tries(self) -> dict[str, int]:
        return {name: int(one["try_number"]) for name, one in self.tasks().items()}

    def state(self) -> str:
        return str(self._api("GET", f"/dags/{self.id}/dagRuns/{RUN}")["state"])

    def end(self, seconds: float = 240) -> str:
        """Wait for the end of the run and return its state."""
        until(lambda: self.state() in ENDED, self.told, seconds)
        return self.state()

    def running(self, task: str, attempt: int = 1) -> int:
        """Wait until that try of a task runs and return the id of its process."""

        def seen() -> Any:
            one = self.tasks()[task]
            return one["state"] == "running" and one["try_number"] == attempt and one["pid"]

        return int(until(seen, self.told))

    def log(self, task: str, attempt: int = 1) -> str:
        """Return what Airflow shows as the log of that try."""
        path = f"/dags/{self.id}/dagRuns/{RUN}/taskInstances/{task}/logs/{attempt}?full_content=true"
        told = self._api("GET", path) or {"content": []}
        errors = [detail for one in told["content"] for detail in one.get("error_detail") or ()]
        said = [one.get("event") for one in told["content"]] + [(e["exc_type"], e["exc_value"]) for e in errors]
        return "\n".join(map(str, said))

    def logged(self, task: str, attempt: int, text: str) -> None:
        """Wait until that try has logged the text."""
        until(lambda: text in self.log(task, attempt), lambda: self.log(task, attempt) + self.told())

    def mark_failed(self, task: str) -> None:
        self._api("PATCH", f"/dags/{self.id}/dagRuns/{RUN}/taskInstances/{task}", {"new_state": "failed"})

    def clear(self, **chosen: Any) -> None:
        """Clear tasks of the run, as Airflow's form does it, and return when it runs again."""
        body = {"dry_run": False, "dag_run_id": RUN, "only_failed": False, "reset_dag_runs": True, **chosen}
        self._api("POST", f"/dags/{self.id}/clearTaskInstances", body)
        until(lambda: self.state() not in ENDED, self.told)

    def told(self) -> str:
        """What a failed test shows."""
        shown = json.dumps({"states": self.states(), "tries": self.tries(), "sessions": self.sessions()}, indent=1)
        logs = sorted((self.airflow.home / "logs" / f"dag_id={self.id}").glob("**/*.log"), key=os.path.getmtime)
        return "\n".join([shown, *(f"--- {one}\n{one.read_text()[-4000:]}" for one in logs[-2:])])

    # --- Livy

    def sessions(self) -> list[Any]:
        """Return the sessions of the run."""
        return [one for one in self.livy.sessions() if (one["name"] or "").startswith(f"{self.id}:{RUN}:")]

    def statements(self, task: str) -> list[str]:
        """Return the states of all statements of a task that the run's session holds, the newest last."""
        marker = f"# jpe_magics {json.dumps([self.id, RUN, task])}\n"
        login = basic(self.livy.user, self.livy.password)
        found = []
        for session in self.sessions():
            try:
                told = ask(f"{self.livy.url}/sessions/{session['id']}/statements", login)["statements"]
            except urllib.error.HTTPError as error:  # it is ending at this moment
                error.close()
                continue
            found += [str(one["state"]) for one in told if one["code"].startswith(marker)]
        return found

    def statement(self, task: str, state: str) -> None:
        """Wait until the newest statement of a task is in that state."""
        until(lambda: self.statements(task)[-1:] == [state], self.told)


def kill_worker(pid: int) -> None:
    """Kill a task's process and the one that supervises it, as the kernel does when memory runs out."""
    supervisor = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    for one in (supervisor, pid):
        os.kill(one, signal.SIGKILL)


def add_connection(airflow: RealAirflow, connection_id: str, livy: LivyConnection) -> None:
    """Add a connection to Airflow's database."""
    body = {"connection_id": connection_id, **json.loads(livy.as_json())}
    Api(airflow)("POST", "/connections", body)
