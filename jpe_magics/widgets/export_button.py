"""The export button: another one for each target."""

from __future__ import annotations

from functools import partial

from ipywidgets import Button  # type: ignore[import-untyped]

from jpe_magics.panel.state import PanelState
from jpe_magics.widgets.parts import Clicks, Parts
from jpe_magics.widgets.pool import put


class ExportButton:
    """A button for each target that was ever chosen: a press means the target that the pressed one names.

    While a press is under way, a backend may answer and a better card be chosen by itself: one button for all would do
    then what nobody has read on it.  The second click of a double one may meet the other button.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._clicks = Clicks(parts.clock)
        self._made: dict[str, Button] = {}

    def shown(self, state: PanelState) -> tuple[Button, ...]:
        """Return the button of the chosen target as it is now, none where there is nothing to do."""
        if not state.button:
            return ()
        works = state.work is not None
        if state.target not in self._made:
            act = partial(self._parts.actions.export, state.target)
            self._made[state.target] = self._parts.deed(
                state.button, act, "jpe-export", clicks=self._clicks, disabled=works
            )
        button = self._made[state.target]
        put(button, description=state.button, tooltip=state.button, disabled=works)
        return (button,)
