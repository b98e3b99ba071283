"""Which notebook made what stands somewhere, as far as the history knows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from jpe_magics.adapters.history import History
from jpe_magics.errors import HistoryError
from jpe_magics.model.record import Record

#: How many of the newest records of a pipeline are looked at.
_LOOKED_AT = 10


def made_by_others(history: History, record: Record) -> dict[str, str]:
    """Return the places where another notebook than `record`'s published last, each with that notebook's path.

    Only records of the same target and name count, and only notebooks that still stand where they did: one that
    was moved is no other one.  A place is a file's real path, or what a commit's `Published.place` says.  Where
    the history can't be read, or a record does not say from which folder its paths count, nothing is known.
    """
    own = _notebook(record)
    if not _is_file(own):  # only a server knows where it is
        return {}
    found: dict[str, str] = {}
    try:
        rows = history.newest(_LOOKED_AT, record.name, record.target)
        rows = [row for row in rows if row.published and row.name == record.name]
        if all(row.path == own for row in rows):
            return {}  # a record holds all its code: none is read where nobody else made anything
        older = [history.get(row.id) for row in rows]
    except HistoryError:
        return {}
    for one in older:
        notebook = _notebook(one)
        for place in _places(one):
            found.setdefault(place, notebook)
    return {place: path for place, path in found.items() if path != own and _is_file(path)}


def _is_file(path: str) -> bool:
    return bool(path) and Path(path).is_file()


def _notebook(record: Record) -> str:
    path = record.notebook.get("path")
    return _real(record, path) if path and isinstance(path, str) else ""


def _places(record: Record) -> Iterator[str]:
    for row in record.published:
        kind, place = row.get("kind"), row.get("place")
        if isinstance(place, str) and kind in ("file", "commit"):
            known = place if kind == "commit" else _real(record, place)
            if known:
                yield known


def _real(record: Record, path: str) -> str:
    """Return the real path of what the record names, "" where it does not say from which folder."""
    try:
        whole = os.path.join(str(record.notebook.get("folder") or ""), path)  # noqa: PTH118
        return os.path.realpath(whole) if os.path.isabs(whole) else ""  # noqa: PTH117
    except (OSError, ValueError):
        return ""
