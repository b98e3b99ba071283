"""What leaves a flow, without secrets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from jpe_magics.errors import JpeError

T = TypeVar("T")
Redact = Callable[[str], str]


def redacted(value: T, redact: Redact) -> T:
    """Return `value` with every text in it redacted: in dataclasses, tuples, lists and dicts at any depth."""
    found: Any = value
    if isinstance(value, str):
        found = redact(value)
    elif isinstance(value, (tuple, list)):
        found = type(value)(redacted(one, redact) for one in value)
    elif isinstance(value, dict):
        found = {redacted(key, redact): redacted(one, redact) for key, one in value.items()}
    elif is_dataclass(value) and not isinstance(value, type):
        found = replace(value, **{one.name: redacted(getattr(value, one.name), redact) for one in fields(value)})
    return found  # type: ignore[no-any-return]


def redact_error(error: JpeError, redact: Redact) -> None:
    """Take secrets out of `error` itself, and let go of what led to it.

    The texts of other errors are not ours; the frames of a traceback hold what a program that prints their variables
    would show: headers, bodies, passwords.
    """
    for name, value in vars(error).items():
        if name != "code":
            setattr(error, name, redacted(value, redact))
    error.args = redacted(error.args, redact)
    error.__cause__ = error.__context__ = error.__traceback__ = None
