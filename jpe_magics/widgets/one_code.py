"""The one place of a view where code stands."""

from __future__ import annotations

from collections.abc import Callable


class OneCode:
    """Lets one part of a view show code at a time: who takes it has the one before take its code away.

    A view's state may be saved with the notebook, and goes over the wire: no code stands in it twice.
    """

    def __init__(self) -> None:
        self._clear: Callable[[], None] | None = None

    def take(self, clear: Callable[[], None]) -> None:
        """Show code from now on; `clear` takes it away again."""
        if self._clear is not None and self._clear != clear:
            self._clear()
        self._clear = clear

    def is_free_for(self, clear: Callable[[], None]) -> bool:
        """Tell whether no other part shows code: only then may news put some where nobody may be looking."""
        return self._clear is None or self._clear == clear
