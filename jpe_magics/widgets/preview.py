"""The preview: what would be made, and the line that makes it."""

from __future__ import annotations

from collections.abc import Iterable

from jpe_magics.core.summary import fragment
from jpe_magics.core.summary.document import Code, Fold, Leaf, Note
from jpe_magics.core.summary.error import error_blocks, failed_note
from jpe_magics.core.summary.export import counter, task_table, wants_name, warned
from jpe_magics.core.summary.html import Html, element, join
from jpe_magics.errors import JpeError
from jpe_magics.panel.destination import is_for_download
from jpe_magics.panel.state import PanelState
from jpe_magics.results import Export
from jpe_magics.widgets.files import Files, download_link, downloads
from jpe_magics.widgets.graph import graph
from jpe_magics.widgets.one_code import OneCode
from jpe_magics.widgets.parameters import IN_PARAMETERS
from jpe_magics.widgets.parts import Parts, replace_children
from jpe_magics.widgets.pool import put
from jpe_magics.widgets.remedy import named


class Preview:
    """The tab *Preview*."""

    def __init__(self, parts: Parts, code: OneCode) -> None:
        self._parts, self._code = parts, code
        self._offered, self._looked_at = False, True
        self._told, self._tasks, self._more = parts.html(), parts.html(), parts.html()
        self._links = parts.html("", "jpe-links")
        self._files = Files(parts)
        self._download = parts.button(
            "Download", self._save, "jpe-download", "Make a link that saves the file", local=True
        )
        self._back = parts.button("Back to the code", self._show_code, "jpe-back", local=True)
        self._buttons = parts.row(classes=("jpe-row-of-buttons",))
        self.root = parts.column(
            self._buttons, self._told, self._tasks, self._files.root, self._more, classes=("jpe-preview",)
        )

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show the state's preview."""
        put(self._told, value=join(*_told(state)))
        put(self._download, disabled=state.stale and _is_held_up(state))
        if before is not None and state.preview == before.preview:
            if state.stale != before.stale and self._offered:
                self._draw(state, self._may_show_code())
            return
        if before is not None and state.target != before.target:
            self._offered = False
        self._draw(state, self._may_show_code())

    def enter(self, state: PanelState) -> None:
        """Show the code, which may be another one now, and which another part of the view may have shown meanwhile."""
        self._looked_at = True
        self._draw(state, True)

    def leave(self) -> None:
        """Hear that another tab is looked at: what would be sent now is seen by nobody."""
        self._looked_at = False

    def _may_show_code(self) -> bool:
        return self._looked_at and self._code.is_free_for(self._clear)

    def _draw(self, state: PanelState, code: bool) -> None:
        done = state.preview
        put(self._tasks, value=_tasks(done))
        put(self._more, value=fragment(_requests(done)))
        ours = () if done is None else downloads(done)
        if done is not None:  # else what was asked for comes with it
            self._offered = self._offered and bool(ours)
        if code:
            self._code.take(self._clear)
            self._files.show(() if done is None or self._offered else done.shown)
            put(self._links, value=join(*map(download_link, ours)) if self._offered else "")
        self._arrange(state)

    def _arrange(self, state: PanelState) -> None:
        """Show the links as long as they save what the form says, else the button that will make them."""
        ours = state.preview is not None and bool(downloads(state.preview))
        if not ours:
            replace_children(self._buttons)
            return
        links = self._links if self._offered and not state.stale else self._download
        replace_children(self._buttons, links, *([self._back] if self._offered else []))

    def offer(self, done: Export | None) -> None:
        """Show links that save what was made, unless it holds secrets, where the button to make them stood.

        While they hold the files' text, it is not shown as code.
        """
        files = () if done is None else downloads(done)
        if not files:
            return
        self._offered = True
        self._code.take(self._clear)
        self._files.clear()
        put(self._links, value=join(*map(download_link, files)))
        replace_children(self._buttons, self._links, self._back)

    def _save(self) -> None:
        state = self._parts.actions.state
        if state.stale or state.preview is None:
            self._offered = True  # the links come with the preview of what was typed, or of the card that was chosen
        else:
            self.offer(state.preview)

    def _clear(self) -> None:
        self._files.clear()
        put(self._links, value="")

    def _show_code(self) -> None:
        self._offered = False
        self.enter(self._parts.actions.state)


def counted(done: Export) -> Iterable[Html]:
    """Yield how many tasks are named, and how to name them."""
    report = done.report
    mode = str(report.options.get("mode", ""))
    if report.tasks:
        yield element("div", counter(report.tasks, mode), class_="jpe-counter")
        if mode == "per_cell" and any(map(wants_name, report.tasks)):
            tag = element("code", "task:load_sales")
            yield element("div", element("b", "Name your tasks"), ": tag a cell, for example ", tag, class_="jpe-hint")


def picture(done: Export) -> Html:
    """Return the task graph, and the table that says the same."""
    tasks = done.report.tasks
    return join(graph(tasks), fragment([Fold("What runs after what", (task_table(tasks),))])) if tasks else Html()


def _is_held_up(state: PanelState) -> bool:
    """Tell whether something is in the way of a preview of what the form says now."""
    return bool(state.errors or state.missing or state.parameter_errors or state.notice)


def _to_mend(state: PanelState) -> str:
    """Return what must be mended, and where that is, before a preview can follow the form; "" for nothing."""
    told = ["mend what is marked above"] if state.errors.keys() - IN_PARAMETERS else []
    if state.parameter_errors:
        names = ", ".join(state.parameter_errors)
        told.append(f"mend {names} in the tab Parameters")
    elif state.errors.keys() & IN_PARAMETERS:
        told.append("mend what is marked in the tab Parameters")
    return ", and ".join(told)


def _told(state: PanelState) -> Iterable[Html]:
    done = state.preview
    if state.line:
        beside = ", which writes the file into the working folder" if is_for_download(state) else ""
        yield element("div", f"The same in one line{beside}:")
        yield element("code", state.line, class_="jpe-line", tabindex="0", dir="ltr")
    if done is None:
        missing = ", ".join(field.label for field in state.fields if field.option.name in state.missing)
        to_mend = _to_mend(state)
        needed = f": fill in {missing}" if missing else f": {to_mend}" if to_mend else ""
        yield fragment([Note("info", f"There is no preview yet{needed}.")])
        return
    if state.stale and _to_mend(state):
        yield fragment([Note("warn", f"This is the preview before the last change: {_to_mend(state)}.")])
    if done.error is not None:
        yield fragment(_refused(done.error, state))
    if done.report.warnings:
        yield fragment([Note("warn", f"{warned(done.report)}: see Rejections.")])
    if done.report.source:
        yield element("div", f"Read: {done.report.source}", dir="auto")
    yield from counted(done)
    if done.shown and not downloads(done):
        yield fragment([Note("warn", "Secrets are masked here, and there is no download: the files would hold them.")])


def _refused(error: JpeError, state: PanelState) -> tuple[Leaf, ...]:
    """Return why it can't be exported, in one line where what was done last says the same above."""
    if isinstance(state.done, Export) and str(state.done.error) == str(error):
        return (failed_note(error, "Not to be exported", "what stands above"),)
    folded = named(error, tuple(field for field in state.fields if field.section == "more"))
    where = [Note("info", f"“{field.label}” is under “More options”.") for field in folded]
    return (*error_blocks(error, "Not to be exported: "), *where)


def _tasks(done: Export | None) -> Html:
    return Html() if done is None else picture(done)


def _requests(done: Export | None) -> tuple[Code, ...]:
    return () if done is None else tuple(Code("What will be sent", text) for text in done.requests)
