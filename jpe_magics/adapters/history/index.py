"""The index: an SQLite file beside the log that makes lists and look-ups fast however long the log is.

It holds nothing that the log does not hold, so it may vanish at any time.  Each question first reads what
was appended since the last one.  An index that is missing, of another version, damaged, or of another
log is made anew; where it can't be used at all (a read-only folder, a file system without locks) the
same tables are made in memory for this one question: slower, but right.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from jpe_magics.adapters.history.log import decode, only_ours
from jpe_magics.adapters.history.tables import COLUMNS, DamagedError, Known, catch_up, storable
from jpe_magics.errors import HistoryError
from jpe_magics.model.record import Row

if TYPE_CHECKING:
    import sqlite3

#: How long to wait, in seconds, while another process writes the index; then the log is read directly.
PATIENCE = 2.0

#: As many rows as anybody could want; SQLite takes no number without end.
_MOST = 2**31

Answer = TypeVar("Answer")


class Index:
    """The index of one log, as long as one question takes; `log` is open for reading."""

    def __init__(self, connection: sqlite3.Connection, log: BinaryIO) -> None:
        self.connection = connection
        self.log = log
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -65536")  # 64 MB, used only while a long log is read anew
        catch_up(connection, log)

    def newest(self, limit: int, search: str = "", target: str = "", status: str = "") -> list[Row]:
        """Return the newest records, in the order in which they were begun (clocks may go back, the log does not).

        Every word of `search` must stand in the id, user, target, name, notebook or status, in any case.
        """
        where, values = ["1"], []
        for column, value in (("target", target), ("status", status)):
            if value:
                where.append(f"{column} = ?")
                values.append(value)
        for word in search.split():
            where.append("instr(words || ' ' || status, ?)")
            values.append(word.casefold())
        return [known.row for known in self._find(" AND ".join(where), values, limit)]

    def last_for(self, target: str, name: str, but: str) -> Row | None:
        """Return the newest record of this pipeline that published something, other than that with the id `but`."""
        found = self._find("target = ? AND name = ? AND id <> ? AND published", [target, name, but], 1)
        return found[0].row if found else None

    def matching(self, text: str, limit: int) -> list[str]:
        """Return the id that is `text`, or else those that begin with it or a part of which does, newest first."""
        exact = self._find("id = ?", [text], 1)
        found = exact or self._find("substr(id, 1, length(?1)) = ?1 OR instr(id, '-' || ?1)", [text], limit)
        return [known.row.id for known in found]

    def lines(self, record: str) -> list[dict[str, Any]]:
        """Return all lines of a record that `matching` found, in the order in which they were written."""
        (known,) = self._find("id = ?", [record], 1) or (None,)
        if known is None:
            raise DamagedError(f"{record} is in the table, but not in its index")
        sql = "SELECT start, length FROM line WHERE record = ? ORDER BY start"
        lines = [self._line(*place) for place in self.connection.execute(sql, [known.first])]
        if len(lines) != known.lines or any(line.get("id") != record for line in lines):
            raise DamagedError(f"the lines of {record} are not where they should be")
        return lines

    def _line(self, start: int, length: int) -> dict[str, Any]:
        self.log.seek(start)
        return decode(self.log.read(length)) or {}

    @property
    def skipped(self) -> int:
        """How many lines of the log are foreign or cut."""
        (count,) = self.connection.execute("SELECT skipped + (read < size) FROM seen").fetchone() or (0,)
        return int(count)

    def _find(self, where: str, values: list[str], limit: int) -> list[Known]:
        most = min(limit, _MOST)
        sql = f"SELECT {COLUMNS} FROM record WHERE {where} ORDER BY first DESC LIMIT {most:d}"  # noqa: S608 (our words)
        return [Known.read(columns) for columns in self.connection.execute(sql, [storable(one) for one in values])]


def ask(log: Path, question: Callable[[Index], Answer]) -> Answer:
    """Return the answer to `question`, put to an index of `log` that is up to date.

    Raises `HistoryError` (JPE603) where the log is there but can't be read.
    """
    import sqlite3

    try:
        with _readable(log) as file:
            places = [_stored, _stored_anew, _in_memory] if log.exists() else [_in_memory]
            while True:
                try:
                    with closing(places.pop(0)(index_path(log))) as connection:
                        return question(Index(connection, file))
                # what a damaged file holds may be of any type; our own faults come again in memory, and out
                except (sqlite3.Error, DamagedError, ValueError, TypeError) as error:  # noqa: PERF203
                    if not places:
                        raise
                    if _unusable(error):
                        places = [_in_memory]
    except (OSError, sqlite3.Error, DamagedError) as error:
        raise HistoryError(f"the history can't be read: {error}", code="JPE603", where=str(log)) from error


def index_path(log: Path) -> Path:
    """Return where the index of `log` is: beside it, `jpe-audit.index.sqlite` for `jpe-audit.jsonl`."""
    return log.with_name(f"{log.stem}.index.sqlite")


def _readable(log: Path) -> BinaryIO:
    """Open the log; one that is not there yet reads as an empty one."""
    try:
        if not stat.S_ISREG(log.stat().st_mode):
            raise OSError("it is not a regular file")
        return log.open("rb")
    except FileNotFoundError:
        return Path(os.devnull).open("rb")


def _stored(path: Path) -> sqlite3.Connection:
    import sqlite3

    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NONBLOCK", 0), 0o600)
        try:
            only_ours(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise sqlite3.OperationalError(f"unable to open the index: {error}") from error
    return sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)


def _stored_anew(path: Path) -> sqlite3.Connection:
    import sqlite3

    try:
        for ending in ("", "-journal", "-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
    except OSError as error:
        raise sqlite3.OperationalError(f"unable to open the index: {error}") from error
    return _stored(path)


def _in_memory(_: Path) -> sqlite3.Connection:
    import sqlite3

    return sqlite3.connect(":memory:", isolation_level=None)


def _unusable(error: Exception) -> bool:
    """Tell whether the index is only out of reach, and not broken, so that it must be left where it is.

    By SQLite's words: Python has told its result codes only since 3.11.
    """
    import sqlite3

    words = ("locked", "readonly", "unable to open", "disk I/O error", "is full", "locking protocol")
    return isinstance(error, sqlite3.OperationalError) and any(word in str(error) for word in words)
