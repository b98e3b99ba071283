from __future__ import annotations

import re

import pytest

from jpe_magics.core.summary.html import Html
from jpe_magics.core.summary.style import STYLE
from jpe_magics.widgets.theme import SHEET, sheet
from tests.unit.core.summary.test_brief import contrast


def test_one_element_and_nothing_from_elsewhere() -> None:
    assert isinstance(sheet(), Html)
    assert sheet().count("<style>") == 1
    assert "</" not in SHEET
    assert "@import" not in SHEET
    assert "url(" not in SHEET


def test_every_rule_is_ours_alone() -> None:
    """The sheet lies on the whole page: a rule without our class would change the front end."""
    rules = re.sub(r"@[a-z-]+[^{]*\{((?:[^{}]*\{[^{}]*\})*)[^{}]*\}", r"\1", SHEET)
    selectors = [part for head in re.findall(r"([^{}]+)\{", rules) for part in re.split(r",(?![^(]*\))", head)]
    assert len(selectors) > 60
    for one in selectors:
        assert ".jpe" in one, one


def test_a_dead_view_above_a_summary_is_hidden_and_a_live_one_never() -> None:
    """In a notebook that was opened again: its kernel is gone, and what is left of the panel is an error."""
    classic = ".output_area:has(>.jupyter-widgets-view):not(:has(>.jupyter-widgets-view>*))"
    assert f"{classic}:has(+.output_area section.jpe){{display:none}}" in STYLE
    assert ".jp-OutputArea-child:has(>.jp-OutputArea-output.jupyter-widgets):not(" in STYLE


def test_vs_code_comes_first() -> None:
    assert not re.search(r"[:\s,(]var\(--jp-(?!e)", re.sub(r"var\(--vscode-[\w-]+,var\(--jp-", "", SHEET))


@pytest.mark.parametrize(("theme", "back"), [(0, "#ffffff"), (1, "#212121")])
def test_code_can_be_read(theme: int, back: str) -> None:
    found = re.findall(r"--jpe-(keyword|string|comment|number|name):(#[0-9a-f]{6})", SHEET)
    assert len(found) == 10
    for name, colour in found[theme * 5 : theme * 5 + 5]:
        assert contrast(colour, back) >= 4.5, (name, colour)


def test_buttons_can_be_read() -> None:
    assert contrast("#1160c2", "#ffffff") >= 4.5
    assert "--jpe-accent:var(--vscode-button-background,#1160c2)" in SHEET
