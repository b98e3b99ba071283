"""The history: what was submitted, from which notebook, with which code, and what became of it.

::

    history = History(Path("~/.jupyter/jpe-audit.jsonl"))
    record = history.new(user="ada", target="airflow", name="etl_daily", files=[...])
    history.begin(record)                                   # before the first call that leaves the machine
    history.add(record.id, "published", status="exported", published=[...])
    history.add(record.id, "state", status="running")
    history.get("261105"); history.newest(50, search="etl")

`log` is the truth (one JSON object a line, only appended to), `index` makes it fast to read.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from jpe_magics.adapters.history.index import ask
from jpe_magics.adapters.history.log import append, plain
from jpe_magics.errors import HistoryError
from jpe_magics.model.record import LINE_VERSION, Record, Row, fold, is_id, new_id, utc
from jpe_magics.version import __version__

#: In place of an id: the newest record.
LAST = "last"


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _draw() -> bytes:
    return os.urandom(5)


@dataclass(frozen=True)
class History:
    """The history in one log file; any number of processes may use it at once.

    Only `begin` and `add` write.  Where they can't, they raise `HistoryError` (JPE602): the export
    goes on, a warning says so, and the record lives on in the caller's hands (`Record.after` folds in
    what `add` would have written).  No value may hold a secret: callers mask first, and a `Secret` is a TypeError.
    """

    path: Path
    clock: Callable[[], datetime] = _now
    draw: Callable[[], bytes] = _draw

    def new(self, **fields: Any) -> Record:
        """Return a record that begins now, with an id of its own and the given fields of `Record`; writes nothing."""
        now = self.clock()
        made = {"status": "intent", "version": __version__, **_known(fields)}
        made |= {"id": new_id(now, self.draw()), "time": utc(now)}
        return fold([plain(made)])  # in the log's own form, so that the record is what will be read back

    def fresh_id(self) -> str:
        """Return an id that no record has."""
        return new_id(self.clock(), self.draw())

    def begin(self, record: Record) -> str:
        """Write the beginning of `record` and return its id; do so before the first call that leaves the machine."""
        told = {name: value for name, value in record.to_json().items() if value not in (None, "", [], {}, False)}
        self._append({"event": "begin", **told})
        return record.id

    def add(self, record: str, event: str, **fields: Any) -> None:
        """Write what happened to the record of this id: `status` and any other fields of `Record`."""
        if not is_id(record):
            raise ValueError(f"{record!r} is no record's id")
        self._append({"id": record, "time": utc(self.clock()), "event": event, **_known(fields)})

    def get(self, record: str) -> Record:
        """Return the record of this id, or of the one id that begins with it (or a part of which does).

        "last" is the newest record.  Raises `HistoryError` (JPE601) where there is none, or more than one.
        """
        wanted = record.strip()
        if wanted == LAST:
            wanted = next((row.id for row in self.newest(1)), wanted)
        found = ask(self.path, lambda index: index.matching(wanted, 6)) if is_id(wanted) else []
        if not found:
            raise HistoryError(f"there is no record {wanted!r}", hint=self._near(wanted))
        if len(found) > 1:
            more = " …" if len(found) > 5 else ""
            raise HistoryError(
                f"several records begin with {wanted!r}", hint="it may be " + ", ".join(found[:5]) + more
            )
        return fold(ask(self.path, lambda index: index.lines(found[0])))

    def newest(self, limit: int = 50, search: str = "", target: str = "", status: str = "") -> list[Row]:
        """Return the newest records, newest first; every word of `search` must be found in a record's row."""
        return ask(self.path, lambda index: index.newest(limit, search, target, status))

    def last_for(self, target: str, name: str, but: str = "") -> Record | None:
        """Return the newest record of this pipeline that published something, other than the one with the id `but`."""
        row = ask(self.path, lambda index: index.last_for(target, name, but))
        return self.get(row.id) if row else None

    def skipped(self) -> int:
        """Return how many lines of the log are foreign or cut, and were left out."""
        return ask(self.path, lambda index: index.skipped)

    def _append(self, line: dict[str, Any]) -> None:
        append(self.path, {"v": LINE_VERSION, **line})

    def _near(self, wanted: str) -> str:
        from difflib import get_close_matches

        newest = [row.id for row in self.newest(50)]
        if not newest:
            return "nothing was exported yet"
        close = get_close_matches(wanted, newest, 3, 0.7)
        return "did you mean " + ", ".join(close) if close else "the newest are " + ", ".join(newest[:3])


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields; a name that `Record` does not know would be lost in reading, and is a TypeError."""
    if unknown := fields.keys() - Record.__dataclass_fields__.keys():
        raise TypeError(f"a record has no {', '.join(sorted(unknown))}")
    return fields
