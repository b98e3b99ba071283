"""A statement: code, its place in the queue, its output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jpe_magics.local.protocol import Kind, StatementState


@dataclass
class Statement:
    """One piece of code; changed only by the session that it belongs to.

    Times are milliseconds since 1970, 0 for "not yet", as in Livy.
    """

    number: int
    code: str
    kind: Kind
    state: StatementState = StatementState.WAITING
    output: dict[str, Any] | None = None
    progress: float = 0.0
    started: int = 0
    completed: int = 0

    @property
    def is_finished(self) -> bool:
        """True where nothing will change any more."""
        return self.state in (StatementState.AVAILABLE, StatementState.CANCELLED)

    def start(self, now: int) -> None:
        """It has been handed to the worker."""
        self.state = StatementState.RUNNING
        self.started = now

    def finish(self, output: dict[str, Any] | None, now: int) -> None:
        """It has ended: cancelled where that was asked for, else available."""
        asked = self.state in (StatementState.WAITING, StatementState.CANCELLING, StatementState.CANCELLED)
        self.state = StatementState.CANCELLED if asked else StatementState.AVAILABLE
        self.output = output
        self.progress = 1.0
        self.completed = now

    def view(self) -> dict[str, Any]:
        """Return Livy's JSON for it."""
        return {
            "id": self.number,
            "code": self.code,
            "state": self.state.value,
            "output": self.output,
            "progress": self.progress,
            "started": self.started,
            "completed": self.completed,
        }


def died(number: int, log: list[str]) -> dict[str, Any]:
    """Return Livy's output for a statement during which the interpreter died."""
    return {
        "status": "error",
        "execution_count": number,
        "ename": "Error",
        "evalue": "Interpreter died:\n" + "\n".join(log),
        "traceback": [],
    }
