"""What texts that speak of a line's options say where there is a form: the names of its controls.

Errors, hints and help texts are written once, for the line ("or say --allow-secrets").  Beside a form they name what
stands there, by the labels that the form itself has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Protocol

from jpe_magics.model.option import Option

#: Options that are no fields of the form, and what stands for them.
_ELSEWHERE = {"--preview": "Preview", "--param": "default in the pipeline", "--run-param": "this run only"}
#: What is done with a record of the history, and the button that does it.
DEEDS = {"run": "Run", "stop": "Stop the run", "status": "Refresh"}

_OPTION = re.compile(r"(?:\b(?P<verb>say|add|leave) )?(?P<flag>--[a-z][a-z0-9-]*[a-z0-9])(?P<out> out\b)?")
_DEED = re.compile(rf"%jpe_history (?P<id>\S+) --(?P<deed>{'|'.join(DEEDS)})\b")


class Labelled(Protocol):
    """A field of the form (`jpe_magics.core.form.Field`)."""

    @property
    def option(self) -> Option:
        """What it is for."""

    @property
    def label(self) -> str:
        """Its name in the form."""


def in_form(text: str, fields: Iterable[Labelled]) -> str:
    """Return `text` with the form's labels in place of options; an option that the form does not have stays.

    >>> class Tick:
    ...     option, label = Option("allow_secrets", "flag", ""), "Allow secrets"
    >>> in_form("tag the cell skip, or say --allow-secrets", [Tick])
    'tag the cell skip, or tick “Allow secrets”'
    """
    if "--" not in text:
        return text
    known = {one.option.flag: one for one in fields}
    return _OPTION.sub(lambda found: _named(found, known), _DEED.sub(_pressed, text))


def _pressed(found: re.Match[str]) -> str:
    return f"“{DEEDS[found['deed']]}” in the history's record {found['id']}"


def _named(found: re.Match[str], known: Mapping[str, Labelled]) -> str:
    flag, verb, out = found["flag"], found["verb"] or "", found["out"] or ""
    if flag in _ELSEWHERE:
        return found[0].replace(flag, f"“{_ELSEWHERE[flag]}”")
    off = flag not in known and flag.startswith("--no-")
    field = known.get(f"--{flag[5:]}" if off else flag)
    if field is None:
        return found[0]
    label, ticked = f"“{field.label}”", field.option.type == "flag"
    if ticked and (verb in ("say", "add") or (verb == "leave" and out)):
        on = off == (verb == "leave")
        return f"{'tick' if on else 'untick'} {label}"
    if verb == "leave" and out:
        return f"leave {label} empty"
    if verb in ("say", "add"):
        return f"set {label} to"
    return f"{verb} {label}{' switched off' if off else ''}{out}".strip()
