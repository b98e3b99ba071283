"""The work that goes on: its steps, the run's tasks, and *Stop*."""

from __future__ import annotations

from functools import cached_property

from ipywidgets import HTML, Button, Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary import fragment, progress_view
from jpe_magics.core.summary.document import duration
from jpe_magics.core.summary.html import element, join
from jpe_magics.panel.state import PanelState
from jpe_magics.widgets.parts import Parts, replace_children
from jpe_magics.widgets.pool import put


class WorkPane:
    """What goes on; empty while nothing does, and made when something first does.

    The view's clock is the one that the work's times are from.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.root = parts.column(classes=("jpe-work",))
        self.roots: tuple[Widget, ...] = (self.root,)

    @cached_property
    def _told(self) -> HTML:
        return self._parts.html()

    @cached_property
    def _stop(self) -> Button:
        return self._parts.button("Stop", self._parts.actions.stop, "jpe-stop", "Stop what goes on")

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show the state's work."""
        work = state.work
        if work is None:
            replace_children(self.root)
            return
        if before is not None and work is before.work:
            return
        now = self._parts.clock()
        title = f"{work.title} · {duration(now - work.began)}"
        shown = fragment(progress_view(work.steps, now, work.title).blocks)
        put(self._told, value=join(element("div", title, class_="jpe-title", dir="auto"), shown))
        put(self._stop, description="Stopping …" if work.stopping else "Stop", disabled=work.stopping)
        replace_children(self.root, self._told, self._stop)
