"""What an export costs on real servers: the time until its run has started, the overhead of a cell, lost exports.

    python -m benchmarks.airflow_live [started] [overhead] [faults]

`started`: seconds from Enter to "run started", in a kernel, on an idle Airflow with its default intervals: 3.3 with a
DAGs folder and 3.1 with a git bundle behind a Gitea; of a new DAG and of one that was changed.
`overhead`: seconds that a task of the generated DAG takes beside its statement, on real Spark.
`faults`: twenty exports while every third request to Gitea and to Airflow fails.

It needs Java and what `make test-live` installs, and a machine that does nothing else.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import sys
import tempfile
import time
import urllib.error
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from jpe_magics import Session
from jpe_magics.errors import JpeError
from tests.faulty_proxy import FaultyProxy
from tests.gitea_server import GiteaServer
from tests.live.dag_runs import ENDED, Api, until
from tests.live.user import User
from tools.environments import AIRFLOW, ENVIRONMENTS, SPARK, interpreter
from tools.servers.airflow import RealAirflow
from tools.servers.airflow_settings import GitBundle
from tools.servers.http import ask, basic
from tools.servers.livy import RealLivy

TIMES = 5
EXPORTS = 20
CELLS = 5
STATEMENTS = (0.0, 1.0, 5.0)  # how long the statements take, in seconds
AIRFLOW_31 = next(one for one in ENVIRONMENTS if one.variable == "JPE_AIRFLOW_31")
# Airflow's own defaults, where the servers of the tests are quicker
DEFAULTS = {
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "30",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "300",
    "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "5",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "30",
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "2",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "1",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "5",
}
DEFAULT_REFRESH = 300
# what stands in every bundle already: the first DAG of all can't make Airflow look
FIRST = """\
from datetime import datetime, timezone

from airflow.sdk import DAG

dag = DAG("first", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc))
"""


def main(words: Sequence[str]) -> None:
    parts = words or ("started", "overhead", "faults")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory(prefix="jpe-bench-") as made:
        folder = Path(made)
        if "started" in parts:
            with in_folder(folder / "a", refresh=DEFAULT_REFRESH, settings=DEFAULTS) as (airflow, user):
                started(f"Airflow {airflow.full_version}, DAGs folder", airflow, user)
            with by_gitea(folder / "b", refresh=DEFAULT_REFRESH, settings=DEFAULTS) as (airflow, user, _):
                started(f"Airflow {airflow.full_version}, git through Gitea", airflow, user)
        if "overhead" in parts:
            with (
                RealLivy(interpreter(SPARK), folder / "livy") as livy,
                in_folder(folder / "c", livy=livy.connection) as (airflow, user),
            ):
                overhead(airflow, user, livy)
        if "faults" in parts:
            with by_gitea(folder / "d") as (airflow, user, gitea):
                faults(airflow, user, gitea)


# --- servers


@contextmanager
def in_folder(folder: Path, **values: Any) -> Iterator[tuple[RealAirflow, User]]:
    """An Airflow 3.3 that reads a folder, and who works with it."""
    (folder / "home" / "dags").mkdir(parents=True)
    (folder / "home" / "dags" / "first.py").write_text(FIRST)
    with RealAirflow(interpreter(AIRFLOW), folder / "home", **values) as airflow:
        until(lambda: Api(airflow)("GET", "/dags/first"), airflow.logs)
        place = {"JPE_GIT_PROVIDER": "local", "JPE_LOCAL_DAGS_FOLDER": str(airflow.dags)}
        yield airflow, User(interpreter(SPARK), folder / "user", {**login(airflow), **place})


@contextmanager
def by_gitea(folder: Path, **values: Any) -> Iterator[tuple[RealAirflow, User, GiteaServer]]:
    """An Airflow 3.1 that reads a repository of a Gitea, and who works with both."""
    with ExitStack() as stack:
        gitea = stack.enter_context(GiteaServer(folder / "gitea"))
        bare = gitea.bare_repository("team", "dags")
        repository = gitea.repositories["team", "dags"]
        repository.commit("main", "dags/first.py", FIRST.encode(), "Make the folder", ("Ada", "ada@example.org"))
        home = folder / "home"
        airflow = RealAirflow(interpreter(AIRFLOW_31), home, auth="fab", git=GitBundle(bare), **values)
        stack.enter_context(airflow)
        until(lambda: Api(airflow)("GET", "/dags/first"), airflow.logs)
        place = {
            "GITEA_API_URL": gitea.api_url,
            "GITEA_TOKEN": gitea.token,
            "JPE_GIT_OWNER": "team",
            "JPE_GIT_REPOSITORY": "dags",
        }
        user = User(interpreter(SPARK), folder / "user", {**login(airflow), "AIRFLOW_JWT_SUBJECT": "1", **place})
        yield airflow, user, gitea


def login(airflow: RealAirflow) -> dict[str, str]:
    return {"AIRFLOW_API_URL": airflow.url, "AIRFLOW_JWT_SECRET": airflow.jwt_secret}


def runs(airflow: RealAirflow, dag_id: str) -> list[Any]:
    found = Api(airflow)("GET", f"/dags/{dag_id}/dagRuns") or {"dag_runs": []}
    return list(found["dag_runs"])


def wait_for_runs(airflow: RealAirflow, dag_id: str) -> None:
    until(lambda: all(one["state"] in ENDED for one in runs(airflow, dag_id)), airflow.logs)


# --- from Enter to "run started"


def started(name: str, airflow: RealAirflow, user: User) -> None:
    """Print how long cells with an export take; no connection to Livy is there, so the runs end at once."""

    def seconds(dag_id: str, number: int) -> float:
        user.notebook("etl", [f"x = {number}"])
        begin = time.perf_counter()
        kernel.run(f"%export_pipeline airflow --dag-id {dag_id} --retries 0").ok()
        took = time.perf_counter() - begin
        wait_for_runs(airflow, dag_id)
        return took

    user.notebook("etl", ["x = 0"])
    with user.kernel("etl") as kernel:
        new = [seconds(f"new_{number}", 0) for number in range(TIMES)]
        changed = [seconds("new_0", number) for number in range(1, TIMES + 1)]
    print(f"\n{name}: from Enter to the end of the cell, its run started")
    for kind, times in (("a new DAG", new), ("a changed DAG", changed)):
        told = ", ".join(f"{one:.1f}" for one in times)
        print(f"  {kind:14} median {statistics.median(times):4.1f} s of {told}", flush=True)


# --- the overhead of a cell


def overhead(airflow: RealAirflow, user: User, livy: RealLivy) -> None:
    """Print what a task's own time is beside its statement's, which Livy tells."""
    cells = [
        (f"import time\ntime.sleep({wait})", f"task:wait_{n}_{i}")
        for n, wait in enumerate(STATEMENTS)
        for i in range(CELLS)
    ]
    user.notebook("overhead", cells)
    spent: dict[int, float] = {}

    def ask_livy() -> bool:
        for session in livy.sessions():
            for one in statements(livy, session["id"]):
                if one["completed"]:
                    spent[one["id"]] = (one["completed"] - one["started"]) / 1000
        return all(one["state"] in ENDED for one in runs(airflow, "overhead"))

    done = user.export("overhead", "--retries", "0")
    assert done.returncode == 0, done.stderr
    until(ask_livy, airflow.logs, 600)
    print(f"\nAirflow {airflow.full_version}, Livy on Spark: seconds of a task beside its statement")
    for n, wait in enumerate(STATEMENTS):
        found = [own_time(airflow, f"wait_{n}_{i}") for i in range(CELLS)]
        more = [took - spent[statement] for statement, took in found if statement in spent]
        told = f"median {statistics.median(more):5.2f} s, at most {max(more):.2f} s of {len(more)}"
        print(f"  statements of {wait:g} s   {told}", flush=True)


def statements(livy: RealLivy, session: int) -> list[Any]:
    """Return the statements of a session, none of one that is ending at this moment."""
    try:
        told = ask(f"{livy.url}/sessions/{session}/statements", basic(livy.user, livy.password))
    except urllib.error.HTTPError as error:
        error.close()
        return []
    return list(told["statements"])


def own_time(airflow: RealAirflow, task: str) -> tuple[int, float]:
    """Return the statement of a task, and how long the DAG's own code took: Airflow's own start is not in it."""
    (log,) = (airflow.home / "logs").glob(f"dag_id=overhead/run_id=*/task_id={task}/attempt=1.log")
    lines = [json.loads(line) for line in log.read_text().splitlines()]

    def at(told: Callable[[str], Any]) -> datetime:
        row = next(one for one in lines if told(one["event"]))
        return datetime.fromisoformat(row["timestamp"].replace("Z", "+00:00"))

    posted = next(found for one in lines if (found := re.match(r"Statement (\d+) of session", one["event"])))
    took = at(lambda event: event.startswith("Done. Returned")) - at(lambda event: event == "::endgroup::")
    return int(posted[1]), took.total_seconds()


# --- every third request fails


def faults(airflow: RealAirflow, user: User, gitea: GiteaServer) -> None:
    """Print how many of the exports are lost: half of them make a DAG, half of them change one."""
    lost, times, broken = [], [], 0
    for number in range(EXPORTS):
        dag_id, change = f"etl_{number % (EXPORTS // 2)}", number >= EXPORTS // 2
        wait_for_runs(airflow, dag_id)
        user.notebook("etl", [f"x = {number}"])
        with (
            FaultyProxy(airflow.url, seed=number) as one,
            FaultyProxy(gitea.url, seed=EXPORTS + number) as other,
        ):
            settings = {"AIRFLOW_API_URL": one.url, "GITEA_API_URL": f"{other.url}/api/v1", "JPE_REQUEST_TIMEOUT": "2"}
            begin = time.perf_counter()
            try:
                error = ""
                done = Session(environ=user.environ(**settings)).export(
                    "airflow", notebook=user.path("etl"), dag_id=dag_id, retries=0
                )
                text = done.artifact.files[0].text if done.artifact else ""
            except JpeError as failed:
                error, text = str(failed), ""
            times.append(time.perf_counter() - begin)
            broken += len(one.faults) + len(other.faults)
        wrong = [error] if error else list(missing(airflow, gitea, dag_id, text, 2 if change else 1))
        lost += [f"{dag_id}: {what}" for what in wrong]
    print(f"\nAirflow {airflow.full_version}, git through Gitea: every third request fails, {broken} of them did")
    print(f"  {EXPORTS} exports, {len(lost)} lost, median {statistics.median(times):.0f} s, longest {max(times):.0f} s")
    print("\n".join(lost), flush=True)


def missing(airflow: RealAirflow, gitea: GiteaServer, dag_id: str, text: str, wanted: int) -> Iterator[str]:
    """Yield what is not as an export that was told to be done must leave it."""
    repository = gitea.repositories["team", "dags"]
    if repository.git("show", f"main:dags/{dag_id}.py", check=False).decode() != text:
        yield "its commit is not in the repository"
    commits = repository.git("rev-list", "main", "--", f"dags/{dag_id}.py").decode().split()
    if len(commits) != wanted:
        yield f"{len(commits)} commits instead of {wanted}"
    shown = Api(airflow)("GET", f"/dagSources/{dag_id}") or {"content": ""}
    if shown["content"].rstrip("\n") != text.rstrip("\n"):
        yield "Airflow does not show it"
    if (made := len(runs(airflow, dag_id))) != wanted:
        yield f"{made} runs instead of {wanted}"


if __name__ == "__main__":
    main(sys.argv[1:])
