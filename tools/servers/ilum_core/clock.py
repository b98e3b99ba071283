"""The core's clock: it runs, and can be put forward."""

from __future__ import annotations

import time
from datetime import datetime, timezone


class Clock:
    """Begins at `start`, now where it is None, and goes on in real time."""

    def __init__(self, start: datetime | None = None) -> None:
        self._start = (start or datetime.now(timezone.utc)).timestamp()
        self._began = time.monotonic()

    def seconds(self) -> float:
        """Return the time, in seconds since 1970."""
        return self._start + time.monotonic() - self._began

    def milliseconds(self) -> int:
        """Return the time as Ilum tells times."""
        return int(self.seconds() * 1000)

    def forward(self, to: float) -> None:
        """Put it forward to a time in seconds since 1970; it never goes back."""
        self._start += max(0.0, to - self.seconds())
