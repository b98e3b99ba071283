"""What is filled in, kept in step with the state that shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from jpe_magics.errors import OptionError
from jpe_magics.model.notebook import Snapshot
from jpe_magics.panel.board import Board
from jpe_magics.panel.draft import Draft
from jpe_magics.panel.sheet import Sheet
from jpe_magics.panel.state import Blocked, PanelState
from jpe_magics.results import Export


class Filling:
    """Holds the sheet, which changes only together with the state: inside of `Board.change`.

    `by_hand` tells that the user has touched the form or chosen a card: from then on nothing else chooses one.
    `snapshot` is the notebook as it was read last.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._presses = 0
        self.sheet = Sheet()
        self.by_hand = False
        self.snapshot: Snapshot | None = None

    def forget(self) -> None:
        """Keep nothing heavy alive."""
        self.sheet, self.snapshot = Sheet(), None

    def choose(self, draft: Draft, *, by_hand: bool = False) -> None:
        """Choose a target with its form, or with what was filled in for it before."""
        name = draft.target.name

        def choose(state: PanelState) -> PanelState:
            if self.by_hand and not by_hand:
                return state
            self.by_hand = by_hand
            sheet = self.sheet.with_draft(self.sheet.drafts.get(name, draft))
            return replace(self.put(sheet, afresh(state)), preview=None, before=None, done=None, blocked=None)

        self._board.change(choose)

    def fill_in(self, change: Callable[[Sheet], Sheet]) -> None:
        """Take over what the user has filled in; what is not true any more of the last try is not said any more."""

        def fill_in(state: PanelState) -> PanelState:
            self.by_hand = True  # who fills in a form has chosen it
            before = self.sheet.draft
            after = self.put(change(self.sheet), afresh(state))
            other_mode = before is not None and self.sheet.draft is not None and before.mode != self.sheet.draft.mode
            after = replace(after, blocked=None) if other_mode else after
            return replace(after, done=None) if _is_over(after, other_mode) else after

        self._board.change(fill_in)

    def press(self, target: str = "") -> bool:
        """Hear that the export button was pressed; return whether all makes sense, else the state says what not.

        `target` is the one of the button that was pressed, "" for that of now: where another card was chosen by itself
        while the press was under way, it is the chosen one again.
        """
        ready = False

        def press(state: PanelState) -> PanelState:
            nonlocal ready
            self.by_hand = True
            sheet = self.sheet
            if target != sheet.target and target in sheet.drafts:
                sheet, state = sheet.with_draft(sheet.drafts[target]), replace(state, preview=None, before=None)
            sheet = sheet.pressed()
            ready = sheet.ready
            after = self.put(sheet, afresh(state))
            if ready:
                return replace(after, blocked=None)
            self._presses += 1
            wrong = tuple(after.errors), tuple(after.parameter_errors)
            return replace(after, blocked=Blocked(*wrong, press=self._presses), done=None)

        self._board.change(press)
        return ready

    def refuse(self, error: OptionError) -> None:
        """Say beside its field what only the try could tell."""
        self._board.change(lambda state: self.put(self.sheet.refused(error), state))

    def put(self, sheet: Sheet, state: PanelState) -> PanelState:
        """Take over the sheet and return the state that shows it; only inside of `Board.change`."""
        if sheet is self.sheet:
            return state
        stale = state.stale or sheet.asks != self.sheet.asks
        self.sheet = sheet
        return replace(sheet.drawn(state), stale=stale)


def afresh(state: PanelState) -> PanelState:
    """Return the state without what was said about the action before."""
    if state.question is None and state.notice is None:
        return state
    return replace(state, question=None, notice=None)


def _is_over(state: PanelState, other_mode: bool) -> bool:
    """Tell whether a failure that the panel shows is about what is not asked for any more."""
    error = state.done.error if isinstance(state.done, Export) else None
    return error is not None and (other_mode or isinstance(error, OptionError))
