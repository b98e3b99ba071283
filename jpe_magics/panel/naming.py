"""What the notebook is called, as far as that is known before it is read."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from jpe_magics.model.notebook import Snapshot
from jpe_magics.session import Session

if TYPE_CHECKING:
    from jpe_magics.adapters.live import LiveNotebook


def name_of(session: Session, snapshot: Snapshot | None) -> str:
    """Return the notebook's name without folder and ending, "" where only reading it would tell.

    What was told when the kernel began does not count: a rename makes it wrong, and the form proposes this name.
    Raises `SettingsError` where the setting `notebook_path` is wrong.
    """
    if snapshot is not None:
        return snapshot.notebook.name
    path = session.settings.get("notebook_path") or (_told(session.live) if session.live is not None else "")
    return PurePath(path).stem


def _told(live: LiveNotebook) -> str:
    """Return the path that the front end tells now: its document's, or that in VS Code's id of the cell."""
    page = live.mirror.latest() if live.mirror is not None else None
    if page is not None:
        return page.path
    from jpe_magics.adapters.live.vscode import notebook_path  # not before: a panel that opens waits for every import

    asked = live.recorder.latest
    return notebook_path(asked.cell_id or "") if asked is not None else ""
