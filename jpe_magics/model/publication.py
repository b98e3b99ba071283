"""Where an artifact went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Published:
    """One thing made outside: `kind` is "file" (a path), "commit", "dag", "run", "job", "service" or "schedule".

    `place` names it for a person, `link` is an address that a browser can open ("" for none), `note`
    says what happened there ("created", "replaced", "unchanged").
    """

    kind: str
    place: str
    link: str = ""
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the row of a history record's `published`."""
        return {"kind": self.kind, "place": self.place, "link": self.link, "note": self.note}
