"""The Ilum core of the tests on real Spark: a single job, a service, a schedule, and one catalog for all of them.

JPE_SPARK_PYTHON names an interpreter that has PySpark and `ilum-job-api`; Java must be there.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest

from tools.servers.ilum_core import IlumCore, SparkRunner

UTC = timezone.utc
SECONDS = 240  # two busy cores
SINGLE = """
import sys
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
spark.range(int(sys.argv[1])).selectExpr("id", "id * 2 AS twice").write.mode("overwrite").saveAsTable("doubled")
print("rows", spark.table("doubled").count())
spark.stop()
"""
SERVICE = """
import json
from ilum.api import IlumJob

class NotebookService(IlumJob):
    def run(self, spark, config):
        rows = int(config["rows"])
        spark.range(rows).write.mode("overwrite").saveAsTable(config["table"])
        total = spark.sql("SELECT sum(twice) FROM doubled").first()[0]
        return json.dumps([spark.table(config["table"]).count(), total, spark.sparkContext.applicationId])
"""
SCHEDULED = """
import sys
from pyspark.sql import SparkSession

if __name__ == "__main__":
    spark = SparkSession.builder.getOrCreate()
    spark.range(1).selectExpr("'%s' AS word" % sys.argv[1]).write.mode("append").saveAsTable("fires")
    spark.stop()
"""


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory, nobody_below: Callable[..., None]) -> Iterator[IlumCore]:
    python = os.environ.get("JPE_SPARK_PYTHON")
    if not python:
        pytest.skip("JPE_SPARK_PYTHON is not set: make test-live makes its environment and sets it")
    work = tmp_path_factory.mktemp("ilum") / "work"
    with IlumCore(work, runner=SparkRunner(python), start=datetime(2026, 5, 20, 12, tzinfo=UTC)) as one:
        yield one
    nobody_below(work)


@pytest.fixture(scope="module")
def ilum(core: IlumCore) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=core.api_url, trust_env=False, timeout=SECONDS) as client:
        yield client


def send(ilum: httpx.Client, path: str, code: str, stem: str, **fields: str) -> str:
    """Send a form with one file and return the id that is answered."""
    known = {"clusterName": "default", "language": "PYTHON", **fields}
    files = [("pyFiles", (f"{stem}.py", textwrap.dedent(code).encode()))]
    answer = ilum.post(path, data=known, files=files)
    assert answer.status_code == 200, answer.text
    (made,) = answer.json().values()
    return str(made)


def execute(ilum: httpx.Client, group: str, **config: Any) -> Any:
    body = {"type": "interactive_job_execute", "jobClass": "svc.NotebookService", "jobConfig": config}
    answer = ilum.post(f"/group/{group}/job/execute", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def tables(core: IlumCore, *names: str) -> dict[str, list[Any]]:
    """Return the rows of tables, read back from their files by a Spark of its own."""
    reader = Path(__file__).with_name("read_tables.py")
    python = os.environ["JPE_SPARK_PYTHON"]
    told = subprocess.run([python, reader, core.runner.warehouse], check=True, capture_output=True, text=True)
    line = next(line for line in told.stdout.splitlines() if line.startswith("TABLES "))
    (found,) = json.loads(line.removeprefix("TABLES ")).values()
    return {name: [json.loads(row) for row in found[name]] for name in names}


def test_a_single_job_a_service_and_a_schedule_share_their_tables(core: IlumCore, ilum: httpx.Client) -> None:
    image = "spark.kubernetes.container.image=nobody/has:this;spark.sql.shuffle.partitions=3"
    began = time.monotonic()
    single = send(ilum, "/job/submit", SINGLE, "job", name="one", jobClass="job", args="5", jobConfig=image)
    job = core.wait(single, seconds=SECONDS)
    cold = time.monotonic() - began
    assert job.state == "FINISHED", core.logs()
    assert job.states == ["SUBMITTED", "STARTING", "READY", "BUSY", "FINISHED"]
    assert job.info(core.readings)["jobConfig"]["spark.kubernetes.container.image"] == "nobody/has:this"
    log = ilum.get(f"/job/{single}/logs", params={"logSize": 25_000}).json()[0]["log"]
    assert "rows 5" in log

    group = send(ilum, "/group", SERVICE, "svc", name="svc", autoPause="false")
    core.wait(core.driver(group).id, "READY", seconds=SECONDS)
    began = time.monotonic()
    runs = [execute(ilum, group, table="kpi", rows=rows) for rows in ("1", 2, 3)]
    warm = (time.monotonic() - began) / 3
    assert [one["error"] for one in runs] == [None] * 3
    results = [json.loads(one["result"]) for one in runs]
    assert [result[:2] for result in results] == [[1, 20], [2, 20], [3, 20]]
    assert len({result[2] for result in results}) == 1  # one Spark application
    failed = execute(ilum, group, rows=1)
    assert failed["error"]["message"] == "KeyError: 'table'" and "Traceback" in failed["error"]["stackTrace"]
    assert execute(ilum, group, table="kpi", rows=4)["error"] is None

    send(ilum, "/schedule", SCHEDULED, "sched", name="cron", cron="0 5 * * *", jobClass="sched", args="fired")
    for day in (21, 22):
        (fired,) = core.tick(to=datetime(2026, 5, day, 5, tzinfo=UTC))
        assert core.wait(fired, seconds=SECONDS).state == "FINISHED", core.logs()
    again = send(ilum, "/job/submit", SINGLE, "job", name="one", jobClass="job", args="2")  # overwrites the table
    assert core.wait(again, seconds=SECONDS).state == "FINISHED", core.logs()

    assert tables(core, "doubled", "kpi", "fires") == {
        "doubled": [{"id": 0, "twice": 0}, {"id": 1, "twice": 2}],
        "kpi": [{"id": number} for number in range(4)],
        "fires": [{"word": "fired"}] * 2,
    }
    print(f"a cold single job: {cold:.1f} s, a warm execution: {warm:.1f} s", file=sys.stderr)


def test_a_killed_driver_is_seen_and_restarted(core: IlumCore, ilum: httpx.Client) -> None:
    send(ilum, "/group", SERVICE, "svc", name="killed")
    group = ilum.get("/group/name/killed").json()["id"]
    first = core.wait(core.driver(group).id, "READY", seconds=SECONDS)
    os.kill(first.program.pid, signal.SIGKILL)
    assert core.wait(first.id, seconds=SECONDS).state == "FAILED"
    body = {"type": "interactive_job_execute", "jobClass": "svc.NotebookService", "jobConfig": {}}
    assert ilum.post(f"/group/{group}/job/execute", json=body).status_code == 409
    assert ilum.post(f"/group/{group}/restart").status_code == 200
    told = execute(ilum, group)
    assert told["error"]["message"] == "KeyError: 'rows'" and told["jobId"] != first.id
    assert ilum.post(f"/group/{group}/stop").status_code == 200


def test_a_job_that_fails_on_spark_tells_why(core: IlumCore, ilum: httpx.Client) -> None:
    code = "from pyspark.sql import SparkSession\nSparkSession.builder.getOrCreate().sql('SELECT nothing')\n"
    job = core.wait(send(ilum, "/job/submit", code, "job", name="fails"), seconds=SECONDS)
    assert job.state == "FAILED"
    assert "UNRESOLVED_COLUMN" in job.error and "exit code 1" in job.error, job.error
