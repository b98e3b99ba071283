"""What a job's driver has logged: the last of it, and where it failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jpe_magics.errors import PublishError
from jpe_magics.targets.ilum.api import LOG_LINES, Api, Steps

#: Lines of a log that an error shows at most.
SHOWN = 30
_KEPT = 400
#: Pages that are read at one look: a log that grows faster is caught up with later.
_PAGES = 20
_TRACEBACK = "Traceback (most recent call last):"


@dataclass(frozen=True)
class Log:
    """The end of a job's log: `seen` lines were read, `lines` are the last of them."""

    job: str
    seen: int = 0
    lines: tuple[str, ...] = ()

    @property
    def last(self) -> str:
        """The last line that says something."""
        return next((line.strip() for line in reversed(self.lines) if line.strip()), "")


def read_on(api: Api, log: Log) -> Steps[Log]:
    """Return the log with what has come to it; as it was where it can't be read, for a job goes on without."""
    for _ in range(_PAGES):
        try:
            more = yield from api.log(log.job, log.seen)
        except PublishError:
            break
        log = Log(log.job, log.seen + len(more), (*log.lines, *more)[-_KEPT:])
        if len(more) < LOG_LINES:
            break
    return log


def cut(text: str) -> str:
    """Return a text with its first line and the last of the others, where it has too many."""
    lines = text.strip().splitlines()
    return "\n".join(lines if len(lines) <= SHOWN else [lines[0], "  …", *lines[2 - SHOWN :]])


def where_it_failed(lines: Sequence[str]) -> str:
    """Return the last Python traceback of a log, without what was logged behind it; else the log's last lines.

    >>> print(where_it_failed(["INFO a", "Traceback (most recent call last):", "  File …", "KeyError: 'x'", "INFO b"]))
    Traceback (most recent call last):
      File …
    KeyError: 'x'
    """
    start = max((place for place, line in enumerate(lines) if line.startswith(_TRACEBACK)), default=None)
    if start is None:
        return "\n".join(lines[-SHOWN // 2 :]).strip()
    inside = [place for place in range(start + 1, len(lines)) if not lines[place].startswith((" ", "\t"))]
    return cut("\n".join(lines[start : inside[0] + 1] if inside else lines[start:]))
