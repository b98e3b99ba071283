"""The lowest versions that a project's requirements admit."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: `name>=floor` and nothing else: what a floor can be told of.
_FLOOR = re.compile(r"([A-Za-z0-9._-]+)>=([0-9][0-9A-Za-z.]*)")


def floors(requirements: Iterable[str]) -> list[str]:
    """Return `name==floor` for each `name>=floor`; a requirement of another form is a ValueError that quotes it."""
    return [f"{name}=={floor}" for name, floor in map(_parts, requirements)]


def _parts(requirement: str) -> tuple[str, str]:
    match = _FLOOR.fullmatch(requirement.replace(" ", ""))
    if match is None:
        raise ValueError(f"no lowest version can be read from the requirement {requirement!r}: write name>=version")
    return match[1], match[2]


def changed(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """Return a line for each package of the `pip freeze` before that is gone or of another version after."""
    then, now = _versions(before), _versions(after)
    return [
        f"{name} {version} -> {now.get(name, 'gone')}" for name, version in then.items() if now.get(name) != version
    ]


def _versions(freeze: Iterable[str]) -> dict[str, str]:
    pairs = (re.split(r"==| @ ", line, maxsplit=1) for line in freeze if line and not line.startswith(("#", "-e")))
    return {name.lower().replace("_", "-"): version for name, version in pairs}
