"""What the notebook is called, as far as that is known before it is read."""

from __future__ import annotations

from pathlib import PurePath

from jpe_magics.model.notebook import Snapshot
from jpe_magics.session import Session


def name_of(session: Session, snapshot: Snapshot | None) -> str:
    """Return the notebook's name without folder and ending, "" where only reading it would tell.

    Raises `SettingsError` where the setting `notebook_path` is wrong.
    """
    if snapshot is not None:
        return snapshot.notebook.name
    configured = session.settings.get("notebook_path")
    if configured:
        return PurePath(configured).stem
    return session.live.name if session.live is not None else ""
