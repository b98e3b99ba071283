"""What a target's form needs to know beyond the declarations of its options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jpe_magics.core.target import Target

#: Options whose field offers the names of a setting's entries, by target.
_PRESETS: Mapping[str, Mapping[str, str]] = {"ilum": {"image": "spark_images"}}


def unused(target: Target, mode: str) -> frozenset[str]:
    """Return the common options that mean nothing for the target in that mode."""
    if "run" not in target.actions:
        return frozenset({"push", "trigger", "wait"})
    if target.name == "ilum" and mode == "single":
        return frozenset({"trigger"})  # it runs by being submitted
    return frozenset()


def presets(target: Target, setting: Callable[[str], Any]) -> Mapping[str, tuple[str, ...]]:
    """Return texts to choose from, by option name: the names of a setting's entries; `setting` returns its value."""
    named = _PRESETS.get(target.name, {})
    return {option: tuple(name for name in setting(one) if name) for option, one in named.items()}


def only_makes_a_file(target: Target) -> bool:
    """Tell whether there is nothing outside to bring the file to: then it is for downloading."""
    return not target.actions and not target.probes
