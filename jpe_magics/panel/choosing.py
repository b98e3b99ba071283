"""Which card is chosen, until the user chooses one."""

from __future__ import annotations

from collections.abc import Sequence

from jpe_magics.core.summary.targets import TargetRow
from jpe_magics.panel.board import Board
from jpe_magics.panel.declared import presets
from jpe_magics.panel.draft import Draft
from jpe_magics.panel.filling import Filling
from jpe_magics.panel.naming import name_of
from jpe_magics.panel.prefill import proposals
from jpe_magics.session import Session
from jpe_magics.targets import get_target


class Choosing:
    """Chooses the target that was used last, or one that answers; what the user has chosen, it leaves."""

    def __init__(self, session: Session, board: Board, filling: Filling) -> None:
        self._session, self._board, self._filling = session, board, filling
        self._last = ""

    def choose(self, target: str, *, by_hand: bool = False) -> None:
        """Choose a target; raises `OptionError` for one that is not there, or not yet."""
        chosen = get_target(target)
        counting = self._session.counting(chosen, self._filling.snapshot)
        # at once where it can be: a proposal that comes later may come between two keys
        name = name_of(self._session, self._filling.snapshot)
        proposed = proposals(chosen, counting, (), name, {}) if name else {}
        texts = presets(chosen, self._session.settings.get)
        self._filling.choose(Draft(chosen, counting, proposed, texts), by_hand=by_hand)

    def used_last(self, target: str) -> None:
        """Hear which target the notebook was exported to last, "" for none."""
        self._last = target
        self.settle()

    def settle(self) -> None:
        """Choose the card that is best as far as is known now."""
        state = self._board.state
        if not (self._filling.by_hand or state.work or state.done):
            name = best(state.targets, state.target, self._last)
            if name and name != state.target:
                self.choose(name)


def best(rows: Sequence[TargetRow], chosen: str = "", last: str = "") -> str:
    """Return the card to begin with: the target used `last`, else the first that answers, else what is `chosen`.

    What is known not to answer is left where another target does.  As long as not all have been asked, none counts as
    answering: a card that was chosen would be left again a moment later.  "" where there is no card.
    """
    usable = {row.name: row for row in rows if row.available}
    known = not any(badge.state == "unknown" for row in rows for badge in row.badges)
    answering = [name for name, row in usable.items() if known and _backend(row) == "ok"]
    first = next((name for name in (last, *answering, chosen) if name in usable), next(iter(usable), ""))
    if answering and first and _backend(usable[first]) in ("down", "unset", "refused"):
        return answering[0]
    return first


def _backend(row: TargetRow) -> str:
    """Return the state of the target's own backend, the first of its badges; "" where it needs none."""
    return row.badges[0].state if row.badges else ""
