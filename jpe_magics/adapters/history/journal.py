"""Keeps the record of one submission up to date while its flow runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jpe_magics.adapters.history import History
from jpe_magics.core.flow import State
from jpe_magics.errors import HistoryError
from jpe_magics.model.progress import Progress
from jpe_magics.model.publication import Published
from jpe_magics.model.record import Record, utc


class Journal:
    """What is made and what state it is in, written down as it happens; progress is handed on to `tell`.

    `record` is the record as it is now, whether or not it could be written.  Where the history can't be
    written the work goes on, `kept` is False, and `notices` says what is missing from it.  `published` and
    `states` are what this submission added.
    """

    def __init__(self, history: History, record: Record, tell: Callable[[Progress], None]) -> None:
        self._history = history
        self._tell = tell
        self.record = record
        self.kept = True
        self.notices: list[str] = []
        self.published: list[Published] = []
        self.states: list[State] = []
        self.step = ""

    @classmethod
    def begin(cls, history: History, record: Record, tell: Callable[[Progress], None]) -> Journal:
        """Return the journal of a new record, whose beginning is in the history if that can be written."""
        journal = cls(history, record, tell)
        journal.kept = journal._write(lambda: history.begin(record), "this export is not in it")
        return journal

    def made(self, published: Published) -> None:
        """Something was made outside."""
        self.published.append(published)
        self._add("made", "", published=[published.to_json()])

    def state(self, state: State) -> None:
        """The record is in this state now; what was known already is not written again.

        With another state goes the error of the one before.
        """
        self.states.append(state)
        last = self.record.states[-1] if self.record.states else {}
        row = {"status": state.status, "error": state.error, "tasks": [one.to_json() for one in state.tasks]}
        row = {name: value for name, value in row.items() if value}
        if row != {name: value for name, value in last.items() if name != "time"}:
            row["time"] = utc(self._history.clock())
            error = {} if state.status == self.record.status else {"error": state.error}
            self._add("state", state.status, states=[row], **error)

    def tell(self, progress: Progress) -> None:
        """Hand on how far it is, and remember the step for whoever stops it."""
        self.step = progress.step
        self._tell(progress)

    def end(self, status: str, error: str = "") -> None:
        """Write down how it ended; without a `status` the last state stays."""
        self._add("result", status, error=error)

    def told(self) -> dict[str, Any]:
        """Return what a result says of it: `published`, `states` and `notices`."""
        return {"published": tuple(self.published), "states": tuple(self.states), "notices": tuple(self.notices)}

    def _add(self, event: str, status: str, **fields: Any) -> None:
        line = {"time": utc(self._history.clock()), **({"status": status} if status else {}), **fields}
        self.record = self.record.after(line)
        if self.kept:
            otherwise = "what became of this submission is not all in it"
            self._write(lambda: self._history.add(self.record.id, event, **line), otherwise)

    def _write(self, write: Callable[[], Any], otherwise: str) -> bool:
        try:
            write()
        except HistoryError as error:
            where = f" ({error.where})" if error.where else ""
            notice = f"{error.message}{where}: {otherwise}"
            if notice not in self.notices:
                self.notices.append(notice)
            return False
        return True
