"""Everything that was filled in, and what the panel shows of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from jpe_magics.core.coerce import coerce
from jpe_magics.core.form import Value, message, named
from jpe_magics.core.options import Given
from jpe_magics.errors import OptionError
from jpe_magics.model.report import Report
from jpe_magics.panel.draft import Draft
from jpe_magics.panel.state import PanelState


@dataclass(frozen=True)
class Sheet:
    """The chosen target's form, those of the others, and the parameters' texts.

    `types` are the notebook's parameters with their types, None as long as nobody has looked.
    """

    target: str = ""
    drafts: Mapping[str, Draft] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    run_parameters: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] | None = None

    @property
    def draft(self) -> Draft | None:
        """The chosen target's form, None before one is chosen."""
        return self.drafts.get(self.target)

    def with_draft(self, draft: Draft) -> Sheet:
        """Return the sheet with this form for its target, which is the chosen one then."""
        name = draft.target.name
        return replace(self, target=name, drafts={**self.drafts, name: draft})

    def over(self, draft: Draft) -> Sheet:
        """Return the sheet with another form for the chosen target; the same sheet where it is the same form."""
        return self if draft is self.draft else self.with_draft(draft)

    def typed(self, name: str, value: Value) -> Sheet:
        """Return the sheet after a field of the chosen target got another value."""
        return self.over(self._chosen().with_typed(name, value))

    def pressed(self) -> Sheet:
        """Return the sheet after the export button was pressed."""
        draft = self.draft
        return self if draft is None or draft.pressed else self.over(replace(draft, pressed=True))

    def refused(self, error: OptionError | None) -> Sheet:
        """Return the sheet with what only the try could tell, None for nothing, beside the field that it names."""
        draft = self._chosen()
        told = {} if error is None else {named(error, draft.values): message(error)}
        return self if told == draft.refused else self.over(replace(draft, refused=told))

    def with_parameter(self, name: str, value: str, *, this_run: bool) -> Sheet:
        """Return the sheet with a text over a parameter's default; "" takes it away."""
        before = self.run_parameters if this_run else self.parameters
        after = {one: text for one, text in before.items() if one != name}
        if value:
            after[name] = value
        sheet = self.refused(None) if self.draft else self
        return replace(sheet, run_parameters=after) if this_run else replace(sheet, parameters=after)

    def with_types(self, report: Report) -> Sheet:
        """Return the sheet that knows the parameters of this report."""
        types = {one.name: one.type for one in report.parameters}
        return self if types == self.types else replace(self, types=types)

    @cached_property
    def parameter_errors(self) -> Mapping[str, str]:
        """A message by name for each parameter whose text its type can't take, or that is not there any more."""
        return dict(self._wrong_parameters())

    @property
    def asks(self) -> tuple[str, ...]:
        """All that it asks for, to tell whether another sheet asks for the same."""
        draft = self.draft
        return (self.target, *draft.words(self.parameters, self._runs())) if draft is not None else ()

    @property
    def ready(self) -> bool:
        """Whether all of it makes sense, as far as can be told without trying."""
        return self.draft is not None and self.draft.ready and not self.parameter_errors

    def given(self, **flags: bool) -> Given:
        """Return what is asked for, with `flags` set beside what the form says; there must be a chosen target."""
        return self._chosen().given(self.parameters, self._runs(), **flags)

    def drawn(self, state: PanelState) -> PanelState:
        """Return the state with the form as this sheet has it."""
        draft = self.draft
        if draft is None:
            return state
        return replace(
            state,
            target=self.target,
            fields=draft.fields,
            values=draft.values,
            errors=draft.errors,
            missing=draft.missing,
            parameters=self.parameters,
            run_parameters=self.run_parameters,
            parameter_errors=self.parameter_errors,
            line=draft.line(self.parameters, self._runs()),
            button=draft.button,
        )

    def _chosen(self) -> Draft:
        return self.drafts[self.target]

    def _runs(self) -> Mapping[str, str]:
        """Return the values for one run, none where the target starts none."""
        return self.run_parameters if "run" in self._chosen().target.actions else {}

    def _wrong_parameters(self) -> Iterator[tuple[str, str]]:
        typed = (*self.parameters.items(), *self.run_parameters.items()) if self.types is not None else ()
        for name, text in typed:
            wrong = _wrong(self.types or {}, name, text)
            if wrong:
                yield name, wrong


def _wrong(types: Mapping[str, str], name: str, text: str) -> str:
    """Return what is wrong with a parameter's text, "" for nothing."""
    if name not in types:
        return "the notebook has no such parameter"
    try:
        coerce(types[name], text)
    except ValueError as error:
        return str(error)
    return ""
