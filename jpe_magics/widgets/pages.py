"""The smaller tabs: what was taken out, and what changed."""

from __future__ import annotations

from collections.abc import Iterable

from jpe_magics.core.summary import diff_view, fragment
from jpe_magics.core.summary.document import Document, Leaf, Note
from jpe_magics.core.summary.export import lost_names, noticed_table, rejected_tables
from jpe_magics.core.summary.html import element
from jpe_magics.model.artifact import File
from jpe_magics.model.record import Record
from jpe_magics.model.report import Report
from jpe_magics.panel.state import PanelState
from jpe_magics.widgets.one_code import OneCode
from jpe_magics.widgets.parts import Parts
from jpe_magics.widgets.pool import put


class Rejections:
    """The tab *Rejections*: what was noticed, and what was taken out; told once the tab is looked at."""

    def __init__(self, parts: Parts) -> None:
        self._entered = False
        self.root = parts.html("", "jpe-rejections")

    def enter(self, state: PanelState) -> None:
        """Show them from now on."""
        self._entered = True
        self.update(state, None)

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show those of the state's preview, if the tab was looked at."""
        report = state.preview.report if state.preview else None
        known = before.preview.report if before and before.preview else None
        if self._entered and (before is None or _noticed(report) != _noticed(known)):
            put(self.root, value=fragment(rejection_blocks(report)))

    @staticmethod
    def title(state: PanelState) -> str:
        """Return the tab's title with the numbers of rejections and of warnings."""
        return rejections_title(state.preview.report) if state.preview else "Rejections"


class Changes:
    """The tab *Changes*: what is otherwise than in this pipeline's last export.

    It is made only while it is looked at: comparing takes time, and code stands in one place of the view only.
    """

    def __init__(self, parts: Parts, code: OneCode) -> None:
        self._code = code
        self._entered = False
        self.root = parts.html("", "jpe-changes")

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show the state's changes, if the tab is looked at."""
        if self._entered and (before is None or (state.preview, state.before) != (before.preview, before.before)):
            self.enter(state)

    def enter(self, state: PanelState) -> None:
        """Show the changes from now on."""
        self._entered = True
        self._code.take(self.leave)
        shown = state.preview.shown if state.preview else ()
        document = changes_view(shown, state.before)
        put(self.root, value=element("div", element("div", document.title), fragment(document.blocks)))

    def leave(self) -> None:
        """Take the code away."""
        self._entered = False
        put(self.root, value="")


def changes_view(shown: Iterable[File], before: Record | None) -> Document:
    """Return what is otherwise in the files than in the record's."""
    if before is None:
        return Document("Changes", (Note("info", "This pipeline was not exported before."),))
    old = "\n".join(str(file.get("text", "")) for file in before.files)
    new = "\n".join(file.text for file in shown)
    return diff_view(old, new, f"{before.id} ({before.time[:16].replace('T', ' ')} UTC)", "now")


def rejections_title(report: Report) -> str:
    """Return "Rejections (14), warnings (3)", without the warnings where there are none."""
    warnings = len(noticed_table(report.warnings).rows)
    return f"Rejections ({len(report.rejected)})" + (f", warnings ({warnings})" if warnings else "")


def rejection_blocks(report: Report | None) -> tuple[Leaf, ...]:
    """Return what was noticed, for it may make a task fail, and then what was taken out."""
    if report is None:
        return (Note("info", "There is no preview yet."),)
    taken = rejected_tables(report.rejected, left_in=report.status == 200, lost=lost_names(report.warnings))
    return (noticed_table(report.warnings), *taken) if report.warnings else tuple(taken)


def _noticed(report: Report | None) -> object:
    return report and (report.rejected, report.warnings)
