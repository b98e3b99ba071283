"""The tabs: the preview, and all that is known of it."""

from __future__ import annotations

from typing import Protocol

from ipywidgets import Tab, Widget  # type: ignore[import-untyped]

from jpe_magics.panel.state import PanelState
from jpe_magics.results import Export
from jpe_magics.widgets.history import History
from jpe_magics.widgets.one_code import OneCode
from jpe_magics.widgets.pages import Changes, Rejections
from jpe_magics.widgets.parameters import Parameters
from jpe_magics.widgets.parts import Parts
from jpe_magics.widgets.pool import put
from jpe_magics.widgets.preview import Preview


class Page(Protocol):
    """What stands in a tab."""

    root: Widget

    def enter(self, state: PanelState) -> None:
        """Hear that the tab is looked at."""

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show what differs from the state before, all where there was none."""


class Tabs:
    """The tabs; all but the preview are filled when they are first looked at."""

    def __init__(self, parts: Parts, code: OneCode) -> None:
        state = parts.actions.state
        self._parts = parts
        self._preview, self._rejections = Preview(parts, code), Rejections(parts)
        self._parameters, self._changes, self._history = Parameters(parts), Changes(parts, code), History(parts, code)
        self._all: tuple[Page, ...] = (
            self._preview,
            self._rejections,
            self._parameters,
            self._changes,
            self._history,
        )
        self._preview.update(state, None)
        self.root: Tab = parts.make(
            Tab, "jpe-pages", children=tuple(page.root for page in self._all), titles=self._titles(state)
        )
        self.root.observe(parts.guarded(lambda _change: self._enter(), local=True), "selected_index")
        self._preview.offer(_to_download(state))  # who was quick has exported before the notebook was read

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Bring the tabs up to date."""
        for page in self._all:
            page.update(state, before)
        put(self.root, titles=self._titles(state))
        if before is None:
            return
        made, blocked = _to_download(state), state.blocked
        if made is not None and made is not before.done:
            self._look_at(self._preview)
            self._preview.offer(made)
        if blocked is not None and blocked != before.blocked and blocked.parameters and not blocked.fields:
            self._look_at(self._parameters)
            self._parameters.focus(blocked.parameters[0])

    def _look_at(self, page: Page) -> None:
        put(self.root, selected_index=self._all.index(page))

    def _enter(self) -> None:
        page = self._all[self.root.selected_index or 0]
        if page is not self._preview:
            self._preview.leave()
        page.enter(self._parts.actions.state)

    def _titles(self, state: PanelState) -> tuple[str, ...]:
        return "Preview", self._rejections.title(state), self._parameters.title(state), "Changes", "History"


def _to_download(state: PanelState) -> Export | None:
    """Return what was done last if it was only made to be downloaded."""
    done = state.done
    return done if isinstance(done, Export) and done.preview and done.ok else None
