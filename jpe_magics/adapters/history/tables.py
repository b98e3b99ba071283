"""The index's tables, and how they follow the log."""

from __future__ import annotations

import os
import zlib
from dataclasses import astuple, replace
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from jpe_magics.adapters.history.log import scan
from jpe_magics.model.record import Row

if TYPE_CHECKING:
    import sqlite3

#: The version of the tables; an index of another version is made anew.
SCHEMA = 1

#: How many bytes at the log's start, and before the place up to which it was read, tell it from another log.
_MARK = 256

#: Records that are kept in memory while the log is read, before they are written to the index.
_BATCH = 2000

_TABLES = """
CREATE TABLE seen (inode INTEGER, size INTEGER, read INTEGER, skipped INTEGER, head BLOB, tail BLOB);
CREATE TABLE record (
    first INTEGER PRIMARY KEY, lines INTEGER, id TEXT UNIQUE NOT NULL, time TEXT, user TEXT, target TEXT, name TEXT,
    path TEXT, notebook TEXT, status TEXT, link TEXT, published INTEGER, checksum INTEGER, words TEXT
);
CREATE TABLE line (record INTEGER, start INTEGER, length INTEGER, PRIMARY KEY (record, start)) WITHOUT ROWID;
"""
_SEEN = "SELECT inode, size, read, skipped, head, tail FROM seen"
COLUMNS = "first, lines, id, time, user, target, name, path, notebook, status, link, published, checksum"


class DamagedError(Exception):
    """The index says what the log does not."""


class Known(NamedTuple):
    """A record in the index: where its first line starts, how many lines it has, and what a list shows of it."""

    first: int
    lines: int
    row: Row

    @classmethod
    def read(cls, columns: tuple[Any, ...]) -> Known:
        """Return what the columns of the table say; `DamagedError` where they are not as they were written."""
        (first, lines, *told), checksum = columns[:-1], columns[-1]
        if checksum != _checksum(columns[:-1]):
            raise DamagedError(f"the row of the record at {first} was changed")
        row = Row(*told)
        return cls(first, lines, replace(row, published=bool(row.published)))

    def written(self) -> tuple[Any, ...]:
        """Return the columns of the table `record`."""
        told = (self.first, self.lines, *map(storable, astuple(self.row)))
        row = self.row
        words = " ".join((row.id, row.user, row.target, row.name, row.path, row.notebook)).casefold()
        return (*told, _checksum(told), storable(words))


def _checksum(columns: tuple[Any, ...]) -> int:
    return zlib.crc32(repr(columns).encode())


class _Seen(NamedTuple):
    """What the index has read: the log's inode, its size then, how far lines were read, and marks of what was read."""

    inode: int
    size: int
    read: int = 0
    skipped: int = 0
    head: bytes = b""
    tail: bytes = b""


def catch_up(connection: sqlite3.Connection, log: BinaryIO) -> None:
    """Read what was appended to the log since the index was last used; everything, if it was another log."""
    seen, size = _seen(connection, log)
    if seen and seen.size == size:
        return
    with connection:  # commits, or rolls back
        connection.execute("BEGIN IMMEDIATE")
        seen, size = _seen(connection, log)  # another process may have done it while we waited
        if seen is None:
            _make_tables(connection)
            seen = _Seen(os.fstat(log.fileno()).st_ino, 0)
        _read_on(connection, log, seen, size)


def _seen(connection: sqlite3.Connection, log: BinaryIO) -> tuple[_Seen | None, int]:
    """Return what the index has seen, None where that is not this log's beginning; and the log's size now.

    The size is taken last: a log only grows, so that it can't be less than what another process has read meanwhile.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    row = connection.execute(_SEEN).fetchone() if version == SCHEMA else None
    about = os.fstat(log.fileno())
    seen = _Seen(*row) if row else None
    if seen and (
        seen.inode != about.st_ino or seen.size > about.st_size or (seen.head, seen.tail) != _marks(log, seen.read)
    ):
        seen = None
    return seen, about.st_size


def _marks(log: BinaryIO, read: int) -> tuple[bytes, bytes]:
    length = min(read, _MARK)
    log.seek(0)
    head = log.read(length)
    log.seek(read - length)
    return head, log.read(length)


def _make_tables(connection: sqlite3.Connection) -> None:
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        connection.execute(f'DROP TABLE "{name}"')
    for statement in _TABLES.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA}")


def _read_on(connection: sqlite3.Connection, log: BinaryIO, seen: _Seen, size: int) -> None:
    records: dict[str, Known] = {}
    lines: list[tuple[int, int, int]] = []
    read, skipped = seen.read, seen.skipped
    for start, length, line in scan(log, seen.read):
        read = start + length
        if line is None:
            skipped += 1
        elif line:
            name = line["id"]
            first, number, row = records.get(name) or _known(connection, name) or Known(start, 0, Row(name))
            records[name] = Known(first, number + 1, row.after(line))
            lines.append((first, start, length))
        if len(records) >= _BATCH:
            _store(connection, records, lines)
    _store(connection, records, lines)
    connection.execute("DELETE FROM seen")
    now_seen = _Seen(seen.inode, max(size, read), read, skipped, *_marks(log, read))
    connection.execute("INSERT INTO seen VALUES (?, ?, ?, ?, ?, ?)", now_seen)


def _known(connection: sqlite3.Connection, record: str) -> Known | None:
    found = connection.execute(f"SELECT {COLUMNS} FROM record WHERE id = ?", [record]).fetchone()  # noqa: S608 (our words)
    return Known.read(found) if found else None


def _store(connection: sqlite3.Connection, records: dict[str, Known], lines: list[tuple[int, int, int]]) -> None:
    """Write what was gathered, and forget it."""
    sql = "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    connection.executemany(sql, [known.written() for known in records.values()])
    connection.executemany("INSERT OR REPLACE INTO line VALUES (?, ?, ?)", lines)
    records.clear()
    lines.clear()


def storable(value: Any) -> Any:
    """Return the value as SQLite gives it back: lone surrogates (file names have them) as `?`, flags as numbers."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return int(value)
