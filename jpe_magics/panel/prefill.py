"""What the form proposes: the values of the last export, and a name made of the notebook's."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from jpe_magics.core.form import Value, example, named, proposal, read, text_of
from jpe_magics.core.target import Target
from jpe_magics.errors import OptionError
from jpe_magics.model.option import Option

#: What masked values hold: such a text would be a wrong value.
_MASKS = ("***", "…")


def proposals(
    target: Target, counting: Mapping[str, Any], fixed: Collection[str], name: str, last: Mapping[str, Any]
) -> Mapping[str, Value]:
    """Return what the form proposes, by option name.

    `counting` is what counts without the form; the options in `fixed` keep that, for the environment or the notebook
    itself says it now.  `last` are the options of the last export, `name` is the notebook's.
    """
    found = {one: text for one, text in _last(target, counting, last).items() if one not in fixed}
    for option in target.options:
        if option.required and option.name not in found and counting.get(option.name) in (None, ""):
            found[option.name] = proposal(name, partial(_takes, target, option))
    return found


def _last(target: Target, counting: Mapping[str, Any], last: Mapping[str, Any]) -> dict[str, Value]:
    """Return the last export's values where they are others than what counts, as they stand in a form.

    Only what reads back as the very value is proposed: a record may come from another version, or a foreign hand.
    """
    texts = {one.name: _text(one, last[one.name]) for one in target.options if one.name in last}
    now, then = _checked(target, {one.name: counting.get(one.name) for one in target.options}), _read(target, texts)
    return {
        name: text
        for name, text in texts.items()
        if name in then and _plain(then[name]) == last[name] and _plain(now.get(name)) != last[name]
    }


def _text(option: Option, value: Any) -> Value:
    """Return a checked value as it stands in a form: no schedule is "none", pairs are NAME=VALUE."""
    if value is None and option.default is not None:
        return "none"
    if isinstance(value, list) and value and all(isinstance(one, list) and len(one) == 2 for one in value):
        value = [f"{name}={one}" for name, one in value]
    text = text_of(option, value)
    return "" if isinstance(text, str) and any(mask in text for mask in _MASKS) else text


def _read(target: Target, texts: Mapping[str, Value]) -> Mapping[str, Any]:
    """Return what the target makes of these texts; what it does not take is left out."""
    return _checked(target, {one.name: _read_one(one, texts.get(one.name)) for one in target.options})


def _read_one(option: Option, text: Value) -> Any:
    try:
        return read(option, text)
    except OptionError:
        return None


def _checked(target: Target, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the checked values of what the target takes; what must be given and is not, is not in it either."""
    values = {one.name: given.get(one.name) for one in target.options}
    left_out: set[str] = set()
    spare = {one.name: [None, *([example(one)] if one.example else [])] for one in target.options}
    while isinstance(checked := _check(target, values), OptionError):
        name = named(checked, values)
        if not spare.get(name):
            return {}
        left_out.add(name)
        values[name] = spare[name].pop(0)
    return {name: one for name, one in checked.items() if name not in left_out}


def _check(target: Target, values: Mapping[str, Any]) -> Mapping[str, Any] | OptionError:
    try:
        return target.check(values)
    except OptionError as error:
        return error


def _takes(target: Target, option: Option, word: str) -> bool:
    return option.name in _checked(target, {option.name: word})


def _plain(value: Any) -> Any:
    """Return a value as a record gives it back."""
    return json.loads(json.dumps(value, default=str))
