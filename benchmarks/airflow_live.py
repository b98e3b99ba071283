"""What an export costs on real servers: the time until its run has started, and lost exports.

    python -m benchmarks.airflow_live [started] [faults]

`started`: seconds from Enter to "run started", in a kernel, on an idle Airflow with its default intervals: 3.3 with a
DAGs folder and 3.1 with a git bundle behind a Gitea; of a new DAG and of one that was changed.
`faults`: twenty exports while every third request to Gitea and to Airflow fails.

It needs Java and what `make test-live` installs, and a machine that does nothing else.  The overhead of a cell is
measured by `dag_overhead.py`.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
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

TIMES = 5
EXPORTS = 20
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
    parts = words or ("started", "faults")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory(prefix="jpe-bench-") as made:
        folder = Path(made)
        if "started" in parts:
            with in_folder(folder / "a", refresh=DEFAULT_REFRESH, settings=DEFAULTS) as (airflow, user):
                started(f"Airflow {airflow.full_version}, DAGs folder", airflow, user)
            with by_gitea(folder / "b", refresh=DEFAULT_REFRESH, settings=DEFAULTS) as (airflow, user, _):
                started(f"Airflow {airflow.full_version}, git through Gitea", airflow, user)
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
