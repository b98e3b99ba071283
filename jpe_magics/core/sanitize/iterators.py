"""Which names of a notebook hold an iterator: looking into one takes from it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple

from jpe_magics.core.names import Use

#: Calls that return an iterator.  Others may too, but most return what can be read again.
_FUNCTIONS = frozenset("enumerate filter iter map open reversed zip".split())  # noqa: SIM905 - a table of words
_METHODS = frozenset(
    """
    accumulate chain combinations cycle DictReader finditer imap imap_unordered islice iterdir iterrows
    itertuples open permutations reader rglob scandir starmap takewhile toLocalIterator walk
    """.split()  # noqa: SIM905 - a table of words
)


class Makers(NamedTuple):
    """Of one cell: its generator functions, and each name that may hold an iterator with the function that makes it.

    That is "" for what is an iterator in any case.
    """

    generators: frozenset[str]
    made: frozenset[tuple[str, str]]


def iterator_names(cells: Iterable[Makers]) -> frozenset[str]:
    """Return the names that are bound to an iterator in any of the cells, of whatever scope they are."""
    cells = list(cells)
    iterators = _FUNCTIONS.union({""}, *(one.generators for one in cells))
    return frozenset(name for one in cells for name, maker in one.made if maker in iterators)


def makers(tree: ast.Module, uses: Iterable[Use], text: str) -> Makers:
    """Return what a cell binds that may be an iterator; `uses` are those of its tree.

    >>> from jpe_magics.core.names import uses
    >>> code = "rows = iter(x)\\ng = (a for a in b)\\nn = 2"
    >>> tree = ast.parse(code)
    >>> sorted(makers(tree, uses(tree), code).made)
    [('g', ''), ('rows', 'iter')]
    """
    generators: set[str] = set()
    made: set[tuple[str, str]] = set()
    for use in uses:
        if not use.binds:
            continue
        if isinstance(use.node, ast.FunctionDef):
            if "yield" in text and _yields(use.node):
                generators.add(use.name)
        elif (maker := _maker(_value(use))) is not None:
            made.add((use.name, maker))
    for node in ast.walk(tree) if ":=" in text else ():
        if isinstance(node, ast.NamedExpr) and (maker := _maker(node.value)) is not None:
            made.add((node.target.id, maker))
    return Makers(frozenset(generators), frozenset(made))


def _value(use: Use) -> ast.expr | None:
    """Return what a name is bound to as a whole, None where that is not written there."""
    stmt = use.stmt
    if isinstance(stmt, ast.Assign):
        return stmt.value if any(use.node is target for target in stmt.targets) else None
    if isinstance(stmt, ast.AnnAssign):
        return stmt.value if use.node is stmt.target else None
    if isinstance(stmt, (ast.With, ast.AsyncWith)):
        return next((item.context_expr for item in stmt.items if use.node is item.optional_vars), None)
    return None


def _maker(value: ast.expr | None) -> str | None:
    """Return the plain function that makes a value, "" for what is an iterator in any case, None for what is none."""
    if isinstance(value, ast.GeneratorExp):
        return ""
    if not isinstance(value, ast.Call):
        return None
    if isinstance(value.func, ast.Name):
        return value.func.id
    return "" if isinstance(value.func, ast.Attribute) and value.func.attr in _METHODS else None


def _yields(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(function))
