"""The rows of the history while a panel is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from jpe_magics.panel import looking_back
from jpe_magics.panel.controller import Panel
from jpe_magics.panel.state import Past

Until = Callable[..., Any]


@pytest.fixture
def airflow(user: Any, fake_airflow: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An Airflow whose runs go on only when it is told to."""
    monkeypatch.setattr(looking_back, "FIRST_LOOK", 0.02)
    monkeypatch.setattr(looking_back, "LAST_LOOK", 0.05)
    (user.folder / "dags").mkdir()
    with fake_airflow.FakeAirflow(user.folder / "dags", parse_every=1) as found:
        advance, found.advance = found.advance, lambda _dag: None
        found.go_on = lambda: [advance(found.dags["etl_daily"]) for _ in range(20)]
        login = {"AIRFLOW_JWT_SECRET": "s" * 64, "AIRFLOW_JWT_SUBJECT": "1"}
        user.environ |= {"AIRFLOW_API_URL": found.url, "JPE_AIRFLOW_ENABLED": "true", **login}
        yield found
        for panel in user.panels:
            panel.close(5.0)


def started(user: Any) -> Panel:
    panel = user.ready()
    panel.export()
    assert user.done(panel).done.ok
    return panel


def status(panel: Panel) -> str:
    rows = panel.state.past.rows
    return rows[0].status if rows else ""


def test_a_row_follows_its_run_to_the_end_and_then_nothing_is_asked(user: Any, airflow: Any, wait_until: Until) -> None:
    panel = started(user)
    wait_until(lambda: status(panel) == "queued")
    panel.show(panel.state.past.rows[0].id)
    wait_until(lambda: panel.state.past.record)
    begun = airflow.count("GET", ".*/dagRuns/.*")
    wait_until(lambda: airflow.count("GET", ".*/dagRuns/.*") > begun + 3)
    written = len(user.records())
    wait_until(lambda: airflow.count("GET", ".*/dagRuns/.*") > begun + 9)
    assert len(user.records()) == written, "what is known already is not written again"
    airflow.go_on()
    wait_until(lambda: status(panel) == "success")
    wait_until(lambda: panel.state.past.record.status == "success")
    wait_until(lambda: not panel._past._going_on())
    assert panel.state.notice is None
    assert panel.state.work is None


def test_another_panel_goes_on_where_the_one_before_was_closed(user: Any, airflow: Any, wait_until: Until) -> None:
    panel = started(user)
    wait_until(lambda: status(panel) == "queued")
    panel.close(5.0)
    airflow.go_on()
    again = user.panel()
    wait_until(lambda: status(again) == "success")


def test_a_server_that_does_not_say_is_asked_once_and_told_to_nobody(
    user: Any, airflow: Any, fake_airflow: ModuleType, wait_until: Until
) -> None:
    panel = started(user)
    airflow.faults.append(fake_airflow.Fault("GET", ".*/dagRuns/.*", 403, times=99))
    wait_until(lambda: panel._past._given_up)
    assert panel._past._going_on() == []
    assert (panel.state.notice, panel.state.question) == (None, None)
    airflow.faults.clear()
    panel.act("status", panel.state.past.rows[0].id)  # whoever asks by hand has it asked again
    user.done(panel)
    airflow.go_on()
    wait_until(lambda: status(panel) == "success")


def test_looks_are_bounded(user: Any, airflow: Any, wait_until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking_back, "MOST_LOOKS", 3)
    panel = started(user)
    wait_until(lambda: panel._past._looks == 3)
    rows = panel.state.past.rows
    assert rows[0].status == "queued"
    assert panel._past._going_on() == []
    airflow.go_on()
    panel._past.find("", "")  # somebody looks: it is asked for again
    wait_until(lambda: status(panel) == "success")


def test_only_the_newest_runs_that_can_be_asked_for_are(user: Any) -> None:
    panel = user.panel(begin=False)
    of = {"target": "airflow", "status": "Running"}
    row = looking_back.Row("26-0", **of)
    others = (replace(row, id="26-a", status="success"), replace(row, id="26-b", target="nowhere"))
    rows = (*others, *(replace(row, id=f"26-{number}") for number in range(9)))
    panel._board.change(lambda state: replace(state, past=Past(rows)))
    assert [one.id for one in panel._past._going_on()] == ["26-0", "26-1", "26-2", "26-3", "26-4"]
