"""What is taken out of a cell."""

from __future__ import annotations

from typing import NamedTuple

from jpe_magics.model.finding import Rejection
from jpe_magics.model.notebook import Cell

#: A rejection shows this many characters of the text at most.
WIDTH = 200


class Taken(NamedTuple):
    """Something taken out: its `text` as the user wrote it, on the user's lines `line` to `end_line`.

    `kind` is that of the rejection, "" for a line of our own, which goes silently.
    """

    kind: str
    reason: str
    text: str
    line: int
    end_line: int

    def rejection(self, cell: Cell) -> Rejection:
        """Return the row of the report (its text is not masked yet)."""
        text = self.text if len(self.text) <= WIDTH else self.text[: WIDTH - 1] + "…"
        return Rejection.of(cell, self.kind, text, self.reason, self.line, self.end_line)
