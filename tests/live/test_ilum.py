"""One notebook as a job, a service and a schedule of an Ilum that runs real Spark: what a user does and sees.

What the artifacts write must be what the notebook writes.  And then what fails: cells, drivers, the server.
`tests/integration/test_ilum_flows.py` has all of it, and bad input, without Spark.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest

from jpe_magics.errors import JpeError, RunFailed
from jpe_magics.results import Submission
from jpe_magics.session import Session
from tests.live.conftest import interpreter
from tests.live.user import User
from tools.servers.ilum_core import Fault, IlumCore, SparkRunner
from tools.servers.ilum_core.records import Job

UTC = timezone.utc
SECONDS = 240  # two busy cores
ETL = Path(__file__).with_name("spark_etl.ipynb")
RUNS = 50

PARAMETERS = """\
run_date = "2026-05-20"
n = 3  # how many numbers
broken = False
pause = 0.0  # seconds"""
SQUARES = """\
import time

time.sleep(pause)
squares = spark.range(n).selectExpr("id * id AS square")
squares.createOrReplaceTempView("squares")"""
TOTAL = """\
total = spark.sql("SELECT sum(square) FROM squares").first()[0]
if broken:
    spark.sql("SELECT no_such_column FROM squares").collect()
seen = globals().get("seen", 0) + 1  # 2 where a run before this one has left something
row = [(run_date, n, total, seen, spark.sparkContext.applicationId)]
spark.createDataFrame(row, "run_date string, n int, total bigint, seen int, app string").write.mode(
    "append"
).saveAsTable("days")"""


class Ilum:
    """A core on real Spark, and a user of it with a shell, a kernel and Python."""

    def __init__(self, core: IlumCore, folder: Path) -> None:
        settings = {"ILUM_API_URL": core.api_url, "ILUM_UI_URL": "http://ilum.example:9777"}
        self.core, self.user = core, User(interpreter("JPE_SPARK_PYTHON"), folder, settings)
        self.user.notebook("days", [(PARAMETERS, "parameters"), SQUARES, TOTAL])
        self.session = Session(environ=self.user.environ())

    def export(self, name: str, *words: str) -> str:
        """Export the notebook `days` from Python, and return the record's id; raise what went wrong."""
        asked = ["ilum", "--name", name, "--notebook", str(self.user.path("days")), *words]
        done = self.session.run(self.session.parse(asked))
        if done.error is not None:
            raise done.error
        return done.record_id

    def run(self, record: str, **values: Any) -> Submission:
        return self.session.act("run", record, {name: str(value) for name, value in values.items()}, wait=True)

    def published(self, record: str, kind: str) -> str:
        """Return the id of what the record names last of that kind."""
        rows = self.session.history.get(record).published
        return str([row["place"] for row in rows if row["kind"] == kind][-1])

    def tables(self, *folders: Path) -> list[dict[str, list[Any]]]:
        """Return the tables in each folder, read back from their files by a Spark of its own."""
        command = [self.user.python, str(Path(__file__).with_name("read_tables.py")), *map(str, folders)]
        said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS).stdout
        told = json.loads(next(line for line in said.splitlines() if line.startswith("TABLES "))[7:])
        return [{table: [json.loads(row) for row in rows] for table, rows in told[str(one)].items()} for one in folders]

    def days(self) -> list[dict[str, Any]]:
        """Return what all runs have added to the table `days`."""
        (found,) = self.tables(self.core.runner.warehouse)  # type: ignore[attr-defined]
        return found["days"]

    def singles(self, name: str) -> list[Job]:
        jobs = list(self.core.state.jobs.values())
        return [one for one in jobs if one.kind == "SINGLE" and one.definition.get("name") == name]

    def kill_when_busy(self, find: Callable[[], Job | None]) -> None:
        """Kill a driver, as a node's kernel does that has no memory left, as soon as it works."""
        deadline = time.monotonic() + SECONDS
        while (job := find()) is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        program = self.core.wait(job.id, "BUSY", seconds=SECONDS).program
        assert program is not None
        os.kill(program.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def ilum(tmp_path_factory: pytest.TempPathFactory, nobody_below: Callable[..., None]) -> Iterator[Ilum]:
    python, folder = interpreter("JPE_SPARK_PYTHON"), tmp_path_factory.mktemp("ilum")
    work = folder / "core"
    with IlumCore(work, runner=SparkRunner(python), start=datetime(2026, 5, 20, 12, tzinfo=UTC)) as core:
        yield Ilum(core, folder / "user")
    nobody_below(work)


@pytest.fixture(scope="module")
def service(ilum: Ilum) -> str:
    """The record of a service that is ready."""
    record = ilum.export("days-svc", "--mode", "service")
    ilum.core.wait(ilum.core.driver(ilum.published(record, "service")).id, "READY", seconds=SECONDS)
    return record


def prepared(out: Path) -> dict[str, Any]:
    """Return the notebook with its tables in that folder, and without the cell that exports it."""
    content: dict[str, Any] = json.loads(ETL.read_text())
    cells = [{**one, "source": "".join(one["source"])} for one in content["cells"] if one["id"] != "export"]
    (parameters,) = (one for one in cells if one["id"] == "parameters")
    assert '"tables"' in parameters["source"]
    parameters["source"] = parameters["source"].replace('"tables"', repr(str(out)))
    return {**content, "cells": cells}


def test_one_notebook_in_all_three_modes_writes_the_tables_of_the_notebook(ilum: Ilum) -> None:
    user, core = ilum.user, ilum.core
    own, single, warm, other, fired = (user.folder / f"tables-{name}" for name in ("own", "1", "2", "3", "4"))
    content = prepared(own)
    user.path("etl").write_text(json.dumps(content))
    with user.kernel("etl") as kernel:
        for cell in content["cells"]:
            kernel.run(cell["source"]).ok()

        ran = kernel.run(f"%export_pipeline ilum --name etl --wait --run-param out={single}").ok()
        assert "✓ Exported; the run succeeded." in ran.summary, ran.summary
        record = user.record("etl")
        assert [one["status"] for one in record["states"]][-2:] == ["running", "success"]
        (job,) = record["published"]
        assert job["link"] == f"http://ilum.example:9777/workloads/details/job/{job['place']}"
        assert job["link"] in kernel.run(f"%jpe_history {record['id']}").ok().summary

        kernel.run("%export_pipeline ilum --mode service --name etl-svc").ok()
        record = user.record("etl-svc")
        run = f"%jpe_history {record['id']} --run --wait --run-param out="
        assert "✓ The run succeeded." in kernel.run(f"{run}{warm}").ok().summary
        assert "✓ The run succeeded." in kernel.run(f"{run}{other} --run-param min_quantity=4").ok().summary
        service = next(row["place"] for row in record["published"] if row["kind"] == "service")
        assert f"/workloads/details/group/{service}" in kernel.run(f"%jpe_history {record['id']}").ok().summary
        assert "✓ Stopped." in kernel.run(f"%jpe_history {record['id']} --stop").ok().summary
        assert core.driver(service).ended

        kernel.run(
            f'%export_pipeline ilum --mode cron --schedule-only --name etl-cron --cron "0 5 * * *" --param out={fired}'
        ).ok()
        (made,) = core.tick(to=datetime(2026, 5, 21, 5, tzinfo=UTC))
        assert core.wait(made, seconds=SECONDS).state == "FINISHED", core.logs()
        record = user.record("etl-cron")
        asked = kernel.run(f"%jpe_history {record['id']} --status").ok()
        assert f"its last job {made} is success" in " ".join(asked.summary.split()), asked.summary
        assert "✓ Stopped." in kernel.run(f"%jpe_history {record['id']} --stop").ok().summary
    assert core.tick(to=datetime(2026, 5, 30, 5, tzinfo=UTC)) == []

    mine, *made_by_it, changed = ilum.tables(own, single, warm, fired, other)
    assert sorted(mine) == ["kpi", "orders_eu", "orders_us", "summary"]
    assert all(mine.values())
    assert made_by_it == [mine] * 3
    assert changed["summary"] == [{"min_quantity": 4, "name": "__main__", "regions": 2}]
    assert 0 < len(changed["orders_eu"]) < len(mine["orders_eu"])


def test_a_warm_service_runs_fifty_times_and_each_time_right(ilum: Ilum, service: str) -> None:
    began = time.monotonic()
    ilum.export("days-cold", "--wait", "--run-param", "run_date=cold")
    cold = time.monotonic() - began
    took = []
    for number in range(RUNS):
        began = time.monotonic()
        done = ilum.run(service, run_date=f"run-{number:02}", n=number + 1)
        took.append(time.monotonic() - began)
        assert done.error is None, done.error
        assert done.record.status == "success"
    rows = [one for one in ilum.days() if one["run_date"].startswith(("run-", "cold"))]
    rows.sort(key=lambda one: str(one["run_date"]))
    apps = {one["app"] for one in rows if one["run_date"] != "cold"}
    assert len(apps) == 1, "one warm driver"
    expected = [(f"run-{number:02}", number + 1, sum(one * one for one in range(number + 1))) for number in range(RUNS)]
    assert [(one["run_date"], one["n"], one["total"]) for one in rows] == [("cold", 3, 5), *expected]
    assert {one["seen"] for one in rows} == {1}
    uploads = [where for method, where in ilum.core.requests if method == "POST" and where == "/api/v1/group"]
    assert len(uploads) == len(ilum.core.state.groups)
    ratio = cold / median(took)
    told = f"a cold job {cold:.1f} s; {RUNS} warm runs, median {median(took):.2f} s, worst {max(took):.2f} s"
    print(f"\n{told}; ratio {ratio:.1f}", file=sys.stderr)
    assert ratio > 1


def test_a_cell_that_fails_fails_the_command_and_the_run(ilum: Ilum, service: str) -> None:
    words = ["ilum", "--name", "failing", "--wait", "--run-param", "broken=true"]
    done = ilum.user.jpe("export", ilum.user.path("days"), *words)
    assert done.returncode == 5, done.stderr
    assert "JPE510: the job " in done.stderr
    assert "UNRESOLVED_COLUMN" in done.stderr
    assert "Traceback (most recent call last)" in done.stderr
    assert "no_such_column" in done.stderr
    assert "/workloads/details/job/" in done.stderr
    assert ilum.user.record("failing")["status"] == "failed"

    done = ilum.user.jpe("history", service, "--run", "--wait", "--run-param", "broken=true")
    assert done.returncode == 5, done.stderr
    assert "UNRESOLVED_COLUMN" in done.stderr
    assert '"<days, cell 3>", line 3' in done.stderr
    assert ilum.run(service, run_date="after a failure").error is None


def test_a_service_whose_driver_is_killed_while_it_runs(ilum: Ilum, service: str) -> None:
    group = ilum.published(service, "service")
    before = ilum.core.driver(group)
    with ThreadPoolExecutor(1) as killer:
        killed = killer.submit(ilum.kill_when_busy, lambda: ilum.core.driver(group))
        failed = ilum.run(service, run_date="killed", pause=SECONDS).error
        killed.result()
    assert isinstance(failed, RunFailed), failed
    assert f"the driver of job {before.id} has ended" in failed.message
    ilum.core.wait(before.id, seconds=SECONDS)
    refused = ilum.run(service).error
    assert isinstance(refused, JpeError)
    assert refused.code == "JPE515"
    assert "died" in refused.message
    assert "restart the service in Ilum" in refused.hint

    assert httpx.post(f"{ilum.core.api_url}/group/{group}/restart", trust_env=False).status_code == 200
    assert ilum.run(service, run_date="restarted").error is None  # waits for the driver
    assert ilum.core.driver(group) is not before


def test_a_submit_whose_server_goes_makes_one_job(ilum: Ilum) -> None:
    ilum.core.faults.append(Fault("POST", ".*/job/submit", "gone-done"))
    back = threading.Thread(target=lambda: ilum.core.door.wait_gone(SECONDS) and ilum.core.restart())
    back.start()
    try:
        record = ilum.export("once", "--wait", "--run-param", "run_date=once")
    finally:
        back.join()
    assert ilum.session.history.get(record).status == "success"
    (job,) = ilum.singles("once")
    assert job.definition.tags == {"jpe_export": record}
    assert job.states.count("STARTING") == 1


def test_a_job_whose_driver_is_killed(ilum: Ilum) -> None:
    with ThreadPoolExecutor(1) as killer:
        killed = killer.submit(ilum.kill_when_busy, lambda: next(iter(ilum.singles("killed")), None))
        with pytest.raises(RunFailed, match="exit code -9"):
            ilum.export("killed", "--wait", "--run-param", f"pause={SECONDS}")
        killed.result()
    assert ilum.user.record("killed")["status"] == "failed"
