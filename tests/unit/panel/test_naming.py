"""What a notebook is called before it was read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jpe_magics.adapters.live import read_given
from jpe_magics.panel.naming import name_of


def test_what_the_front_end_tells_now_is_known_at_once(user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "old name.ipynb")  # a rename has made it wrong
    del user.environ["JPE_NOTEBOOK_PATH"]
    session = user.session
    session.live = SimpleNamespace(name="etl daily")  # type: ignore[assignment]
    assert name_of(session, None) == "etl daily"


def test_the_setting_counts_before_and_what_was_read_above_all(user: Any) -> None:
    session = user.session
    session.live = SimpleNamespace(name="other")  # type: ignore[assignment]
    assert name_of(session, None) == "etl daily"
    assert name_of(session, read_given(str(user.write("x = 1").rename(user.folder / "read.ipynb")))) == "read"


def test_without_any_place_nothing_is_known(user: Any) -> None:
    del user.environ["JPE_NOTEBOOK_PATH"]
    assert name_of(user.session, None) == ""
