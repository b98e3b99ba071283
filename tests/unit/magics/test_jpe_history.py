from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from IPython.utils.capture import capture_output

from jpe_magics.errors import HistoryError, OptionError, PublishError
from jpe_magics.magics.jpe_history import jpe_history
from jpe_magics.magics.show import Display
from jpe_magics.results import Submission
from jpe_magics.session import Session


@pytest.fixture
def session(work: Path) -> Session:
    return Session(environ={"JPE_AUDIT_LOG": str(work / "audit.jsonl")})


def record(session: Session, name: str, text: str, status: str = "exported", **values: Any) -> str:
    made = session.history.new(
        target=values.pop("target", "airflow"),
        name=name,
        files=[{"path": f"{name}.py", "sha256": "0" * 64, "text": text}],
        rejections=[
            {"cell": 2, "number": 1, "line": 3, "end_line": 4, "kind": "magic", "text": "%ls", "reason": "why"}
        ],
        **values,
    )
    session.history.begin(made)
    session.history.add(made.id, "result", status=status)
    return made.id


def ask(session: Session, shell: Any, line: str, capsys: pytest.CaptureFixture[str]) -> tuple[Any, str]:
    found = jpe_history(session, Display(shell), line)
    return found, capsys.readouterr().out


def test_the_newest_come_first(session: Session, shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    ids = [record(session, name, "x = 1\n") for name in ("one", "two", "three")]
    found, told = ask(session, shell, "", capsys)
    assert sorted(row.id for row in found) == sorted(ids)
    assert repr(found) == "<3 records>"
    assert "✓ exported" in told
    assert all(one in told for one in ids)
    assert len(ask(session, shell, "--limit 1", capsys)[0]) == 1
    assert [row.name for row in ask(session, shell, "--search two", capsys)[0]] == ["two"]
    assert ask(session, shell, "--target py", capsys)[0] == ()


def test_an_empty_history(session: Session, shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(session, shell, "", capsys)[0] == ()


def test_one_record(session: Session, shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    one = record(session, "etl", "a = 1\nb = 2\n")
    found, told = ask(session, shell, one, capsys)
    assert found.id == one
    assert "%ls" in told
    assert "a = 1" not in told
    assert "a = 1\nb = 2" in ask(session, shell, f"{one} --code", capsys)[1]
    told = ask(session, shell, f"--rejections {one}", capsys)[1]
    assert "3-4" in told
    assert "Status" not in told
    assert json.loads(ask(session, shell, f"{one} --json", capsys)[1])["name"] == "etl"
    assert json.loads(ask(session, shell, "--json", capsys)[1])[0]["id"] == one


def test_the_changes_between_two(session: Session, shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = record(session, "etl", "a = 1\nb = 2\n"), record(session, "etl", "a = 1\nb = 3\n")
    told = ask(session, shell, f"{old} --diff {new}", capsys)[1]
    assert "-b = 2" in told
    assert "+b = 3" in told


def test_a_semicolon_silences(session: Session, shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    record(session, "etl", "")
    found, told = ask(session, shell, ";", capsys)
    assert len(found) == 1
    assert told == ""


def test_help(session: Session, shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--search WORDS" in ask(session, shell, "--help", capsys)[1]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--run", "--run needs a record's id"),
        ("x --run-param a=1", "--run-param belongs to --run"),
        ("x --wait", "--wait belongs to --run"),
        ("x --run --stop", "can't be asked for at once"),
        ("x --status --code", "can't be asked for at once"),
        ("--code", "--code needs a record's id"),
        ("--diff x", "--diff needs a record's id"),
        ("x --search y", "is for the list"),
        ("x --code --json", "can't be asked for at once"),
        ("x y", "'y' is not expected"),
        ("--limit 0", "1 or more"),
        ("--limit many", "--limit"),
        ("--serch y", "did you mean --search"),
        ("--bogus", "%jpe_history? lists the options"),
    ],
)
def test_wrong_words_are_told(
    session: Session, shell: Any, capsys: pytest.CaptureFixture[str], line: str, told: str
) -> None:
    with pytest.raises(OptionError) as caught:
        ask(session, shell, line, capsys)
    assert told in str(caught.value)


@pytest.mark.parametrize("place", ["shell", "kernel"])
def test_a_failed_action_is_told_in_full_by_what_is_raised_alone(
    session: Session, place: str, request: pytest.FixtureRequest
) -> None:
    made = session.history.get(record(session, "etl", "a = 1\n"))
    failed = Submission("run", made, error=PublishError("no answer", where="http://nowhere", hint="start it"))
    session.act = lambda *_words, **_named: failed  # type: ignore[method-assign]
    with capture_output() as told, pytest.raises(PublishError) as caught:
        jpe_history(session, Display(request.getfixturevalue(place)), f"{made.id} --run")
    assert caught.value is failed.error
    shown = told.stdout + "".join(str(one.data) for one in told.outputs)
    assert "Not run (JPE501): the error that is raised says why, and what to do." in shown
    assert made.id in shown
    assert not [word for word in ("no answer", "http://nowhere", "start it") if word in shown]


def test_an_unknown_record(session: Session, shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(HistoryError):
        ask(session, shell, "nothing-like-it", capsys)
