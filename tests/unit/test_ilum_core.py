"""The Ilum core that other tests rely on keeps the documented rules and runs what it gets: here in plain Python."""

from __future__ import annotations

import json
import os
import signal
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest

from tools.servers.ilum_core import Fault, IlumCore, Readings
from tools.servers.process import members

pytestmark = pytest.mark.one_python

UTC = timezone.utc
START = datetime(2026, 5, 20, 12, tzinfo=UTC)
SECONDS = 30

TALKS = """
import sys
print("hello from", __name__, sys.argv[1:])
"""
FAILS = """
print("about to fail")
raise ValueError("no such table")
"""
SLEEPS = """
import time
print("sleeping", flush=True)
time.sleep(300)
"""
# fails on its first try: it leaves a mark in the folder that all tries share
FLAKY = """
import pathlib
mark = pathlib.Path("tried")
if not mark.exists():
    mark.touch()
    raise RuntimeError("the first try")
print("the second try")
"""
SERVICE = """
import os, sys, time
from ilum.api import IlumJob

class NotebookService(IlumJob):
    def run(self, spark, config):
        print("run", config, flush=True)
        if config.get("exit"):
            sys.exit(3)
        if config.get("die"):
            os.kill(os.getpid(), 9)
        if config.get("sleep"):
            time.sleep(300)
        if config.get("number"):
            return 5
        return repr((1 / config.get("by", 1), os.getpid(), spark.sparkContext.applicationId, config))
"""
RUN = {"type": "interactive_job_execute", "jobClass": "svc.NotebookService"}


class Client:
    """Asks the core as a client would."""

    def __init__(self, core: IlumCore) -> None:
        self.core = core
        self.http = httpx.Client(base_url=core.api_url, trust_env=False, timeout=SECONDS)

    def __call__(self, method: str, path: str, **more: Any) -> Any:
        answer = self.http.request(method, path, **more)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, **more: Any) -> tuple[int, str]:
        answer = self.http.request(method, path, **more)
        assert answer.status_code >= 400, answer.text
        assert answer.headers["Content-Type"] == "application/json"
        return answer.status_code, answer.json()["message"]

    def submit(self, code: str, name: str = "nightly", **fields: str) -> str:
        return str(self("POST", "/job/submit", **form(code, "job", name=name, jobClass="job", **fields))["jobId"])

    def group(self, code: str = SERVICE, name: str = "svc", **fields: str) -> str:
        return str(self("POST", "/group", **form(code, "svc", name=name, **fields))["groupId"])

    def schedule(self, code: str = TALKS, name: str = "nightly", **fields: str) -> str:
        known = {"name": name, "jobClass": "job", "cron": "0 5 * * *", **fields}
        return str(self("POST", "/schedule", **form(code, "job", **known))["scheduleId"])

    def run(self, group: str, **config: Any) -> Any:
        return self("POST", f"/group/{group}/job/execute", json={**RUN, "jobConfig": config})

    def log(self, job: str, **query: int) -> list[str]:
        return list(self("GET", f"/job/{job}/logs", params=query)[0]["log"])


def form(code: str, stem: str, part: str = "pyFiles", **fields: str) -> dict[str, Any]:
    """Return what makes httpx send a form; a field that is "" is left out."""
    known = {"clusterName": "default", "language": "PYTHON", **fields}
    return {
        "data": {name: text for name, text in known.items() if text},
        "files": [(part, (f"{stem}.py", textwrap.dedent(code).encode(), "text/x-python"))],
    }


@pytest.fixture
def core(tmp_path: Path) -> Iterator[IlumCore]:
    with IlumCore(tmp_path / "core", start=START) as one:
        yield one
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("job ", "the core"))]


@pytest.fixture
def ilum(core: IlumCore) -> Iterator[Client]:
    client = Client(core)
    with client.http:
        yield client


def until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# --- single jobs


def test_a_single_job_runs_its_file_as_a_script_with_its_arguments(core, ilum):
    job = ilum.submit(TALKS, args="day=2026-05-21;rows=3", tags="jpe_export=x1;team=data", jobConfig="spark.a=b=c")
    core.wait(job)
    told = ilum("GET", f"/job/{job}")
    assert core.job(job).states == ["SUBMITTED", "STARTING", "READY", "BUSY", "FINISHED"]
    assert ilum.log(job) == ["hello from __main__ ['day=2026-05-21', 'rows=3']"]
    assert told["state"] == "FINISHED" and told["error"] is None and told["jobType"] == "SINGLE"
    assert told["tags"] == {"jpe_export": "x1", "team": "data"} and told["jobConfig"] == {"spark.a": "b=c"}
    assert told["args"] == ["day=2026-05-21", "rows=3"]
    assert START.timestamp() * 1000 <= told["submitTime"] <= told["startTime"] <= told["endTime"]


def test_a_job_that_fails_tells_its_traceback_and_is_tried_again(core, ilum):
    failing, flaky = ilum.submit(FAILS, maxRetries="1"), ilum.submit(FLAKY, maxRetries="2")
    core.wait(failing)
    core.wait(flaky)
    told = ilum("GET", f"/job/{failing}")
    assert (told["state"], told["attempt"], told["maxRetries"]) == ("FAILED", 2, 1)
    assert "exit code 1" in told["error"] and told["error"].endswith("ValueError: no such table")
    assert ilum.log(failing).count("about to fail") == 2
    again = ilum("GET", f"/job/{flaky}")
    assert (again["state"], again["attempt"], again["error"]) == ("FINISHED", 2, None)


def test_stop_cancels_a_job_and_kills_its_processes(core, ilum):
    job = ilum.submit(SLEEPS)
    until(lambda: ilum.log(job) == ["sleeping"])
    pid = core.job(job).program.pid
    assert members(pid)
    ilum("POST", f"/job/{job}/stop")
    assert ilum("GET", f"/job/{job}")["state"] == "CANCELED"
    assert not members(pid)
    ilum("POST", f"/job/{job}/stop")  # again: nothing happens
    ilum("DELETE", f"/job/{job}")
    assert ilum.refused("GET", f"/job/{job}") == (404, f"Job {job} was not found")


def test_a_killed_driver_fails_its_job(core, ilum):
    job = ilum.submit(SLEEPS)
    until(lambda: ilum.log(job) == ["sleeping"])
    os.kill(core.job(job).program.pid, signal.SIGKILL)
    core.wait(job)
    assert (core.job(job).state, core.job(job).error.splitlines()[0]) == (
        "FAILED",
        "the driver ended with exit code -9",
    )


def test_jobs_wait_for_a_slot(core, ilum):
    core.state.slots = 0
    job = ilum.submit(TALKS)
    assert ilum("GET", f"/job/{job}")["state"] == "SUBMITTED"
    ilum("POST", f"/job/{job}/stop")
    assert core.job(job).states == ["SUBMITTED", "CANCELED"]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"language": ""}, "java.lang.ClassNotFoundException: job"),  # Ilum's default is SCALA
        ({"jobClass": "other"}, "java.lang.ClassNotFoundException: other"),
        ({"jobClass": "job.NotebookService"}, "java.lang.ClassNotFoundException: job.NotebookService"),
    ],
)
def test_what_is_no_module_of_the_job_fails_it(core, ilum, fields, why):
    asked = form(TALKS, "job", **{"name": "x", "jobClass": "job", **fields})
    job = ilum("POST", "/job/submit", **asked)["jobId"]
    core.wait(job)
    assert (core.job(job).state, core.job(job).error) == ("FAILED", why)


def test_the_only_file_runs_without_a_class_and_a_class_can_be_meant(core, ilum):
    job = ilum("POST", "/job/submit", **form(TALKS, "job", name="x"))["jobId"]
    core.wait(job)
    assert core.job(job).state == "FINISHED"
    core.readings.job_class = "class"
    job = ilum("POST", "/job/submit", **form(SERVICE, "svc", name="x", jobClass="svc.NotebookService"))["jobId"]
    core.wait(job)
    assert core.job(job).state == "FINISHED"
    assert ilum.log(job)[0] == "run {}" and "local-stub" in ilum.log(job)[1]


def test_python_may_be_expected_in_files(core, ilum):
    core.readings.modules_in = ("files",)
    wrong = ilum.submit(TALKS)
    right = ilum("POST", "/job/submit", **form(TALKS, "job", "files", name="x", jobClass="job"))["jobId"]
    assert [core.wait(one).state for one in (wrong, right)] == ["FAILED", "FINISHED"]


def test_logs_are_a_window_of_a_list_of_resources(core, ilum):
    job = ilum.submit("for n in range(120): print(n)")
    core.wait(job)
    assert ilum.log(job) == [str(n) for n in range(100)]  # logSize is 100
    assert ilum.log(job, **{"from": 100}) == [str(n) for n in range(100, 120)]
    (log,) = ilum("GET", f"/job/{job}/logs", params={"from": 5, "logSize": 2})
    assert {"log": ["5", "6"], "from": 5, "logSize": 2, "role": "DRIVER", "state": "FINISHED"}.items() <= log.items()


# --- forms


@pytest.mark.parametrize(
    ("path", "fields", "field"),
    [
        ("/job/submit", {"name": ""}, "name"),
        ("/job/submit", {"name": "  "}, "name"),
        ("/job/submit", {"clusterName": ""}, "clusterName"),
        ("/job/submit", {"language": "python"}, "language"),
        ("/job/submit", {"maxRetries": "-1"}, "maxRetries"),
        ("/job/submit", {"driverMemory": "much"}, "driverMemory"),
        ("/job/submit", {"dynamicAllocation": "True"}, "dynamicAllocation"),
        ("/job/submit", {"tags": "a=b;c"}, "tags"),
        ("/job/submit", {"jobConfig": "spark.a=1;2"}, "jobConfig"),  # a value with ; in it can't be said
        ("/job/submit", {"description": "x"}, "description"),
        ("/job/submit", {"cron": "0 5 * * *"}, "cron"),
        ("/group", {"jobClass": "svc.NotebookService"}, "jobClass"),
        ("/group", {"args": "a"}, "args"),
        ("/group", {"maxRetries": "1"}, "maxRetries"),
        ("/group", {"scale": "one"}, "scale"),
        ("/schedule", {"cron": "0 5 * * *"}, "jobClass"),
        ("/schedule", {"jobClass": "job"}, "cron"),
        ("/schedule", {"jobClass": "job", "cron": "0 5 * *"}, "Cron"),
        ("/schedule", {"jobClass": "job", "cron": "0 0 5 * * *"}, "Cron"),
        ("/schedule", {"jobClass": "job", "cron": "0 25 * * *"}, "Cron"),
        ("/schedule", {"jobClass": "job", "cron": "0 5 * * *", "startTime": "tomorrow"}, "startTime"),
    ],
)
def test_a_form_that_breaks_a_rule_is_refused_and_nothing_is_made(core, ilum, path, fields, field):
    status, message = ilum.refused("POST", path, **form(TALKS, "job", **{"name": "x", **fields}))
    assert status == 409 and field in message
    assert not (core.state.jobs or core.state.groups or core.state.schedules)


def test_only_forms_are_taken_and_only_whole_ones(ilum):
    known = {"name": "x", "clusterName": "default"}
    assert ilum.refused("POST", "/job/submit", json=known)[0] == 415
    assert ilum.refused("POST", "/job/submit", data=known)[0] == 415  # urlencoded
    head = {"Content-Type": "multipart/form-data; boundary=b"}
    assert ilum.refused("POST", "/job/submit", content=b"--b\r\nContent-Dispo", headers=head)[0] == 400
    twice = [("name", (None, "x")), ("name", (None, "y"))]
    assert ilum.refused("POST", "/job/submit", files=twice) == (409, "name must be given once, and as text")
    outside = form(TALKS, "../../job", name="x")
    assert ilum.refused("POST", "/job/submit", **outside) == (409, "pyFiles must be files with plain names")


def test_a_file_arrives_byte_by_byte(core, ilum):
    data = bytes(range(256)) + b"\r\n--not-the-boundary\r\n\r\n"
    files = [("files", ("données é.bin", data)), ("pyFiles", ("job.py", TALKS.encode()))]
    asked = {"name": "x", "clusterName": "default", "language": "PYTHON", "jobClass": "job"}
    job = ilum("POST", "/job/submit", data=asked, files=files)["jobId"]
    (kept,) = core.definition(job).files("files")
    assert (kept.name, kept.read_bytes()) == ("données é.bin", data)


def test_a_cluster_must_be_there(core, ilum):
    core.access.clusters = ("default", "big")
    assert ilum.refused("POST", "/job/submit", **form(TALKS, "job", name="x", clusterName="none"))[0] == 404
    assert ilum("GET", "/cluster/names") == {"names": ["default", "big"]}
    assert [one["name"] for one in ilum("GET", "/cluster")["content"]] == ["default", "big"]
    assert ilum("GET", "/cluster/big")["name"] == "big"


# --- lists


def test_the_list_of_jobs_hides_those_that_have_ended(core, ilum):
    ended = ilum.submit(TALKS, name="ended")
    core.wait(ended)
    core.state.slots = 0
    waiting = [ilum.submit(TALKS, name=f"w{number}", tags=f"n={number};all=1") for number in range(3)]

    def jobs(**query: Any) -> list[str]:
        return [one["jobId"] for one in ilum("GET", "/job", params=query)["content"]]

    assert jobs() == waiting
    assert jobs(jobStates="FINISHED") == [ended]
    assert jobs(jobStates=["FINISHED", "SUBMITTED"]) == jobs(jobStates="FINISHED,SUBMITTED") == [ended, *waiting]
    assert jobs(tags="n=1") == jobs(tags="n=1;all=1") == [waiting[1]]
    assert jobs(tags="n=1;all=2") == []
    assert jobs(search="W2") == jobs(search=waiting[2]) == [waiting[2]]
    assert jobs(clusterNames="big") == jobs(jobTypes="INTERACTIVE") == []
    assert jobs(sort="name,desc") == waiting[::-1]
    assert jobs(sort="name,desc", size=1, page=1) == [waiting[1]]
    assert ilum.refused("GET", "/job", params={"sort": "nothing,asc"})[0] == 409


def test_a_page_is_told_as_documented(core, ilum):
    core.state.slots = 0
    for _ in range(3):
        ilum.submit(TALKS)
    told = ilum("GET", "/job", params={"size": 2, "page": 1, "sort": "submitTime,asc"})
    assert len(told.pop("content")) == 1
    assert told == {
        "page": {"number": 1, "size": 2, "offset": 2, "paged": True},
        "sort": ["submitTime,asc"],
        "totalElements": 3,
        "totalPages": 2,
        "first": False,
        "last": True,
        "empty": False,
    }
    assert ilum("GET", "/group") | {"content": []} == {
        "page": {"number": 0, "size": 10, "offset": 0, "paged": True},
        "sort": [],
        "totalElements": 0,
        "totalPages": 0,
        "first": True,
        "last": True,
        "empty": True,
        "content": [],
    }


def test_updates_are_a_stream_of_what_changes(core, ilum):
    other = ilum.submit(TALKS)
    core.wait(other)
    core.state.slots = 0
    job = ilum.submit(TALKS, tags="a=b")
    seen = []
    with ilum.http.stream("GET", "/job/updates", params={"jobIds": job, "tags": "a=b"}) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        ilum.submit(TALKS)
        core.state.slots = 2
        with core.state.changed:
            core.state.changed.notify_all()
        for line in stream.iter_lines():
            if line.startswith("data:"):
                seen.append(json.loads(line.removeprefix("data:")))
                if seen[-1]["state"] == "FINISHED":
                    break
    assert {one["jobId"] for one in seen} == {job}
    assert [one["state"] for one in seen] == ["STARTING", "READY", "BUSY", "FINISHED"]


# --- groups


def test_a_group_answers_again_and_again_with_one_driver(core, ilum):
    group = ilum.group(tags="jpe_export=x1", description="KPIs")
    first, second, third = (ilum.run(group, by=number, text="x") for number in (1, 2, 4))
    values = [eval(one["result"]) for one in (first, second, third)]
    assert [value for value, *_ in values] == [1.0, 0.5, 0.25]
    assert len({pid for _, pid, *_ in values}) == 1
    assert values[1][2:] == ("local-stub", {"by": 2, "text": "x"})
    assert first["error"] is None and first["jobConfig"] == {"by": 1, "text": "x"}
    assert first["startTime"] <= first["endTime"] <= second["startTime"]
    told = ilum("GET", "/group/name/svc")
    assert (told["id"], told["state"], told["scale"], told["description"]) == (group, "ACTIVE", 1, "KPIs")
    (driver,) = told["jobs"]
    assert (driver["jobType"], driver["state"], driver["groupId"]) == ("INTERACTIVE", "READY", group)
    assert first["jobId"] == driver["jobId"]
    assert "run {'by': 1, 'text': 'x'}" in ilum.log(driver["jobId"])


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"by": 0}, "ZeroDivisionError: division by zero"),
        ({"exit": True}, "SystemExit: 3"),
        ({"number": True}, "TypeError: run must return a string or None, not int"),
    ],
)
def test_a_run_that_fails_is_answered_with_200_and_leaves_the_driver(ilum, config, message):
    group = ilum.group()
    told = ilum.run(group, **config)
    assert told["result"] is None and told["error"]["message"] == message
    assert told["error"]["stackTrace"].startswith("Traceback ") and message in told["error"]["stackTrace"]
    assert ilum.run(group)["error"] is None


def test_a_class_that_is_not_there_is_an_error_of_the_run(core, ilum):
    group = ilum.group()
    for job_class in ("svc.Other", "other.NotebookService"):
        body = {**RUN, "jobClass": job_class, "jobConfig": {}}
        assert job_class.split(".")[0] in ilum("POST", f"/group/{group}/job/execute", json=body)["error"]["stackTrace"]
    core.readings.modules_in = ("files",)
    assert "ModuleNotFoundError" in ilum.run(ilum.group(name="other"))["error"]["message"]


def test_a_submitted_run_is_found_among_the_results(core, ilum):
    group = ilum.group()
    body = {**RUN, "jobConfig": {"sleep": True}}
    sleeping = ilum("POST", f"/group/{group}/job/submit", json=body)["jobInstanceId"]
    waiting = ilum("POST", f"/group/{group}/job/submit", json={**RUN, "jobConfig": {}})["jobInstanceId"]

    def results(**query: str) -> list[dict[str, Any]]:
        return list(ilum("GET", f"/group/{group}/job/result", params=query)["content"])

    until(lambda: results(search=sleeping)[0]["startTime"] is not None)
    (told,) = results(search=waiting)
    assert (told["startTime"], told["endTime"], told["result"], told["error"]) == (None, None, None, None)
    core.readings.unfinished_results = False
    assert results() == []
    with ilum.http.stream("GET", "/group/job/result/updates", params={"groupNames": "svc"}) as stream:
        os.kill(core.driver(group).program.pid, signal.SIGKILL)
        lines = (line for line in stream.iter_lines() if line.startswith("data:"))
        told = [json.loads(next(lines).removeprefix("data:")) for _ in range(2)]
    assert [one["jobInstanceId"] for one in told] == [sleeping, waiting]
    assert [one["jobInstanceId"] for one in results()] == [sleeping, waiting]
    assert all(one["error"]["message"] for one in results())
    assert ilum("GET", "/group/unknown/job/result")["content"] == []  # no 404 is documented


@pytest.mark.parametrize("reading", ["refuse", "error", "wait"])
def test_a_driver_that_dies_is_seen_and_restart_brings_another(core, ilum, reading):
    core.readings.dead_driver = reading
    group = ilum.group()
    died = ilum.run(group, die=True)
    job = core.driver(group)
    assert died["error"] == {"message": f"the driver of job {job.id} has ended", "stackTrace": ""}
    core.wait(job.id)
    assert (job.state, job.error.splitlines()[0]) == ("FAILED", "the driver ended with exit code -9")
    assert ilum("GET", f"/group/{group}")["state"] == "ACTIVE"
    body, found = {"json": {**RUN, "jobConfig": {}}}, {"search": ""}
    if reading == "refuse":
        assert ilum.refused("POST", f"/group/{group}/job/execute", **body)[0] == 409
    else:
        found["search"] = ilum("POST", f"/group/{group}/job/submit", **body)["jobInstanceId"]
    ilum("POST", f"/group/{group}/restart")
    assert ilum.run(group)["error"] is None
    assert core.driver(group).id != job.id
    if reading != "refuse":
        (late,) = ilum("GET", f"/group/{group}/job/result", params=found)["content"]
        assert bool(late["error"]) == (reading == "error") and bool(late["result"]) == (reading == "wait")


def test_stop_archives_a_group_and_frees_its_name(core, ilum):
    group = ilum.group()
    job = core.driver(group)
    core.wait(job.id, "READY")
    assert ilum.refused("POST", "/group", **form(SERVICE, "svc", name="svc"))[0] == 409
    ilum("POST", f"/group/{group}/stop")
    told = ilum("GET", f"/group/{group}")
    assert told["state"] == "ARCHIVED" and told["archivedTime"] >= told["createdTime"]
    assert job.state == "CANCELED" and not members(job.program.pid)
    assert ilum.refused("POST", f"/group/{group}/job/execute", json={**RUN, "jobConfig": {}})[0] == 409
    again = ilum.group()
    assert ilum("GET", "/group/name/svc")["id"] == again
    assert [one["id"] for one in ilum("GET", "/group", params={"groupStates": "ARCHIVED"})["content"]] == [group]
    core.readings.unique_names = "never"
    assert ilum.group() not in (group, again)
    ilum("DELETE", f"/group/{group}")
    assert ilum.refused("GET", f"/group/{group}")[0] == 404
    assert ilum.refused("GET", f"/job/{job.id}")[0] == 404


def test_of_many_groups_of_one_name_at_once_one_is_made_and_all_its_runs_are_answered(core, ilum):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ilum.http.post("/group", **form(SERVICE, "svc", name="svc")), range(8)))
        assert sorted(one.status_code for one in answers) == [200] + [409] * 7
        (group,) = core.state.groups
        runs = list(pool.map(lambda number: ilum.run(group, by=number), range(1, 9)))
    assert [eval(one["result"])[0] for one in runs] == [1 / number for number in range(1, 9)]
    assert len({one["jobInstanceId"] for one in runs}) == 8 and len(core.state.groups[group].jobs) == 1


def test_pause_resume_rescale_and_update(core, ilum):
    group = ilum.group()
    ilum.run(group)
    ilum("POST", f"/group/{group}/pause")
    assert core.driver(group).state == "FINISHED"
    assert ilum.refused("POST", f"/group/{group}/job/execute", json={**RUN, "jobConfig": {}}) == (
        409,
        f"Group {group} is paused",
    )
    ilum("POST", f"/group/{group}/resume")
    assert ilum.run(group)["error"] is None
    ilum("POST", f"/group/{group}/rescale/2")
    assert len(core.state.groups[group].drivers) == 2
    ilum("PUT", f"/group/{group}", files=[("scale", (None, "1")), ("description", (None, "new"))])
    assert len(core.state.groups[group].drivers) == 1
    assert ilum("GET", f"/group/{group}")["description"] == "new"
    files = [("pyFiles", ("svc.py", b""))]
    assert ilum.refused("PUT", f"/group/{group}", files=files) == (409, "a group update has no field pyFiles")


def test_an_idle_group_rests_and_the_next_run_wakes_it(core, ilum):
    resting, staying = ilum.group(autoPause="true"), ilum.group(name="stays")
    ilum.run(resting), ilum.run(staying)
    core.tick(to=START + timedelta(minutes=50))
    assert core.driver(resting).state == "READY"
    core.tick(to=START + timedelta(hours=3))
    assert [core.driver(one).state for one in (resting, staying)] == ["FINISHED", "READY"]
    assert ilum.run(resting)["error"] is None
    assert len(core.state.groups[resting].jobs) == 2


def test_values_may_arrive_as_text(core, ilum):
    core.readings.params_as_text = True
    told = ilum.run(ilum.group(), day="x", flag=True, rows=3, more=[1], by=1.0)
    assert "unsupported operand" in told["error"]["message"]
    assert told["jobConfig"] == {"day": "x", "flag": "true", "rows": "3", "more": [1], "by": "1.0"}


@pytest.mark.parametrize(
    "body",
    [
        [],
        {**RUN},
        {**RUN, "jobConfig": "a=b"},
        {**RUN, "jobConfig": {}, "jobClass": ""},
        {**RUN, "jobConfig": {}, "type": "interactive_code_execute"},
    ],
)
def test_an_execution_has_a_type_a_class_and_a_config(ilum, body):
    assert ilum.refused("POST", f"/group/{ilum.group()}/job/submit", json=body)[0] == 409


# --- schedules


def test_a_schedule_makes_single_jobs_by_the_clock_of_the_test(core, ilum):
    schedule = ilum.schedule(args="day=x", tags="a=b")
    assert core.tick(to=START + timedelta(hours=10)) == []
    made = core.tick(to=datetime(2026, 5, 22, 5, tzinfo=UTC))
    jobs = [core.wait(one) for one in made]
    assert [one.state for one in jobs] == ["FINISHED", "FINISHED"]
    told = [ilum("GET", f"/job/{one}") for one in made]
    assert {(one["scheduleId"], one["jobType"], one["jobName"]) for one in told} == {(schedule, "SINGLE", "nightly")}
    assert [datetime.fromtimestamp(one["submitTime"] // 1000, UTC).isoformat() for one in told] == [
        "2026-05-21T05:00:00+00:00",
        "2026-05-22T05:00:00+00:00",
    ]
    assert ilum.log(made[0]) == ["hello from __main__ ['day=x']"]
    assert [one["jobId"] for one in ilum("GET", f"/schedule/{schedule}")["jobs"]] == made
    assert core.tick(to=datetime(2026, 5, 23, 4, tzinfo=UTC)) == []
    with pytest.raises(ValueError, match="past"):
        core.tick(to=START)


def test_a_schedule_can_be_paused_resumed_and_stopped(core, ilum):
    core.state.slots = 0
    schedule = ilum.schedule(cron="0 * * * *")

    def listed(**query: str) -> list[str]:
        return [one["id"] for one in ilum("GET", "/schedule", params=query)["content"]]

    def fires(hours: int) -> int:
        return len(core.tick(to=START + timedelta(hours=hours)))

    assert (fires(2), listed()) == (2, [schedule])
    ilum("POST", f"/schedule/{schedule}/pause")
    assert (fires(4), listed(), listed(scheduleStates="PAUSED")) == (0, [], [schedule])
    ilum("POST", f"/schedule/{schedule}/resume")
    assert (fires(5), listed(scheduleCrons="0 * * * *")) == (1, [schedule])
    assert (
        ilum.refused("POST", "/schedule", **form(TALKS, "job", name="nightly", jobClass="job", cron="0 5 * * *"))[0]
        == 409
    )
    ilum("POST", f"/schedule/{schedule}/stop")
    assert (fires(7), ilum("GET", "/schedule/name/nightly")["state"]) == (0, "DISABLED")
    ilum("DELETE", f"/schedule/{schedule}")
    assert ilum.refused("GET", f"/schedule/{schedule}")[0] == 404


def test_a_schedule_keeps_its_times_its_zone_and_its_dialect(core, ilum):
    core.state.slots = 0
    stamps = [str(int((START + timedelta(hours=hours)).timestamp() * 1000)) for hours in (2, 4)]
    ilum.schedule(cron="0 * * * *", startTime=stamps[0], endTime=stamps[1])
    ilum.schedule(name="never", cron="0 5 30 2 *")
    assert len(core.tick(to=START + timedelta(hours=10))) == 3
    core.readings.zone = timezone(timedelta(hours=3))
    core.readings.cron_fields = 6
    ilum.schedule(name="six", cron="30 0 4 * * *")  # 01:00:30 in UTC
    assert len(core.tick(to=datetime(2026, 5, 21, 1, 0, 29, tzinfo=UTC))) == 0
    assert len(core.tick(to=datetime(2026, 5, 21, 1, 0, 31, tzinfo=UTC))) == 1


def test_a_schedule_is_changed_without_its_file(core, ilum):
    core.state.slots = 0
    schedule = ilum.schedule(args="a=1")
    (before,) = core.tick(to=datetime(2026, 5, 21, 5, tzinfo=UTC))
    ilum("PUT", f"/schedule/{schedule}", files=[("cron", (None, "0 6 * * *")), ("args", (None, "a=2"))])
    (after,) = (
        core.tick(to=datetime(2026, 5, 22, 5, 59, tzinfo=UTC))
        or core.tick(to=datetime(2026, 5, 22, 6, 1, tzinfo=UTC))[-1:]
    )
    assert [ilum("GET", f"/job/{one}")["args"] for one in (before, after)] == [["a=1"], ["a=2"]]
    assert ilum.refused("PUT", f"/schedule/{schedule}", files=[("cron", (None, "soon"))])[0] == 409


# --- access, and what goes wrong


def test_tokens(core, ilum):
    assert core.token()
    assert ilum.refused("GET", "/job")[0] == 401
    assert httpx.get(f"{core.url}/actuator/health", trust_env=False).json() == {"status": "UP"}

    def status(token: str, method: str = "GET", path: str = "/job") -> int:
        return ilum.http.request(method, path, headers={"Authorization": f"Bearer {token}"}).status_code

    good, looks, short = core.token(), core.token(may_change=False), core.token(60)
    assert [status(one) for one in (good, looks, short, "wrong")] == [200, 200, 200, 401]
    assert status(looks, "POST", "/job/x/stop") == 403
    assert status(good, "POST", "/job/x/stop") == 404
    core.tick(to=START + timedelta(minutes=2))
    assert [status(one) for one in (good, short)] == [200, 401]
    assert ilum.http.get("/job", auth=("admin", "admin")).status_code == 401


def test_a_licence_that_has_expired_stops_every_change_and_no_look(core, ilum):
    assert ilum("GET", "/license")["status"] == "GREEN"
    core.access.licence_expired = True
    assert ilum.refused("POST", "/job/submit", **form(TALKS, "job", name="x")) == (402, "License expired")
    assert ilum.refused("DELETE", "/job/x")[0] == 402
    assert ilum("GET", "/job")["empty"] and ilum("GET", "/license")["status"] == "RED"


def test_an_upload_has_a_limit(core, ilum):
    core.door.upload_limit = 10_000
    assert ilum.refused("POST", "/job/submit", **form("#" * 10_000, "job", name="x"))[0] == 413
    assert ilum.submit(TALKS)


def test_unknown_paths_and_methods(ilum):
    assert ilum.refused("GET", "/jobs")[0] == 404
    assert ilum.refused("PUT", "/job/x")[0] == 405
    assert ilum.refused("POST", "/job/x/stop")[0] == 404


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("error", 500),
        ("held", httpx.ReadTimeout),
        ("dropped", httpx.RemoteProtocolError),
        ("gone", httpx.RemoteProtocolError),
    ],
)
@pytest.mark.parametrize("done", [False, True])
def test_a_submission_can_go_wrong_before_and_after_it_is_taken(core, ilum, kind, seen, done):
    core.state.slots = 0
    names = {"error": "error-done", "held": "held-done", "dropped": "lost", "gone": "gone-done"}
    core.faults.append(Fault("POST", r".*/job/submit", names[kind] if done else kind))
    asked = {**form(TALKS, "job", name="x", jobClass="job"), "timeout": 1.0}
    if isinstance(seen, int):
        assert ilum.http.post("/job/submit", **asked).status_code == seen
    else:
        with pytest.raises(seen):
            ilum.http.post("/job/submit", **asked)
    if kind == "gone":
        with pytest.raises(httpx.ConnectError):
            ilum.http.get("/job")
        core.restart()
    assert len(ilum("GET", "/job")["content"]) == done
    assert ilum.submit(TALKS)  # the fault is over


def test_a_core_that_comes_back_has_kept_its_jobs_and_drivers(core, ilum):
    group, job = ilum.group(), ilum.submit(SLEEPS)
    before = eval(ilum.run(group)["result"])
    address = core.api_url
    core.vanish()
    with pytest.raises(httpx.ConnectError):
        ilum("GET", "/job")
    core.restart()
    assert core.api_url == address
    assert eval(ilum.run(group)["result"])[:2] == before[:2]
    assert ilum("GET", f"/job/{job}")["state"] in ("STARTING", "READY", "BUSY")


def test_html_instead_of_json(core, ilum):
    core.faults.append(Fault("GET", r".*/job", "error", status=503, html=True))
    answer = ilum.http.get("/job")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html")


def test_a_fault_has_a_known_kind():
    with pytest.raises(ValueError, match="none of"):
        Fault("GET", "/", "broken")


def test_tags_may_be_told_as_text(tmp_path):
    with IlumCore(tmp_path, readings=Readings(tags_as="text")) as core:
        core.state.slots = 0
        client = Client(core)
        with client.http:
            job = client.submit(TALKS, tags="a=b;c=d")
            assert client("GET", f"/job/{job}")["tags"] == "a=b;c=d"


def test_nothing_is_left_when_the_core_ends(tmp_path):
    with IlumCore(tmp_path) as core:
        client = Client(core)
        with client.http:
            group, job = client.group(), client.submit(SLEEPS)
            client.run(group)
            until(lambda: client.log(job) == ["sleeping"])
            pids = [core.driver(group).program.pid, core.job(job).program.pid]
        assert all(members(pid) for pid in pids)
    assert not any(members(pid) for pid in pids)
