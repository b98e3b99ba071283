from __future__ import annotations

from dataclasses import replace
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.utils.capture import capture_output

from jpe_magics.core.flow import State
from jpe_magics.core.options import Given
from jpe_magics.errors import Interrupted, JpeError, NoAnswer, OptionError, PublishError, RunFailed, SecretsFound
from jpe_magics.magics.export_pipeline import export_pipeline
from jpe_magics.magics.show import Display
from jpe_magics.model.artifact import File
from jpe_magics.model.badge import Badge
from jpe_magics.model.finding import Rejection
from jpe_magics.model.progress import Progress, TaskState
from jpe_magics.model.report import Report
from jpe_magics.results import Export
from jpe_magics.session import Session


class Fake(Session):
    """A session that has nothing outside, and does as it is told."""

    def __init__(self, done: Export | None = None) -> None:
        super().__init__(environ={"JPE_AUDIT_LOG": "nowhere.jsonl"})
        self.done = done
        self.asked: list[Given] = []

    def run(self, given: Given, tell: Any = None, stop: Any = None) -> Export:
        self.asked.append(given)
        tell(Progress("waiting for Airflow to show the DAG"))
        assert self.done is not None
        return self.done

    def badges(self) -> tuple[Badge, ...]:
        return (Badge("airflow", "down", "http://airflow:8080", "no answer within 1.5 s"), Badge("ilum", "ok"))


REPORT = Report("airflow", "live notebook, 3 cells", options={"dag_id": "etl"}, cells=2)
DONE = Export(REPORT, shown=(File("etl.py", "x = 1\n"),), preview=True)
REFUSED = Export(
    Report("airflow", "live notebook", status=400, error="JPE201: found"),
    error=SecretsFound("1 secret-looking literal", where="cell 2, line 1", hint="read it from the environment"),
)


def test_the_result_is_shown_and_returned(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    session = Fake(DONE)
    assert export_pipeline(session, Display(shell), 'airflow --dag-id etl --schedule "0 6 * * *"') is DONE
    assert session.asked == [Given("airflow", {"dag_id": "etl", "schedule": "0 6 * * *"})]
    told = capsys.readouterr().out
    assert told.index("waiting for Airflow to show the DAG") < told.index("airflow · etl")


def test_a_front_end_gets_the_view_too(kernel: Any) -> None:
    with capture_output() as told:
        export_pipeline(Fake(DONE), Display(kernel), "airflow --dag-id etl")
    assert len(told.outputs) == 2


FAILURES = {
    "refused": (REFUSED, "✗ Refused (JPE201): the error that is raised says why, and what to do."),
    "failed": (
        Export(REPORT, error=NoAnswer("Airflow gives no answer", where="http://nowhere", hint="start it")),
        "✗ Failed (JPE504): the error that is raised says why, and what to do.",
    ),
    "failed at length": (
        Export(REPORT, error=PublishError("Traceback (most recent call last):\n" + "  a line\n" * 30 + "No: really")),
        "✗ Failed (JPE501): the error that is raised says why, and what to do.",
    ),
    "run": (
        Export(
            REPORT,
            error=RunFailed("clean failed"),
            states=(State("failed", "clean failed", (TaskState("c", "failed"),)),),
        ),
        "✗ Exported, but the run failed (JPE510): the error that is raised says why, and what to do.",
    ),
    "stopped": (
        Export(REPORT, error=Interrupted("stopped while waiting", hint="go on with --trigger")),
        "! Stopped (JPE511): the error that is raised says what was done by then.",
    ),
}


@pytest.mark.parametrize("place", ["shell", "kernel", "headless"])
@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_told_in_full_by_what_is_raised_alone(
    place: str, name: str, request: pytest.FixtureRequest
) -> None:
    done, line = FAILURES[name]
    ip = request.getfixturevalue("shell" if place == "shell" else "kernel")
    if place == "headless":
        parent = {"header": {"msg_type": "execute_request"}, "content": {"code": "", "allow_stdin": False}}
        ip.kernel = SimpleNamespace(get_parent=lambda _channel: parent)
    with capture_output() as told, pytest.raises(JpeError) as caught:
        export_pipeline(Fake(done), Display(ip), "airflow --dag-id etl")
    assert caught.value is done.error
    (text, *html) = [told.stdout] if place == "shell" else list(told.outputs[-1].data.values())
    assert len(told.outputs) == (0 if place == "shell" else 1), "no widget says it too"
    assert line in text
    for shown in (text, *map(unescape, html)):
        assert not [one for one in caught.value.lines()[1:] if one.strip() in shown]
        assert caught.value.message not in shown
        assert "No: really" not in shown
    assert all(line in unescape(one).partition("<details")[0] for one in html)
    assert "live notebook" in text


TAKEN = (Rejection(1, 1, "a", 2, 2, "magic", "%ls", "why"),)


def test_a_refusal_shows_what_was_found(kernel: Any) -> None:
    done = replace(REFUSED, report=replace(REFUSED.report, rejected=TAKEN))
    with capture_output() as told, pytest.raises(SecretsFound):
        export_pipeline(Fake(done), Display(kernel), "airflow --dag-id etl")
    assert "%ls" in told.outputs[0].data["text/html"].partition("<details")[0]


def test_what_was_read_and_made_is_folded_beside_a_failure(kernel: Any) -> None:
    report = replace(REPORT, rejected=TAKEN)
    done = Export(report, shown=(File("etl.py", "x = 1\n"),), error=PublishError("no"))
    with capture_output() as told, pytest.raises(PublishError):
        export_pipeline(Fake(done), Display(kernel), "airflow --dag-id etl")
    text, html = told.outputs[0].data["text/plain"], told.outputs[0].data["text/html"]
    for word in ("live notebook, 3 cells", "%ls", "etl.py"):
        assert word in text
        assert word in html.partition("<details")[2]


@pytest.mark.parametrize("place", ["shell", "kernel"])
def test_a_semicolon_silences_a_success_but_no_failure(place: str, request: pytest.FixtureRequest) -> None:
    ip = request.getfixturevalue(place)
    with capture_output() as told:
        assert export_pipeline(Fake(DONE), Display(ip), "airflow --dag-id etl;") is DONE
    assert (told.stdout, told.outputs) == ("", [])
    failed = Export(REPORT, error=PublishError("the disk is full"))
    with capture_output() as told, pytest.raises(PublishError):
        export_pipeline(Fake(failed), Display(ip), "airflow --dag-id etl;")
    assert told.stdout or told.outputs


def test_without_a_word_the_targets_are_shown(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert export_pipeline(Fake(), Display(shell), "  ") is None
    told = capsys.readouterr().out
    for word in ("Airflow DAG", "airflow not set up", "ilum", "coming soon", "no answer within 1.5 s", "Connected"):
        assert word in told


def test_help_is_a_word_too(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    session = Fake()
    export_pipeline(session, Display(shell), "py --help")
    told = capsys.readouterr().out
    assert "--preview" in told
    assert "--dag-id ID" not in told
    assert not session.asked


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("airfow --dag-id x", "JPE002", "airflow, ilum, py"),
        ("sdp --name x", "JPE003", "coming soon"),
        ("--preview airflow", "JPE001", "the target comes first"),
        ("airflow --dag_id x", "JPE001", "did you mean --dag-id"),
        ("airflow 'x", "JPE001", "is not closed"),
    ],
)
def test_wrong_words_are_told(shell: Any, line: str, code: str, told: str) -> None:
    with pytest.raises(OptionError) as caught:
        export_pipeline(Fake(), Display(shell), line)
    assert caught.value.code == code
    assert told in str(caught.value)


def test_an_interrupt_passes(shell: Any) -> None:
    session: Any = SimpleNamespace(
        parse=lambda words: words, run=lambda _given, _tell: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        export_pipeline(session, Display(shell), "airflow")
