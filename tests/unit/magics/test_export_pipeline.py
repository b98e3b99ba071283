from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from IPython.utils.capture import capture_output

from jpe_magics.core.options import Given
from jpe_magics.errors import OptionError, PublishError, SecretsFound
from jpe_magics.magics.export_pipeline import export_pipeline
from jpe_magics.magics.show import Display
from jpe_magics.model.artifact import File
from jpe_magics.model.badge import Badge
from jpe_magics.model.progress import Progress
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


def test_a_refusal_is_shown_and_then_raised(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SecretsFound):
        export_pipeline(Fake(REFUSED), Display(shell), "airflow --dag-id etl")
    assert "Refused" in capsys.readouterr().out


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
    for word in ("Airflow DAG", "airflow down", "ilum", "coming soon", "no answer within 1.5 s", "Connected"):
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
