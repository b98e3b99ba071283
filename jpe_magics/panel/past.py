"""The history as the panel reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from jpe_magics.adapters.history import History
from jpe_magics.errors import HistoryError, OptionError
from jpe_magics.model.notebook import Notebook
from jpe_magics.model.record import Record, Row
from jpe_magics.panel.faults import bare
from jpe_magics.panel.state import PanelState, Past
from jpe_magics.targets import get_target

Change = Callable[[PanelState], PanelState]

#: Rows that are shown, and rows of one name that are looked through for a record's predecessor.
SHOWN, LOOKED_THROUGH = 50, 1000


def read_rows(history: History, asked: Past) -> Change:
    """Return the change of the state to the newest rows that are asked for, or to why they can't be read."""
    try:
        found: dict[str, Any] = {
            "rows": tuple(history.newest(SHOWN, asked.search, asked.target)),
            "skipped": history.skipped(),
        }
    except HistoryError as error:
        return partial(_with_rows, asked, rows=(), error=bare(error))
    return partial(_with_rows, asked, error=None, **found)


def open_record(history: History, record: str) -> Change:
    """Return the change of the state to that record, open beside the one before it of the same pipeline."""
    try:
        found = history.get(record)
        before = predecessor(history, found)
        return partial(_with_past, record=found, before=before, actions=actions_of(found), error=None)
    except HistoryError as error:
        return partial(_with_past, record=None, before=None, error=bare(error))


def actions_of(record: Record | Row) -> frozenset[str]:
    """Return what can be done with a record: nothing, where its target is not installed here."""
    try:
        return get_target(record.target).actions
    except OptionError:
        return frozenset()


def close_record(state: PanelState) -> PanelState:
    """Return the state without an open record."""
    return _with_past(state, record=None, before=None)


def predecessor(history: History, record: Record) -> Record | None:
    """Return the last record of the same pipeline before this one that published something, None where none did."""
    rows = history.newest(LOOKED_THROUGH, record.name, record.target)
    after = next((place for place, row in enumerate(rows) if row.id == record.id), len(rows))
    same = (row for row in rows[after + 1 :] if row.name == record.name and row.published)
    return _record(history, next(same, None))


def last_of(history: History, notebook: Notebook, target: str = "") -> Record | None:
    """Return the last record of this notebook that published something, of one target where it is named."""
    path = notebook.path or ""
    rows = history.newest(LOOKED_THROUGH, path or notebook.name, target)
    same = (row for row in rows if row.published and (row.path, row.notebook) == (path, notebook.name))
    return _record(history, next(same, None))


def _record(history: History, row: Row | None) -> Record | None:
    return history.get(row.id) if row is not None else None


def _with_rows(asked: Past, state: PanelState, **rows: Any) -> PanelState:
    """Return the state with these rows, unless others are asked for by now."""
    past = state.past
    return state if (past.search, past.target) != (asked.search, asked.target) else _with_past(state, **rows)


def _with_past(state: PanelState, **changes: Any) -> PanelState:
    return replace(state, past=replace(state.past, **changes))
