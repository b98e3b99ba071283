"""The time of the errands in the tests of faults: it depends on what they wait for, not on how busy the machine is."""

from __future__ import annotations

import threading
import time


class Clock:
    """Goes on by what is waited for, and by nothing else; a wait really takes a hundredth, 0.02 s at most."""

    def __init__(self) -> None:
        self._now, self._lock = 1000.0, threading.Lock()

    def monotonic(self) -> float:
        return self._now

    def go_on(self, seconds: float) -> float:
        """Take the seconds as waited for; return those that it is to take really."""
        with self._lock:
            self._now += max(seconds, 0.0)
        return min(seconds / 100, 0.02)

    def sleep(self, seconds: float) -> None:
        time.sleep(self.go_on(seconds))


CLOCK = Clock()
