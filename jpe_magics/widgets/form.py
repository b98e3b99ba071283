"""The form: a control for each field of the chosen target, the rarer ones on demand."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from ipywidgets import VBox, Widget  # type: ignore[import-untyped]

from jpe_magics.core.form import Field
from jpe_magics.core.summary.html import Html, element
from jpe_magics.panel.destination import destination
from jpe_magics.panel.state import PanelState
from jpe_magics.results import Export
from jpe_magics.widgets.control import Fields
from jpe_magics.widgets.mode import Mode, is_mode
from jpe_magics.widgets.parts import Parts, replace_children
from jpe_magics.widgets.pool import put
from jpe_magics.widgets.remedy import named


class Form:
    """The mode, and the fields of the sections "main" and "more"; the latter are made when they are first asked for."""

    def __init__(self, parts: Parts) -> None:
        state = parts.actions.state
        self._parts = parts
        self._mode, self._main, self._more = Mode(parts), Fields(parts), Fields(parts)
        self._open = False
        self._mode.update(state, None)
        self._fields = parts.column(*self._main.show(section(state, "main"), state, {}), classes=("jpe-form",))
        self._button = parts.button("More options", self._toggle, "jpe-more", local=True)
        self.root = parts.column(*self._shown(bool(section(state, "more"))))
        self.roots: tuple[Widget, ...] = (self.root,)

    @cached_property
    def _others(self) -> VBox:
        return self._parts.column(classes=("jpe-more-fields",))

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show the state's fields, values and messages."""
        if before is not None and _seen(state) == _seen(before):
            return
        known = {} if before is None else before.values
        gone = self._mode.update(state, before)
        replace_children(self._fields, *self._main.show(section(state, "main"), state, known))
        others = section(state, "more")
        if self._open or _is_called_for(state, before, others):
            # what changed while they were folded away was not shown
            since = known if self._open else {}
            self._open = True
            replace_children(self._others, *self._more.show(others, state, since))
        self._arrange(bool(others))
        self._parts.pool.drop(*gone)
        name = first_wrong(state, before, (*section(state, "main"), *others))
        if name and not self._main.focus(name):
            self._more.focus(name)

    def _toggle(self) -> None:
        self._open = not self._open
        state = self._parts.actions.state
        others = section(state, "more")
        if self._open:
            replace_children(self._others, *self._more.show(others, state, {}))
        self._arrange(bool(others))

    def _arrange(self, others: bool) -> None:
        put(self._button, description="Fewer options" if self._open else "More options")
        replace_children(self.root, *self._shown(others))

    def _shown(self, others: bool) -> tuple[Widget, ...]:
        more = (self._button, *([self._others] if self._open else [])) if others else ()
        return (*self._mode.shown, self._fields, *more)


class Switches:
    """The fields that stand beside the export button: Auto-push, Auto-trigger; and where it brings the file."""

    def __init__(self, parts: Parts) -> None:
        state = parts.actions.state
        self._fields = Fields(parts)
        self._goes = parts.html(_where(state), "jpe-goes")
        switches = self._fields.show(section(state, "switch"), state, {})
        self.root = parts.row(*switches, self._goes, classes=("jpe-switches",))

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show the state's switches, and where the file goes as it is filled in now."""
        put(self._goes, value=_where(state))
        if before is not None and _seen(state) == _seen(before):
            return
        known = {} if before is None else before.values
        switches = section(state, "switch")
        replace_children(self.root, *self._fields.show(switches, state, known), self._goes)
        self._fields.focus(first_wrong(state, before, switches))


def _where(state: PanelState) -> Html:
    told = destination(state)
    return element("div", told, dir="auto") if told else Html()


def section(state: PanelState, name: str) -> tuple[Field, ...]:
    """Return the fields of a section, without the mode, which has a place of its own."""
    return tuple(field for field in state.fields if field.section == name and not is_mode(field))


def shown_names(state: PanelState) -> frozenset[str]:
    """Return the options that have a field: what is wrong with them is said there."""
    return frozenset(field.option.name for field in state.fields if not is_mode(field))


def first_wrong(state: PanelState, before: PanelState | None, fields: Iterable[Field]) -> str:
    """Return the first of these fields that a press of the button just now found wrong, "" for none."""
    if state.blocked is None or (before is not None and state.blocked == before.blocked):
        return ""
    return next((field.option.name for field in fields if field.option.name in state.blocked.fields), "")


def _is_called_for(state: PanelState, before: PanelState | None, folded: tuple[Field, ...]) -> bool:
    """Tell whether one of the fields that are folded away is wrong, or named by a refusal that has just come.

    A question has a button of its own that sets the field.
    """
    if any(field.option.name in state.errors for field in folded):
        return True
    if not isinstance(state.done, Export) or state.question is not None:
        return False
    return (before is None or state.done is not before.done) and bool(named(state.done.error, folded))


def _seen(state: PanelState) -> tuple[object, ...]:
    return state.done, state.fields, state.values, state.errors, state.missing, state.blocked
