"""The line above everything: what this is, how much of the world answers, and how it is closed."""

from __future__ import annotations

from ipywidgets import Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary.html import Html, element, join
from jpe_magics.panel.state import PanelState
from jpe_magics.widgets.parts import Parts
from jpe_magics.widgets.pool import put

_OPERATING = {
    "": "looking what answers …",
    "Standalone": "Standalone: nothing answers; files and folders only",
    "Connected": "Connected",
    "Ilum bundled": "Ilum bundled: Ilum, Airflow and Gitea answer",
}


class Header:
    """The view's title and *Close*; with `operating` the operating mode between the two."""

    def __init__(self, parts: Parts, title: str, *, operating: bool = False) -> None:
        self._title, self._operating = title, operating
        self._told = parts.html(self._line(parts.actions.state), "jpe-heading", ours=True)
        close = parts.button("✕ Close", parts.actions.close, "jpe-close", "Close this view and stop what it started")
        self.roots: tuple[Widget, ...] = (parts.row(self._told, close, classes=("jpe-header",)),)

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show the state's operating mode."""
        if before is None or state.operating != before.operating:
            put(self._told, value=self._line(state))

    def _line(self, state: PanelState) -> Html:
        title = element("div", self._title, class_="jpe-title", role="heading", aria_level="2")
        if not self._operating:
            return title
        told = f"Operating mode: {_OPERATING.get(state.operating, state.operating)}"
        return join(title, element("div", told, class_="jpe-operating", role="status"))
