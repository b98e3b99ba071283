"""What a view may ask of the panel; every action returns at once, what comes of it is told as a new state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from jpe_magics.panel.state import PanelState

#: Hears the new state and the one before it, on whatever thread it came about, one at a time.
Listener = Callable[[PanelState, PanelState], None]


class Actions(Protocol):
    """The panel as its views see it."""

    @property
    def state(self) -> PanelState:
        """The state of now."""
        ...

    def listen(self, listener: Listener) -> None:
        """Tell `listener` every state from now on."""
        ...

    def prepare(self) -> None:
        """Show the cards and the form as far as they are known at once, so that a view can begin with them."""
        ...

    def open(self) -> None:
        """Begin: probe the backends, make the first preview, read the history."""
        ...

    def choose(self, target: str) -> None:
        """Choose a card."""
        ...

    def set(self, name: str, value: str | bool | None) -> None:
        """Put a value into the form's field of that option (its mode too); a preview follows by itself."""
        ...

    def set_parameter(self, name: str, value: str, *, this_run: bool = False) -> None:
        """Put a text over a parameter's default, in the pipeline or for this run only; "" takes it away."""
        ...

    def preview(self) -> None:
        """Make the preview anew from the notebook as it is now."""
        ...

    def export(self, target: str = "") -> None:
        """Do what the form says, of the target whose button was pressed; "" means the one that is chosen now."""
        ...

    def answer(self, yes: bool) -> None:
        """Answer the question."""
        ...

    def stop(self) -> None:
        """End the work that goes on at its next wait."""
        ...

    def save(self) -> None:
        """Ask the front end to save the notebook, where it can."""
        ...

    def find(self, search: str, target: str = "") -> None:
        """Show the history's newest rows in which these words stand, of one target where it is named."""
        ...

    def show(self, record: str) -> None:
        """Open a record of the history; "" closes the one that is open."""
        ...

    def act(self, action: str, record: str, values: Mapping[str, str] | None = None) -> None:
        """Do "run", "stop" or "status" with a record of the history."""
        ...

    def close(self, limit: float = 0.0, *, because: str = "") -> None:
        """End all work and all threads; the last state is told with `closed`, and `because` as its reason.

        Waits for the threads for `limit` seconds at most.
        """
        ...
