"""What happens to a generated DAG when things go wrong: on a real Airflow scheduler, with real Spark through Livy.

Each cell appends a row to its DAG's table, so that one that ran twice, or not at all, shows.  The cases run
side by side in one Airflow: most of them wait most of the time.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jpe_magics.core.check import check
from jpe_magics.targets.airflow import target
from tests.conftest import pipeline, template
from tests.faulty_proxy import FaultyProxy
from tests.live.conftest import CALM
from tests.live.dag_runs import Cells, DagRun, add_connection, kill_worker, until
from tools.servers.airflow import RealAirflow
from tools.servers.airflow_settings import LivyConnection
from tools.servers.http import ask, basic
from tools.servers.livy import RealLivy

ONCE = {"a": 1, "b": 1, "c": 1}
CLEAR = "A cell needs what the cells before it made: clear the whole run."
# a dead worker is noticed within some 20 seconds, not within five minutes
SETTINGS = {
    **CALM,
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
    "AIRFLOW__CORE__PARALLELISM": "6",
}
IDLE_SECONDS = 30
SIDE_BY_SIDE = 3
MANY = 104  # Livy keeps the newest 100 statements


@dataclass(frozen=True)
class World:
    """What the cases share; `render` makes a DAG's text of cells, retries every second."""

    airflow: RealAirflow
    livy: RealLivy
    folder: Path
    render: Callable[..., str]

    def run(self, dag_id: str, livy: RealLivy | None = None) -> DagRun:
        return DagRun(dag_id, self.airflow, livy or self.livy, self.folder)


CASES: dict[str, Callable[[World], None]] = {}


def case(driver: Callable[[World], None]) -> Callable[[World], None]:
    CASES[driver.__name__] = driver
    return driver


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


@case
def more_cells_than_livy_keeps_statements(world: World) -> None:
    run = world.run("many")
    cells = [("a", "count = 0"), *((f"c{number}", "count += 1") for number in range(MANY))]
    last = ("c", f"assert count == {MANY}\n" + run.append("c"))
    run.start(world.render(run.id, [*cells, last]))
    assert run.end(900) == "success", run.told()
    assert run.rows() == {"c": 1}
    assert run.sessions() == []


@case
def killed_workers_run_nothing_twice(world: World) -> None:
    run = world.run("killed")
    cells = [("a", run.append("a")), ("b", run.work("b")), ("c", run.work("c"))]
    run.start(world.render(run.id, cells))

    worker = run.running("livy_session")  # while the session starts
    until(run.sessions, run.told)
    kill_worker(worker)

    worker = run.running("b")  # while its statement runs
    run.statement("b", "running")
    kill_worker(worker)
    run.running("b", 2)
    run.logged("b", 2, "of an earlier try is still there, waiting for it")
    run.logged("b", 2, ": 50 %")
    run.open_gate("b")

    worker = run.running("c")  # after its statement, before it could say so
    run.statement("c", "running")
    os.kill(worker, signal.SIGSTOP)
    run.open_gate("c")
    run.statement("c", "available")
    kill_worker(worker)

    assert run.end() == "success", run.told()
    assert run.tries() == {"livy_session": 2, "a": 1, "b": 2, "c": 2, "livy_cleanup": 1}
    assert run.rows() == ONCE
    assert "the gate of b is open" in run.log("b", 2)  # what the cell printed
    assert "of an earlier try has succeeded" in run.log("c", 2)
    assert "Deleting session" in run.log("livy_session", 2)
    assert run.sessions() == []


@case
def a_timeout_cancels_the_statement(world: World) -> None:
    run = world.run("timeout")
    cells = [("a", run.append("a")), ("b", run.work("b"), {"retries": 1}), ("c", run.append("c"))]
    text = world.render(run.id, cells)
    limited = 'PythonOperator(task_id="b", execution_timeout=timedelta(seconds=15),'
    run.start(changed(text, 'PythonOperator(task_id="b",', limited))
    run.running("b", 2)
    run.logged("b", 1, "AirflowTaskTimeout")
    run.statement("b", "running")
    assert run.statements("b") == ["cancelled", "running"]
    run.open_gate("b")
    assert run.end() == "success", run.told()
    assert run.rows() == ONCE
    assert run.sessions() == []


@case
def marking_a_task_as_failed_stops_its_spark_job(world: World) -> None:
    run = world.run("marked")
    cells = [("a", run.append("a")), ("b", run.work("b")), ("c", run.append("c"))]
    run.start(world.render(run.id, cells))
    run.running("b")
    until(lambda: run.job_runs("b"), run.told)
    run.mark_failed("b")
    assert run.end() == "failed"
    assert not run.job_runs("b")
    assert run.sessions() == []
    assert run.states() == {
        "livy_session": "success",
        "a": "success",
        "b": "failed",
        "c": "upstream_failed",
        "livy_cleanup": "success",
    }
    assert run.rows() == {"a": 1}


@case
def a_failed_cell_and_what_clearing_does(world: World) -> None:
    run = world.run("cleared")
    mended = run.folder / "mended"
    broken = f"import os\nif not os.path.exists({str(mended)!r}):\n    raise ValueError('not mended')\n"
    cells = [("a", run.append("a")), ("b", broken + run.append("b"), {"retries": 1}), ("c", run.append("c"))]
    run.start(world.render(run.id, cells))
    assert run.end() == "failed"
    assert run.states()["livy_cleanup"] == "success"
    assert run.sessions() == []
    assert run.tries()["b"] == 2
    assert "ValueError: not mended" in run.log("b", 2)
    assert run.rows() == {"a": 1}
    mended.touch()

    run.clear(only_failed=True)  # not the session that it needs
    assert run.end() == "failed"
    assert run.tries()["b"] == 3
    assert CLEAR in run.log("b", 3)
    assert run.rows() == {"a": 1}

    run.clear()  # the whole run
    assert run.end() == "success", run.told()
    assert run.rows() == {"a": 2, "b": 1, "c": 1}

    run.clear(task_ids=["b"], include_downstream=True)  # Airflow adds the session's task, but not cell a
    assert run.end() == "failed"
    assert CLEAR in run.log("b", run.tries()["b"])
    assert run.rows() == {"a": 2, "b": 1, "c": 1}
    assert run.sessions() == []


@case
def an_outage_of_livy_is_waited_out(world: World) -> None:
    run = world.run("outage")
    cells = [("a", run.append("a")), ("b", run.work("b")), ("c", run.append("c"))]
    # the answer to every POST of a statement is lost: it is each third request of those to these paths
    losing = FaultyProxy(world.livy.url, every=3, kinds=("lost",), paths="/(sessions|statements)$")
    with losing, FaultyProxy(losing.url, every=1, kinds=("dropped", "error"), on=False) as outage:
        login = world.livy.connection
        add_connection(world.airflow, "flaky", LivyConnection(outage.url, login.user, login.password))
        run.start(world.render(run.id, cells, livy_conn_id="flaky"))
        run.running("b")
        run.statement("b", "running")
        outage.on = True
        run.logged("b", 1, "Livy does not answer, trying again: GET /sessions/")
        run.open_gate("b")
        run.statement("b", "available")
        outage.on = False
        assert run.end() == "success", run.told()
    assert {fault.kind for fault in outage.faults} == {"dropped", "error"}
    lost = [fault.path for fault in losing.faults if fault.method == "POST"]
    assert any(path.endswith("/statements") for path in lost), losing.faults
    assert set(run.tries().values()) == {1}
    assert run.rows() == ONCE
    assert run.sessions() == []


@case
def a_long_cell_keeps_its_session_and_a_lost_one_fails_the_run(world: World) -> None:
    other = RealLivy(world.livy.python, world.folder / "idle" / "work", "--idle-timeout", str(IDLE_SECONDS))
    with other as livy:
        run = world.run("idle_and_lost", livy)
        add_connection(world.airflow, "idle", livy.connection)
        cells = [("a", run.append("a")), ("b", run.work("b")), ("c", run.work("c"))]
        text = world.render(run.id, cells, livy_conn_id="idle")
        run.start(changed(text, "TOUCH_EVERY = 60", "TOUCH_EVERY = 2"))
        run.statement("b", "running")
        # a session of somebody else, who touches it not: it ends first
        headers = basic(livy.user, livy.password) | {"X-Requested-By": "test"}
        untouched = ask(f"{livy.url}/sessions", headers, {"kind": "pyspark"})["id"]

        def waiting() -> bool:
            return any(one["id"] == untouched for one in livy.sessions())

        until(lambda: not waiting(), run.told)
        assert len(run.sessions()) == 1
        run.open_gate("b")

        worker = run.running("c")
        run.statement("c", "running")
        os.kill(worker, signal.SIGSTOP)
        livy.kill()
        livy.start()  # on the same port, and it counts from 0 again
        again = ask(f"{livy.url}/sessions", headers, {"kind": "pyspark", "name": "somebody's", "ttl": "60m"})["id"]
        assert again == 0
        os.kill(worker, signal.SIGCONT)
        assert run.end() == "failed"
        assert CLEAR in run.log("c")
        assert run.tries()["c"] == 1
        assert run.states()["livy_cleanup"] == "success"
        assert run.rows() == {"a": 1, "b": 1}


@case
def a_session_that_cannot_start_is_not_left_behind(world: World) -> None:
    run = world.run("unstartable")
    conf = {"session_conf": {"spark.master": "nonsense"}, "retries": 1}
    run.start(world.render(run.id, [("a", run.append("a"))], **conf))
    assert run.end() == "failed"
    assert "did not become idle" in run.log("livy_session", 2)
    assert "Java gateway process exited" in run.log("livy_session", 2)  # the end of the session's log
    assert run.states()["a"] == "upstream_failed"
    assert run.sessions() == []


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest,
    real_livy: RealLivy,
    tmp_path_factory: pytest.TempPathFactory,
    nobody_below: Callable[..., None],
) -> Iterator[Mapping[str, Future[None]]]:
    """The cases that were asked for, all started."""

    def render(dag_id: str, cells: Cells, **options: Any) -> str:
        checked = target.check({"dag_id": dag_id, "retry_delay": "1s", **options})
        artifact = target.render(pipeline(cells), checked, template, "0.1.0")
        check(artifact)
        return artifact.files[0].text

    python = os.environ.get("JPE_AIRFLOW_33")
    if not python:
        pytest.skip("JPE_AIRFLOW_33 is not set: make test-live makes its environment and sets it")
    home = tmp_path_factory.mktemp("failing")
    asked = [item.callspec.params["name"] for item in request.session.items if item.parent is request.node]
    airflow = RealAirflow(python, home / "airflow", livy=real_livy.connection, settings=SETTINGS)
    with airflow, ThreadPoolExecutor(SIDE_BY_SIDE) as side_by_side:
        (home / "dags").mkdir()
        world = World(airflow, real_livy, home / "dags", render)
        yield {name: side_by_side.submit(CASES[name], world) for name in asked}
    nobody_below(home)


@pytest.mark.parametrize("name", tuple(CASES))
def test_dag(name: str, outcomes: Mapping[str, Future[None]]) -> None:
    outcomes[name].result()
