"""The view of one export: the banner, and its parts in tabs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ipywidgets import Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary import diff_view
from jpe_magics.core.summary.document import Block, Code, Document, Note, count
from jpe_magics.core.summary.export import counter, noticed_table, outcome_blocks, rejected_table, task_table
from jpe_magics.core.summary.parameters import parameter_table
from jpe_magics.model.record import Record
from jpe_magics.results import Export
from jpe_magics.widgets.code import code_view
from jpe_magics.widgets.view import View, shown, tabs


def result_view(done: Export, before: Record | None = None) -> View:
    """Return the read-only view of `done`; `before` is the pipeline's last export, to compare it with.

    The code stands in it once, masked as in the report.
    """
    top = shown(Document(_title(done), tuple(_top(done))))
    view = View(_title(done), [top, tabs(_pages(done, before))])
    view.add_class("jpe-result")
    return view


def _title(done: Export) -> str:
    name = str(done.report.options.get("dag_id") or done.report.options.get("name") or "")
    return " · ".join(part for part in (done.report.target, name) if part)


def _top(done: Export) -> Iterable[Block]:
    return outcome_blocks(
        done.report,
        done.published,
        done.record_id,
        preview=done.preview,
        notices=done.notices,
        error=done.error,
        states=done.states,
    )


def _pages(done: Export, before: Record | None) -> Iterator[tuple[str, Widget]]:
    report = done.report
    if done.shown:
        yield "Preview", _preview(done)
    if done.requests:
        texts = tuple(Code("What will be sent", text, open=True) for text in done.requests)
        yield "Requests", shown(Document("Requests", texts))
    rejections: list[Block] = [
        rejected_table(report.rejected) if report.rejected else Note("info", "Nothing was taken out.")
    ]
    if report.warnings:
        rejections.append(noticed_table(report.warnings))
    yield f"Rejections ({len(report.rejected)})", shown(Document("What was taken out", tuple(rejections)))
    parameters: Block = parameter_table(report.parameters) if report.parameters else Note("info", "There are none.")
    yield f"Parameters ({len(report.parameters)})", shown(Document("Parameters", (parameters,)))
    if done.shown:
        yield "Changes", shown(_changes(done, before))


def _preview(done: Export) -> Widget:
    report = done.report
    told: list[Block] = []
    if report.tasks:
        mode = str(report.options.get("mode", ""))
        told.append(Note("info", counter(report.tasks, mode)))
        if mode == "per_cell" and not all(task.named for task in report.tasks):
            told.append(Note("info", "Name your tasks: tag a cell task:<name>"))
        told.append(task_table(report.tasks))
    files = [(file.path, code_view(file)) for file in done.shown]
    first = shown(Document(", ".join(path for path, _ in files), (*told, Note("info", count(len(files), "file")))))
    return View("Preview", [first, files[0][1] if len(files) == 1 else tabs(files)])


def _changes(done: Export, before: Record | None) -> Document:
    if before is None:
        return Document("Changes", (Note("info", "This pipeline was not exported before."),))
    old = "\n".join(str(file.get("text", "")) for file in before.files)
    new = "\n".join(file.text for file in done.shown)
    return diff_view(old, new, f"{before.id} ({before.time[:16].replace('T', ' ')} UTC)", "now")
