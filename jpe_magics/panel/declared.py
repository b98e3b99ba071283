"""What a target's form needs to know beyond the declarations of its options."""

from __future__ import annotations

from jpe_magics.core.target import Target


def unused(target: Target, mode: str) -> frozenset[str]:
    """Return the common options that mean nothing for the target in that mode."""
    if "run" not in target.actions:
        return frozenset({"push", "trigger", "wait"})
    if target.name == "ilum" and mode == "single":
        return frozenset({"trigger"})  # it runs by being submitted
    return frozenset()


def only_makes_a_file(target: Target) -> bool:
    """Tell whether there is nothing outside to bring the file to: then it is for downloading."""
    return not target.actions and not target.probes
