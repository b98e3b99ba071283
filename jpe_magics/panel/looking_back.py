"""The history while the panel is open: its rows, the record that is open, and the runs that still go on."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from threading import Event

from jpe_magics.errors import JpeError
from jpe_magics.model.record import Row
from jpe_magics.panel.board import Board
from jpe_magics.panel.lanes import Lanes
from jpe_magics.panel.past import actions_of, close_record, open_record, read_rows
from jpe_magics.session import Session

#: Seconds after the last keystroke before a search is made.
DEBOUNCE = 0.15
#: Seconds between two looks at runs that go on: grows from the one to the other while nothing happens.
FIRST_LOOK, LAST_LOOK = 5.0, 60.0
#: Runs that are asked for, the newest ones; and looks without any news, after which only a search in the history or
#: other work begins them again: half an hour or so.
MOST_RUNS, MOST_LOOKS = 5, 30
#: States that a run leaves by itself: Airflow's and Ilum's words for one that waits or runs.
GOING_ON = frozenset({"queued", "running", "submitted", "restarting", "scheduled", "pending", "starting"})


class LookingBack:
    """Reads the history on one lane, and asks for the state of its newest runs on another while they go on."""

    def __init__(self, session: Session, board: Board, lanes: Lanes) -> None:
        self._session, self._board, self._lanes = session, board, lanes
        self._stop = Event()
        self._given_up: set[str] = set()
        self._pause, self._looks = FIRST_LOOK, 0

    def find(self, search: str, target: str) -> None:
        """Show the newest rows that match."""
        self._pause, self._looks = FIRST_LOOK, 0
        self._board.change(lambda state: replace(state, past=replace(state.past, search=search, target=target)))
        self.read(DEBOUNCE)

    def read(self, after: float = 0.0) -> None:
        """Have the rows read anew, and from then on asked for what goes on."""
        self._lanes.do("past", self._read_rows, key="find", after=after)

    def show(self, record: str) -> None:
        """Open a record; "" closes the one that is open."""
        if record:
            self._lanes.do("past", partial(self._open_record, record), key="open")
        else:
            self._lanes.do("past", _nothing, key="open")  # what was asked for before is not wanted any more
            self._board.change(close_record)

    def news(self) -> None:
        """Hear that something was written into the history."""
        self._pause, self._looks = FIRST_LOOK, 0
        self._given_up.clear()
        self.read()
        self._lanes.do("past", self._open_again, key="again")

    def close(self) -> None:
        """Ask for nothing any more."""
        self._stop.set()

    def _read_rows(self) -> None:
        self._board.change(read_rows(self._session.history, self._board.state.past))
        if self._going_on():
            self._lanes.do("runs", self._ask, key="runs", after=self._pause)

    def _open_record(self, record: str) -> None:
        self._board.change(open_record(self._session.history, record))

    def _open_again(self) -> None:
        record = self._board.state.past.record
        if record is not None:
            self._open_record(record.id)

    def _going_on(self) -> list[Row]:
        """Return the newest rows whose runs may change by themselves, and can be asked for."""
        if self._looks >= MOST_LOOKS:
            return []
        rows = (row for row in self._board.state.past.rows if row.status.lower() in GOING_ON)
        asked = [row for row in rows if row.id not in self._given_up and "status" in actions_of(row)]
        return asked[:MOST_RUNS]

    def _ask(self) -> None:
        """Ask for the state of the runs that go on; what can't be asked for is left to the button *Refresh*."""
        if self._board.state.work is None:  # which may follow one of them itself, and tells when it has ended
            changed = [self._is_other(row) for row in self._going_on() if not self._stop.is_set()]
            self._looks = 0 if any(changed) else self._looks + 1
            self._pause = FIRST_LOOK if any(changed) else min(self._pause * 1.5, LAST_LOOK)
            if any(changed):
                self._lanes.do("past", self._open_again, key="again")
        self.read()

    def _is_other(self, row: Row) -> bool:
        """Ask for the state of a row's run; return whether it is another one than the row shows."""
        try:
            done = self._session.act("status", row.id, stop=self._stop)
        except JpeError:
            self._given_up.add(row.id)
            return False
        if done.error is not None:
            self._given_up.add(row.id)
        return done.record.status != row.status


def _nothing() -> None:
    """Do nothing, in the place of a job that is not wanted any more."""
