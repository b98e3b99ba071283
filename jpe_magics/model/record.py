"""One submission as the history knows it: the fold of all lines of the log that carry its id."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timezone
from typing import Any

from jpe_magics.model.report import Report

#: The version of the lines that this package writes (`v`).  Lines of other versions are read for what
#: is known of them.
LINE_VERSION = 1

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")


@dataclass(frozen=True)
class Record:
    """One submission, a failed or refused one too.  Holds no secret: all texts are masked.

    `time` is when it began (UTC, ISO 8601).  `notebook` has `path`, `name`, `digest` and the
    `folder` from which paths count (no older record has that); `name` is the
    pipeline's (DAG id, job name, file).  `parameters`, `rejections` and `warnings` are rows of the
    report with what people also want to see (`report_fields` adds it).  `files`
    has rows of `path`, `sha256` and `text`; the text is masked where `secrets_allowed`, the digest is
    that of the real file.  `published` has rows of `Published.to_json()`.  `status` is the last state:
    "intent" (written before the first call that leaves the machine: seen for long, the export was cut
    short), "refused", "exported", "failed", or a run's ("running", "success", …); `states` are all of
    them with their `time`.  `rerun` is what it takes to run this again, None where that can't be done.
    `version` is that of the jpe_magics which made it.
    """

    id: str = ""
    time: str = ""
    user: str = ""
    notebook: Mapping[str, Any] = field(default_factory=dict)
    target: str = ""
    name: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    parameters: tuple[Mapping[str, Any], ...] = ()
    source: str = ""
    files: tuple[Mapping[str, Any], ...] = ()
    rejections: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[Mapping[str, Any], ...] = ()
    published: tuple[Mapping[str, Any], ...] = ()
    status: str = ""
    error: str = ""
    states: tuple[Mapping[str, Any], ...] = ()
    rerun: Mapping[str, Any] | None = None
    secrets_allowed: bool = False
    version: str = ""

    def __repr__(self) -> str:
        return f"<Record {self.id} {self.target} {self.name}: {self.status}>"

    def to_json(self) -> dict[str, Any]:
        """Return what `%jpe_history ID --json` shows: every field; folded again, it gives this record."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}

    def after(self, line: Mapping[str, Any]) -> Record:
        """Return this record with one more line folded in, as the log would give it back."""
        return fold([self.to_json(), {**line, "id": self.id}])

    @property
    def row(self) -> Row:
        return Row(
            id=self.id,
            time=self.time,
            user=self.user,
            target=self.target,
            name=self.name,
            path=_later(self.notebook, "path", ""),
            notebook=_later(self.notebook, "name", ""),
            status=self.status,
            link=_last_link(self.published),
            published=bool(self.published),
        )


@dataclass(frozen=True)
class Row:
    """What a list shows of a record: cheap to keep for 100,000 of them.

    `path` and `notebook` are the notebook's path and name, `link` the last address that a browser can
    open, `published` whether anything was made outside.
    """

    id: str
    time: str = ""
    user: str = ""
    target: str = ""
    name: str = ""
    path: str = ""
    notebook: str = ""
    status: str = ""
    link: str = ""
    published: bool = False

    def after(self, line: Mapping[str, Any]) -> Row:
        """Return this row with one more line folded in: the same as `Record.row` of the whole fold."""
        notebook = _mapping(line.get("notebook"))
        published = _rows(line.get("published")) or ()
        return Row(
            id=self.id,
            time=self.time or _text(line.get("time")) or "",
            user=_later(line, "user", self.user),
            target=_later(line, "target", self.target),
            name=_later(line, "name", self.name),
            path=self.path if notebook is None else _later(notebook, "path", ""),
            notebook=self.notebook if notebook is None else _later(notebook, "name", ""),
            status=_later(line, "status", self.status),
            link=_last_link(published) or self.link,
            published=self.published or bool(published),
        )


def fold(lines: Iterable[Mapping[str, Any]]) -> Record:
    """Return the record that the lines of one id make, in the order in which they were written.

    A later line's field replaces an earlier one's; `published`, `warnings` and `states` grow; `id` and
    `time` are the first line's.  A line's `status` is a state at that line's time.  Keys that are not
    known, and values that are not of the field's kind, are left alone: a newer version wrote them, or
    a foreign hand.  Without lines: ValueError.
    """
    known: dict[str, Any] = {}
    growing: dict[str, dict[str, Mapping[str, Any]]] = {name: {} for name in ("published", "warnings", "states")}
    for line in lines:
        for name, read in _FIELDS.items():
            value = read(line.get(name))
            if value is None:
                continue
            if name in growing:
                for row in value:
                    growing[name].pop(repr(row), None)  # what is said again is the latest
                    growing[name][repr(row)] = row
            elif name in ("id", "time"):
                known[name] = known.get(name) or value
            else:
                known[name] = value
        status = _text(line.get("status"))
        states = growing["states"]
        last = next(reversed(states.values()), {}).get("status")
        if status and status != last and _rows(line.get("states")) is None:
            state = {"status": status, "time": _text(line.get("time")) or ""}
            states.pop(repr(state), None)
            states[repr(state)] = state
    if "id" not in known:
        raise ValueError("no line with an id")
    known.update((name, tuple(rows.values())) for name, rows in growing.items())
    return Record(**known)


def report_fields(report: Report) -> dict[str, Any]:
    """Return what a record takes over from the report of its export.

    To the report's rows come a parameter's `expression` and `description`.
    """
    return {
        "target": report.target,
        "options": dict(report.options),
        "parameters": [
            {**one.to_json(), "expression": one.expression, "description": one.description} for one in report.parameters
        ],
        "source": report.source,
        "rejections": [one.to_json() for one in report.rejected],
        "warnings": [one.to_json() for one in report.warnings],
        "status": "intent" if report.status == 200 else "refused",
        "error": report.error,
    }


def new_id(now: datetime, draw: bytes) -> str:
    """Return an id: the time in UTC, so that ids sort, and five random bytes, so that no two are alike.

    >>> new_id(datetime(2026, 11, 5, 10, 15, 2, tzinfo=timezone.utc), bytes(5))
    '261105-101502-aaaaaaaa'
    """
    if len(draw) != 5:
        raise ValueError("an id takes five random bytes")
    return f"{now.astimezone(timezone.utc):%y%m%d-%H%M%S}-{base64.b32encode(draw).decode().lower()}"


def is_id(value: object) -> bool:
    """Tell whether `value` can be a record's id: up to 100 ASCII letters, digits, dots, dashes, underscores."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def utc(now: datetime) -> str:
    """Return the time as records write it: `2026-11-05T10:15:02.123Z`."""
    return now.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _later(line: Mapping[str, Any], name: str, earlier: str) -> str:
    value = line.get(name)
    return value if isinstance(value, str) else earlier


def _last_link(published: Iterable[Mapping[str, Any]]) -> str:
    links = [link for row in published if isinstance(link := row.get("link"), str) and link]
    return links[-1] if links else ""


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _mapping(value: object) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None


def _rows(value: object) -> tuple[Mapping[str, Any], ...] | None:
    return tuple(row for row in value if isinstance(row, Mapping)) if isinstance(value, (list, tuple)) else None


_READ: dict[str, Callable[[object], Any]] = {
    "str": _text,
    "bool": _flag,
    "Mapping[str, Any]": _mapping,
    "Mapping[str, Any] | None": _mapping,
    "tuple[Mapping[str, Any], ...]": _rows,
}
_FIELDS = {one.name: _READ[str(one.type)] for one in fields(Record)}
