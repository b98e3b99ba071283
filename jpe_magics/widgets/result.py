"""The read-only view of one export: the outcome, and its parts in tabs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ipywidgets import HTML, Tab, VBox, Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary import fragment, outcome_view
from jpe_magics.core.summary.document import Code, Leaf, Note
from jpe_magics.core.summary.html import Html, element, join
from jpe_magics.core.summary.parameters import parameter_table
from jpe_magics.model.record import Record
from jpe_magics.results import Export
from jpe_magics.widgets.code import code_html
from jpe_magics.widgets.pages import changes_view, rejection_blocks, rejections_title
from jpe_magics.widgets.pool import Pool, put
from jpe_magics.widgets.preview import counted, picture
from jpe_magics.widgets.theme import sheet
from jpe_magics.widgets.view import View

_CHANGES = "Changes"


def result_view(done: Export, before: Record | None = None) -> View:
    """Return the view of `done`; `before` is the pipeline's last export, to compare it with.

    The code stands in it once, masked as in the report: while one looks at the tab *Changes*, what changed is there
    in place of the code.
    """
    pool = Pool()
    outcome = outcome_view(done)
    title = element("div", outcome.title, class_="jpe-title", role="heading", aria_level="3", dir="auto")
    told = element("div", fragment(outcome.blocks), class_="jpe-outcome")
    top = pool.make(HTML, "jpe-banner", value=join(sheet(), title, told))
    files = [pool.make(HTML, value=code_html(file)) for file in done.shown]
    changes = pool.make(HTML, "jpe-changes", value=fragment([Note("info", "The kernel compares when this is shown.")]))
    pages = dict(_pages(pool, done, files))
    if done.shown:
        pages[_CHANGES] = changes
    tabs = _tabs(pool, pages)
    comparing = False

    def look(change: Any) -> None:
        nonlocal comparing
        if comparing == (tabs.titles[change["new"] or 0] == _CHANGES):
            return
        comparing = not comparing
        if comparing:
            for place in files:
                put(place, value="")
            put(changes, value=_changes(done, before))
        else:
            put(changes, value="")
            for place, file in zip(files, done.shown, strict=True):
                put(place, value=code_html(file))

    tabs.observe(look, "selected_index")
    return View(outcome.title, [top, tabs], "result", pool)


def _pages(pool: Pool, done: Export, files: Sequence[Widget]) -> Iterator[tuple[str, Widget]]:
    report = done.report

    def page(*blocks: Leaf) -> Widget:
        return pool.make(HTML, value=fragment(blocks))

    if done.shown:
        yield "Preview", _preview(pool, done, files)
    if done.requests:
        yield "Requests", page(*(Code("What will be sent", text, open=True) for text in done.requests))
    yield rejections_title(report), page(*rejection_blocks(report))
    parameters = parameter_table(report.parameters) if report.parameters else Note("info", "There are none.")
    yield f"Parameters ({len(report.parameters)})", page(parameters)


def _preview(pool: Pool, done: Export, files: Sequence[Widget]) -> Widget:
    told = pool.make(HTML, value=join(*counted(done), picture(done)))
    names = [file.path for file in done.shown]
    shown = files[0] if len(files) == 1 else _tabs(pool, dict(zip(names, files, strict=True)))
    return pool.make(VBox, "jpe-preview", children=(told, shown))


def _changes(done: Export, before: Record | None) -> Html:
    document = changes_view(done.shown, before)
    return join(element("div", document.title), fragment(document.blocks))


def _tabs(pool: Pool, pages: Mapping[str, Widget]) -> Tab:
    return pool.make(Tab, "jpe-pages", children=tuple(pages.values()), titles=tuple(pages))
