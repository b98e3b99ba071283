"""One piece of long work: how far it is, and whether it is to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from jpe_magics.core.summary.progress import Steps
from jpe_magics.model.progress import Progress

#: The least pause between two tellings of how far it is, in seconds.
PAUSE = 0.2


class Effort:
    """Hears every progress of one piece of work, and shows the latest at most every `PAUSE` seconds.

    `show` takes the steps; `later` has something done after so many seconds, so that what was told last is shown
    even if nothing follows.  `began` is in the seconds of `time.monotonic`, as the steps' times are.
    """

    def __init__(self, show: Callable[[Steps], None], later: Callable[[Callable[[], None], float], None]) -> None:
        self.stop = threading.Event()
        self.began = time.monotonic()
        self._show = show
        self._later = later
        self._lock = threading.Lock()
        self._steps = Steps()
        self._shown = self._steps
        self._shown_at = self.began - PAUSE

    def tell(self, progress: Progress) -> None:
        """Hear how far it is."""
        with self._lock:
            self._steps = self._steps.told(progress, time.monotonic())
        self._show_if_due()

    def _show_if_due(self) -> None:
        with self._lock:
            now, steps = time.monotonic(), self._steps
            wait = self._shown_at + PAUSE - now
            if steps is self._shown:
                return
            if wait <= 0:
                self._shown, self._shown_at = steps, now
        if wait <= 0:
            self._show(steps)
        else:
            self._later(self._show_if_due, wait)
