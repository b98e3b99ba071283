"""What processes wrote, as Livy shows it."""

from __future__ import annotations

from collections import deque

_KEPT_LINES = 1000
_LINES_IN_VIEW = 10
_STDOUT, _STDERR = "stdout: ", "\nstderr: "


class Log:
    """The last lines that the processes of a session or batch wrote; threads may add and read at once.

    Livy shows two streams, each below its heading.  Ours are one, to keep the order of what was written: a
    session's is the standard error, where Spark logs; a batch's, as with Livy, the standard output.
    """

    def __init__(self, *, is_stderr: bool) -> None:
        self._is_stderr = is_stderr
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)

    def add(self, line: str) -> None:
        """Keep a line; the oldest one goes where there are too many."""
        self._lines.append(line)

    def lines(self) -> list[str]:
        """Return all lines that are kept, and Livy's two headings."""
        lines = self._lines.copy()  # threads append: a deque must not be walked meanwhile
        return [_STDOUT, _STDERR, *lines] if self._is_stderr else [_STDOUT, *lines, _STDERR]

    def tail(self) -> list[str]:
        """Return the lines that stand in a session's or batch's own JSON."""
        return self.lines()[-_LINES_IN_VIEW:]
