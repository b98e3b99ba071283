"""The views of the history: a list, and one record."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from jpe_magics.core.flow import State
from jpe_magics.core.summary.document import (
    Block,
    Code,
    Document,
    Facts,
    Fold,
    Link,
    Mono,
    Note,
    Phrase,
    Table,
    count,
)
from jpe_magics.core.summary.error import failure
from jpe_magics.core.summary.export import lines, merged_facts, rejection_tables, warning_table
from jpe_magics.core.summary.run import run_blocks
from jpe_magics.core.summary.status import status_mark
from jpe_magics.model.progress import TaskState
from jpe_magics.model.record import Record, Row


def history_view(rows: Sequence[Row], skipped: int = 0, command: str = "%jpe_history") -> Document:
    """Return the list of records; `skipped` lines of the log were foreign or cut, `command` shows one of them."""
    blocks: list[Block] = []
    if rows:
        told = (
            (
                Mono(row.id),
                _when(row.time),
                status_mark(row.status),
                row.target,
                Link(row.name, row.link) if row.link else row.name,
                row.notebook,
                row.user,
            )
            for row in rows
        )
        names = ("Id", "Begun (UTC)", "Status", "Target", "Name", "Notebook", "User")
        whole = ("Id", "Begun (UTC)", "Status")
        blocks.append(Table("Newest first", names, tuple(told), whole, most=len(rows)))
        blocks.append(Note("info", ("One of them: ", Mono(f"{command} ID"))))
    else:
        blocks.append(Note("info", "Nothing was found."))
    if skipped:
        are = "is" if skipped == 1 else "are"
        blocks.append(Note("warn", f"{count(skipped, 'line')} of the log {are} cut or not ours, and left out."))
    return Document("Export history", tuple(blocks))


def record_view(record: Record, *, code: bool = False) -> Document:
    """Return all that is known of one record; text shows the generated code only with `code`."""
    error = failure(record.error) if record.error else ()
    blocks: list[Block] = list(error[:1])
    if record.status == "intent":
        blocks.append(Note("warn", "It was begun, and nothing is known of its end: look at the target."))
    if record.secrets_allowed:
        blocks.append(Note("warn", "Exported with its secrets, as was allowed: secrets are masked here."))
    blocks.append(Facts(tuple((name, value) for name, value in _facts(record) if value)))
    if given := tuple(_given(record)):
        blocks.append(Fold(f"Options ({len(given)})", (Facts(given),)))
    blocks += error[1:]
    if record.states:
        rows = tuple((_when(_said(one, "time")), status_mark(_said(one, "status"))) for one in _changes(record.states))
        blocks.append(Table("States", ("When (UTC)", "State"), rows, whole=("When (UTC)", "State")))
        blocks += run_blocks([_state(record.states[-1])], record.error)
    if record.parameters:
        told = (
            (Mono(_said(one, "name")), _said(one, "type"), Mono(_json(one.get("default")))) for one in record.parameters
        )
        blocks.append(Table("Parameters", ("Name", "Type", "Default"), tuple(told)))
    if record.rejections:
        blocks += rejection_tables(map(_rejection, record.rejections), left_in=record.secrets_allowed)
    if record.warnings:
        blocks.append(warning_table([_warning(row) for row in record.warnings]))
    blocks += [Code(_said(file, "path"), _said(file, "text"), open=code) for file in record.files]
    return Document(f"Export {record.id}", tuple(blocks))


def _facts(record: Record) -> Iterable[tuple[str, Phrase]]:
    yield "Status", status_mark(record.status)
    yield "Begun (UTC)", _when(record.time)
    yield "Target", record.target
    yield "Name", record.name
    yield "Notebook", _said(record.notebook, "path") or _said(record.notebook, "name")
    yield "Digest", _said(record.notebook, "digest")
    yield "Read", record.source
    yield "User", record.user
    yield from published_facts(record)
    yield "Made by", f"jpe_magics {record.version}" if record.version else ""


def _given(record: Record) -> Iterable[tuple[str, Phrase]]:
    """Yield the options that the record was made with, as they are named on a line."""
    for name, value in record.options.items():
        if value not in (None, "", [], {}):
            yield f"--{name.replace('_', '-')}", Mono(value if isinstance(value, str) else _json(value))


def _changes(states: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """Yield of states that follow each other and are the same the first one: asking again changes nothing."""
    return (next(same) for _, same in groupby(states, lambda one: _said(one, "status")))


def published_facts(record: Record) -> list[tuple[str, Phrase]]:
    """Return what is to be said of each thing that the record's submission made outside."""
    rows = (
        (_said(one, "kind"), _said(one, "place"), _said(one, "link"), _said(one, "note")) for one in record.published
    )
    return list(merged_facts(rows))


def _state(row: Mapping[str, Any]) -> State:
    """Return the state that a record's row tells of; what is not as it should be there is left out."""
    tasks = row.get("tasks")
    told = [one for one in tasks if isinstance(one, Mapping)] if isinstance(tasks, (list, tuple)) else ()
    return State(_said(row, "status"), _said(row, "error"), tuple(map(_task, told)))


def _task(row: Mapping[str, Any]) -> TaskState:
    tries, seconds = (
        value if isinstance(value := row.get(name), (int, float)) and abs(value) < 1e9 else None
        for name in ("tries", "seconds")
    )
    return TaskState(_said(row, "id"), _said(row, "state"), int(tries or 0), seconds)


def _default(row: Mapping[str, Any]) -> str:
    return _said(row, "expression") or _json(row.get("default"))


def _rejection(row: Mapping[str, Any]) -> tuple[Phrase, ...]:
    line, end = row.get("line"), row.get("end_line")
    numbers = isinstance(line, int) and isinstance(end, int)
    place = lines(line, end) if numbers else _json(line)  # type: ignore[arg-type]
    return _cell(row), place, _said(row, "kind"), Mono(_said(row, "text")), _said(row, "reason")


def _warning(row: Mapping[str, Any]) -> tuple[int | None, str, str, str]:
    number, line = row.get("number"), row.get("line")
    place = "-" if line is None else _json(line)
    return number if isinstance(number, int) else None, place, _said(row, "code"), _said(row, "text")


def _cell(row: Mapping[str, Any]) -> str:
    number = row.get("number")
    return f"cell {_json(number)}" if number else "-"


def _said(row: Mapping[str, Any], name: str) -> str:
    """Return the text there; of what is no text (a foreign or newer line), its JSON."""
    value = row.get(name, "")
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _when(time: str) -> str:
    """Return `2026-11-05 10:15:02` for a record's time; what is none, as it is."""
    date, letter, clock = time.partition("T")
    return f"{date} {clock[:8]}" if letter else time
