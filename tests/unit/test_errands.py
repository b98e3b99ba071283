"""What becomes of a flow, seen from the session: the record, the result, interruptions, and no secret in any of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from jpe_magics import Session
from jpe_magics.core.flow import Call, Flow, Made, Place, State, Surroundings, Tell, Wait
from jpe_magics.errors import Interrupted, OptionError, PublishError, RunFailed
from jpe_magics.model.artifact import Artifact
from jpe_magics.model.option import Request
from jpe_magics.model.progress import Progress, TaskState
from jpe_magics.model.publication import Published
from jpe_magics.model.record import Record
from jpe_magics.targets.airflow import AirflowTarget

RUN = Published("run", "jpe__1", "http://127.0.0.1/run", "started")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    cells = [
        {"cell_type": "code", "id": "p", "metadata": {"tags": ["parameters"]}, "source": "n = 3"},
        {"cell_type": "code", "id": "c", "metadata": {}, "source": "x = n"},
    ]
    cells = [{**cell, "outputs": [], "execution_count": None} for cell in cells]
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    (tmp_path / "nb.ipynb").write_text(json.dumps(content))
    return tmp_path


def session(place: Path, **environ: str) -> Session:
    return Session(environ={"JPE_AUDIT_LOG": str(place / "audit.jsonl"), "JPE_GIT_PROVIDER": "local", **environ})


class Scripted(AirflowTarget):
    """A target whose flows are the tests' own."""

    flow: Callable[..., Flow]

    def publish(self, artifact: Artifact, request: Request, around: Surroundings) -> Flow:
        return type(self).flow(artifact=artifact, request=request, around=around)

    def again(self, record: Record, values: Any, wait: bool, around: Surroundings) -> Flow:
        return type(self).flow(record=record, values=values, wait=wait, around=around)

    def stop(self, record: Record, around: Surroundings) -> Flow:
        return type(self).flow(record=record, around=around)

    def status(self, record: Record, around: Surroundings) -> Flow:
        return type(self).flow(record=record, around=around)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Flow]], None]:
    """Return a function that makes a flow the one of the target airflow."""

    def use(flow: Callable[..., Flow]) -> None:
        monkeypatch.setattr(Scripted, "flow", staticmethod(flow), raising=False)
        monkeypatch.setattr("jpe_magics.targets.get_target", lambda name: Scripted())

    return use


def export(session: Session, **options: Any) -> Any:
    from jpe_magics.core.options import Given

    stop = options.pop("stop", None)
    tell = options.pop("tell", None)
    return session.run(Given("airflow", {"notebook": "nb.ipynb", "dag_id": "etl", **options}), tell, stop)


def test_a_run_that_is_followed_gives_the_record_its_state(place: Path, scripted: Any) -> None:
    def flow(artifact: Artifact, request: Request, around: Surroundings) -> Flow:
        assert request.run_parameters == (("n", 5),)
        yield Place("dags", artifact.files[0])
        yield Tell(Progress("starting a run"))
        yield Made(RUN)
        yield State("running", tasks=(TaskState("c", "running", 1),))
        yield State("success", tasks=(TaskState("c", "success", 1, 2.5),))

    scripted(flow)
    heard: list[Progress] = []
    done = export(session(place), run_param={"n": "5"}, tell=heard.append)
    assert done.ok
    assert [one.kind for one in done.published] == ["file", "run"]
    assert [one.status for one in done.states] == ["running", "success"]
    assert [one.step for one in heard] == ["starting a run"]
    record = session(place).history.get(done.record_id)
    assert (record.status, record.error) == ("success", "")
    assert [row["status"] for row in record.states] == ["intent", "running", "success"]


def test_a_failed_run_is_an_error_and_a_state(place: Path, scripted: Any) -> None:
    def flow(**_: Any) -> Flow:
        yield Made(RUN)
        yield State("failed", "ZeroDivisionError")
        raise RunFailed("task c failed")

    scripted(flow)
    done = export(session(place))
    assert isinstance(done.error, RunFailed)
    record = session(place).history.get(done.record_id)
    assert (record.status, record.error) == ("failed", "JPE510: task c failed")
    assert "failed, JPE510" in repr(done)


def test_what_fails_on_the_way_keeps_what_was_made(place: Path, scripted: Any) -> None:
    def flow(artifact: Artifact, **_: Any) -> Flow:
        yield Place("dags", artifact.files[0])
        raise PublishError("Airflow does not show it", code="JPE513")

    scripted(flow)
    done = export(session(place))
    assert [one.kind for one in done.published] == ["file"]
    assert session(place).history.get(done.record_id).status == "failed"


@pytest.mark.parametrize("started", [False, True])
def test_a_fault_of_a_target_is_raised_and_ends_the_record(place: Path, scripted: Any, started: bool) -> None:
    def flow(**_: Any) -> Flow:
        if started:
            yield Made(RUN)
            yield State("running")
        raise KeyError("hunter2-hunter2")

    scripted(flow)
    with pytest.raises(KeyError):
        export(session(place, AIRFLOW_PASSWORD="hunter2-hunter2"))
    record = session(place).history.get("last")
    assert record.status == ("running" if started else "failed")  # a run that was started goes on
    assert record.error == "KeyError: '***'"
    assert "hunter2" not in (place / "audit.jsonl").read_text()


def test_a_fault_before_any_step_begins_no_record(place: Path, scripted: Any) -> None:
    def fails(**_: Any) -> Flow:
        raise KeyError("name")

    scripted(fails)
    with pytest.raises(KeyError):
        export(session(place))
    assert not (place / "audit.jsonl").exists()


def test_a_writing_that_is_interrupted_is_told_as_such(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("jpe_magics.adapters.errand.write_outputs", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export(session(place), output="out/")
    assert session(place).history.get("last").status == "interrupted"


@pytest.mark.parametrize(("started", "hint"), [(False, "--run starts it"), (True, "the run goes on")])
def test_an_interruption_says_what_is_done_and_how_to_go_on(
    place: Path, scripted: Any, started: bool, hint: str
) -> None:
    def flow(artifact: Artifact, **_: Any) -> Flow:
        yield Place("dags", artifact.files[0])
        if started:
            yield Made(RUN)
            yield State("running")
        yield Tell(Progress("waiting for the run to end"))
        raise KeyboardInterrupt

    scripted(flow)
    done = export(session(place))
    assert isinstance(done.error, Interrupted)
    assert done.error.exit_code == 130
    assert "stopped while waiting for the run to end" in done.error.message
    assert "file dags/etl.py created" in done.error.message
    assert hint in done.error.hint
    assert done.record_id in done.error.hint
    status = session(place).history.get(done.record_id).status
    assert status == ("running" if started else "interrupted")


@pytest.mark.parametrize(
    ("made", "ends"),
    [
        ([Published("job", "j1", note="created")], "--stop ends it"),
        ([Published("service", "s1"), RUN], "--stop ends it, and the service with it"),
        ([Published("schedule", "s1"), Published("job", "j1")], "--stop ends it, and the schedule with it"),
    ],
)
def test_a_job_that_was_made_is_a_run_that_goes_on(
    place: Path, scripted: Any, made: list[Published], ends: str
) -> None:
    def flow(**_: Any) -> Flow:
        for one in made:
            yield Made(one)
        raise KeyboardInterrupt

    scripted(flow)
    error = export(session(place)).error
    assert isinstance(error, Interrupted)
    assert error.hint.startswith("the run goes on: %jpe_history ")
    assert error.hint.endswith(ends)
    assert "--run" not in error.hint


def test_a_run_of_a_service_that_was_made_before_names_the_service(place: Path, scripted: Any) -> None:
    def publish(**_: Any) -> Flow:
        yield Made(Published("service", "s1", note="created"))

    def again(**_: Any) -> Flow:
        yield Made(RUN)
        raise KeyboardInterrupt

    scripted(publish)
    first = export(session(place)).record_id
    scripted(again)
    error = session(place).act("run", first).error
    assert isinstance(error, Interrupted)
    assert error.hint.endswith("--stop ends it, and the service with it")


def test_an_interruption_says_what_may_be_done_all_the_same(
    place: Path, scripted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(self: Any, call: Call) -> None:
        raise KeyboardInterrupt

    def flow(artifact: Artifact, **_: Any) -> Flow:
        yield Place("dags", artifact.files[0])
        yield Tell(Progress("starting the run jpe__1"))
        yield Call("airflow", "POST", "/api/v2/dags/etl/dagRuns")

    monkeypatch.setattr("jpe_magics.adapters.calls.Calls.ask", ask)
    scripted(flow)
    done = export(session(place))
    assert isinstance(done.error, Interrupted)
    assert "stopped while starting the run jpe__1, which may be done all the same" in done.error.message
    assert done.error.hint.startswith("look there first whether it is; if not:")


def test_another_state_takes_the_error_of_the_one_before_away(place: Path, scripted: Any) -> None:
    def interrupted(**_: Any) -> Flow:
        yield Made(RUN)
        yield State("running")
        raise KeyboardInterrupt

    def status(**_: Any) -> Flow:
        yield State("success")

    scripted(interrupted)
    first = export(session(place)).record_id
    assert "JPE511" in session(place).history.get(first).error
    scripted(status)
    session(place).act("status", first)
    record = session(place).history.get(first)
    assert (record.status, record.error) == ("success", "")


def test_the_same_state_keeps_its_error(place: Path, scripted: Any) -> None:
    def failing(**_: Any) -> Flow:
        yield Wait(0)
        raise PublishError("Airflow can't import it", code="JPE512")

    def status(**_: Any) -> Flow:
        yield State("failed", "shorter", detail="Airflow shows it.")

    scripted(failing)
    first = export(session(place)).record_id
    scripted(status)
    done = session(place).act("status", first)
    assert "Airflow shows it." in done.text()
    assert session(place).history.get(first).error == "JPE512: Airflow can't import it"


def test_who_sets_stop_ends_it_at_the_next_wait(place: Path, scripted: Any) -> None:
    stop, closed = Event(), []

    def flow(**_: Any) -> Flow:
        try:
            stop.set()
            yield Wait(60)
        finally:
            closed.append(True)

    scripted(flow)
    done = export(session(place), stop=stop)
    assert isinstance(done.error, Interrupted)
    assert closed
    assert "done until then: nothing" in done.error.message


def test_no_secret_of_settings_or_run_parameters_gets_into_result_or_history(place: Path, scripted: Any) -> None:
    token, value = "s3cr3t-t0ken-of-airflow", "ghp_" + "a1B2" * 9
    seen: list[Progress] = []

    def flow(**_: Any) -> Flow:
        yield Tell(Progress("asking", detail=token))
        yield Made(Published("run", "r", note=f"with {value}"))
        yield State("failed", f"{token} {value}")
        raise RunFailed(f"the server says {token} and {value}", where=value, hint=token)

    scripted(flow)
    done = export(session(place, AIRFLOW_TOKEN=token), run_param={"n": "5"}, tell=seen.append)
    assert token not in "".join((done.text(), done._repr_html_(), repr(done), repr(done.error), repr(seen)))
    assert token not in (place / "audit.jsonl").read_text()
    again = session(place, AIRFLOW_TOKEN=token)
    with pytest.raises(OptionError):
        again.act("run", done.record_id, {"secret": value})


def test_a_record_is_run_again_stopped_and_asked_for(place: Path, scripted: Any) -> None:
    def publish(**_: Any) -> Flow:
        yield Made(RUN)
        yield State("failed", "broke")
        raise RunFailed("task c failed")

    scripted(publish)
    first = export(session(place))

    def again(record: Record, values: Any, wait: bool, around: Surroundings) -> Flow:
        assert record.id == first.record_id
        assert (values, wait) == ({"n": 7}, True)
        assert around.id not in ("", record.id)
        yield Made(Published("run", "jpe__2", note="started"))
        yield State("success", tasks=(TaskState("c", "success"),))

    scripted(again)
    done = session(place).act("run", first.record_id[:12], {"n": "7"}, wait=True)
    assert done.ok
    assert [one.place for one in done.published] == ["jpe__2"]
    record = session(place).history.get(first.record_id)
    assert (record.status, record.error) == ("success", "")
    assert [row["place"] for row in record.published] == ["jpe__1", "jpe__2"]
    assert record == done.record

    def failing(**_: Any) -> Flow:
        yield Wait(0)
        raise PublishError("no answer", code="JPE504")

    scripted(failing)
    asked = session(place).act("status", first.record_id)
    assert asked.error is not None
    assert session(place).history.get(first.record_id) == record  # what could not be asked changes nothing

    again_failing = session(place).act("run", first.record_id)
    assert again_failing.error is not None  # nothing was started
    assert session(place).history.get(first.record_id) == record

    with pytest.raises(OptionError, match="there is no parameter 'm'"):
        session(place).act("run", first.record_id, {"m": "7"})
    with pytest.raises(OptionError, match="must be a whole number"):
        session(place).act("run", first.record_id, {"n": "x"})


def test_an_action_that_makes_no_sense_is_raised(place: Path) -> None:
    done = session(place).export("py", notebook="nb.ipynb")
    with pytest.raises(OptionError, match="run by no server"):
        session(place).act("run", done.record_id)


def test_a_preview_shows_what_would_be_sent_and_an_export_does_not(place: Path) -> None:
    shown = session(place).export("ilum", notebook="nb.ipynb", name="nightly", preview=True)
    (request,) = shown.requests
    assert request.startswith("POST http://ilum-core:9888/api/v1/job/submit\n")
    assert "\ntags = jpe_export=<id of the export>\n" in request
    assert request in shown.text()
    assert not (place / "audit.jsonl").exists()


def test_what_can_not_be_sent_is_refused_before_anything_is_written(place: Path) -> None:
    cell = {"cell_type": "code", "id": "x", "metadata": {}, "outputs": [], "execution_count": None}
    content = json.loads((place / "nb.ipynb").read_text())
    content["cells"].insert(0, {**cell, "source": '%%configure -f\n{"conf": {"spark.a": "1;2"}}'})
    content["metadata"]["kernelspec"] = {"name": "pysparkkernel", "display_name": "PySpark"}
    (place / "nb.ipynb").write_text(json.dumps(content))
    with pytest.raises(OptionError, match=r"'spark\.a'"):
        session(place).export("ilum", notebook="nb.ipynb", name="nightly")
    assert not (place / "audit.jsonl").exists()
