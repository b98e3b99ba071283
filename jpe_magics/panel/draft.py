"""What stands in the form of one target, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from jpe_magics.core.form import Field, Value, changes, fields, line, needed, problems, text_of, words_of
from jpe_magics.core.form_words import in_form
from jpe_magics.core.options import COMMON, Given, parse
from jpe_magics.core.secrets import Redactor, find_given_secrets, find_run_secrets
from jpe_magics.core.target import Target
from jpe_magics.model.option import Option, Request
from jpe_magics.panel.declared import unused


@dataclass(frozen=True)
class Draft:
    """One target's form: what was typed, over what is proposed, over what counts anyway.

    `counting` holds what the environment, the notebook, the settings and the defaults give (by name), `proposed`
    texts of the last export and of the notebook's name, `presets` the settings' texts to choose from.  `refused` are
    messages of the last try that only the try itself could give.  `pressed` tells that the export button was: then
    what is missing is told as an error.
    """

    target: Target
    counting: Mapping[str, Any] = field(default_factory=dict)
    proposed: Mapping[str, Value] = field(default_factory=dict)
    presets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    typed: Mapping[str, Value] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    pressed: bool = False

    def counted(self, values: Mapping[str, Any], proposed: Mapping[str, Value]) -> Draft:
        """Return the draft over what counts and is proposed now; the same one where that has not changed."""
        if (values, proposed) == (self.counting, self.proposed):
            return self
        return replace(self, counting=values, proposed=proposed)

    def with_typed(self, name: str, value: Value) -> Draft:
        """Return the draft after a field got another value."""
        if name not in {one.name for one in (*self.target.options, *COMMON)}:
            raise ValueError(f"{self.target.name} has no option {name!r}")
        return replace(self, typed={**self.typed, name: value}, refused={})

    @cached_property
    def own(self) -> tuple[Option, ...]:
        """The target's own options."""
        return self.target.options

    @cached_property
    def mode(self) -> str:
        """The mode that is chosen, "" where the target has none."""
        option = next((one for one in self.own if one.name == "mode"), None)
        return str(self._value(option, "choice")) if option else ""

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields that mean something in this mode."""
        return fields(
            self.own,
            self.mode,
            self.counting,
            unused(self.target, self.mode),
            required=needed(self.target.check, self.own, self.mode),
            presets=self.presets,
        )

    @cached_property
    def values(self) -> Mapping[str, Value]:
        """What stands in the fields."""
        return {one.option.name: self._value(one.option, one.control) for one in self.fields}

    @cached_property
    def changes(self) -> Mapping[str, Any]:
        """What the form says other than what counts anyway."""
        return changes(self.fields, self.values, self.counting)

    @cached_property
    def errors(self) -> Mapping[str, str]:
        """A message by field that is wrong; of one that is only empty yet, not before somebody touched it."""
        wrong = {name: text for name, text in self._problems.items() if name not in self.missing}
        labels = {one.option.name: one.label for one in self.fields}
        told = {name: in_form(text, self.fields) for name, text in {**self.refused, **wrong}.items()}
        return {name: _sentence(labels.get(name, ""), text) for name, text in told.items()}

    @cached_property
    def missing(self) -> frozenset[str]:
        """The fields that must be filled and are not yet, of which `errors` says nothing so far."""
        if self.pressed:
            return frozenset()
        return frozenset(
            name for name in self._problems if name in self.values and not self.values[name] and name not in self.typed
        )

    @property
    def ready(self) -> bool:
        """Whether the form can be exported as far as it can tell itself."""
        return not self._problems

    @cached_property
    def button(self) -> str:
        """What the export button says."""
        return self.target.button({**self.counting, "mode": self.mode})

    def given(self, parameters: Mapping[str, str], run_parameters: Mapping[str, str], **flags: bool) -> Given:
        """Return what the form asks for, read by the magic's parser; `flags` are set as well."""
        return parse(self.target.name, self.target.options, self.words(parameters, run_parameters, **flags))

    def line(self, parameters: Mapping[str, str], run_parameters: Mapping[str, str]) -> str:
        """Return the magic's line that asks for the same, with what looks like a secret masked."""
        asked = Request(self.target.name, dict(self.changes), parameters=tuple(parameters.items()))
        redact = Redactor(
            [*(hit for _, hit in find_given_secrets(asked)), *find_run_secrets(tuple(run_parameters.items()))]
        )
        return line(self.target.name, [redact(word) for word in self.words(parameters, run_parameters)])

    def words(self, parameters: Mapping[str, str], run_parameters: Mapping[str, str], **flags: bool) -> list[str]:
        """Return the words of the magic's line that ask for the same; values are as they were typed."""
        words = [word for one in self.fields if one.option.name in self.changes for word in self._words_of(one.option)]
        by_name = {one.name: one for one in (*self.target.options, *COMMON)}
        for name, texts in (("param", parameters), ("run_param", run_parameters)):
            for parameter, text in texts.items():
                words += [by_name[name].flag, f"{parameter}={text}"]
        for name, flag in flags.items():
            words += words_of(by_name[name], flag)
        return words

    def _words_of(self, option: Option) -> list[str]:
        return words_of(option, self.values[option.name])

    def _value(self, option: Option, control: str) -> Value:
        counts = self.counting.get(option.name, option.default)
        if option.name in self.typed:
            value = self.typed[option.name]
        elif option.name in self.proposed:
            value = self.proposed[option.name]
        elif control in ("choice", "flag", "three"):
            value = text_of(option, counts)
        else:  # a default, and what settings say for every target, is only shown as what counts where nothing is typed
            said = option in self.own and counts != option.default
            value = text_of(option, counts) if said else ""
        if control == "choice" and value not in option.choices:
            return str(option.default)
        return bool(value) if control == "flag" else value

    @cached_property
    def _problems(self) -> Mapping[str, str]:
        return problems(self.target.check, self.own, self.fields, self.values, self.counting)


#: What a message begins with that reads on behind the option's name.
_READS_ON = ("is ", "must ", "may ", "has ", "can't ", "names ", "takes ", "means ")


def _sentence(label: str, text: str) -> str:
    """Return a message as a sentence of its own: one that reads on behind an option's name names the field.

    >>> _sentence("DAG id", "is needed"), _sentence("Schedule", "'every day' is no cron expression")
    ('DAG id is needed', "'every day' is no cron expression")
    """
    return f"{label} {text}" if label and text.startswith(_READS_ON) else text
