"""One field of the form: a control with its label, what it is for, and what is wrong in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ipywidgets import Checkbox, Combobox, Dropdown, Text, Textarea, Widget  # type: ignore[import-untyped]

from jpe_magics.core.form import Field
from jpe_magics.core.summary.document import SIGNS
from jpe_magics.core.summary.html import Html, element, join
from jpe_magics.panel.state import PanelState
from jpe_magics.widgets.bound import Bound
from jpe_magics.widgets.parts import Parts, replace_children
from jpe_magics.widgets.pool import put

Value = str | bool | None

#: What a flag that is left to its default shows as where it is a switch: on, but where the placeholder says so.
_OFF = ("off", "no", "false")


class Control:
    """The widgets of one field; `root` holds them."""

    def __init__(self, parts: Parts, field: Field, value: Value, message: str = "", *, missing: bool = False) -> None:
        self._parts, self.field = parts, field
        name = field.option.name
        self._switch = field.section == "switch" or field.control == "flag"
        self._bound = Bound(parts, _control(parts, field, self._shown(value)), partial(parts.actions.set, name))
        told = join(*self._told(message, missing))
        self._note = parts.html(told, ours=not message) if told else None
        shown = (self._bound.control, self._note) if self._note is not None else (self._bound.control,)
        self.root = parts.column(*shown, classes=("jpe-field", f"jpe-field-{name}"))

    def fits(self, field: Field) -> bool:
        """Tell whether the control can go on as that field's, with another placeholder at the most."""
        return field == self.field or (
            isinstance(self._bound.control, (Text, Textarea))
            and replace(field, placeholder=self.field.placeholder) == self.field
        )

    def fit(self, field: Field) -> None:
        """Go on as that field's control: who types in it keeps the place and the text."""
        if field != self.field:
            self.field = field
            put(self._bound.control, placeholder=_placeholder(field))

    def show(self, value: Value) -> None:
        """Show a value that the state holds now and did not hold before.

        Not one that is over already: what is proposed when the notebook has been read must not take away, between two
        keys, what was typed meanwhile.
        """
        if self._parts.actions.state.values.get(self.field.option.name) == value:
            self._bound.show(self._shown(value))

    def focus(self) -> None:
        """Have the front end put the cursor into the control, and bring it into sight."""
        self._bound.control.focus()

    def tell(self, message: str, *, missing: bool = False) -> None:
        """Say what is wrong beside the field, "" for nothing, and whether it has yet to be filled in."""
        told = join(*self._told(message, missing))
        if self._note is not None:
            put(self._note, value=told)
        elif told:
            self._note = self._parts.html(told)
            replace_children(self.root, self._bound.control, self._note)

    def _told(self, message: str, missing: bool) -> list[Html]:
        told = []
        if message:
            sign = element("b", f"{SIGNS['bad']} ")
            told.append(element("div", sign, message, class_="jpe-message", role="alert", dir="auto"))
        elif missing:
            told.append(element("div", f"{SIGNS['info']} to be filled in", class_="jpe-missing"))
        if self.field.help and self.field.section != "switch":  # that one stands in a row: its help is its tooltip
            told.append(element("div", self.field.help, class_="jpe-help"))
        return told

    def _shown(self, value: Value) -> Value:
        """Return what the control holds for a value of the state."""
        field = self.field
        if self._switch:
            return field.placeholder.lower() not in _OFF if value is None and field.control == "three" else bool(value)
        if field.control == "three":
            return value if isinstance(value, bool) else None
        text = "" if value is None else str(value)
        if field.control == "choice":
            return text if text in field.option.choices else ""
        return text


def _control(parts: Parts, field: Field, value: Value) -> Widget:
    label = f"{field.label} (required)" if field.required else field.label
    common: dict[str, Any] = {"description": label, "tooltip": field.help, "value": value}
    if isinstance(value, bool) and (field.control != "three" or field.section == "switch"):
        return parts.make(Checkbox, indent=False, **common)
    if field.control in ("choice", "three"):
        return parts.make(Dropdown, options=_choices(field), **common)
    if field.control == "map":
        return parts.make(Textarea, placeholder=_placeholder(field), rows=2, **common)
    if field.presets:
        return parts.make(Combobox, placeholder=_placeholder(field), options=field.presets, **common)
    return parts.make(Text, placeholder=_placeholder(field), **common)


def _placeholder(field: Field) -> str:
    return field.placeholder or field.option.example or ("NAME=VALUE" if field.control == "map" else "")


def _choices(field: Field) -> tuple[tuple[str, Value], ...]:
    usual = f"as usual ({field.placeholder})" if field.placeholder else "as usual"
    if field.control == "three":
        return ((usual, None), ("yes", True), ("no", False))
    return ((usual, ""), *((choice, choice) for choice in field.option.choices))


class Fields:
    """Some of the form's fields, each made when it is first shown."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._controls: dict[str, Control] = {}

    def show(self, fields: tuple[Field, ...], state: PanelState, known: Mapping[str, Value]) -> tuple[Widget, ...]:
        """Return the controls of these fields, in order, with what stands in them and what is wrong there.

        `known` are the values that the state held before.
        """
        wanted = {field.option.name: field for field in fields}
        for name, one in tuple(self._controls.items()):
            if name not in wanted or not one.fits(wanted[name]):
                self._parts.pool.drop(self._controls.pop(name).root)
        for name, field in wanted.items():
            value, message, missing = state.values.get(name), state.errors.get(name, ""), name in state.missing
            if name not in self._controls:
                self._controls[name] = Control(self._parts, field, value, message, missing=missing)
                continue
            self._controls[name].fit(field)
            if value != known.get(name):
                self._controls[name].show(value)
            self._controls[name].tell(message, missing=missing)
        return tuple(self._controls[name].root for name in wanted)

    def focus(self, name: str) -> bool:
        """Put the cursor into that field; return whether it is one of these."""
        if name not in self._controls:
            return False
        self._controls[name].focus()
        return True
