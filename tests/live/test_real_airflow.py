"""The real servers that the other live tests stand on: they start, answer, come back, and leave nothing behind."""

from __future__ import annotations

import json
import time
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.servers.airflow import RealAirflow
from tools.servers.errors import ServerError
from tools.servers.http import ask, basic
from tools.servers.livy import RealLivy

FLAVOURS = ("airflow_simple", "airflow_git", "airflow_2")
DAG = """
import time
from datetime import datetime, timezone
from pathlib import Path

try:
    from airflow.sdk import DAG
    from airflow.providers.standard.operators.python import PythonOperator
except ImportError:
    from airflow import DAG
    from airflow.operators.python import PythonOperator


def work():
    while not Path({go!r}).exists():
        time.sleep(0.1)


with DAG({dag_id!r}, schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc)):
    PythonOperator(task_id="work", python_callable=work)
"""


def until(seen: Callable[[], Any], airflow: RealAirflow, seconds: float = 120) -> Any:
    """Return what is seen as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (found := seen()):
        assert time.monotonic() < deadline, airflow.logs()
        time.sleep(0.2)
    return found


class Api:
    """The REST API of an Airflow, as one of its users."""

    def __init__(self, airflow: RealAirflow, user: str = "admin") -> None:
        password = airflow.passwords[user]
        if airflow.version < (3, 0):
            self.root, self.headers = f"{airflow.url}/api/v1", basic(user, password)
        else:
            self.root = f"{airflow.url}/api/v2"
            token = ask(f"{airflow.url}/auth/token", body={"username": user, "password": password})["access_token"]
            self.headers = {"Authorization": f"Bearer {token}"}

    def __call__(self, path: str, body: Any = None, method: str | None = None) -> Any:
        """Return the answer, or the status of a refusal."""
        try:
            return ask(self.root + path, self.headers, body, method=method)
        except urllib.error.HTTPError as error:
            with error:
                return error.code


class Dag:
    """A DAG whose one task works until it is told to go, put where one Airflow looks."""

    def __init__(self, airflow: RealAirflow, put: Callable[[str, str | None], None], go: Path) -> None:
        self.airflow, self.put, self.go = airflow, put, go
        self.id = f"dag_{time.time_ns()}"
        put(f"{self.id}.py", DAG.format(go=str(go), dag_id=self.id))

    def found(self) -> Any:
        answer = Api(self.airflow)(f"/dags/{self.id}")
        return answer if isinstance(answer, dict) else None

    def start_run(self) -> None:
        """Start a run and return when its task works."""
        api = Api(self.airflow)
        assert api(f"/dags/{self.id}", {"is_paused": False}, "PATCH")["is_paused"] is False
        body = {"dag_run_id": "run"} | ({} if self.airflow.version < (3, 0) else {"logical_date": None})
        assert api(f"/dags/{self.id}/dagRuns", body)["dag_run_id"] == "run"
        until(lambda: self.state() == "running", self.airflow)

    def state(self) -> str:
        return str(Api(self.airflow)(f"/dags/{self.id}/dagRuns/run/taskInstances/work")["state"])


@pytest.fixture(params=FLAVOURS)
def airflow(request: pytest.FixtureRequest) -> RealAirflow:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


@pytest.fixture
def dag(airflow: RealAirflow, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Dag]:
    def into_folder(name: str, text: str | None) -> None:
        path = airflow.dags / name
        if text is None:
            path.unlink()
        else:
            path.write_text(text)

    def into_git(name: str, text: str | None) -> None:
        request.getfixturevalue("dags_repository").commit({f"dags/{name}": text}, f"Change {name}")

    one = Dag(airflow, into_git if airflow.git else into_folder, tmp_path / "go")
    yield one
    one.go.touch()  # a task that still works ends
    one.put(f"{one.id}.py", None)


def test_it_is_healthy_and_runs_a_dag(airflow: RealAirflow, dag: Dag) -> None:
    expected = {"metadatabase", "scheduler"} | (set() if airflow.version < (3, 0) else {"dag_processor"})
    assert {part for part, told in airflow.health().items() if told["status"] == "healthy"} == expected
    assert until(dag.found, airflow)["is_paused"] is True
    dag.start_run()
    dag.go.touch()
    until(lambda: dag.state() == "success", airflow)


def test_it_stops_while_a_task_works_and_comes_back(
    airflow: RealAirflow, dag: Dag, nobody_below: Callable[..., None]
) -> None:
    until(dag.found, airflow)
    dag.start_run()
    airflow.stop()
    nobody_below(airflow.home)
    assert airflow.health() is None
    airflow.start()
    assert dag.found()["is_paused"] is False


def test_the_scheduler_crashes_and_comes_back(airflow: RealAirflow, dag: Dag) -> None:
    until(dag.found, airflow)
    airflow.stop_part("scheduler", kill=True)
    api = Api(airflow)
    api(f"/dags/{dag.id}", {"is_paused": False}, "PATCH")
    body = {"dag_run_id": "run"} | ({} if airflow.version < (3, 0) else {"logical_date": None})
    assert api(f"/dags/{dag.id}/dagRuns", body)["state"] == "queued"
    dag.go.touch()
    airflow.start_part("scheduler")
    until(lambda: dag.state() == "success", airflow)


def test_the_second_user_may_not_trigger(airflow: RealAirflow, dag: Dag) -> None:
    until(dag.found, airflow)
    second = next(name for name in airflow.passwords if name != "admin")
    assert Api(airflow, second)(f"/dags/{dag.id}", {"is_paused": False}, "PATCH") == 403


def test_it_has_the_connection_to_livy(airflow: RealAirflow, real_livy: RealLivy) -> None:
    told = json.loads(airflow.cli("connections", "get", "ilum-livy-proxy", "--output", "json"))
    assert [(one["conn_type"], one["host"], one["login"]) for one in told] == [("livy", real_livy.url, real_livy.user)]
    with pytest.raises(ServerError, match="no-such-connection"):
        airflow.cli("connections", "get", "no-such-connection")


def test_a_part_that_can_not_start_says_why(tmp_path: Path, airflow_2: RealAirflow) -> None:
    broken = RealAirflow(airflow_2.python, tmp_path / "home", settings={"AIRFLOW__CORE__EXECUTOR": "NoSuchExecutor"})
    with pytest.raises(ServerError, match="NoSuchExecutor"):
        broken.start()


def test_livy_is_killed_and_comes_back_at_the_same_address(
    tmp_path: Path, real_livy: RealLivy, nobody_below: Callable[..., None]
) -> None:
    with RealLivy(real_livy.python, tmp_path / "work") as livy:
        before = livy.connection
        session = ask(f"{livy.url}/sessions", basic(livy.user, livy.password), {"kind": "pyspark"})
        assert [one["id"] for one in livy.sessions()] == [session["id"]]
        livy.kill()
        with pytest.raises(OSError, match="refused"):
            livy.sessions()
        nobody_below(livy.work, 30)
        livy.start()
        assert livy.connection == before
        assert livy.sessions() == []
    nobody_below(livy.work, 30)
