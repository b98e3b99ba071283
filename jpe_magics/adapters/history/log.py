"""The log: one JSON object a line, only ever appended to.

What is promised, and how: a line is written by one `write` in append mode under a lock, so that writers do
not tear each other's; it is synced before `append` returns; and a line that a killed writer or a full disk
cut short is closed off by the next one, which then starts with a newline.  Nothing is ever rewritten.
"""

from __future__ import annotations

import errno
import json
import math
import os
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from jpe_magics.errors import HistoryError
from jpe_magics.model.record import is_id
from jpe_magics.model.secret import Secret

#: A longer line is nobody's: it is not written, and skipped where it is found, so that memory stays bounded.
LONGEST = 64 * 1024 * 1024

#: Python's parser takes 200 brackets in each other; a list that holds itself has no end.
_DEEPEST = 200

#: How long an append waits for the lock, in seconds, before it goes on without.
PATIENCE = 10.0

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT
# close-on-exec and non-blocking (a named pipe must not hang us) are POSIX, binary mode is Windows
_FLAGS |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def append(path: Path, line: Mapping[str, Any]) -> None:
    """Write `line` at the end of the log and sync it; make the file (mode 0600) and its folder where missing.

    Raises `HistoryError` (JPE602) where it can't be written, TypeError where it holds a `Secret`.
    """
    data = encode(line)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, _FLAGS, 0o600)
        try:
            only_ours(handle)
            _write(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise HistoryError(
            f"the history can't be written: {error.strerror or error}",
            code="JPE602",
            where=str(path),
            hint=f"{_way_out(error)}, or set audit_log (JPE_AUDIT_LOG) to another place",
        ) from error


def _way_out(error: OSError) -> str:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return "free some space on that disk" if full else "make the file writable"


def encode(line: Mapping[str, Any]) -> bytes:
    """Return the line (see `plain`) as strict JSON in ASCII with its newline; `HistoryError` where it is too long."""
    data = json.dumps(plain(line), ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode() + b"\n"
    if len(data) > LONGEST:
        raise HistoryError(f"the record is too long to be written ({len(data):,} bytes)", code="JPE602")
    return data


def decode(data: bytes) -> dict[str, Any] | None:
    """Return the line if it is one of ours (a JSON object with an id and an event), else None.

    Lines of newer versions count as ours: what they say more is left alone.
    """
    try:
        line = json.loads(data.decode())
    except (ValueError, RecursionError):
        return None
    ours = isinstance(line, dict) and is_id(line.get("id")) and isinstance(line.get("event"), str)
    return line if ours else None


def scan(log: BinaryIO, start: int) -> Iterator[tuple[int, int, dict[str, Any] | None]]:
    """Yield offset, length and content of each line from `start`; None is the content of a foreign or cut one.

    A blank line is `{}`.  The end of the file, where no newline closes it, is yielded only if it is a
    whole line of ours: otherwise somebody may still be writing it.
    """
    log.seek(start)
    offset = start
    while data := log.readline(LONGEST + 1):
        length, whole = len(data), data.endswith(b"\n")
        too_long = not whole and length > LONGEST
        while too_long and (more := log.readline(LONGEST)):
            length += len(more)
            if more.endswith(b"\n"):
                whole = True
                break
        line = None if too_long else decode(data) if data.strip() else {}
        if whole or line:
            yield offset, length, line
        if not whole:
            return  # a writer is at work: what it adds now belongs to this line and is read the next time
        offset += length


def only_ours(handle: int) -> None:
    """Refuse what is no regular file (a pipe, a device), and take away rights that others have on it."""
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    if sys.platform != "win32" and about.st_mode & 0o077 and about.st_uid == os.geteuid():
        os.fchmod(handle, 0o600)


def _write(handle: int, data: bytes) -> None:
    locked = _lock(handle)
    try:
        end = os.lseek(handle, 0, os.SEEK_END)
        # Without the lock another writer may be half-way: a newline in front keeps the two apart.
        if not locked or (end and _last_byte(handle, end) != b"\n"):
            data = b"\n" + data
        rest = memoryview(data)
        while rest:  # a disk that fills up takes a part first, and says so at the second try
            rest = rest[os.write(handle, rest) :]
    finally:
        if locked:
            _unlock(handle)


def _last_byte(handle: int, end: int) -> bytes:
    os.lseek(handle, end - 1, os.SEEK_SET)
    return os.read(handle, 1)


def _lock(handle: int) -> bool:
    """Take the lock on the file itself; False where the system refuses (NFS without locks) or it takes too long.

    `flock` and not `lockf`: it holds between threads too, and closing another handle of the same file
    does not drop it.  Polled, not waited for, so that it ends and Ctrl+C works.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return False
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:  # noqa: PERF203 (this is a wait)
            if error.errno not in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES) or time.monotonic() > give_up:
                return False
            time.sleep(0.002)
        else:
            return True


def _unlock(handle: int) -> None:
    import fcntl

    fcntl.flock(handle, fcntl.LOCK_UN)


def plain(value: Any, depth: int = 0) -> Any:
    """Return `value` in JSON's own types; TypeError for a `Secret`.

    Tuples and sets become lists.  What JSON has no word for becomes text, as Python writes it: other
    types, `nan` and `inf`, integers of thousands of digits, and what is nested deeper than code can be.
    """
    if isinstance(value, Secret):
        raise TypeError("a Secret can't be written into the history")
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return value if value.bit_length() < 10_000 else hex(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if depth < _DEEPEST and isinstance(value, Mapping):
        return {_key(key): plain(one, depth + 1) for key, one in value.items()}
    if depth < _DEEPEST and isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one, depth + 1) for one in value]
    return repr(value)


def _key(key: Any) -> str:
    return key if isinstance(key, str) else str(plain(key))
