"""The views that cells showed, as long as they stand there."""

from __future__ import annotations

from typing import Protocol

#: Views that stay open: a front end that tells no cell ids never says that one is gone.
MOST = 20


class Closes(Protocol):
    """What can be closed."""

    def close(self) -> None:
        """End it."""


class ShownViews:
    """Knows which cell shows which view, so that none stays in the kernel's memory after its cell ran again."""

    def __init__(self) -> None:
        self._shown: list[tuple[str, Closes]] = []

    def add(self, view: Closes, cell: str) -> None:
        """Hear that the cell of that id ("" for unknown) shows a view; the oldest of too many are closed."""
        self._shown.append((cell, view))
        while len(self._shown) > MOST:
            self._shown.pop(0)[1].close()

    def close(self, cell: str = "") -> None:
        """Close the views of that cell, all for ""."""
        gone = [view for shown_by, view in self._shown if cell in ("", shown_by)]
        self._shown = [one for one in self._shown if one[1] not in gone]
        for view in gone:
            view.close()
