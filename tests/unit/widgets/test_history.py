"""The rows of the history: when, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from jpe_magics.core.flow import State
from jpe_magics.errors import HistoryError, Interrupted, PublishError
from jpe_magics.model.progress import TaskState
from jpe_magics.model.publication import Published
from jpe_magics.panel.state import Past, Work
from jpe_magics.results import Submission
from jpe_magics.widgets.panel import panel_view
from tests.unit.widgets.fake_panel import DONE, RECORD, ROWS, Fake
from tests.unit.widgets.walk import HISTORY, find, html, press, select, text


@pytest.fixture
def view(fake: Fake) -> Any:
    return panel_view(fake)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine's clock is Berlin's."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone can't be changed here")
@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("2026-11-04T10:15:00Z", "2026-11-04 11:15:00 +01:00"),
        ("2026-07-04T22:15:00.123456+00:00", "2026-07-05 00:15:00 +02:00"),
        ("2026-11-04T10:15:00", "2026-11-04T10:15:00"),  # nobody knows in which zone
        ("<b>", "<b>"),
        ("9" * 50, "9" * 29 + "…"),
        ("", "unknown time"),
    ],
)
def test_a_row_s_time_has_its_zone(berlin: None, view: Any, fake: Fake, said: str, shown: str) -> None:
    select(view, HISTORY)
    fake.tell(past=Past((replace(ROWS[0], time=said),)))
    button = find(view, "jpe-row")
    assert button.description == f"▸ {shown}"
    assert said in button.tooltip, "as it stands in the log"


@pytest.mark.parametrize(
    ("status", "published", "told"),
    [
        ("failed", True, "✗ failed  published  etl_4"),
        ("failed", False, "✗ failed  nothing known to be published  etl_4"),
        ("refused", False, "! refused  nothing published  etl_4"),
        ("queued", True, "queued  published  etl_4"),
        ("intent", False, "begun  end not known  etl_4"),
        ("exported", True, "✓ exported  etl_4"),
    ],
)
def test_a_row_tells_what_came_of_it_beside_its_state(
    view: Any, fake: Fake, status: str, published: bool, told: str
) -> None:
    select(view, HISTORY)
    fake.tell(past=Past((replace(ROWS[0], status=status, published=published),)))
    assert told in text(find(view, "jpe-row-text"))


def opened(view: Any, fake: Fake, **record: Any) -> Any:
    """Open the record in the tab, and return the pane."""
    select(view, HISTORY)
    fake.tell(past=Past(ROWS, record=replace(RECORD, **record), actions=frozenset({"run", "stop", "status"})))
    return find(view, "jpe-record")


def came(view: Any) -> str:
    """What stands beside the record's buttons, which says it to those who can't see it too."""
    row, told = find(find(view, "jpe-record"), "jpe-row-of-buttons"), find(view, "jpe-record-came")
    assert told in row.children
    assert not told.value or 'role="status"' in told.value
    return " ".join(text(told).split())


TASKS = tuple(TaskState(f"cell_{number}", "failed" if number == 3 else "success") for number in range(49))
RUN = (Published("run", "manual__1"),)


@pytest.mark.parametrize(
    ("done", "told"),
    [
        (Submission("run", RECORD, RUN), "✓ Started. Press “Refresh” to see how far it is."),
        (Submission("run", RECORD), "! No run was started."),
        (Submission("status", RECORD), "! Nothing is known of a run. Press “Run” to start one."),
        (
            Submission("status", RECORD, states=(State("running"),)),
            "\N{INFORMATION SOURCE} The run is running. Press “Refresh” to ask again.",
        ),
        (Submission("status", RECORD, states=(State("success"),)), "✓ The run succeeded."),
        (
            Submission("status", RECORD, states=(State("failed", tasks=TASKS),)),
            "✗ The run failed. “Details” below tells what failed.",
        ),
        (Submission("stop", RECORD, states=(State("failed"),)), "✓ Stopped."),
        (
            Submission(
                "run", RECORD, error=PublishError("the DAG\netl is <b>paused</b>.", code="JPE515", hint="unpause it")
            ),
            "✗ Not run (JPE515): the DAG etl is <b>paused</b>. What to do: unpause it",
        ),
        (Submission("stop", RECORD, error=PublishError("no")), "✗ Not stopped (JPE501): no"),
        (Submission("status", RECORD, error=Interrupted("stopped while asking")), "! JPE511: stopped while asking"),
        (Submission("run", replace(RECORD, id="another"), RUN), ""),
        (DONE, ""),
        (None, ""),
    ],
)
def test_what_came_of_a_button_stands_beside_it(view: Any, fake: Fake, done: Any, told: str) -> None:
    opened(view, fake)
    assert came(view) == ""
    fake.tell(done=done)
    assert came(view) == told


def test_the_line_follows_the_work_and_goes_with_the_record(view: Any, fake: Fake) -> None:
    pane = opened(view, fake)
    press(find(pane, "jpe-refresh"))
    fake.tell(work=Work("Refresh"), done=None)
    assert came(view) == "\N{INFORMATION SOURCE} “Refresh” is under way …"
    fake.tell(work=None, done=Submission("status", RECORD, states=(State("success"),)))
    assert came(view) == "✓ The run succeeded."
    fake.tell(work=Work("Create DAG"), done=None)
    assert came(view) == "", "an export is none of the record's"
    fake.tell(work=None, done=Submission("status", RECORD, states=(State("success"),)))
    opened(view, fake, id="another")
    assert came(view) == ""


def test_what_could_not_even_be_tried_is_said_beside_the_button(view: Any, fake: Fake) -> None:
    pane = opened(view, fake)
    press(find(pane, "jpe-run"))
    fake.tell(work=Work("Run"), done=None)
    fake.tell(work=None, notice=HistoryError("the record is gone", hint="look at the log"))
    assert came(view) == "✗ Not done (JPE601): the record is gone. What to do: look at the log"
    opened(view, fake, id="another")
    assert came(view) == ""
    opened(view, fake)
    fake.tell(work=Work("Run"), notice=None)
    fake.tell(work=None, done=Submission("run", RECORD, RUN))
    assert came(view).startswith("✓ Started.")


@pytest.mark.parametrize(("tasks", "folded"), [(8, False), (9, True), (49, True)])
def test_a_long_table_of_tasks_is_folded_in_the_banner(view: Any, fake: Fake, tasks: int, folded: bool) -> None:
    states = (State("failed", tasks=TASKS[:tasks]),)
    for done in (Submission("status", RECORD, states=states), replace(DONE, states=states)):
        fake.tell(done=done)
        shown = html(find(view, "jpe-banner"))
        before, _, after = shown.partition("<summary>")
        counts = f"{tasks} tasks of the run: {tasks - 1} success, 1 failed</summary>"
        assert after.startswith(counts) if folded else counts not in after
        assert ("<table" not in before) is folded
        assert "cell_7" in shown, "all is there for who unfolds it"
