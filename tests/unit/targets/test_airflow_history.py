"""Running again, stopping and asking for the state of what the history holds, against a fake Airflow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jpe_magics.errors import OptionError, PublishError, RunFailed
from jpe_magics.model.record import Record
from jpe_magics.targets.airflow.history import again, status, stop
from jpe_magics.targets.airflow.publish import publish

RUN = "jpe__261121-030000-abc"


@pytest.fixture(params=["3.3.2", "2.11.0"])
def airflow(request: pytest.FixtureRequest, tmp_path: Path, fake_airflow: Any) -> Iterator[Any]:
    with fake_airflow.FakeAirflow(tmp_path, version=request.param, parse_every=4) as running:
        yield running


@pytest.fixture
def published(airflow: Any, flows: Any) -> Record:
    """The record of an export that started a run."""
    given = flows.given(airflow)
    shown = flows.run(publish(flows.artifact(), flows.request(), flows.around(given)), given)
    return flows.record(shown, flows.artifact())


def _again(airflow: Any, flows: Any, record: Record, values: Any = None, wait: bool = False) -> Any:
    given = flows.given(airflow)
    return flows.run(again(record, values or {}, wait, flows.around(given, "next")), given)


def _do(airflow: Any, flows: Any, action: Any, record: Record) -> Any:
    given = flows.given(airflow)
    shown = flows.Watched()
    return flows.run(action(record, flows.around(given, "next")), given, shown)


def _runs(airflow: Any) -> list[str]:
    return [one.id for one in airflow.dags["etl"].runs]


def test_again_starts_a_run_of_its_own_with_the_parameters_given(airflow: Any, flows: Any, published: Record) -> None:
    shown = _again(airflow, flows, published, {"n": 8}, wait=True)
    assert _runs(airflow) == [RUN, "jpe__next"]
    assert airflow.dags["etl"].runs[1].conf == {"n": 8}
    assert [one.place for one in shown.published] == ["jpe__next"]
    assert shown.states[-1].status == "success"


def test_again_raises_what_the_run_failed_of(airflow: Any, flows: Any, published: Record) -> None:
    airflow.outcomes = {"cell_1": "failed"}
    with pytest.raises(RunFailed, match="cell_1 failed"):
        _again(airflow, flows, published, wait=True)


def test_again_leaves_a_dag_that_somebody_paused(airflow: Any, flows: Any, published: Record) -> None:
    airflow.dags["etl"].paused = True
    with pytest.raises(PublishError, match="somebody paused") as caught:
        _again(airflow, flows, published)
    assert caught.value.code == "JPE515"
    assert _runs(airflow) == [RUN]


def test_again_starts_a_dag_that_became_visible_only_after_its_export(airflow: Any, flows: Any) -> None:
    """It is paused, as new DAGs are, and the export that would have unpaused it gave up waiting."""
    art = flows.artifact()
    (airflow.folder / "etl.py").write_text(art.files[0].text)
    airflow.parse()
    _again(airflow, flows, flows.record(flows.Watched(), art))
    assert _runs(airflow) == ["jpe__next"]
    assert not airflow.dags["etl"].paused


def test_again_does_not_run_another_version(airflow: Any, flows: Any, published: Record) -> None:
    (airflow.folder / "etl.py").write_text(flows.artifact(more="# newer\n").files[0].text)
    airflow.parse()
    with pytest.raises(PublishError, match="another than 261121-030000-abc exported"):
        _again(airflow, flows, published)
    assert _runs(airflow) == [RUN]


def test_again_runs_a_dag_whose_last_line_end_got_lost(airflow: Any, flows: Any, published: Record) -> None:
    (airflow.folder / "etl.py").write_text(flows.artifact().files[0].text.rstrip("\n"))
    airflow.parse()
    _again(airflow, flows, published)
    assert _runs(airflow) == [RUN, "jpe__next"]


def test_again_says_that_the_dag_is_gone(airflow: Any, flows: Any, published: Record) -> None:
    (airflow.folder / "etl.py").unlink()
    airflow.parse()
    with pytest.raises(PublishError, match="its file is gone"):
        _again(airflow, flows, published)


def test_again_shows_the_import_error_of_a_dag_that_broke(airflow: Any, flows: Any, published: Record) -> None:
    (airflow.folder / "etl.py").write_text("raise ImportError('no module')\n")
    airflow.parse()
    with pytest.raises(PublishError, match="no module") as caught:
        _again(airflow, flows, published)
    assert caught.value.code == "JPE512"


def test_stop_marks_the_run_failed_and_the_state_stays_so(airflow: Any, flows: Any, published: Record) -> None:
    dag = airflow.dags["etl"]
    while dag.runs[0].tasks[0]["state"] != "running":
        airflow.advance(dag)
    advance, airflow.advance = airflow.advance, lambda dag: None
    shown = _do(airflow, flows, stop, published)
    assert [one.state for one in shown.states[-1].tasks] == ["failed", "skipped", ""]
    assert (shown.states[-1].status, shown.states[-1].error) == ("failed", "stopped by hand")
    assert dag.runs[0].state == "running", "its cleanup is still to be run"
    while dag.runs[0].state == "running":
        advance(dag)
    dag.runs[0].state = "success"  # what Airflow makes of it when the cleanup has run (measured)
    assert _do(airflow, flows, status, published).states[-1].status == "failed"


def test_stop_is_asked_for_again_where_a_task_was_just_taken_up(airflow: Any, flows: Any, published: Record) -> None:
    airflow.missed_by_stop = "cell_1"
    shown = _do(airflow, flows, stop, published)
    assert [one.state for one in shown.states[-1].tasks] == ["skipped", "skipped", ""]
    assert airflow.count("PATCH", ".*/dagRuns/.*") == 2


def test_stop_says_which_task_airflow_does_not_end(airflow: Any, flows: Any, published: Record) -> None:
    airflow.dags["etl"].runs[0].tasks[1]["state"] = "deferred"
    with pytest.raises(PublishError, match="and shows cell_2 as deferred") as caught:
        _do(airflow, flows, stop, published)
    assert caught.value.code == "JPE508"


def test_stop_of_a_run_that_was_hidden_for_a_moment_stops_it(
    airflow: Any, flows: Any, fake_airflow: Any, published: Record
) -> None:
    airflow.faults.append(fake_airflow.Fault("GET", ".*/dagRuns/[^/]*", 404))
    shown = _do(airflow, flows, stop, published)
    assert (shown.states[-1].status, shown.states[-1].error) == ("failed", "stopped by hand")


def test_stop_of_a_run_that_has_ended_says_so_and_changes_nothing(airflow: Any, flows: Any, published: Record) -> None:
    while airflow.dags["etl"].runs[0].state != "success":
        airflow.advance(airflow.dags["etl"])
    with pytest.raises(OptionError, match="has ended already, as success") as caught:
        _do(airflow, flows, stop, published)
    assert caught.value.code == "JPE516"
    assert airflow.count("PATCH", ".*/dagRuns/.*") == 0


@pytest.mark.parametrize("action", [stop, status])
def test_a_run_is_stopped_and_asked_for_while_the_scheduler_is_ill(
    airflow: Any, flows: Any, published: Record, action: Any
) -> None:
    airflow.health["scheduler"] = "unhealthy"
    assert _do(airflow, flows, action, published).states


def test_status_tells_the_state_and_the_tasks(airflow: Any, flows: Any, published: Record) -> None:
    airflow.outcomes = {"cell_2": "failed"}
    airflow.logs = {"cell_2": [{"event": "The code failed in the session:\nKeyError: 'a'", "level": "error"}]}
    assert _do(airflow, flows, status, published).states[-1].status == "queued"
    while airflow.dags["etl"].runs[0].state != "failed":
        airflow.advance(airflow.dags["etl"])
    last = _do(airflow, flows, status, published).states[-1]
    assert last.status == "failed"
    assert last.error == "cell_2 failed: KeyError: 'a'"
    assert [(one.id, one.state) for one in last.tasks] == [
        ("cell_1", "success"),
        ("cell_2", "failed"),
        ("livy_cleanup", "success"),
    ]


SECRET = "".join(("Hx7kQ9", "-wnG4z"))  # in pieces: scanners of this repository look for such texts


def _fail_with_words(airflow: Any, words: str) -> None:
    airflow.outcomes = {"cell_2": "failed"}
    airflow.logs = {
        "cell_2": [
            {"event": words, "logger": "task.stdout", "level": "info"},
            {"event": f"The code failed in the session:\nKeyError: 'a'\n{words}", "level": "error"},
        ]
    }
    dag = airflow.dags["etl"]
    while dag.runs[-1].state != "failed":
        airflow.advance(dag)


@pytest.mark.parametrize("action", [status, stop])
def test_a_run_s_own_values_are_not_told_by_its_log(airflow: Any, flows: Any, published: Record, action: Any) -> None:
    """The history asks long after the run was started, and no record holds its parameters."""
    airflow.dags["etl"].runs[0].conf = {"password": SECRET, "limits": {"token": SECRET + "x"}, "n": 17}
    _fail_with_words(airflow, f"connecting with {SECRET} and {SECRET}x, n is 17")
    given, shown, said = flows.given(airflow), flows.Watched(), ""
    try:
        flows.run(action(published, flows.around(given, "next")), given, shown)
    except OptionError as error:
        said = str(error)
    last = shown.states[-1]
    assert "connecting with *** and ***" in last.error
    assert "n is 17" in last.error
    assert SECRET not in f"{shown.states} {shown.progress} {said}"


def test_what_looks_like_a_secret_in_a_log_is_masked(airflow: Any, flows: Any, published: Record) -> None:
    _fail_with_words(airflow, f"password = '{SECRET}'")
    last = _do(airflow, flows, status, published).states[-1]
    assert "password = '***'" in last.error


def test_what_a_pipeline_with_secrets_says_is_not_told(airflow: Any, flows: Any, published: Record) -> None:
    record = replace(published, secrets_allowed=True)
    _fail_with_words(airflow, "its words")
    last = _do(airflow, flows, status, record).states[-1]
    assert last.status == "failed"
    assert last.error.startswith("cell_2 failed, and its log may say the secret")
    with pytest.raises(RunFailed, match="cell_2 failed, and its log may say the secret") as caught:
        _again(airflow, flows, record, wait=True)
    assert "its words" not in str(caught.value)


def test_a_secret_in_an_import_error_is_masked(airflow: Any, flows: Any, published: Record) -> None:
    (airflow.folder / "etl.py").write_text(f"raise ImportError(\"password = '{SECRET}'\")\n")
    airflow.parse()
    with pytest.raises(PublishError, match="can't import") as caught:
        _again(airflow, flows, published)
    shown = _do(airflow, flows, status, replace(published, published=(), status="failed"))
    assert SECRET not in f"{caught.value} {shown.states} {shown.progress}"


def test_the_note_of_a_run_tells_its_parameters_without_secrets(airflow: Any, flows: Any, published: Record) -> None:
    (made,) = _again(airflow, flows, published, {"n": 8, "password": SECRET}).published
    assert made.note == "started with n=8, password=***"
    assert airflow.dags["etl"].runs[1].conf == {"n": 8, "password": SECRET}


def test_status_of_a_record_without_a_run_tells_of_its_dag(airflow: Any, flows: Any, published: Record) -> None:
    record = replace(published, published=(), status="failed")

    def told(record: Record) -> tuple[str, str, str]:
        last = _do(airflow, flows, status, record).states[-1]
        return last.status, last.error, last.detail

    assert told(record) == ("exported", "", f"Airflow shows the DAG etl, not paused; {record.id} has started no run.")
    (airflow.folder / "etl.py").write_text(flows.artifact(more="# newer\n").files[0].text)
    airflow.parse()
    assert told(record) == ("failed", "", "Airflow shows the DAG etl of another export, not paused.")
    (airflow.folder / "etl.py").write_text("raise ImportError('x')\n")
    airflow.parse()
    broken = told(record)
    assert broken[0] == "failed"
    assert "can't import" in broken[1]
    nothing = told(replace(record, options={"dag_id": "nothing"}, files=()))
    assert nothing == ("failed", "", "Airflow does not show the DAG nothing.")


def test_a_run_that_is_hidden_for_a_moment_is_followed_on(
    airflow: Any, flows: Any, fake_airflow: Any, published: Record
) -> None:
    airflow.faults.append(fake_airflow.Fault("GET", ".*/dagRuns/jpe__next", 404))
    assert _again(airflow, flows, published, {"n": 8}, wait=True).states[-1].status == "success"
    airflow.faults.append(fake_airflow.Fault("GET", ".*/dagRuns/[^/]*", 404))
    assert _do(airflow, flows, status, published).states


def test_a_run_that_was_deleted_is_said_to_be(airflow: Any, flows: Any, published: Record) -> None:
    airflow.dags["etl"].runs.clear()
    for action in (status, stop):
        with pytest.raises(PublishError, match=f"does not know the run {RUN} any more"):
            _do(airflow, flows, action, published)


@pytest.mark.parametrize(
    ("record", "action"),
    [
        (Record(id="a", target="airflow", options={}), status),
        (Record(id="a", target="airflow", options={"dag_id": "etl"}, status="refused"), status),
        (Record(id="a", target="airflow", options={"dag_id": "etl"}, status="exported"), stop),
    ],
)
def test_where_there_is_nothing_nobody_is_asked(airflow: Any, flows: Any, record: Record, action: Any) -> None:
    with pytest.raises(OptionError) as caught:
        _do(airflow, flows, action, record)
    assert caught.value.code == "JPE516"
    assert airflow.requests == []
