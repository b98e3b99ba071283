"""What has changed, in order: what the event streams tell."""

from __future__ import annotations

import threading
from typing import Any


class Feed:
    """`changed` is notified with everything that is added; it also guards all of the core's state."""

    def __init__(self, changed: threading.Condition) -> None:
        self._changed, self._rows = changed, list[tuple[str, dict[str, Any]]]()

    def add(self, kind: str, info: dict[str, Any]) -> None:
        """Tell that a "job" or an "instance" now looks like `info`."""
        with self._changed:
            self._rows.append((kind, info))
            self._changed.notify_all()

    def __len__(self) -> int:
        return len(self._rows)

    def since(self, start: int, kind: str) -> list[dict[str, Any]]:
        """Return what has been told of a kind since there were `start` rows."""
        return [info for one, info in self._rows[start:] if one == kind]
