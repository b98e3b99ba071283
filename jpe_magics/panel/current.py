"""The views of this kernel that stay open: one panel, and beside it one view of the history.

One kernel is one notebook: two panels would only disagree about the form.  The history has no form, costs two
threads at the most, and is looked at just while a panel is filled in; so it ends no panel.
"""

from __future__ import annotations

import threading
from typing import Protocol

from jpe_magics.panel.later import LATER

#: Why a view ends: another one takes its place, its place is about to be emptied, or the extension goes.
ANOTHER, RERUN, UNLOADED = "another one like it was opened", "its cell ran again", "jpe_magics was unloaded"


class Closing(Protocol):
    """What can be closed."""

    def close(self, *, because: str = "") -> None:
        """End it, without waiting until all of it has ended; `because` says why, where it was not its own user."""
        ...


_lock = threading.Lock()
_open: dict[str, tuple[Closing, str]] = {}


def take_over(panel: Closing, cell_id: str = "", kind: str = "panel") -> None:
    """Make `panel` the one of its kind that is open, shown by the cell of that id ("" where the front end tells none).

    The one before is closed, without waiting for its threads: they end by themselves.
    """
    with _lock:
        before = _open.get(kind)
        _open[kind] = (panel, cell_id)
    if before is not None and before[0] is not panel:
        before[0].close(because=ANOTHER)


def close_current(because: str = "") -> None:
    """Close all that is open, and what was closed for the time when its cell has run again."""
    with _lock:
        before = [panel for panel, _ in _open.values()]
        _open.clear()
    for panel in before:
        panel.close(because=because)
    LATER.at_once()


def forget(panel: Closing) -> None:
    """Hear that `panel` was closed by itself."""
    with _lock:
        for kind in [kind for kind, shown in _open.items() if shown[0] is panel]:
            del _open[kind]


def close_if_rerun(cell_id: str | None) -> None:
    """Close the views of the cell that begins to run: its output is about to go.

    For IPython's `pre_run_cell`.  Where no front end tells ids, a cell that opens a panel closes the one before.
    """
    with _lock:
        gone = [panel for panel, shown_by in _open.values() if cell_id and shown_by == cell_id]
    for panel in gone:
        forget(panel)
        panel.close(because=RERUN)
