"""The rows of the history: when, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from jpe_magics.panel.state import Past
from jpe_magics.widgets.panel import panel_view
from tests.unit.widgets.fake_panel import ROWS, Fake
from tests.unit.widgets.walk import HISTORY, find, select, text


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
