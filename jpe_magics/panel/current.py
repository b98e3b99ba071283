"""The one panel of this kernel: one kernel is one notebook, and two panels would only disagree."""

from __future__ import annotations

import threading
from typing import Protocol


class Closing(Protocol):
    """What can be closed."""

    def close(self) -> None:
        """End it, without waiting until all of it has ended."""
        ...


_lock = threading.Lock()
_open: tuple[Closing, str] | None = None


def take_over(panel: Closing, cell_id: str = "") -> None:
    """Make `panel` the one that is open, shown by the cell of that id ("" where the front end tells none).

    The one before is closed, without waiting for its threads: they end by themselves.
    """
    _swap((panel, cell_id))


def close_current() -> None:
    """Close the panel that is open, if there is one."""
    _swap(None)


def forget(panel: Closing) -> None:
    """Hear that `panel` was closed by itself."""
    global _open  # noqa: PLW0603 - the kernel has one
    with _lock:
        if _open is not None and _open[0] is panel:
            _open = None


def close_if_rerun(cell_id: str | None) -> None:
    """Close the panel where the cell that begins to run is the one that shows it: its output is about to go.

    For IPython's `pre_run_cell`.  Where no front end tells ids, a cell that opens a panel closes the one before.
    """
    shown = _open
    if shown is not None and cell_id and shown[1] == cell_id:
        close_current()


def _swap(after: tuple[Closing, str] | None) -> None:
    global _open
    with _lock:
        before, _open = _open, after
    if before is not None and (after is None or before[0] is not after[0]):
        before[0].close()
