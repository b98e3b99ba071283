"""The magics: parse the line → a call of the session → show."""

from __future__ import annotations

from typing import Any


def load(shell: Any) -> None:
    """Add the three magics to an IPython shell; what an earlier load left there is taken away first."""
    unload(shell)
    from jpe_magics.magics.registration import PipelineMagics

    PipelineMagics(shell).register()


def unload(shell: Any) -> None:
    """Take everything away again that `load` added."""
    loaded = shell.magics_manager.registry.get("PipelineMagics")
    if loaded is not None:
        loaded.unregister()
