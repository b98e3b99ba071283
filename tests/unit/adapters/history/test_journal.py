"""The journal: what a flow makes and tells is in the history as it happens."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from jpe_magics.adapters.history import History
from jpe_magics.adapters.history.journal import Journal
from jpe_magics.core.flow import State
from jpe_magics.model.progress import Progress, TaskState
from jpe_magics.model.publication import Published

FILE = Published("file", "dags/etl.py", note="created")
RUN = Published("run", "jpe__1", "http://127.0.0.1/run", "started")


def begun(folder: Path, heard: list[Progress] | None = None) -> Journal:
    ticks = (datetime(2026, 11, 5, tzinfo=timezone.utc) + timedelta(seconds=second) for second in range(100))
    history = History(folder / "audit.jsonl", clock=lambda: next(ticks))
    heard = [] if heard is None else heard
    return Journal.begin(history, history.new(target="airflow", name="etl"), heard.append)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]


def test_what_is_made_is_written_before_the_next_step(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    journal.made(FILE)
    assert [line["event"] for line in lines(tmp_path)] == ["begin", "made"]
    journal.made(RUN)
    journal.state(State("queued"))
    journal.end("")
    read_back = History(tmp_path / "audit.jsonl").get(journal.record.id)
    assert [row["kind"] for row in read_back.published] == ["file", "run"]
    assert read_back.status == "queued"
    assert read_back == journal.record  # to the second of each state, however often the clock is asked
    assert journal.told() == {"published": (FILE, RUN), "states": (State("queued"),), "notices": ()}


def test_a_state_that_is_known_is_not_written_again(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    tasks = (TaskState("load", "running", 1),)
    for state in (State("running"), State("running"), State("running", tasks=tasks), State("running", tasks=tasks)):
        journal.state(state)
    states = [line for line in lines(tmp_path) if line["event"] == "state"]
    assert len(states) == 2
    assert states[1]["states"][0]["tasks"] == [{"id": "load", "state": "running", "tries": 1, "seconds": None}]
    assert [row["status"] for row in journal.record.states] == ["intent", "running", "running"]
    assert len(journal.states) == 4


def test_a_failure_is_said_with_the_state(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    journal.state(State("failed", "ZeroDivisionError: division by zero"))
    journal.end("", "JPE510: the run failed")
    found = History(tmp_path / "audit.jsonl").get(journal.record.id)
    assert (found.status, found.error) == ("failed", "JPE510: the run failed")
    assert found.states[-1]["error"] == "ZeroDivisionError: division by zero"


def test_what_goes_well_later_takes_the_error_away(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    journal.end("failed", "JPE504: no answer")
    journal.state(State("success"))
    journal.end("")
    found = History(tmp_path / "audit.jsonl").get(journal.record.id)
    assert (found.status, found.error) == ("success", "")


def test_progress_is_handed_on_and_its_step_remembered(tmp_path: Path) -> None:
    heard: list[Progress] = []
    journal = begun(tmp_path, heard)
    journal.tell(Progress("waiting for Airflow to show the DAG"))
    assert [one.step for one in heard] == [journal.step]


def test_a_history_that_cannot_be_written_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    history = History(blocked / "audit.jsonl")
    journal = Journal.begin(history, history.new(target="airflow", name="etl"), lambda progress: None)
    journal.made(FILE)
    journal.state(State("success"))
    journal.end("")
    assert not journal.kept
    assert len(journal.notices) == 1
    assert "not in it" in journal.notices[0]
    assert journal.record.status == "success"
    assert journal.record.published[0]["place"] == "dags/etl.py"
