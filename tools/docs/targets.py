"""The page of the targets and their options."""

from __future__ import annotations

from jpe_magics.core.target import Target
from jpe_magics.model.option import Option
from jpe_magics.targets import targets
from tools.docs.markdown import NOTHING, anchor, code, intro, plain, table
from tools.docs.options import described

#: Where our targets are declared: another package may have added its own to this environment.
_OURS = "jpe_magics.targets."


def page() -> str:
    """Return the page."""
    ours = [one for one in targets().values() if _module(one).startswith(_OURS)]
    ready = [one for one in ours if one.available]
    coming = [one for one in ours if not one.available]
    return "\n".join(
        (
            intro("targets"),
            table(
                ("target", "makes", "modes", "done from the history"),
                (
                    (f"[{code(one.name)}](#target-{one.name})", plain(one.description), _modes(one), _actions(one))
                    for one in ready
                ),
            ),
            "Announced, and refused with [JPE003](#jpe003) until they are there: "
            + ", ".join(f"{code(one.name)} ({plain(one.title)})" for one in coming)
            + ".\n",
            *(_section(one) for one in ready),
        )
    )


def _section(target: Target) -> str:
    own = described(f"export_pipeline {target.name}", target.options) if target.options else "No options of its own.\n"
    return "\n".join(
        (
            anchor(f"target-{target.name}"),
            f"## {code(target.name)}: {plain(target.title)}\n",
            f"{plain(target.description)}. To these come [the options of every target](#export-pipeline).\n",
            own,
        )
    )


def _mode(target: Target) -> Option | None:
    return next((option for option in target.options if option.name == "mode"), None)


def _modes(target: Target) -> str:
    mode = _mode(target)
    return ", ".join(code(one) for one in mode.choices) if mode else NOTHING


def _actions(target: Target) -> str:
    return ", ".join(code(f"--{one}") for one in ("run", "stop", "status") if one in target.actions) or NOTHING


def _module(target: Target) -> str:
    return type(target).__module__
