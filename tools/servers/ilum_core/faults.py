"""Requests that go wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: How a request fails, and whether the core has done what was asked; all but "gone" as in `FaultyProxy`.
KINDS: dict[str, tuple[str, bool]] = {
    "error": ("error", False),
    "error-done": ("error", True),
    "held": ("hold", False),
    "held-done": ("hold", True),
    "dropped": ("drop", False),
    "lost": ("drop", True),
    "gone": ("gone", False),
    "gone-done": ("gone", True),
}


@dataclass
class Fault:
    """The next `times` requests of `method` whose whole path `path` matches fail in the way of `kind`.

    "error" answers `status` (413 with HTML in it is what a proxy says); "held" answers nothing until the client gives
    up; "dropped" and "lost" close the connection; "gone" takes the whole core away until `IlumCore.restart`.
    """

    method: str
    path: str
    kind: str
    times: int = 1
    status: int = 500
    html: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind} is none of {', '.join(KINDS)}")

    @property
    def way(self) -> str:
        return KINDS[self.kind][0]

    @property
    def done(self) -> bool:
        return KINDS[self.kind][1]

    def hits(self, method: str, path: str) -> bool:
        """Tell whether this request fails; it then counts."""
        if self.times < 1 or method != self.method or not re.fullmatch(self.path, path):
            return False
        self.times -= 1
        return True
