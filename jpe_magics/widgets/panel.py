"""The panel: everything from the choice of a target to the history, drawn from one state."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from ipywidgets import HTML, Button, Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary.html import element
from jpe_magics.panel.actions import Actions
from jpe_magics.panel.state import PanelState
from jpe_magics.widgets.banner import Banner
from jpe_magics.widgets.cards import Cards
from jpe_magics.widgets.export_button import ExportButton
from jpe_magics.widgets.form import Form, Switches
from jpe_magics.widgets.header import Header
from jpe_magics.widgets.one_code import OneCode
from jpe_magics.widgets.parts import Parts, fault_blocks, replace_children
from jpe_magics.widgets.pool import put
from jpe_magics.widgets.view import View
from jpe_magics.widgets.work import WorkPane

if TYPE_CHECKING:
    from jpe_magics.widgets.tabs import Tabs

Clock = Callable[[], float]


class Part(Protocol):
    """A part of a view: its widgets, drawn as the state is when they are made, and what brings them up to date."""

    @property
    def roots(self) -> tuple[Widget, ...]:
        """The widgets that hold the part's others, one below the other."""

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show what differs from the state before, all where there was none."""


def panel_view(actions: Actions, clock: Clock = time.monotonic) -> View:
    """Return the panel's view: it draws what `actions` tells, and closes itself after the last state.

    What one waits for, the cards, the form and the buttons, is made at once and complete, in a message for each
    widget; the rest follows when the notebook has been read.
    """
    parts = Parts(actions, clock)
    header = Header(parts, "Export this notebook", operating=True)  # the page loads its code for widgets meanwhile
    actions.prepare()
    cards, form, buttons, work, banner = Cards(parts), Form(parts), Buttons(parts), WorkPane(parts), Banner(parts)
    shown: tuple[Part, ...] = (header, cards, form, buttons, work, banner, Pages(parts, OneCode()))
    return _view("Export panel", "panel", parts, banner, shown, "%export_pipeline")


def history_view(actions: Actions, clock: Clock = time.monotonic) -> View:
    """Return the view of the history alone, which `%jpe_history` shows; see `panel_view`."""
    from jpe_magics.widgets.history import History

    parts = Parts(actions, clock)
    banner, history = Banner(parts), History(parts, OneCode())
    shown: tuple[Part, ...] = (Header(parts, "Export history"), WorkPane(parts), banner, history)
    view = _view("Export history", "history-view", parts, banner, shown, "%jpe_history")
    history.enter(actions.state)
    return view


def _view(title: str, name: str, parts: Parts, banner: Banner, shown: tuple[Part, ...], again: str) -> View:
    parts.tell = banner.tell
    view = View(title, _roots(shown), name, parts.pool, again)
    drawn: PanelState | None = None

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
                view.show(*_roots(shown))
                drawn = now
            except Exception as error:  # noqa: BLE001 - on the panel's thread nobody else would show it
                parts.tell(fault_blocks(error))  # the next state is drawn as a whole

    parts.actions.listen(told)
    told(parts.actions.state, parts.actions.state)  # what came about while this was made
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


def _roots(shown: tuple[Part, ...]) -> tuple[Widget, ...]:
    return tuple(root for part in shown for root in part.roots)


class Buttons:
    """The switches, and the buttons that do something."""

    def __init__(self, parts: Parts) -> None:
        state = parts.actions.state
        self._parts = parts
        self._switches = Switches(parts)
        works = state.work is not None
        self._export = ExportButton(parts)
        self._preview = parts.button(
            "Preview", parts.actions.preview, "jpe-preview-now", "Make the preview anew", disabled=works
        )
        self._row = parts.row(*self._shown(state), classes=("jpe-buttons",))
        self.roots: tuple[Widget, ...] = (self._switches.root, self._row)

    @cached_property
    def _save(self) -> Button:
        return self._parts.button("Save the notebook", self._parts.actions.save, "jpe-save")

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show the buttons that mean something now."""
        self._switches.update(state, before)
        put(self._preview, disabled=state.work is not None)
        replace_children(self._row, *self._shown(state))

    def _shown(self, state: PanelState) -> list[Button]:
        return [
            self._preview,
            *self._export.shown(state),
            *([self._save] if state.can_save else []),
        ]


class Pages:
    """What stands below the buttons: the tabs, as soon as the notebook has been read."""

    def __init__(self, parts: Parts, code: OneCode) -> None:
        self._parts, self._code = parts, code
        self._tabs: Tabs | None = None
        self._awaited: HTML | None = None
        self.update(parts.actions.state, None)

    @property
    def roots(self) -> tuple[Widget, ...]:
        """The tabs, or what is said before they are there."""
        if self._tabs is not None:
            return (self._tabs.root,)
        return () if self._awaited is None else (self._awaited,)

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Bring the tabs up to date, or make them."""
        if self._tabs is not None:
            self._tabs.update(state, before)
        elif not state.reading:
            from jpe_magics.widgets.tabs import Tabs  # not before: the first panel of a kernel waits for every import

            self._tabs = Tabs(self._parts, self._code)
            self._parts.pool.drop(*([self._awaited] if self._awaited is not None else []))
        elif self._awaited is None:
            self._awaited = self._parts.html(element("div", "Reading the notebook …", role="status"), ours=True)
