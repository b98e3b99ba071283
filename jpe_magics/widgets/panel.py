"""The panel: everything from the choice of a target to the history, drawn from one state."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from ipywidgets import Button, Tab, Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary.html import element
from jpe_magics.panel.actions import Actions
from jpe_magics.panel.state import PanelState
from jpe_magics.results import Export
from jpe_magics.widgets.banner import Banner
from jpe_magics.widgets.cards import Cards
from jpe_magics.widgets.form import Form, Switches
from jpe_magics.widgets.history import History
from jpe_magics.widgets.mode import Mode
from jpe_magics.widgets.one_code import OneCode
from jpe_magics.widgets.pages import Changes, Rejections
from jpe_magics.widgets.parameters import Parameters
from jpe_magics.widgets.parts import Parts, fault_blocks, replace_children
from jpe_magics.widgets.pool import put
from jpe_magics.widgets.preview import Preview
from jpe_magics.widgets.theme import sheet
from jpe_magics.widgets.view import View
from jpe_magics.widgets.work import WorkPane

Clock = Callable[[], float]


class Part(Protocol):
    """A part of a view: its widgets, and what brings them up to date."""

    @property
    def root(self) -> Widget:
        """The widget that holds the part's others."""

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show what differs from the state before, all where there was none."""


def panel_view(actions: Actions, clock: Clock = time.monotonic) -> View:
    """Return the panel's view: it draws what `actions` tells, and closes itself after the last state."""
    parts = Parts(actions, clock)
    code = OneCode()
    cards, banner, pages = Cards(parts), Banner(parts), Pages(parts, code)
    shown: tuple[Part, ...] = (cards, Mode(parts), Form(parts), Buttons(parts), WorkPane(parts), banner, pages)
    header = _header(parts, "Export this notebook", cards.operating)
    return _view("Export panel", "panel", parts, banner, header, shown, "%export_pipeline")


def history_view(actions: Actions, clock: Clock = time.monotonic) -> View:
    """Return the view of the history alone, which `%jpe_history` shows; see `panel_view`."""
    parts = Parts(actions, clock)
    banner, history = Banner(parts), History(parts, OneCode())
    shown: tuple[Part, ...] = (WorkPane(parts), banner, history)
    header = _header(parts, "Export history")
    view = _view("Export history", "history-view", parts, banner, header, shown, "%jpe_history")
    history.enter(actions.state)
    return view


def _view(
    title: str, name: str, parts: Parts, banner: Banner, header: Widget, shown: tuple[Part, ...], again: str
) -> View:
    parts.tell = banner.tell
    state = parts.actions.state
    for part in shown:
        part.update(state, None)
    style = parts.html(sheet(), "jpe-style")
    view = View(title, [style, header, *(part.root for part in shown)], name, parts.pool, again)

    drawn: PanelState | None = state

    def told(now: PanelState, _before: PanelState) -> None:
        nonlocal drawn
        with parts.lock:
            if now.closed:
                view.close()
                return
            before, drawn = drawn, None
            try:
                if not _draws(shown, now, before):
                    for part in shown:
                        part.update(now, None)
                drawn = now
            except Exception as error:  # noqa: BLE001 - on the panel's thread nobody else would show it
                parts.tell(fault_blocks(error))  # the next state is drawn as a whole

    parts.actions.listen(told)
    told(parts.actions.state, state)  # what came about while this was drawn
    return view


def _draws(shown: tuple[Part, ...], now: PanelState, before: PanelState | None) -> bool:
    """Bring the parts up to date; return False for what may be drawn a moment later.

    ipywidgets (8.1.9, `Widget._should_send_property`) looks a trait up that another thread is taking away, where the
    kernel changes a control in the very moment in which its front end does: a KeyError that means nothing.
    """
    try:
        for part in shown:
            part.update(now, before)
    except KeyError:
        return False
    return True


def _header(parts: Parts, title: str, *others: Widget) -> Widget:
    heading = parts.html(element("div", title, class_="jpe-title", role="heading", aria_level="2"))
    close = parts.button("✕ Close", parts.actions.close, "jpe-close", "Close this view and stop what it started")
    return parts.row(heading, *others, close, classes=("jpe-header",))


class Buttons:
    """The switches, and the buttons that do something."""

    def __init__(self, parts: Parts) -> None:
        self._switches = Switches(parts)
        self._export: Button = parts.deed("", parts.actions.export, "jpe-export")
        self._preview = parts.button("Preview", parts.actions.preview, "jpe-preview-now", "Make the preview anew")
        self._save = parts.button("Save the notebook", parts.actions.save, "jpe-save")
        self._row = parts.row(classes=("jpe-buttons",))
        self.root = parts.column(self._switches.root, self._row)

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show the buttons that mean something now."""
        self._switches.update(state, before)
        put(self._export, description=state.button, tooltip=state.button, disabled=state.work is not None)
        put(self._preview, disabled=state.work is not None)
        shown = [self._preview, *([self._export] if state.button else []), *([self._save] if state.can_save else [])]
        replace_children(self._row, *shown)


class Pages:
    """The tabs; what is costly to show is made when its tab is first looked at."""

    def __init__(self, parts: Parts, code: OneCode) -> None:
        self._parts = parts
        self._preview, self._rejections = Preview(parts, code), Rejections(parts)
        self._parameters, self._changes, self._history = Parameters(parts), Changes(parts, code), History(parts, code)
        self._all: tuple[Part, ...] = (
            self._preview,
            self._rejections,
            self._parameters,
            self._changes,
            self._history,
        )
        self.root: Tab = parts.make(
            Tab, "jpe-pages", children=tuple(page.root for page in self._all), titles=self._titles(parts.actions.state)
        )
        self.root.observe(parts.guarded(lambda _change: self._enter(), local=True), "selected_index")

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Bring the tabs up to date."""
        for page in self._all:
            page.update(state, before)
        put(self.root, titles=self._titles(state))
        if before is None:
            return
        done, blocked = state.done, state.blocked
        if done is not before.done and isinstance(done, Export) and done.preview and done.ok:
            self._look_at(self._preview)  # it was only made to be downloaded
            self._preview.offer(done)
        if blocked is not None and blocked != before.blocked and blocked.parameters and not blocked.fields:
            self._look_at(self._parameters)
            self._parameters.focus(blocked.parameters[0])

    def _look_at(self, page: Part) -> None:
        put(self.root, selected_index=self._all.index(page))

    def _enter(self) -> None:
        page = self._all[self.root.selected_index or 0]
        if page is not self._preview:
            self._preview.leave()
        if isinstance(page, (Preview, Parameters, Changes, History)):
            page.enter(self._parts.actions.state)

    def _titles(self, state: PanelState) -> tuple[str, ...]:
        return "Preview", self._rejections.title(state), self._parameters.title(state), "Changes", "History"
