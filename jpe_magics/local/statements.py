"""The statements of a session: one runs, the others wait or have ended."""

from __future__ import annotations

import time

from jpe_magics.local.protocol import Kind, StatementState
from jpe_magics.local.statement import Statement


class Statements:
    """Statements by number, the oldest first; for one thread at a time.

    At most `kept` are kept: the oldest that have ended go first.  They wait here and go to the worker one at a
    time, so that cancelling one that waits is immediate.
    """

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._by_number: dict[int, Statement] = {}
        self._next = 0
        self._cancel_asked = 0.0
        self.running: Statement | None = None

    def add(self, code: str, kind: Kind) -> Statement:
        """Return a new statement, which waits."""
        statement = Statement(self._next, code, kind)
        self._next += 1
        self._by_number[statement.number] = statement
        finished = [number for number, one in self._by_number.items() if one.is_finished]
        for number in finished[: max(0, len(self._by_number) - self._kept)]:
            del self._by_number[number]
        return statement

    def find(self, number: int) -> Statement | None:
        """Return the statement, None for one that is forgotten or was never there."""
        return self._by_number.get(number)

    def all(self) -> list[Statement]:
        """Return the statements that are kept."""
        return list(self._by_number.values())

    def start_next(self) -> Statement | None:
        """Return the statement to be run now, None where one runs or none waits."""
        if self.running is not None:
            return None
        waiting = (one for one in self._by_number.values() if one.state is StatementState.WAITING)
        self.running = next(waiting, None)
        if self.running is not None:
            self.running.start(_now())
        return self.running

    def cancel(self, number: int) -> bool:
        """Cancel a statement; True where the worker must be told, since it runs.  One that has ended is left alone."""
        statement = self.find(number)
        if statement is None:
            return False
        if statement.state is StatementState.WAITING:
            statement.finish(None, _now())
        if statement.state is not StatementState.RUNNING:
            return False
        statement.state = StatementState.CANCELLING
        self._cancel_asked = time.monotonic()
        return True

    def give_up_cancelling(self, timeout: float) -> None:
        """Call a statement cancelled that has not reacted for so many seconds; it may still run."""
        overdue = time.monotonic() - self._cancel_asked > timeout
        if self.running is not None and self.running.state is StatementState.CANCELLING and overdue:
            self.running.finish(None, _now())

    def finish_running(self, output: dict[str, object] | None) -> None:
        """The running statement has ended."""
        if self.running is not None:
            self.running.finish(output, _now())
            self.running = None

    def finish_all(self) -> None:
        """Nothing will run any more."""
        for statement in self._by_number.values():
            if not statement.is_finished:
                statement.finish(None, _now())


def _now() -> int:
    return time.time_ns() // 1_000_000
