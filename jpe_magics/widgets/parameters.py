"""The parameters: what they are, and what may be typed over their defaults."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property, partial

from ipywidgets import HTML, Text, VBox, Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary import fragment
from jpe_magics.core.summary.document import Note, count, cut
from jpe_magics.core.summary.html import Html, element, join
from jpe_magics.core.summary.parameters import shown_default
from jpe_magics.model.parameter import Parameter
from jpe_magics.panel.state import PanelState
from jpe_magics.widgets.bound import Bound
from jpe_magics.widgets.parts import Parts, replace_children
from jpe_magics.widgets.pool import put

#: What the two fields of a parameter are called (`jpe_magics.core.form_words` names them in messages).
DEFAULT, THIS_RUN = "default in the pipeline", "this run only"
#: Options that are no fields of the form: what is wrong with them is said in this tab.
IN_PARAMETERS = frozenset(("param", "run_param"))
#: Parameters that have fields; the others are set on the magic's line.
MOST = 60
_LONGEST = 200


class Parameters:
    """The tab *Parameters*: a row for each, made when the tab is first looked at."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._entered = False
        self._rows: dict[str, Row] = {}
        self.root = parts.column(classes=("jpe-parameters",))

    @cached_property
    def _told(self) -> HTML:
        return self._parts.html()

    @cached_property
    def _table(self) -> VBox:
        return self._parts.column(classes=("jpe-parameters-rows",))

    @staticmethod
    def title(state: PanelState) -> str:
        """Return the tab's title with the number of parameters."""
        return f"Parameters ({len(state.preview.report.parameters)})" if state.preview else "Parameters"

    def enter(self, state: PanelState) -> None:
        """Show the rows from now on."""
        self._entered = True
        self.update(state, None)

    def focus(self, name: str) -> None:
        """Put the cursor into a parameter's field that something was typed into."""
        if name in self._rows:
            self._rows[name].focus()

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show the state's parameters and what was typed over them, if the tab was looked at."""
        if not self._entered:
            return
        found = state.preview.report.parameters if state.preview else ()
        put(self._told, value=join(_about(found), *_wrong(state)))
        names = {one.name for one in found}
        for gone in [name for name in self._rows if name not in names]:
            self._parts.pool.drop(*self._rows.pop(gone).widgets)
        for one in found[:MOST]:
            if one.name not in self._rows:
                self._rows[one.name] = Row(self._parts, one.name)
            self._rows[one.name].show(one, state, before)
        replace_children(self._table, *(part for one in found[:MOST] for part in self._rows[one.name].widgets))
        replace_children(self.root, self._told, self._table)


class Row:
    """One parameter: what it is, a field for its default in the pipeline, and one for this run only."""

    def __init__(self, parts: Parts, name: str) -> None:
        send = parts.actions.set_parameter
        self._name = name
        self._about: HTML = parts.html("", "jpe-parameter")
        self._default = Bound(parts, _field(parts, DEFAULT, name, "jpe-param"), partial(send, name))
        self._run = Bound(
            parts, _field(parts, THIS_RUN, name, "jpe-run-param", "as in the pipeline"), _this_run(parts, name)
        )
        self.widgets: tuple[Widget, ...] = (self._about, self._default.control, self._run.control)

    def focus(self) -> None:
        """Put the cursor into the field that something was typed into."""
        (self._default if self._default.control.value else self._run).control.focus()

    def show(self, parameter: Parameter, state: PanelState, before: PanelState | None) -> None:
        """Show the parameter with what was typed over its default."""
        told = element("div", element("code", parameter.name, class_="jpe-name"), f" {parameter.type} ", dir="auto")
        usual = cut(shown_default(parameter), _LONGEST)
        wrong = state.parameter_errors.get(self._name, "")
        message = element("div", wrong, class_="jpe-message", role="alert", dir="auto") if wrong else Html()
        put(self._about, value=join(told, element("div", element("code", usual)), _described(parameter), message))
        put(self._default.control, placeholder=cut(typed(parameter), _LONGEST))
        for bound, now, known in (
            (self._default, state.parameters, before.parameters if before else None),
            (self._run, state.run_parameters, before.run_parameters if before else None),
        ):
            if known is None or now.get(self._name) != known.get(self._name):
                bound.show(now.get(self._name, ""))


def typed(parameter: Parameter) -> str:
    """Return the default as it is typed: a text without the quotes of its literal, and what holds others as JSON."""
    if not parameter.literal:
        return shown_default(parameter)
    if parameter.type == "str":
        return str(parameter.default)
    holds = parameter.type in ("list", "dict", "tuple")
    return json.dumps(parameter.default, ensure_ascii=False) if holds else shown_default(parameter)


def _this_run(parts: Parts, name: str) -> Callable[[str], None]:
    return partial(parts.actions.set_parameter, name, this_run=True)


def _field(parts: Parts, label: str, name: str, kind: str, placeholder: str = "") -> Text:
    shown, told = label[:1].upper() + label[1:], f"{name}: {label}"
    return parts.make(Text, kind, "jpe-field", description=shown, tooltip=told, placeholder=placeholder)


def _described(parameter: Parameter) -> Html:
    return element("div", parameter.description, dir="auto") if parameter.description else Html()


def _about(found: tuple[Parameter, ...]) -> Html:
    if not found:
        told = "There are none: tag a cell “parameters”, or begin it with %%pipeline_params."
    elif len(found) > MOST:
        others = "for the others, copy the line of the tab Preview into a cell and add --param NAME=VALUE"
        told = f"{count(len(found), 'parameter')}; the first {MOST} have fields: {others}."
    else:
        told = "An empty field leaves the notebook's value."
    return fragment([Note("info", told)])


def _wrong(state: PanelState) -> list[Html]:
    told = (state.errors.get(name, "") for name in sorted(IN_PARAMETERS))
    return [element("div", fragment([Note("bad", text)]), role="alert") for text in told if text]
