"""The page of the codes: what each error and warning means, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from jpe_magics.errors import CODES, JpeError
from jpe_magics.results import Export
from tools.docs.examples import Example, read, run, shown, told_lines
from tools.docs.markdown import anchor, block, code, intro, plain

SOURCE = Path(__file__).with_name("codes.yaml")
#: The groups, by the first digit of the number.
GROUPS = {
    "0": "Options and settings",
    "1": "Finding and reading the notebook",
    "2": "Refusals",
    "3": "Warnings: the export goes on",
    "4": "Templates and artifacts",
    "5": "Publishing and running",
    "6": "The history",
    "7": "The Livy on your laptop",
    "8": "Faults of our own",
}


@cache
def explained() -> Mapping[str, Any]:
    """Return what is said of each code: `means`, `do`, and an `example` where one can be shown."""
    told: Mapping[str, Any] = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    return told


def page() -> str:
    """Return the page; each code has its own mark, `codes.html#jpe101`."""
    parts = [intro("codes")]
    group = ""
    for name, title in CODES.items():
        if name[3] != group:
            group = name[3]
            parts.append(f"## JPE{group}xx: {GROUPS[group]}\n")
        parts.append(_entry(name, title))
    return "\n".join(parts)


def said(name: str, example: Example) -> str:
    """Return what the example's export says of the code `name`; ValueError where it says nothing of it."""
    done = run(example)
    if isinstance(done, JpeError) or done.error is not None:
        error = done if isinstance(done, JpeError) else done.error
        if error is not None and error.code == name:
            return told_lines(error)
    if isinstance(done, Export):
        found = [one for one in done.report.warnings if one.code == name]
        places = [
            f"cell {one.number}, line {one.line}: " if one.line else f"cell {one.number}: " if one.number else ""
            for one in found
        ]
        if found:
            return "\n".join(f"{name} {place}{one.text}" for place, one in zip(places, found, strict=True))
    raise ValueError(f"the example of {name} does not show it: {done}")


def _entry(name: str, title: str) -> str:
    if name not in explained():
        raise LookupError(f"{name} of errors.CODES is not explained: say in {SOURCE} what it means, and what to do")
    told = explained()[name]
    parts = [anchor(name.lower()), f"### {name}: {plain(title)}\n", told["means"].strip() + "\n"]
    if "example" in told:
        example = read(told["example"])
        if isinstance(told["example"], str) or "cells" in told["example"]:
            parts.append(block(shown(example), "ipython"))
        if isinstance(told["example"], dict) and "line" in told["example"]:
            parts.append(block(f"%export_pipeline {example.line}", "ipython"))
        if example.environ:
            parts.append("With " + ", ".join(code(f"{key}={value}") for key, value in example.environ) + ":\n")
        parts.append(block(said(name, example)))
    parts.append(f"**What to do:** {told['do'].strip()}\n")
    return "\n".join(parts)
