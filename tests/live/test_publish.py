"""From the notebook to the run that was judged, on real Airflows and real Spark: what a user does and sees.

A notebook runs in a kernel, its last cell exports it; the DAG goes through a folder, Gitea or git, becomes visible,
is started and followed; what its cells wrote must be what the notebook wrote.  And then everything that fails.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.git_http_server import GitHttpServer
from tests.gitea_server import GiteaServer, Repository
from tests.live.dag_runs import ENDED, Api, until
from tests.live.user import User
from tools.servers.airflow import RealAirflow
from tools.servers.livy import RealLivy

TEMPLATES = Path(__file__).parents[2] / "templates"
FLAVOURS = ("simple", "git")
FOLLOWING = "following the run"

PARAMETERS = "top = 3  # how many rows\nout = {out!r}  # the folder of the tables"
SPARK = "from pyspark.sql import SparkSession\n\nspark = SparkSession.builder.getOrCreate()"
SQUARES = """\
rows = spark.range(top).selectExpr("id", "id * id AS square", "'größe' AS note")
print(rows.count(), "rows")
rows.write.mode("overwrite").json(f"{out}/squares")"""
TOTAL = """\
total = spark.sql("SELECT sum(square) AS total FROM {rows}", rows=rows)
display(total)
total.coalesce(1).write.mode("overwrite").json(f"{out}/total")"""
BROKEN = 'print("before it fails")\nspark.sql("SELECT no_such_column FROM range(3)").collect()'


@dataclass
class World:
    """One Airflow, and what a user must set for it; `pushed` tells what has gone to where its DAGs come from."""

    airflow: RealAirflow
    user: User
    pushed: Callable[[], Any]

    def api(self, method: str, path: str, body: Any = None) -> Any:
        return Api(self.airflow)(method, path, body)

    def runs(self, dag_id: str) -> dict[str, str]:
        """Return the runs' states by id."""
        found = self.api("GET", f"/dags/{dag_id}/dagRuns") or {"dag_runs": []}
        return {one["dag_run_id"]: one["state"] for one in found["dag_runs"]}


@pytest.fixture(scope="module")
def simple(airflow_simple: RealAirflow, real_livy: RealLivy, tmp_path_factory: pytest.TempPathFactory) -> World:
    settings = {
        "AIRFLOW_API_URL": airflow_simple.url,
        "AIRFLOW_JWT_SECRET": airflow_simple.jwt_secret,
        "JPE_GIT_PROVIDER": "local",
        "JPE_LOCAL_DAGS_FOLDER": str(airflow_simple.dags),
    }
    user = User(real_livy.python, tmp_path_factory.mktemp("user") / "simple", settings)
    return World(airflow_simple, user, lambda: sorted(airflow_simple.dags.glob("*.py")))


@pytest.fixture(scope="module")
def git(
    airflow_git: RealAirflow, real_livy: RealLivy, dags_repository: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("user")
    with GiteaServer(folder / "gitea") as gitea:
        gitea.repositories["team", "dags"] = Repository("team", "dags", dags_repository.bare)
        settings = {
            "AIRFLOW_API_URL": airflow_git.url,
            "AIRFLOW_JWT_SECRET": airflow_git.jwt_secret,
            "AIRFLOW_JWT_SUBJECT": "1",
            "GITEA_API_URL": gitea.api_url,
            "GITEA_TOKEN": gitea.token,
            "JPE_GIT_OWNER": "team",
            "JPE_GIT_REPOSITORY": "dags",
        }
        yield World(airflow_git, User(real_livy.python, folder / "git", settings), dags_repository.head)


@pytest.fixture(params=FLAVOURS)
def world(request: pytest.FixtureRequest) -> World:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def tables(folder: Path) -> dict[str, list[str]]:
    """Return the rows of each table, and take the tables out of the next run's way."""
    aside = folder.with_name(f"{folder.name}-{len(list(folder.parent.iterdir()))}")
    folder.rename(aside)
    return {
        table.name: sorted(line for part in table.glob("*.json") for line in part.read_text().splitlines())
        for table in aside.iterdir()
    }


def broken(user: User, dag_id: str) -> None:
    """Write a notebook whose second cell fails."""
    user.notebook(dag_id, [(SPARK, "task:start"), (BROKEN, "task:query"), ("done = 1", "task:after")])


def test_a_notebook_becomes_a_run_that_gives_its_tables(world: World) -> None:
    user, out = world.user, world.user.folder / "tables"
    cells = [
        (PARAMETERS.format(out=str(out)), "parameters"),
        (SPARK, "task:start"),
        (SQUARES, "task:squares"),
        (TOTAL, "task:total"),
        "%export_pipeline airflow --dag-id etl --wait",
    ]
    *own, export = user.notebook("etl", cells)
    with user.kernel("etl") as kernel:
        for source in own:
            kernel.run(source).ok()
        expected = tables(out)
        assert sorted(expected) == ["squares", "total"]
        assert all(expected.values())

        ran = kernel.run(export).ok()
        assert "✓ Exported; the run succeeded." in ran.summary
        assert any(FOLLOWING in one and "of 6 tasks" in one for one in ran.shown)
        assert tables(out) == expected
        record = user.record("etl")
        assert record["status"] == "success"
        made = {row["kind"]: row for row in record["published"]}
        assert list(made) == [("commit" if world.airflow.git else "file"), "dag", "run"]
        assert made["run"]["link"] == f"{world.airflow.url}/dags/etl/runs/{made['run']['place']}"
        assert {one["id"]: one["state"] for one in record["states"][-1]["tasks"]} == dict.fromkeys(
            ("livy_session", "cell_1", "start", "squares", "total", "livy_cleanup"), "success"
        )

        assert record["id"] in kernel.run("%jpe_history").ok().summary
        assert "✓ The run succeeded." in kernel.run(f"%jpe_history {record['id']} --status").ok().summary
        again = kernel.run(f"%jpe_history {record['id']} --run --run-param top=5 --wait").ok()
        assert "✓ The run succeeded." in again.summary
        ours = tables(out)
        kernel.run(f"top = 5\n{SQUARES}\n{TOTAL}").ok()
        assert ours == tables(out)
    assert len(ours["squares"]) == 5
    assert list(world.runs("etl").values()) == ["success", "success"]


def test_a_cell_that_fails_fails_the_command_and_the_magic_with_its_own_error(simple: World) -> None:
    user = simple.user
    broken(user, "failing")
    done = user.export("failing", "--wait", "--retries", "0")
    assert done.returncode == 5, done.stderr
    assert "JPE510: query failed: " in done.stderr
    assert "no_such_column" in done.stderr
    assert "before it fails" not in done.stderr, "the print was taken out"
    assert "task query, try 1, run jpe__" in done.stderr
    assert "Exported, but the run failed" in done.stdout
    record = user.record("failing")
    assert record["status"] == "failed"
    states = {one["id"]: one["state"] for one in record["states"][-1]["tasks"]}
    assert states == {
        "livy_session": "success",
        "start": "success",
        "query": "failed",
        "after": "upstream_failed",
        "livy_cleanup": "success",
    }
    with user.kernel("failing") as kernel:
        ran = kernel.run(f"%jpe_history {record['id']} --run --wait")
        assert ran.error[0] == "RunFailed"
        assert "no_such_column" in ran.error[1]
        assert "Traceback (most recent call last)" not in ran.error[1].partition("\n")[0]
        assert "✗ The run failed (JPE510): " in ran.summary


def test_a_dag_that_can_not_be_imported_is_told_with_its_trace(world: World, tmp_path: Path) -> None:
    user = world.user
    own = tmp_path / "airflow" / "dag.py.j2"
    own.parent.mkdir()
    ours = (TEMPLATES / "airflow" / "dag.py.j2").read_text()
    assert "\nimport json\n" in ours
    own.write_text(ours.replace("\nimport json\n", "\nimport json\nimport no_such_module_of_the_team\n"))
    user.notebook("unimportable", ["x = 1"])
    with user.kernel("unimportable", JPE_TEMPLATES_DIR=str(tmp_path)) as kernel:
        ran = kernel.run("%export_pipeline airflow --dag-id unimportable")
    assert ran.error[0] == "PublishError"
    assert "JPE512" in ran.error[1]
    assert "ModuleNotFoundError: No module named 'no_such_module_of_the_team'" in ran.error[1]
    assert 'unimportable.py", line' in ran.error[1]
    assert world.runs("unimportable") == {}
    assert user.record("unimportable")["status"] == "failed"

    # mended, it is started: what Airflow showed of the file before counts no more
    done = user.export("unimportable")
    assert done.returncode == 0, done.stderr
    assert len(world.runs("unimportable")) == 1
    stopped = user.jpe("history", user.record("unimportable")["id"], "--stop")
    assert stopped.returncode == 0, stopped.stderr


def test_with_a_wrong_token_nothing_is_pushed(world: World) -> None:
    user, before = world.user, world.pushed()
    user.notebook("wrong_token", ["x = 1"])
    with user.kernel("wrong_token", AIRFLOW_JWT_SECRET="x" * 64) as kernel:
        ran = kernel.run("%export_pipeline airflow --dag-id wrong_token")
    assert ran.error[0] == "PublishError"
    assert "JPE505" in ran.error[1]
    assert "AIRFLOW_JWT_SECRET must be the server's [api_auth] jwt_secret" in ran.error[1]
    assert "x" * 64 not in ran.error[1]
    done = user.export("wrong_token", AIRFLOW_JWT_SECRET="", AIRFLOW_USERNAME="admin", AIRFLOW_PASSWORD="wrong")
    assert done.returncode == 4
    assert "JPE505" in done.stderr
    assert world.pushed() == before
    assert world.api("GET", "/dags/wrong_token") is None


def test_without_a_scheduler_nothing_is_pushed_or_started(simple: World) -> None:
    user, before = simple.user, simple.pushed()
    user.notebook("no_scheduler", ["x = 1"])
    simple.airflow.stop_part("scheduler")
    try:  # one that was too busy to take its leave is missed half a minute later
        health = simple.airflow.health
        until(lambda: health()["scheduler"]["status"] == "unhealthy", lambda: f"the scheduler is {health()}", 60)
        done = user.export("no_scheduler")
    finally:
        simple.airflow.start_part("scheduler")
    assert done.returncode == 4
    assert "JPE514: Airflow's scheduler is unhealthy" in done.stderr
    assert "airflow scheduler" in done.stderr
    assert simple.pushed() == before


def test_an_api_server_that_dies_while_the_run_is_followed(simple: World) -> None:
    user, airflow = simple.user, simple.airflow
    user.notebook("orphan", [SPARK])
    with user.kernel("orphan") as kernel:
        ran = kernel.run(
            "%export_pipeline airflow --dag-id orphan --wait",
            "is running",
            lambda: airflow.stop_part("api-server", kill=True),
        )
        try:
            assert ran.error[0] == "NoAnswer"
            assert "JPE504: how the run jpe__" in ran.error[1]
            assert "the run itself goes on without us" in ran.error[1]
            record = user.record("orphan")
            assert f"%jpe_history {record['id']} --status asks again" in ran.error[1]
            dead = kernel.run(f"%jpe_history {record['id']} --status")
            assert dead.error[0] == "NoAnswer"
            assert "check that it runs" in dead.error[1]
        finally:
            airflow.start_part("api-server")
        asked = kernel.run(f"%jpe_history {record['id']} --status").ok()
        assert "\N{INFORMATION SOURCE} The run is running." in asked.summary
        assert "livy_session" in asked.summary
        assert "✓ Stopped." in kernel.run(f"%jpe_history {record['id']} --stop").ok().summary


def test_the_stop_button_leaves_the_run_and_says_how_to_go_on(simple: World) -> None:
    user = simple.user
    user.notebook("stopped", [SPARK])
    with user.kernel("stopped") as kernel:
        ran = kernel.run("%export_pipeline airflow --dag-id stopped --wait", FOLLOWING, kernel.interrupt)
        assert ran.error[0] == "Interrupted"
        record = user.record("stopped")
        run = next(row["place"] for row in record["published"] if row["kind"] == "run")
        assert "JPE511: stopped while following the run" in ran.error[1]
        assert f"run {run} started" in ran.error[1]
        assert f"the run goes on: %jpe_history {record['id']} --status shows it" in ran.error[1]
        assert simple.runs("stopped")[run] in ("queued", "running")
        assert "The run is " in kernel.run(f"%jpe_history {record['id']} --status").ok().summary
        assert "✓ Stopped." in kernel.run(f"%jpe_history {record['id']} --stop").ok().summary
        until(lambda: simple.runs("stopped")[run] in ENDED, simple.airflow.logs)
        # Airflow itself may call it a success: its one cell was left out
        assert "✗ The run failed." in kernel.run(f"%jpe_history {record['id']} --status").ok().summary
    assert list(simple.runs("stopped")) == [run]


def test_git_over_http_and_ctrl_c_in_the_shell(git: World, dags_repository: Any) -> None:
    user = git.user
    user.notebook("by_git", [SPARK])
    with GitHttpServer(dags_repository.bare.parent) as server:
        settings = {
            "JPE_GIT_PROVIDER": "git",
            "JPE_GIT_REMOTE_URL": server.url("dags"),
            "GITEA_TOKEN": "",
            "GITEA_USERNAME": server.user,
            "GITEA_PASSWORD": server.password,
        }
        done = user.export("by_git", "--wait", on=FOLLOWING, number=signal.SIGINT, **settings)
    assert done.returncode == 130, done.stderr
    record = user.record("by_git")
    commit, dag, run = record["published"]
    assert commit["place"] == f"{server.url('dags')}@main:dags/by_git.py"
    assert dags_repository.head()[:7] in commit["note"]
    assert dag["note"] == "new"
    assert f"the run goes on: %jpe_history {record['id']} --status shows it" in done.stderr
    assert git.runs("by_git")[run["place"]] in ("queued", "running")
    assert server.password not in json.dumps(record) + done.stderr + done.stdout
    stopped = user.jpe("history", record["id"], "--stop")
    assert stopped.returncode == 0, stopped.stderr
    until(lambda: git.runs("by_git")[run["place"]] in ENDED, git.airflow.logs)
    assert user.record("by_git")["status"] == "failed"
