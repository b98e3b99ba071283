"""What must be known of the whole notebook before a cell can be judged."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jpe_magics.core.names import Scope, Use
from jpe_magics.core.remembered import Remembered
from jpe_magics.core.sanitize.blocks import is_ipython
from jpe_magics.core.sanitize.draft import Draft
from jpe_magics.core.sanitize.iterators import Makers, iterator_names, makers
from jpe_magics.core.sanitize.spelled import called, is_shell

#: Names that IPython's modules give under the very names that a notebook has without importing them.
_IPYTHONS_OWN = frozenset({"get_ipython", "display"})
_SESSIONS = frozenset({"spark", "sc"})


class Seen(NamedTuple):
    """What a cell looks up in the survey as far as it uses the names; two cells that see the same are judged alike."""

    bound: frozenset[str]
    borrowed: frozenset[str]
    shells: frozenset[str]
    sessions: frozenset[str]
    star: bool
    handles: frozenset[tuple[str, Scope | None]]
    iterators: frozenset[str]

    @property
    def own(self) -> frozenset[str]:
        """The names that are bound to something of the notebook's own."""
        return self.bound - self.borrowed


class Survey(NamedTuple):
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

    def of(self, names: frozenset[str]) -> Seen:
        """Return what there is to know of the `names`."""
        return Seen(
            names & self.bound,
            self.borrowed and names & self.borrowed,
            self.shells and names & self.shells,
            names & self.sessions,
            self.star,
            self.handles and frozenset(one for one in self.handles if one[0] in names),
            names & self.iterators,
        )


class Binds(NamedTuple):
    """What one cell binds: see `Survey`; `others` are bound to something else than the shell."""

    bound: frozenset[str]
    borrowed: frozenset[str]
    shells: frozenset[str]
    others: frozenset[str]
    sessions: frozenset[str]
    handles: frozenset[tuple[str, Scope | None]]
    makers: Makers


def survey_of(drafts: Sequence[Draft]) -> Survey:
    """Return what the notebook binds."""
    cells = [_binds(one) for one in drafts]
    bound = frozenset[str]().union(*(one.bound for one in cells))
    shells = frozenset[str]().union(*(one.shells for one in cells))
    handles = frozenset[tuple[str, "Scope | None"]]()
    if "display" not in bound:
        handles = handles.union(*(one.handles for one in cells))
    return Survey(
        bound=bound - {"*"},
        borrowed=frozenset[str]().union(*(one.borrowed for one in cells)),
        shells=shells.difference(*(one.others for one in cells)) if shells else shells,
        sessions=_SESSIONS.union(*(one.sessions for one in cells)),
        star="*" in bound,
        handles=handles.difference(*(_no_handles(one, handles) for one in drafts)) if handles else handles,
        iterators=iterator_names(one.makers for one in cells),
    )


@Remembered
def _binds(one: Draft) -> Binds:
    bound: set[str] = set()
    borrowed: set[str] = set()
    shells: set[str] = set()
    others: set[str] = set()
    sessions: set[str] = set()
    shown = _shown(one) if "display" in one.names else ()
    handles = {(use.name, use.home) for use in one.uses if use.binds and id(use.node) in shown} if shown else ()
    for use in one.uses:
        if not use.binds:
            continue
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
    return Binds(
        bound=frozenset(bound),
        borrowed=frozenset(borrowed),
        shells=frozenset(shells),
        others=frozenset(others),
        sessions=frozenset(sessions),
        handles=frozenset(handles),
        makers=makers(one.tree, one.uses, one.text.text),
    )


def _shown(one: Draft) -> set[int]:
    """Return the `id` of each name that is bound to what `display(…)` returns."""
    found = (_handle(use) for use in one.uses if use.name == "display")
    return {id(target) for target in found if target is not None}


def _no_handles(one: Draft, handles: frozenset[tuple[str, Scope | None]]) -> Iterator[tuple[str, Scope | None]]:
    """Yield those of `handles` that the cell binds to something else."""
    if one.names.isdisjoint(name for name, _ in handles):
        return
    shown = _shown(one)
    for use in one.uses:
        if use.binds and id(use.node) not in shown and (use.name, use.home) in handles:
            yield use.name, use.home


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
