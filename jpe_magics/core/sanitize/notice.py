"""What is noticed in a cell and takes nothing out: helpers of one platform, what has no one to talk to in a job."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from jpe_magics.core.sanitize.blocks import Block, blocks_in, is_ipython
from jpe_magics.core.sanitize.draft import Draft
from jpe_magics.core.sanitize.judge import Judged

#: Names that only the notebooks of a platform have, and what it is.
PLATFORM = {
    "dbutils": "Databricks",
    "displayHTML": "Databricks",
    "mssparkutils": "Synapse",
    "notebookutils": "Fabric",
}
_ENDS = "ends the process, a shared session too: raise an error, or put the rest into an if"
_NAMES = {
    **{
        name: ("JPE332", f"{name} exists in {platform} notebooks only: nothing defines it where the job runs")
        for name, platform in PLATFORM.items()
    },
    "display": (
        "JPE333",
        "display exists in a notebook only, and is used as a value here: it was left in and will fail",
    ),
    "input": ("JPE334", "input() has nobody to ask in a job: make it a parameter"),
    "exit": ("JPE334", f"exit {_ENDS}"),
    "quit": ("JPE334", f"quit {_ENDS}"),
}


class Noticed(NamedTuple):
    """What is to be said about a cell: the code of the finding, its text, and the user's line."""

    code: str
    text: str
    line: int


def notices_of(one: Draft, what: Judged, bound: frozenset[str]) -> Iterator[Noticed]:
    """Yield what is to be said about what stays of a cell; `bound` are the names that the notebook binds."""
    found: list[tuple[str, str, int]] = []
    if what.gone and "def" in one.text.text:
        found += (
            ("JPE331", f"{name} does nothing any more: what it did was taken out", line)
            for name, line in _emptied(one.tree, what)
        )
    if "IPython" in one.text.text or not one.names.isdisjoint(_NAMES):
        found += _names(what, bound)
    for code, text, line in found:
        yield Noticed(code, text, one.text.source_line(line))


def _names(what: Judged, bound: frozenset[str]) -> Iterator[tuple[str, str, int]]:
    told: set[str] = set()
    for use in what.staying:
        if use.reads and use.home is None and use.name in _NAMES and use.name not in bound | told:
            told.add(use.name)
            yield (*_NAMES[use.name], use.line)
        elif use.binds and _imports_ipython(use.stmt) and "IPython" not in told:
            told.add("IPython")
            yield "JPE335", "IPython is imported: it must be installed where the job runs", use.line


def _imports_ipython(stmt: ast.stmt | None) -> bool:
    if isinstance(stmt, ast.ImportFrom):
        return is_ipython(stmt.module)
    return isinstance(stmt, ast.Import) and any(is_ipython(alias.name) for alias in stmt.names)


def _emptied(tree: ast.Module, what: Judged) -> Iterator[tuple[str, int]]:
    """Yield name and line of each function of which only a docstring is left (those that only showed go unsaid)."""
    blocks = [Block(tree, tree.body)]
    while blocks:
        for stmt in blocks.pop().statements:
            if id(stmt) in what.cuts:
                continue
            blocks += blocks_in(stmt, False)
            if isinstance(stmt, (ast.FunctionDef, ast.AsyncFunctionDef)):
                gone = [what.why[id(one)] for one in stmt.body if id(one) in what.cuts]
                left = [one for one in stmt.body if not _is_nothing(one, what)]
                if not left and any(taken.kind not in ("", "display") for taken in gone):
                    yield stmt.name, stmt.lineno


def _is_nothing(stmt: ast.stmt, what: Judged) -> bool:
    cut = what.cuts.get(id(stmt))
    if cut:
        return not cut.pieces
    return isinstance(stmt, ast.Pass) or (isinstance(stmt, ast.Expr) and isinstance(stmt.value, ast.Constant))
