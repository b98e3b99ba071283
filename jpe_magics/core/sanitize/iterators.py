"""Which names of a notebook hold an iterator: looking into one takes from it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

#: Calls that return an iterator.  Others may too, but most return what can be read again.
_FUNCTIONS = frozenset("enumerate filter iter map open reversed zip".split())  # noqa: SIM905 - a table of words
_METHODS = frozenset(
    """
    accumulate chain combinations cycle DictReader finditer imap imap_unordered islice iterdir iterrows
    itertuples open permutations reader rglob scandir starmap takewhile toLocalIterator walk
    """.split()  # noqa: SIM905 - a table of words
)


def iterator_names(trees: Iterable[ast.AST]) -> frozenset[str]:
    """Return the names that are bound to an iterator anywhere, of whatever scope they are.

    >>> sorted(iterator_names([ast.parse("rows = iter(x)\\ng = (a for a in b)\\nn = list(rows)")]))
    ['g', 'rows']
    """
    nodes = [node for tree in trees for node in ast.walk(tree)]
    generators = {node.name for node in nodes if isinstance(node, ast.FunctionDef) and _yields(node)}
    return frozenset(
        target.id
        for node in nodes
        for target, value in _bindings(node)
        if isinstance(target, ast.Name) and _makes_iterator(value, generators)
    )


def _bindings(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(node, ast.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
        yield node.target, node.value
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield node.optional_vars, node.context_expr


def _makes_iterator(value: ast.expr, generators: set[str]) -> bool:
    if isinstance(value, ast.GeneratorExp):
        return True
    if not isinstance(value, ast.Call):
        return False
    if isinstance(value.func, ast.Name):
        return value.func.id in _FUNCTIONS or value.func.id in generators
    return isinstance(value.func, ast.Attribute) and value.func.attr in _METHODS


def _yields(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(function))
