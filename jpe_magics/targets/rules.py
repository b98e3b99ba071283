"""Rules for the values of options, as more than one target has them.

A rule takes an option's declaration and the value that was given, and returns what the value becomes; it raises
`OptionError`, naming the option, for one that can't be.
"""

from __future__ import annotations

from typing import Any

from jpe_magics.errors import OptionError
from jpe_magics.model.option import Option


def wrong(option: Option, why: str, hint: str = "") -> OptionError:
    """Return the error for a value: `why` reads on behind the option's name; the hint is its example if no other."""
    hint = hint or (f"for example {option.flag} {option.example}" if option.example else "")
    return OptionError(f"{option.flag} {why}", where=option.flag, hint=hint)


def unknown(target: str, name: str, hint: str = "") -> OptionError:
    """Return the error for an option that the target does not have."""
    return OptionError(f"the target {target} has no option {name!r}", where=name, hint=hint)


def shown(value: Any) -> str:
    """Return a value for a message: 60 characters at most, with escapes for what can't be printed."""
    told = repr(value)
    return told if len(told) <= 60 else told[:59] + "…"


def on_or_off(option: Option, value: Any) -> bool:
    """Take what says true or false in a form, in JSON or on a line."""
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word in ("true", "1", "false", "0"):
        return word in ("true", "1")
    raise wrong(option, f"is on or off, not {shown(value)}")


def one_of(option: Option, value: Any) -> str:
    """Take one of the option's choices."""
    if value not in option.choices:
        raise wrong(option, f"is one of {', '.join(option.choices)}, not {shown(value)}")
    return str(value)


def words(option: Option, value: Any) -> tuple[str, ...]:
    """Take a list, or one text with commas between; blanks around a word and empty words do not count."""
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, (list, tuple)) or not all(isinstance(word, str) for word in given):
        raise wrong(option, f"must be words with commas between, not {shown(value)}")
    return tuple(word.strip() for word in given if word.strip())
