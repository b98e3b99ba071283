"""What a job's driver has logged, and errors: the last of it, where it failed, and nothing that looks like a secret."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jpe_magics.errors import PublishError
from jpe_magics.targets.ilum.api import LOG_LINES, Api, Steps
from jpe_magics.targets.masked import masked

#: Lines of a log that an error shows at most.
SHOWN = 30
_KEPT = 400
#: Characters of a line that an error shows at most, and of one that stands in a sentence.
_WIDTH, _BRIEF = 2000, 300
#: Pages that are read at one look: a log that grows faster is caught up with later.
_PAGES = 20
#: Names and values of a run's parameters.
Values = Iterable[tuple[str, str]]
#: How Python begins a traceback.
TRACEBACK = "Traceback (most recent call last):"


@dataclass(frozen=True)
class Log:
    """The end of a job's log: `seen` lines were read, `lines` are the last of them."""

    job: str
    seen: int = 0
    lines: tuple[str, ...] = ()

    def last(self, values: Values = ()) -> str:
        """Return the last line that says something, as `brief` does."""
        return brief(next((line for line in reversed(self.lines) if line.strip()), ""), values)


def read_on(api: Api, log: Log) -> Steps[Log]:
    """Return the log with what has come to it; as it was where it can't be read, for a job goes on without."""
    for _ in range(_PAGES):
        try:
            more = yield from api.log(log.job, log.seen)
        except PublishError:
            break
        log = Log(log.job, log.seen + len(more), (*log.lines, *map(_narrow, more))[-_KEPT:])
        if len(more) < LOG_LINES:
            break
    return log


def brief(text: str, values: Values = ()) -> str:
    """Return a text's first line without secrets, as much of it as a sentence takes; `values` are those of its run."""
    line = "".join(masked(text.strip().partition("\n")[0], values, _WIDTH))
    return line if len(line) <= _BRIEF else line[: _BRIEF - 1] + "…"


def _narrow(line: str) -> str:
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"


def cut(text: str, values: Values = ()) -> str:
    """Return a text without secrets, `values` being those of its run.

    Of too many lines it has the first and the last; long ones end early.
    """
    lines = masked(text.strip(), values, _WIDTH)
    return "\n".join(lines if len(lines) <= SHOWN else [lines[0], "  …", *lines[2 - SHOWN :]])


def where_it_failed(lines: Sequence[str]) -> str:
    """Return the last Python traceback of a log, without what was logged behind it; else the log's last lines.

    >>> print(where_it_failed(["INFO a", "Traceback (most recent call last):", "  File …", "KeyError: 'x'", "INFO b"]))
    Traceback (most recent call last):
      File …
    KeyError: 'x'
    """
    start = max((place for place, line in enumerate(lines) if line.startswith(TRACEBACK)), default=None)
    if start is None:
        return "\n".join(lines[-SHOWN // 2 :]).strip()
    inside = [place for place in range(start + 1, len(lines)) if not lines[place].startswith((" ", "\t"))]
    return "\n".join(lines[start : inside[0] + 1] if inside else lines[start:])
