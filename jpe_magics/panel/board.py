"""The panel's state, and whoever listens to it."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from jpe_magics.panel.actions import Listener
from jpe_magics.panel.state import PanelState, Past

_log = logging.getLogger(__name__)


class Board:
    """Holds the state of now, and tells every new one in the order in which they came about.

    Listeners are called one at a time and without any lock, on the thread that changed the state or on the one that
    is just telling: a listener may change the state itself, which is told after it has returned.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._state = PanelState()
        self._listeners: tuple[Listener, ...] = ()
        self._untold: deque[tuple[PanelState, PanelState]] = deque()
        self._telling = False

    @property
    def state(self) -> PanelState:
        """The state of now."""
        return self._state

    def listen(self, listener: Listener) -> None:
        """Tell `listener` every state from now on."""
        with self.lock:
            self._listeners = (*self._listeners, listener)

    def change(self, make: Callable[[PanelState], PanelState]) -> None:
        """Make a new state of the one of now, and tell it; where `make` returns the same one, nothing happens.

        After `close` nothing changes any more.
        """
        if self._change(make):
            self._tell()

    def _change(self, make: Callable[[PanelState], PanelState]) -> bool:
        with self.lock:
            before = self._state
            after = before if before.closed else make(before)
            if after is before:
                return False
            self._state = after
            self._untold.append((after, before))
            return True

    def close(self, because: str = "", later: Callable[[Callable[[], None]], None] | None = None) -> None:
        """Tell a last state, which is closed and holds no code, and forget the listeners.

        With `later`, which has something done at another time, it is told then, or sooner by a thread that is just
        telling; no other state follows.
        """
        if self._change(partial(_emptied, because)):
            (later or _now)(self._tell)

    def _tell(self) -> None:
        while True:
            with self.lock:
                if self._telling or not self._untold:
                    return
                self._telling = True
                (after, before), listeners = self._untold.popleft(), self._listeners
                if after.closed:
                    self._listeners = ()
            try:
                for listener in listeners:
                    _call(listener, after, before)
            finally:
                del after, before, listeners
                with self.lock:
                    self._telling = False


def _now(tell: Callable[[], None]) -> None:
    tell()


def _call(listener: Listener, after: PanelState, before: PanelState) -> None:
    try:
        listener(after, before)
    except Exception as error:  # noqa: BLE001 - a view that can't draw must not end the work behind it
        _log.debug("a view of the panel failed: %s", type(error).__name__)


def _emptied(because: str, state: PanelState) -> PanelState:
    """Return the last state: nothing heavy stays alive with whoever keeps it."""
    past = Past(search=state.past.search, target=state.past.target)
    gone = replace(state, preview=None, before=None, work=None, done=None, question=None, past=past)
    return replace(gone, stale=True, closed=True, because=because)
