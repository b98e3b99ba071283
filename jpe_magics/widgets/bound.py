"""Keeps a control and the panel's state in step."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from ipywidgets import Widget  # type: ignore[import-untyped]

from jpe_magics.widgets.parts import Parts
from jpe_magics.widgets.pool import put

#: What was typed and not yet seen in a state; more than this are never under way.
_MOST = 100


class Bound:
    """Sends what a user puts into a control, and shows in it what the state says.

    States come later than keys are pressed: one that holds what was typed a moment ago must not take back what
    was typed since.  So a value that was sent from here is known when it comes back, and changes nothing.
    """

    def __init__(self, parts: Parts, control: Widget, send: Callable[[Any], None]) -> None:
        self.control = control
        self._send = send
        self._sent: deque[Any] = deque(maxlen=_MOST)
        self._lock = threading.Lock()
        self._showing: int | None = None
        control.observe(parts.guarded(self._changed), "value")

    def show(self, value: Any) -> None:
        """Show a value that the state holds now and did not hold before."""
        with self._lock:
            if value in self._sent:
                while self._sent.popleft() != value:
                    pass
                return
            self._sent.clear()
        self._set(value=value)

    def refill(self, options: tuple[tuple[str, Any], ...], value: Any) -> None:
        """Let the control choose among other values."""
        self._set(options=options, value=value)

    def _set(self, **traits: Any) -> None:
        """Set traits so that what changes is not taken for what a user did."""
        self._showing = threading.get_ident()
        try:
            put(self.control, **traits)
        finally:
            self._showing = None

    def _changed(self, change: Any) -> None:
        if self._showing == threading.get_ident():
            return
        with self._lock:
            self._sent.append(change["new"])
        self._send(change["new"])
