"""What a cell's tags ask for."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from jpe_magics.model.finding import Finding, Rejection
from jpe_magics.model.notebook import Cell, Notebook

#: Ids that no cell may take, whatever the target: those of the tasks that we add ourselves.
RESERVED = frozenset({"livy_session", "livy_cleanup", "run_notebook"})

#: The longest task id that Airflow takes (`validate_key`).
MAX_ID = 250

#: The largest `retries` that fits the integer column `max_tries` of Airflow's database.
MAX_RETRIES = 2**31 - 1

_GENERATED = re.compile(r"cell_\d+|c\d+(_c\d+)*")
#: Tags that mean something as they are, and the words that do before a colon.
_WORDS = ("parameters", "skip", "merge", "injected-parameters", "imports", "functions")
_PREFIXES = ("task", "retries", "step", "block", "prev")
_KALE = ("step:", "block:", "prev:")


class Tags(NamedTuple):
    """The tags of one cell, read.

    `task` is the first valid name after `task:`, "" for none; `retries` the first valid number after
    `retries:`, None for none.  `step` is what follows Kale's `step:` or `block:` ("" for none or an
    empty one), `prev` what follows each of its `prev:` tags.  `rejections` (kind `invalid-tag`) and
    `findings` say which tags are ignored, and why.
    """

    parameters: bool = False
    skip: bool = False
    merge: bool = False
    injected: bool = False
    imports: bool = False
    functions: bool = False
    task: str = ""
    retries: int | None = None
    step: str = ""
    prev: tuple[str, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    findings: tuple[Finding, ...] = ()


_NONE = Tags()


def read_tags(cell: Cell, reserved: frozenset[str] = frozenset(), steps: frozenset[str] | None = None) -> Tags:
    """Return what the tags of `cell` ask for; tags of a cell that holds no code ask for nothing.

    `reserved` are names that the target needs for itself.  `steps` are the steps of the notebook
    (`steps_of`), against which `prev:` tags are checked; None leaves that check out.
    """
    if cell.cell_type != "code" or not cell.tags:
        return _NONE
    tags = set(cell.tags)
    rejections: list[Rejection] = []

    names: list[str] = []
    for tag, written in _values(cell, "task:"):
        name = unicodedata.normalize("NFKC", written)  # as Python does with every identifier
        if fault := _name_fault(name, reserved):
            rejections.append(Rejection.of(cell, "invalid-tag", tag, f"{fault}; the tag is ignored"))
        else:
            names.append(name)

    retries: list[int] = []
    for tag, number in _values(cell, "retries:"):
        digits = re.fullmatch(r"\s*0*([0-9]{1,10})\s*", number)
        if digits and int(digits[1]) <= MAX_RETRIES:
            retries.append(int(digits[1]))
        else:
            reason = f"retries must be an integer from 0 to {MAX_RETRIES}; the DAG's default stays"
            rejections.append(Rejection.of(cell, "invalid-tag", tag, reason))

    return Tags(
        parameters="parameters" in tags,
        skip="skip" in tags,
        merge="merge" in tags,
        injected="injected-parameters" in tags,
        imports="imports" in tags,
        functions="functions" in tags,
        task=names[0] if names else "",
        retries=retries[0] if retries else None,
        step=next((step for step in _steps(cell) if step), ""),
        prev=tuple(prev for _, prev in _values(cell, "prev:")),
        rejections=tuple(rejections),
        findings=(
            *_surplus(cell, "task:", names),
            *_surplus(cell, "retries:", [str(one) for one in retries]),
            *_kale(cell, steps),
            *_misspelt(cell),
        ),
    )


def steps_of(notebook: Notebook) -> frozenset[str]:
    """Return the names of Kale's steps (`step:` and `block:` tags) in a notebook."""
    return frozenset(step for cell in notebook.code_cells if cell.tags for step in _steps(cell) if step)


def _values(cell: Cell, prefix: str) -> Iterator[tuple[str, str]]:
    return ((tag, tag[len(prefix) :]) for tag in cell.tags if tag.startswith(prefix))


def _steps(cell: Cell) -> Iterator[str]:
    return (step for prefix in ("step:", "block:") for _, step in _values(cell, prefix))


def _name_fault(name: str, reserved: frozenset[str]) -> str:
    """Say why `name` can't be a task's id and the name of its variable; "" where it can."""
    if not name.isidentifier():
        return "a task's name must be a Python identifier"
    if keyword.iskeyword(name):
        return f"{name} is a Python keyword"
    if not re.fullmatch(r"\w+", name):  # identifiers may hold marks, which Airflow's ids may not
        return "Airflow takes letters, digits and underscores only"
    if len(name) > MAX_ID:
        return f"a task's name may have at most {MAX_ID} characters"
    if name in RESERVED or name in reserved or re.fullmatch("__.*__", name):
        return f"{name} is a name that the artifact needs itself"
    if _GENERATED.fullmatch(name):
        return f"{name} looks like a generated id"
    return ""


def _surplus(cell: Cell, prefix: str, valid: list[str]) -> Iterator[Finding]:
    ignored = [one for one in dict.fromkeys(valid) if one != valid[0]]
    if ignored:
        others = ", ".join(prefix + one for one in ignored)
        yield Finding.of(cell, "JPE322", f"{prefix}{valid[0]} counts, the first one; not used: {others}", 1)


def _kale(cell: Cell, steps: frozenset[str] | None) -> Iterator[Finding]:
    found = [tag for tag in cell.tags if tag.startswith(_KALE)]
    if found:
        yield Finding.of(cell, "JPE320", f"not used yet: {', '.join(found)}; tasks run in the notebook's order", 1)
    for tag, value in _values(cell, "prev:"):
        # Kale's own notebooks also write several names in one tag: prev:load:clean
        unknown = [name for name in value.split(":") if name and steps is not None and name not in steps]
        if unknown:
            yield Finding.of(cell, "JPE321", f"{tag} names no step of this notebook: {', '.join(unknown)}", 1)


def _misspelt(cell: Cell) -> Iterator[Finding]:
    for tag in cell.tags:
        word, colon, value = tag.partition(":")
        known = _PREFIXES if colon else _WORDS
        if word in known:
            continue
        plain = word.strip().casefold()
        meant = next((one for one in known if _is_near(plain, one)), "retries" if colon and plain == "retry" else "")
        if meant:
            text = f"tag {tag!r} does nothing: did you mean {meant}{colon}{value}?"
            yield Finding.of(cell, "JPE323", text, 1)


def _is_near(one: str, other: str) -> bool:
    """Tell whether the words are the same but for one letter: added, left out, another, or in the other's place.

    >>> _is_near("skpi", "skip"), _is_near("parameter", "parameters"), _is_near("hide", "skip")
    (True, True, False)
    """
    at = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    if at is None:
        return abs(len(one) - len(other)) <= 1
    return (
        one[at + 1 :] == other[at:]
        or one[at:] == other[at + 1 :]
        or one[at + 1 :] == other[at + 1 :]
        or (one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :])
    )
