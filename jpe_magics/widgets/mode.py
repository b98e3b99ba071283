"""The mode toggle: which kind of pipeline the chosen target makes."""

from __future__ import annotations

from functools import partial

from ipywidgets import ToggleButtons, Widget  # type: ignore[import-untyped]

from jpe_magics.core.form import Field
from jpe_magics.panel.state import PanelState
from jpe_magics.widgets.bound import Bound
from jpe_magics.widgets.parts import Parts


def is_mode(field: Field) -> bool:
    """Tell whether the field is the target's mode, which stands above the form."""
    return field.option.name == "mode" and field.control == "choice"


class Mode:
    """A button for each mode; `shown` is empty where the target has none."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._field: Field | None = None
        self._bound: Bound | None = None

    @property
    def shown(self) -> tuple[Widget, ...]:
        """What stands above the form."""
        return () if self._bound is None else (self._bound.control,)

    def update(self, state: PanelState, before: PanelState | None) -> tuple[Widget, ...]:
        """Show the state's mode; return what is not shown any more, to be dropped when it stands nowhere."""
        field = next(filter(is_mode, state.fields), None)
        value = state.values.get("mode")
        if field != self._field:
            gone, self._field = self.shown, field
            self._bound = None if field is None else Bound(self._parts, *self._made(field, value))
            return gone
        if self._bound is not None and (before is None or value != before.values.get("mode")):
            self._bound.show(_known(field, value))
        return ()

    def _made(self, field: Field, value: object) -> tuple[Widget, partial[None]]:
        choices = field.option.choices
        toggle = self._parts.make(
            ToggleButtons,
            "jpe-mode",
            options=tuple((one.replace("_", " "), one) for one in choices),
            value=_known(field, value),
            description=field.label,
            tooltips=tuple(_about(field, one) for one in choices),
        )
        return toggle, partial(self._parts.actions.set, "mode")


def _known(field: Field | None, value: object) -> str | None:
    if field is None:
        return None
    choices = field.option.choices
    return next((one for one in (value, field.placeholder) if isinstance(one, str) and one in choices), None)


def _about(field: Field, mode: str) -> str:
    """Return what the option's help says of a mode ("per_cell: a task per cell; batch: one task")."""
    told = dict(part.strip().split(": ", 1) for part in field.help.split(";") if ": " in part)
    return told.get(mode, field.help)
