"""The history: the newest records, a filter, and the record that is open."""

from __future__ import annotations

from datetime import datetime

from ipywidgets import HTML, Button, Dropdown, Text, Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary import fragment
from jpe_magics.core.summary.document import SIGNS, Leaf, Note, count, cut, safe_href
from jpe_magics.core.summary.error import error_blocks
from jpe_magics.core.summary.html import Html, element
from jpe_magics.core.summary.status import status_mark
from jpe_magics.model.record import Row
from jpe_magics.panel.state import PanelState, Past
from jpe_magics.widgets.bound import Bound
from jpe_magics.widgets.one_code import OneCode
from jpe_magics.widgets.parts import Parts, replace_children
from jpe_magics.widgets.pool import put
from jpe_magics.widgets.record import RecordPane

#: Rows that are shown at first, and that each press of *Older* adds.
PAGE = 20
_LONGEST_TIME = 30
#: What came of an export that made nothing outside, as far as its record knows, by its state.
_UNPUBLISHED = {"refused": "nothing published", "intent": "end not known"}


class History:
    """The tab *History*, which is `%jpe_history`'s view too; it is made when it is first looked at."""

    def __init__(self, parts: Parts, code: OneCode) -> None:
        self._parts, self._code = parts, code
        self._rows: Rows | None = None
        self.root: Widget = parts.column(classes=("jpe-history",))
        self.roots: tuple[Widget, ...] = (self.root,)

    def enter(self, state: PanelState) -> None:
        """Show the rows from now on."""
        if self._rows is None:
            self._rows = Rows(self._parts, self._code)
            replace_children(self.root, *self._rows.widgets)
        self._rows.update(state, None)
        self._rows.record.enter(state)

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show the state's history, if it was looked at."""
        if self._rows is not None:
            self._rows.update(state, before)


class Rows:
    """The filters, the rows, and below one of them its record."""

    def __init__(self, parts: Parts, code: OneCode) -> None:
        self._parts = parts
        self._most = PAGE
        self._rows: list[ShownRow] = []
        self._targets: tuple[str, ...] = ()
        self._search = Bound(parts, _search(parts), self._find)
        self._target = Bound(parts, _targets(parts), lambda _value: self._find(self._search.control.value))
        self._told = parts.html()
        self._table = parts.column(classes=("jpe-rows",))
        self._older = parts.button("Older", self._show_more, "jpe-older", local=True)
        self.record = RecordPane(parts, code)
        self._elsewhere = parts.column(classes=("jpe-slot",))
        self._below = parts.column()
        filters = parts.row(self._search.control, self._target.control, classes=("jpe-row-of-buttons",))
        self.widgets: tuple[Widget, ...] = (filters, self._told, self._elsewhere, self._table, self._below)

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show the state's history."""
        self._filters(state, before)
        self.record.update(state, before)
        if before is not None and state.past == before.past:
            return
        put(self._told, value=fragment(_about(state.past)))
        rows = state.past.rows[: self._most]
        while len(self._rows) < len(rows):
            self._rows.append(ShownRow(self._parts))
        opened = state.past.record.id if state.past.record else ""
        for shown, row in zip(self._rows, rows, strict=False):
            shown.show(row, row.id == opened)
        self._place(next((place for place, row in enumerate(rows) if row.id == opened), None))
        replace_children(self._table, *(part for one in self._rows[: len(rows)] for part in one.widgets))
        replace_children(self._below, *([self._older] if len(state.past.rows) > self._most else []))

    def _place(self, row: int | None) -> None:
        """Put the record below its row, above all of them where that is not shown."""
        slots = [one.slot for one in self._rows]
        wanted = self._elsewhere if row is None else slots[row]
        for slot in (*slots, self._elsewhere):
            if slot is not wanted:
                replace_children(slot)
        replace_children(wanted, self.record.root)

    def _filters(self, state: PanelState, before: PanelState | None) -> None:
        if before is None or state.past.search != before.past.search:
            self._search.show(state.past.search)
        past = state.past
        available = (row.name for row in state.targets if row.available)
        found = dict.fromkeys((*self._targets, *available, past.target, *(row.target for row in past.rows)))
        names = tuple(name for name in found if name)
        if names != self._targets:
            self._targets = names
            self._target.refill((("all targets", ""), *((name, name) for name in names)), past.target)
        elif before is None or past.target != before.past.target:
            self._target.show(past.target)

    def _find(self, search: str) -> None:
        self._most = PAGE
        self._parts.actions.find(search, self._target.control.value or "")

    def _show_more(self) -> None:
        self._most += PAGE
        self.update(self._parts.actions.state, None)


class ShownRow:
    """One row: a button that opens the record, what is known of it, and a place for the record."""

    def __init__(self, parts: Parts) -> None:
        self._id = ""
        self._actions = parts.actions
        self._button: Button = parts.button("", self._open, "jpe-row")
        self._told: HTML = parts.html("", "jpe-row-text")
        self.slot = parts.column(classes=("jpe-slot",))
        self.widgets: tuple[Widget, ...] = (self._button, self._told, self.slot)

    def show(self, row: Row, opened: bool) -> None:
        """Show a row, marked where its record is open."""
        self._id = row.id
        name = f"{'▾' if opened else '▸'} {when(row.time)}"
        told = f"{'Close' if opened else 'Open'} the record {row.id}, begun {row.time or 'at an unknown time'}"
        put(self._button, description=name, tooltip=told)
        put(self._told, value=_row(row))
        self._opened = opened

    def _open(self) -> None:
        self._actions.show("" if self._opened else self._id)


def _row(row: Row) -> Html:
    mark = status_mark(row.status)
    badge = element("span", f"{SIGNS[mark.level]} {mark.text}", class_=f"jpe-mark jpe-{mark.level}")
    result = outcome(row)
    came = [element("span", result, class_="jpe-row-result")] if result else []
    href = safe_href(row.link)
    name = row.name or row.id
    shown = (
        element("a", name, href=href, target="_blank", rel="noopener noreferrer", dir="auto")
        if href
        else element("b", name, dir="auto")
    )
    told = (("target", row.target), ("notebook", row.notebook), ("by", row.user))
    others = (element("span", f"{name}: ", element("span", text, dir="auto")) for name, text in told if text)
    return element("div", badge, *came, shown, *others, class_="jpe-row-told")


def outcome(row: Row) -> str:
    """Return what came of the export itself, "" where its state says that already.

    The state may be that of a run: "failed" alone does not tell whether there is something outside.  Nor does it where
    an answer was lost: only what was refused has surely left nothing there.
    """
    if row.status == "exported":
        return ""
    if row.published:
        return "published"
    return _UNPUBLISHED.get(row.status, "nothing known to be published")


def _about(past: Past) -> tuple[Leaf, ...]:
    told: list[Leaf] = []
    if past.error is not None:
        told += error_blocks(past.error)
    elif not past.rows:
        told.append(Note("info", "Nothing was found." if past.search or past.target else "Nothing was exported yet."))
    if past.skipped:
        are = "is" if past.skipped == 1 else "are"
        told.append(Note("warn", f"{count(past.skipped, 'line')} of the log {are} cut or not ours, and left out."))
    return tuple(told)


def when(time: str) -> str:
    """Return `2026-11-05 11:15:02 +01:00` for a record's time, in this machine's zone; what is no time, as it is.

    >>> when("yesterday"), when("")
    ('yesterday', 'unknown time')
    """
    try:
        begun = datetime.fromisoformat(time.replace("Z", "+00:00"))  # Python 3.10 knows no Z
        here = begun.astimezone() if begun.tzinfo is not None else None
    except (ValueError, OverflowError, OSError):  # a record may come from a foreign hand
        here = None
    if here is None:
        return cut(time, _LONGEST_TIME) or "unknown time"
    text = here.isoformat(" ", "seconds")
    return text.replace("+00:00", " UTC") if text.endswith("+00:00") else f"{text[:19]} {text[19:]}"


def _search(parts: Parts) -> Text:
    return parts.make(
        Text, "jpe-search", "jpe-field", description="Find", placeholder="words of a row", tooltip="Find records"
    )


def _targets(parts: Parts) -> Dropdown:
    options = (("all targets", ""),)
    return parts.make(Dropdown, "jpe-target", "jpe-field", description="Target", options=options, value="")
