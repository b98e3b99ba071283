"""Long work, one piece at a time: exports, and what is done with a record of the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from jpe_magics.core.summary.progress import Steps
from jpe_magics.panel.board import Board
from jpe_magics.panel.effort import Effort
from jpe_magics.panel.faults import in_our_words
from jpe_magics.panel.filling import afresh
from jpe_magics.panel.lanes import Lanes
from jpe_magics.panel.state import PanelState, Work
from jpe_magics.panel.wording import in_panel

#: Does the work and returns what it changes in the state.
Does = Callable[[Effort], Mapping[str, Any]]


class Working:
    """Does long work on a lane of its own; `after` is called when a piece of it has ended."""

    def __init__(self, board: Board, lanes: Lanes, after: Callable[[], None]) -> None:
        self._board, self._lanes, self._after = board, lanes, after
        self._effort: Effort | None = None

    def start(self, title: str, does: Does) -> None:
        """Begin a piece of work, unless one goes on already."""

        def show(steps: Steps) -> None:  # that comes late: other work may go on by then
            self._board.change(lambda state: _working(state, steps=steps) if self._effort is effort else state)

        effort = Effort(show, lambda job, after: self._lanes.do("past", job, key="steps", after=after))

        def begin(state: PanelState) -> PanelState:
            if state.work is not None:
                return state
            self._effort = effort
            return replace(afresh(state), work=Work(title, began=effort.began), done=None, blocked=None)

        self._board.change(begin)
        if self._effort is effort:
            self._lanes.do("work", partial(self._carry_out, title, does, effort))

    def stop(self) -> None:
        """End the work that goes on at its next wait."""
        effort = self._effort
        if effort is not None:
            effort.stop.set()
            self._board.change(lambda state: _working(state, stopping=True))

    def forget(self) -> None:
        """Keep nothing heavy alive."""
        self._effort = None

    def _carry_out(self, title: str, does: Does, effort: Effort) -> None:
        try:
            outcome = does(effort)
        except BaseException as error:  # noqa: BLE001 - a plugin may even exit: the panel must say so and go on
            outcome = {"notice": in_panel(in_our_words(error, title), self._board.state.fields)}

        def end(state: PanelState) -> PanelState:
            self._effort = None
            return replace(state, work=None, **outcome)

        self._board.change(end)
        self._after()


def _working(state: PanelState, **changes: Any) -> PanelState:
    return state if state.work is None else replace(state, work=replace(state.work, **changes))
