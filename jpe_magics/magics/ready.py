"""Gets ready what the first panel of a kernel needs, while nobody waits for it."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module

#: What the opening of a panel imports, beside the targets.  What its preview needs comes with that.
NEEDED = (
    "jpe_magics.magics.live",
    "jpe_magics.adapters.live.vscode",
    "jpe_magics.adapters.settings",
    "jupyter_core.paths",
    "zoneinfo",
)


def get_ready() -> None:
    """Import what a panel needs, and have the page that shows the notebook load its code for controls.

    For a thread of its own.  It says nothing where that fails: whoever opens a panel then is told why, in its place.
    """
    with suppress(Exception):
        _load_controls()
        for name in NEEDED:
            import_module(name)
        from jpe_magics.targets import targets

        targets()


def _load_controls() -> None:
    """Open and close a control that is never shown: front ends fetch their code for controls with the first one."""
    from ipywidgets import HTML  # type: ignore[import-untyped]

    control = HTML()
    for one in (control, control.layout, control.style):
        one.close()
