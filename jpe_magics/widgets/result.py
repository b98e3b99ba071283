"""The read-only view of one export: the outcome, and its parts in tabs."""

from __future__ import annotations

from collections.abc import Iterator

from ipywidgets import HTML, Tab, VBox, Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary import fragment, outcome_view
from jpe_magics.core.summary.document import Code, Leaf, Note
from jpe_magics.core.summary.html import element, join
from jpe_magics.core.summary.parameters import parameter_table
from jpe_magics.model.record import Record
from jpe_magics.results import Export
from jpe_magics.widgets.code import code_html
from jpe_magics.widgets.pages import changes_view, rejection_blocks
from jpe_magics.widgets.pool import Pool
from jpe_magics.widgets.preview import counted, picture
from jpe_magics.widgets.theme import sheet
from jpe_magics.widgets.view import View


def result_view(done: Export, before: Record | None = None) -> View:
    """Return the view of `done`; `before` is the pipeline's last export, to compare it with.

    The code stands in it once, masked as in the report.
    """
    pool = Pool()
    outcome = outcome_view(done)
    title = element("div", outcome.title, class_="jpe-title", role="heading", aria_level="3", dir="auto")
    top = pool.make(HTML, "jpe-banner", value=join(sheet(), title, fragment(outcome.blocks)))
    return View(outcome.title, [top, _tabs(pool, _pages(pool, done, before))], "result", pool)


def _pages(pool: Pool, done: Export, before: Record | None) -> Iterator[tuple[str, Widget]]:
    report = done.report

    def page(*blocks: Leaf) -> Widget:
        return pool.make(HTML, value=fragment(blocks))

    if done.shown:
        yield "Preview", _preview(pool, done)
    if done.requests:
        yield "Requests", page(*(Code("What will be sent", text, open=True) for text in done.requests))
    yield f"Rejections ({len(report.rejected)})", page(*rejection_blocks(report))
    parameters = parameter_table(report.parameters) if report.parameters else Note("info", "There are none.")
    yield f"Parameters ({len(report.parameters)})", page(parameters)
    if done.shown:
        changes = changes_view(done.shown, before)
        told = join(element("div", changes.title), fragment(changes.blocks))
        yield "Changes", pool.make(HTML, "jpe-changes", value=told)


def _preview(pool: Pool, done: Export) -> Widget:
    told = pool.make(HTML, value=join(*counted(done), picture(done)))
    files = [(file.path, pool.make(HTML, value=code_html(file))) for file in done.shown]
    shown = files[0][1] if len(files) == 1 else _tabs(pool, iter(files))
    return pool.make(VBox, "jpe-preview", children=(told, shown))


def _tabs(pool: Pool, pages: Iterator[tuple[str, Widget]]) -> Tab:
    titles, children = zip(*pages, strict=True)
    return pool.make(Tab, "jpe-pages", children=children, titles=titles)
