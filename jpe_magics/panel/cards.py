"""The cards with their badges, as the backends answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from jpe_magics.answers import mode_of, set_up, target_rows, unasked
from jpe_magics.model.badge import Badge
from jpe_magics.panel.destination import places
from jpe_magics.panel.state import PanelState
from jpe_magics.session import Session

Change = Callable[[PanelState], PanelState]


def probe(session: Session, change: Callable[[Change], None]) -> None:
    """Ask the backends side by side and change the state with each badge; takes the probe's limit of time at most."""
    known = {badge.backend: badge for badge in unasked(session)}

    def tell(badge: Badge) -> None:
        known[badge.backend] = set_up(session, badge)
        change(partial(_with, targets=target_rows(tuple(known.values()))))

    mode = mode_of(session, session.badges(tell))
    change(partial(_with, operating=mode))


def cards(session: Session) -> Change:
    """Return the change of the state to the cards as they are before any backend was asked.

    Raises `SettingsError` for an address that is none.
    """
    return partial(_with, targets=target_rows(unasked(session)), places=places(session))


def bare_cards(state: PanelState) -> PanelState:
    """Return the state with cards that have no badges."""
    return _with(state, targets=target_rows(()))


def _with(state: PanelState, **changes: Any) -> PanelState:
    return replace(state, **changes)
