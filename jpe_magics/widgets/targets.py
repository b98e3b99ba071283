"""The view of where a pipeline can go: a card for each target, with a badge for every backend it needs."""

from __future__ import annotations

from collections.abc import Sequence

from ipywidgets import HTML  # type: ignore[import-untyped]

from jpe_magics.core.summary.document import SIGNS
from jpe_magics.core.summary.html import Html, element, join, style
from jpe_magics.core.summary.page import STYLE
from jpe_magics.core.summary.targets import TargetRow, badge_mark
from jpe_magics.widgets.view import View

_CSS = """
.jpe-cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(15em,1fr));gap:8px;margin:6px 0}
.jpe-card{padding:6px 10px;border-radius:4px;
border:1px solid var(--vscode-panel-border,var(--jp-border-color2,rgba(128,128,128,.5)))}
.jpe-card-down{border-style:dashed}.jpe-card-soon{opacity:.6}.jpe-card-title{font-weight:600}
"""


def cards_view(rows: Sequence[TargetRow], mode: str) -> View:
    """Return the read-only cards.

    A dashed one has a backend that does not answer: its tooltip says what was tried.
    """
    cards = element("div", *map(_card, rows), class_="jpe-cards", role="list")
    told = element("div", f"Operating mode: {mode}", class_="jpe-note jpe-info")
    view = View(
        "Export this notebook", [HTML(value=join(style(STYLE + _CSS), element("div", told, cards, class_="jpe")))]
    )
    view.add_class("jpe-targets")
    return view


def _card(row: TargetRow) -> Html:
    down = any(badge.state != "ok" for badge in row.badges)
    state = "jpe-card-soon" if not row.available else "jpe-card-down" if down else ""
    if row.available:
        badges = [_badge(badge_mark(badge).level, badge.backend, badge.tried) for badge in row.badges]
        line = element("div", element("code", f"%export_pipeline {row.name}"))
    else:
        badges, line = [_badge("info", "coming soon")], Html()
    title = element("div", row.title, class_="jpe-card-title")
    parts = (title, element("div", row.description), line, element("div", join(*badges)))
    return element("div", *parts, class_=f"jpe-card {state}".strip(), role="listitem")


def _badge(level: str, text: str, tip: str = "") -> Html:
    return join(element("span", f"{SIGNS[level]} {text}", class_=f"jpe-mark jpe-{level}", title=tip), " ")
