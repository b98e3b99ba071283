"""What must be known of the whole notebook before a cell can be judged."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from jpe_magics.core.names import Scope, Use
from jpe_magics.core.sanitize.blocks import is_ipython
from jpe_magics.core.sanitize.draft import Draft
from jpe_magics.core.sanitize.iterators import iterator_names
from jpe_magics.core.sanitize.spelled import called, is_shell

#: Names that IPython's modules give under the very names that a notebook has without importing them.
_IPYTHONS_OWN = frozenset({"get_ipython", "display"})
_SESSIONS = frozenset({"spark", "sc"})


@dataclass(frozen=True)
class Survey:
    """Names of the exported cells.

    `bound` are those that they bind themselves (an import of IPython's own `display` binds nothing new),
    `borrowed` those that they import from IPython, `shells` those that hold `get_ipython()` and never
    anything else, `sessions` those of Spark sessions and contexts; `star` tells of a star import.
    `handles` are those that hold what `display(…)` returns and never anything else, each with the scope
    in which it lives; `iterators` those that are bound to an iterator somewhere, in any scope.
    """

    bound: frozenset[str]
    borrowed: frozenset[str]
    shells: frozenset[str]
    sessions: frozenset[str]
    star: bool
    handles: frozenset[tuple[str, Scope | None]]
    iterators: frozenset[str] = frozenset()

    @cached_property
    def own(self) -> frozenset[str]:
        """The names that are bound to something of the notebook's own."""
        return self.bound - self.borrowed


def survey(drafts: Sequence[Draft]) -> Survey:
    """Return what the notebook binds."""
    bound: set[str] = set()
    borrowed: set[str] = set()
    shells: set[str] = set()
    others: set[str] = set()  # bound to something else than the shell
    sessions = set(_SESSIONS)
    handles: set[tuple[str, Scope | None]] = set()
    no_handles: set[tuple[str, Scope | None]] = set()
    for one in drafts:
        shown = {id(_handle(use)) for use in one.uses if use.name == "display"}
        for use in one.uses:
            if not use.binds:
                continue
            (handles if id(use.node) in shown else no_handles).add((use.name, use.home))
            if _makes_session(use):
                sessions.add(use.name)
            if use.home is not None:
                continue
            module = use.stmt.module if isinstance(use.stmt, ast.ImportFrom) else None
            if is_ipython(module) and use.stmt:
                borrowed.add(use.name)
                if use.name in _IPYTHONS_OWN and not (module == "IPython" and use.name == "display"):
                    continue
            bound.add(use.name)
            (shells if _holds_shell(use.stmt) else others).add(use.name)
    return Survey(
        bound=frozenset(bound) - {"*"},
        borrowed=frozenset(borrowed),
        shells=frozenset(shells - others),
        sessions=frozenset(sessions),
        star="*" in bound,
        handles=frozenset() if "display" in bound else frozenset(handles - no_handles),
        iterators=iterator_names([one.tree for one in drafts]),
    )


def _holds_shell(stmt: ast.stmt | None) -> bool:
    return (
        isinstance(stmt, ast.Assign)
        and len(stmt.targets) == 1
        and isinstance(stmt.targets[0], ast.Name)
        and is_shell(stmt.value)
    )


def _handle(use: Use) -> ast.Name | None:
    """Return the `x` of `x = display(…)` by the use of the name `display` in it, None where that is used otherwise."""
    stmt = use.stmt
    if use.home is not None or not isinstance(stmt, ast.Assign) or len(stmt.targets) != 1:
        return None
    call, target = called(stmt), stmt.targets[0]
    return target if isinstance(target, ast.Name) and call is not None and call.func is use.node else None


def _makes_session(use: Use) -> bool:
    """Tell whether a name is bound to `….getOrCreate()`, `….sparkContext` or `SparkContext(…)`."""
    if not isinstance(use.stmt, (ast.Assign, ast.AnnAssign)) or use.stmt.value is None:
        return False
    value = use.stmt.value
    if isinstance(value, ast.Attribute):
        return value.attr == "sparkContext"
    if not isinstance(value, ast.Call):
        return False
    called = value.func
    if isinstance(called, ast.Attribute):
        return called.attr == "getOrCreate"
    return isinstance(called, ast.Name) and called.id == "SparkContext"
