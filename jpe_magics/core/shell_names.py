"""`spark`, `sc` and `sqlContext`: PySpark's shell and Livy define them, a script has to."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from jpe_magics.core.names import bound_names, uses
from jpe_magics.core.tree import tree_of

#: In the order in which they are made.
SHELL_NAMES = ("spark", "sc", "sqlContext")
#: Calls that make, or find, the process's Spark context.
_MAKERS = frozenset({"getOrCreate", "SparkContext"})


def names_to_make(codes: Sequence[str]) -> list[str]:
    """Return the names of PySpark's shell that the cells read before they have made them.

    What a function reads counts where something that holds the function is read at the top level (it may
    be called there).  So a notebook that defines its functions first and builds its session then has the
    say about how that session is made: some settings count at its creation only.

    >>> names_to_make(["def load(name):\\n    return spark.table(name)", "spark = builder.getOrCreate()", "load('a')"])
    []
    >>> names_to_make(["def load(name):\\n    return spark.table(name)", "load('a')", "spark = 1"])
    ['spark']
    """
    bound: set[str] = set()
    needed: set[str] = set()
    later: dict[str, set[str]] = {}  # a name → what the functions that it may hold read
    for statement in _statements(codes):
        found = [use for use in uses(ast.Module([statement], [])) if use.home is None]
        now = {use.name for use in found if use.reads and not use.deferred}
        needed |= _reached(now, later) - bound
        binds = {use.name for use in found if use.binds}
        held = {use.name for use in found if use.reads and use.deferred}.union(*(later.get(name, ()) for name in now))
        if held:
            later.update((name, later.get(name, set()) | held) for name in binds)
        bound |= binds
    needed |= _reached(set(later), later) - bound
    return [name for name in SHELL_NAMES if name in needed]


def makes_session(codes: Sequence[str]) -> bool:
    """Tell whether some cell makes (or finds) a Spark session, or binds one of the names of PySpark's shell."""
    return any(
        not bound_names(code).isdisjoint(SHELL_NAMES)
        or any(_called(node) in _MAKERS for node in ast.walk(tree_of(code)))
        for code in codes
    )


def _statements(codes: Sequence[str]) -> Iterator[ast.stmt]:
    for code in codes:
        yield from tree_of(code).body


def _reached(names: set[str], later: dict[str, set[str]]) -> set[str]:
    """Return `names` and all that is read when what stands behind them is called."""
    reached: set[str] = set()
    left = set(names)
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            left |= later.get(name, set())
    return reached


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
