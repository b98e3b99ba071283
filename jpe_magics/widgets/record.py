"""The record that is open: what is known of it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from ipywidgets import Text, ToggleButtons  # type: ignore[import-untyped]

from jpe_magics.core.form_words import DEEDS
from jpe_magics.core.summary import fragment, record_view, submission_line
from jpe_magics.core.summary.document import Document, Note
from jpe_magics.core.summary.error import error_line
from jpe_magics.core.summary.html import Html, element, join
from jpe_magics.errors import JpeError
from jpe_magics.model.artifact import File
from jpe_magics.model.record import Record
from jpe_magics.panel.state import PanelState, Past
from jpe_magics.results import Submission
from jpe_magics.widgets.code import code_html
from jpe_magics.widgets.one_code import OneCode
from jpe_magics.widgets.pages import changes_view
from jpe_magics.widgets.parts import Parts, replace_children
from jpe_magics.widgets.pool import put

_DETAILS, _CODE, _CHANGES = "Details", "Code", "Changes"

#: Parameters that have fields for the next run.
_MOST = 40


class RecordPane:
    """One record with its buttons; empty while none is open."""

    def __init__(self, parts: Parts, code: OneCode) -> None:
        self._parts, self._code = parts, code
        self._record: Record | None = None
        self._asked = ""
        self._trouble: JpeError | None = None
        self._values: dict[str, Text] = {}
        self._part = parts.make(ToggleButtons, "jpe-record-part", options=(_DETAILS, _CODE, _CHANGES), value=_DETAILS)
        self._part.observe(
            parts.guarded(lambda _change: self._draw(parts.actions.state.past, True), local=True), "value"
        )
        self._title, self._told = parts.html(), parts.html("", "jpe-record-told")
        act = self._act
        self._deeds = {
            "run": parts.deed("Run", partial(act, "run"), "jpe-run", "Run it again"),
            "stop": parts.button("Stop the run", partial(act, "stop"), "jpe-stop-run", "Stop the record's last run"),
            "status": parts.button("Refresh", partial(act, "status"), "jpe-refresh", "Ask for the state of now"),
        }
        self._close = parts.button("Close the record", lambda: parts.actions.show(""), "jpe-record-close")
        self._came = parts.html("", "jpe-record-came")
        self._buttons = parts.row(self._close, self._came, classes=("jpe-row-of-buttons",))
        self._params = parts.column(classes=("jpe-run-params",))
        self.root = parts.column(classes=("jpe-record",))

    def enter(self, state: PanelState) -> None:
        """Show the record's code again, if it was shown before another part of the view showed some."""
        self._draw(state.past, True)

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show the state's record."""
        record = state.past.record
        known = before.past if before is not None else Past()
        for button in self._deeds.values():
            put(button, disabled=state.work is not None)
        self._tell(state, before)
        if record == self._record and state.past.before == known.before:
            return
        if record is None or self._record is None or record.id != self._record.id:
            self._part.value = _DETAILS
            self._fields(record if "run" in state.past.actions else None)
        self._record = record
        able = (button for action, button in self._deeds.items() if action in state.past.actions)
        replace_children(self._buttons, *able, self._close, self._came)
        self._draw(state.past, self._code.is_free_for(self._clear))
        shown = (self._title, self._part, self._buttons, self._params, self._told)
        replace_children(self.root, *(() if record is None else shown))

    def _fields(self, record: Record | None) -> None:
        """Make a field for each parameter of the record, for its next run."""
        old = [*self._values.values()]
        names = [str(one.get("name", "")) for one in record.parameters[:_MOST]] if record else []
        self._values = {name: self._field(name) for name in names}
        replace_children(self._params, *self._values.values())
        self._parts.pool.drop(*old)

    def _field(self, name: str) -> Text:
        told = f"{name}: for the next run only"
        return self._parts.make(
            Text, "jpe-run-param", "jpe-field", description=told, tooltip=told, placeholder="the pipeline's default"
        )

    def _tell(self, state: PanelState, before: PanelState | None) -> None:
        """Say beside the buttons what came of the last one that was pressed: the banner may be off the screen."""
        if state.work is not None:
            self._trouble = None
        elif before is not None and before.work is not None and state.notice is not before.notice:
            self._trouble = state.notice  # which has kept the action from being tried at all
        record = state.past.record
        told = None
        if record is not None:
            told = _last_action(state, record, self._trouble, asked=record.id == self._asked)
        put(self._came, value=element("div", fragment([told]), role="status") if told is not None else "")

    def _act(self, action: str) -> None:
        record = self._record
        if record is None:
            return
        self._asked = record.id
        values = {name: field.value for name, field in self._values.items() if field.value}
        self._parts.actions.act(action, record.id, values if action == "run" else None)

    def _draw(self, past: Past, code: bool) -> None:
        record = past.record
        if record is None:
            self._clear()
            put(self._title, value="")
            return
        put(self._title, value=element("div", record.name or record.id, class_="jpe-title", dir="auto"))
        part = self._part.value
        if part != _DETAILS:
            if not code:
                return
            self._code.take(self._clear)
        put(self._told, value=_PARTS[part](past, record))

    def _clear(self) -> None:
        put(self._told, value="")


def _last_action(state: PanelState, record: Record, trouble: JpeError | None, *, asked: bool) -> Note | None:
    """Return what came of the last action on the record, None where nothing is known of one.

    `asked` tells that it is the record of the last button that was pressed, `trouble` what kept that one from being
    tried at all.
    """
    if asked and state.work is not None and state.work.title in DEEDS.values():
        return Note("info", f"“{state.work.title}” is under way …")
    if asked and trouble is not None:
        return error_line(trouble, "Not done")
    if isinstance(state.done, Submission) and state.done.record.id == record.id:
        return submission_line(state.done, state.past.actions)
    return None


def _details(_past: Past, record: Record) -> Html:
    return fragment(record_view(replace(record, files=())).blocks)


def _codes(_past: Past, record: Record) -> Html:
    files = [_file(one) for one in record.files]
    if not files:
        return fragment([Note("info", "No code was made.")])
    return join(*(join(element("div", file.path, class_="jpe-name"), code_html(file)) for file in files))


def _changes(past: Past, record: Record) -> Html:
    files = [_file(one) for one in record.files]
    document = changes_view(files, past.before)
    if past.before is None:
        document = Document("", (Note("info", "There is no export of this pipeline before it."),))
    return join(element("div", document.title), fragment(document.blocks))


def _file(row: Mapping[str, object]) -> File:
    path = str(row.get("path", ""))
    return File(path, str(row.get("text", "")), "python" if path.endswith(".py") else "text")


_PARTS = {_DETAILS: _details, _CODE: _codes, _CHANGES: _changes}
