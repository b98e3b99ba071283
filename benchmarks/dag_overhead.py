"""What a cell of a generated DAG takes beside its statement, on a real Airflow, a Livy and real Spark."""

from __future__ import annotations

import json
import re
import shutil
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.airflow_live import in_folder, runs
from benchmarks.measure import Bench, Figure, median, told
from tests.live.dag_runs import ENDED, Api, until
from tests.live.user import User
from tools.environments import SPARK, interpreter
from tools.servers.airflow import RealAirflow
from tools.servers.http import ask, basic
from tools.servers.livy import RealLivy

TITLE = "Overhead of a cell"
STATEMENTS = (0.0, 1.0, 7.0)  # how long the statements take, in seconds
MOST = 0.3
LIMIT = 600  # seconds for each run of a DAG
HOW = (
    "seconds from the first line of a task's own log to its last, less those that its statement took by Livy's "
    "own clock; "
    "`jpe livy` on local PySpark.  Beside it a task that posts the same statement and looks every 5 s, and "
    "`LivyOperator(file=…, polling_interval=1)` with the cell as a batch, less the seconds that the cell sleeps"
)

_PEERS = '''\
"""The same cells by a naive poll, and by a batch each."""

import json
import logging
import time
from datetime import datetime, timezone

from airflow.providers.apache.livy.hooks.livy import LivyHook
from airflow.providers.apache.livy.operators.livy import LivyOperator
from airflow.sdk import DAG

from airflow.providers.standard.operators.python import PythonOperator

CONN = "ilum-livy-proxy"
log = logging.getLogger("airflow.task")


def ask(method, path, body=None):
    data = json.dumps(body) if body is not None else None
    return LivyHook(CONN).run_method(path, method=method, data=data, headers={{"X-Requested-By": "airflow"}}).json()


def wait_for(path, wanted):
    while (answer := ask("GET", path))["state"] not in wanted:
        time.sleep(5)
    return answer


def open_session():
    session = ask("POST", "/sessions", {{"kind": "pyspark"}})["id"]
    wait_for("/sessions/%s" % session, ("idle",))
    return session


def naive(code, ti):
    path = "/sessions/%s/statements" % ti.xcom_pull(task_ids="open_session")
    statement = ask("POST", path, {{"code": code, "kind": "pyspark"}})["id"]
    log.info("Statement %s of session", statement)
    wait_for("%s/%s" % (path, statement), ("available",))


with DAG("peers", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc), max_active_tasks=1) as dag:
    last = PythonOperator(task_id="open_session", python_callable=open_session)
    for number, code in enumerate({naive!r}):
        last = last >> PythonOperator(task_id="naive_%d" % number, python_callable=naive, op_kwargs={{"code": code}})
    for number, file in enumerate({batches!r}):
        last = last >> LivyOperator(task_id="batch_%d" % number, file=file, livy_conn_id=CONN, polling_interval=1)
'''


def rows(bench: Bench) -> Iterator[Figure]:
    """Yield a line for each length of a statement."""
    if not shutil.which("java"):
        yield Figure(TITLE, "", why="skipped: there is no Java")
        return
    package = "apache-airflow-providers-apache-livy"
    bench.versions.update({peers.version(peers.AIRFLOW, "apache-airflow"), peers.version(peers.AIRFLOW, package)})
    bench.versions.add(peers.version(SPARK, "pyspark"))
    times = max(1, bench.rounds // 2)
    waits = [wait for wait in STATEMENTS for _ in range(times)]
    with servers(bench.folder) as (airflow, user, livy):
        ours = generated(airflow, user, livy, waits)
        naive, batch = by_peers(airflow, livy, waits)
    for wait in STATEMENTS:
        mine, theirs, other = ([over for slept, over in found if slept == wait] for found in (ours, naive, batch))
        took = median(mine)
        what = f"a cell of {wait:g} s"
        peer = f"5-s poll; batch {told(median(other))}"
        ratio = took / median(theirs)
        yield Figure(
            what, f"{took:.2f} s over", peer, told(median(theirs)), ratio, f"≤ {MOST} s over", took <= MOST, aim=True
        )


@contextmanager
def servers(folder: Path) -> Iterator[tuple[RealAirflow, User, RealLivy]]:
    """A Livy on Spark, an Airflow that knows it, and who works with both."""
    with (
        RealLivy(interpreter(SPARK), folder / "livy") as livy,
        in_folder(folder / "airflow", livy=livy.connection) as (airflow, user),
    ):
        yield airflow, user, livy


def generated(airflow: RealAirflow, user: User, livy: RealLivy, waits: list[float]) -> list[tuple[float, float]]:
    """Return for each cell how long it sleeps and what its task takes beside its statement."""
    cells = [(sleeping(wait), f"task:wait_{number}") for number, wait in enumerate(waits)]
    user.notebook("overhead", cells)
    done = user.export("overhead", "--retries", "0")
    if done.returncode:
        raise RuntimeError(done.stderr)
    spent = follow(airflow, livy, "overhead")
    found = [(wait, *own_time(airflow, "overhead", f"wait_{number}")) for number, wait in enumerate(waits)]
    return [(wait, took - spent[statement]) for wait, statement, took in found if statement in spent]


def by_peers(
    airflow: RealAirflow, livy: RealLivy, waits: list[float]
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Return the same of the naive poll, and of the batches."""
    files = []
    for wait in STATEMENTS:
        made = livy.work / f"wait_{wait:g}.py"
        made.write_text(sleeping(wait) + "\n")
        files.append(str(made))
    text = _PEERS.format(naive=[sleeping(wait) for wait in waits], batches=files)
    (airflow.dags / "peers.py").write_text(text)
    api = Api(airflow)
    until(lambda: api("GET", "/dags/peers"), airflow.logs)
    api("PATCH", "/dags/peers", {"is_paused": False})
    api("POST", "/dags/peers/dagRuns", {"dag_run_id": "run", "logical_date": None})
    spent = follow(airflow, livy, "peers")
    found = [(wait, *own_time(airflow, "peers", f"naive_{number}")) for number, wait in enumerate(waits)]
    naive = [(wait, took - spent[statement]) for wait, statement, took in found if statement in spent]
    batch = [
        (wait, own_time(airflow, "peers", f"batch_{number}", "terminated with state")[1] - wait)
        for number, wait in enumerate(STATEMENTS)
    ]
    return naive, batch


def sleeping(wait: float) -> str:
    """Return a cell that takes so many seconds."""
    return f"import time\ntime.sleep({wait})"


def follow(airflow: RealAirflow, livy: RealLivy, dag_id: str) -> dict[int, float]:
    """Return the seconds that each statement took by Livy's clock, when all runs of the DAG have ended well."""
    spent: dict[int, float] = {}

    def ended() -> bool:
        for session in livy.sessions():
            for one in statements(livy, session["id"]):
                if one["completed"]:
                    spent[one["id"]] = (one["completed"] - one["started"]) / 1000
        return all(one["state"] in ENDED for one in runs(airflow, dag_id))

    until(ended, airflow.logs, LIMIT)
    states = [one["state"] for one in runs(airflow, dag_id)]
    if states != ["success"]:
        raise RuntimeError(f"the run of {dag_id} ended as {states}:\n{airflow.logs()}")
    return spent


def statements(livy: RealLivy, session: int) -> list[Any]:
    """Return the statements of a session, none of one that is ending at this moment."""
    try:
        told = ask(f"{livy.url}/sessions/{session}/statements", basic(livy.user, livy.password))
    except urllib.error.HTTPError as error:
        error.close()
        return []
    return list(told["statements"])


def own_time(airflow: RealAirflow, dag_id: str, task: str, last: str = "Done. Returned") -> tuple[int, float]:
    """Return the statement of a task (-1 for none), and how long its own code took, without Airflow's start of it.

    `last` is what stands in the last line of the task's own log.
    """
    (log,) = (airflow.home / "logs").glob(f"dag_id={dag_id}/run_id=*/task_id={task}/attempt=1.log")
    lines = [json.loads(line) for line in log.read_text().splitlines()]

    def at(told: Callable[[str], bool]) -> datetime:
        row = next(one for one in lines if told(one["event"]))
        return datetime.fromisoformat(row["timestamp"].replace("Z", "+00:00"))

    posted = next((found for one in lines if (found := re.match(r"Statement (\d+) of session", one["event"]))), None)
    took = at(lambda event: last in event) - at(lambda event: event == "::endgroup::")
    return int(posted[1]) if posted else -1, took.total_seconds()
