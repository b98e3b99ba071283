"""What the panel's row of the benchmarks makes of its measurements; a browser measures in tests/browser."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.panel_browser import BESIDE, COLOURED, KEY, figures


def traffic(messages: int, size: int) -> dict[str, Any]:
    return {"messages": {"in": messages - 1, "out": 1}, "bytes": {"in": size - 10, "out": 10}, "types": {}}


def test_times_are_aims_and_counts_pass_or_fail() -> None:
    found = {
        "cells": 10,
        "size": 1000,
        "artifact": 2000,
        "first": [0.9, 0.4, 0.3],
        "again": [0.2],
        "button": [0.3, 0.2, 0.1],
        "button_again": [0.1],
        "preview": [0.6],
        "opening": [traffic(300, 10)],
        "typing": [traffic(KEY, 50), traffic(KEY + 1, 60)],
        "exporting": [traffic(20, 2 * 1000 + COLOURED * 2000 + BESIDE)],
    }
    told = {one.what: one for one in figures(found)}
    assert [told[f"{what}, 10 cells"].verdict for what in ("first panel", "another panel", "key to preview")] == [
        "met",
        "met",
        "**missed**",
    ]
    first = told["first panel, 10 cells"]
    assert (first.against, first.theirs, first.ratio) == ("first button", "200 ms", pytest.approx(3))
    assert told["another panel, 10 cells"].ratio == pytest.approx(2)
    assert told["messages of an opening, 10 cells"].verdict == "pass"
    assert told["messages of a keystroke, 10 cells"].verdict == "**fail**"
    assert told["bytes of a keystroke, 10 cells"].ours == "60"
    assert told["bytes of an export, 10 cells"].verdict == "pass"
    assert told["bytes of an opening, 10 cells"].verdict == "reported"
