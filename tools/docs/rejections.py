"""The page of the rejection kinds: what is taken out, with examples that are exported when the page is made."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from jpe_magics.model.finding import Rejection
from jpe_magics.results import Export
from tools.docs.examples import Example, read, run, shown
from tools.docs.markdown import NOTHING, anchor, block, code, intro, plain, table

SOURCE = Path(__file__).with_name("rejections.yaml")


@cache
def explained() -> Mapping[str, Any]:
    """Return what is said of each kind: `taken` and `why`, and its `example`."""
    told: Mapping[str, Any] = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    return told


def name_of(kind: str) -> str:
    """Return the mark of a kind on the page.

    >>> name_of("filtered-cell:")
    'rejection-filtered-cell'
    """
    return "rejection-" + kind.rstrip(":")


def page() -> str:
    """Return the page."""
    kinds = (*Rejection.KINDS, *Rejection.PREFIXES)
    if missing := [kind for kind in kinds if kind not in explained()]:
        raise LookupError(f"these kinds of rejections are not explained: {missing}; say in {SOURCE} what they are")
    rows = ((f"[{code(_written(kind))}](#{name_of(kind)})", explained()[kind]["taken"]) for kind in kinds)
    return "\n".join(
        (
            intro("rejections"),
            table(("kind", "what is taken out"), rows),
            "The examples below were exported when this page was made.\n",
            *(_section(kind) for kind in kinds),
        )
    )


def _section(kind: str) -> str:
    told = explained()[kind]
    example = read(told["example"])
    return "\n".join(
        (
            anchor(name_of(kind)),
            f"## {code(_written(kind))}\n",
            f"{told['taken']}. {told['why'].strip()}\n",
            block(shown(example), "ipython"),
            outcome(example),
        )
    )


def outcome(example: Example) -> str:
    """Return what the example's export reports, and what stays of its code."""
    done = run(example)
    if not isinstance(done, Export):
        raise ValueError(f"the example is no notebook that can be read: {done}")
    rows = [
        (str(one.number), _lines(one), code(one.kind), code(one.text), plain(one.reason))
        for one in done.report.rejected
    ]
    stays = "\n\n".join(one.code.text.strip("\n") for one in done.report.notebook if one.exported and one.code)
    parts = [table(("cell", "line", "kind", "text", "reason"), rows)]
    if done.error is not None:
        parts += ["The export is refused:\n", block(str(done.error))]
    elif stays:
        parts += ["What runs:\n", block(stays, "python")]
    return "\n".join(parts)


def _lines(one: Rejection) -> str:
    return str(one.line) if one.line == one.end_line else f"{one.line}{NOTHING}{one.end_line}"


def _written(kind: str) -> str:
    return f"{kind}<kind>" if kind.endswith(":") else kind
