"""Imports from IPython that nothing reads any more once the display calls are gone."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from jpe_magics.core.sanitize.blocks import Block, blocks_in, is_ipython
from jpe_magics.core.sanitize.cut import Cut
from jpe_magics.core.sanitize.draft import Draft
from jpe_magics.core.sanitize.judge import Judged

_REASON = "nothing that stays uses it, and IPython may not be installed where the job runs"


def drop_idle_imports(drafts: Sequence[Draft], judged: list[Judged]) -> None:
    """Take out the unguarded imports from IPython of which no exported cell reads a name any more.

    `judged` gets another entry for each cell that has one.
    """
    found = [(place, stmt) for place, one in enumerate(drafts) if "IPython" in one.text.text for stmt in _imports(one)]
    if not found:
        return
    names = {name for _, stmt in found for name in _names(stmt)}
    read = {
        use.name
        for one, what in zip(drafts, judged, strict=True)
        if not one.names.isdisjoint(names)
        for use in what.staying
        if use.reads
    }
    for place, stmt in found:
        if not read & set(_names(stmt)) and id(stmt) not in judged[place].cuts:
            judged[place] = judged[place].copy()
            judged[place].take(stmt, drafts[place].taken_out(stmt, "ipython", _REASON), Cut())


def _imports(one: Draft) -> list[ast.Import | ast.ImportFrom]:
    """Return the unguarded imports from IPython and nothing else."""
    found: list[ast.Import | ast.ImportFrom] = []
    blocks = [Block(one.tree, one.tree.body)]
    while blocks:
        block = blocks.pop()
        for stmt in block.statements:
            blocks += blocks_in(stmt, block.guarded)
            if block.guarded:
                continue
            if isinstance(stmt, (ast.Import, ast.ImportFrom)) and _is_ipythons(stmt):
                found.append(stmt)
    return found


def _is_ipythons(stmt: ast.Import | ast.ImportFrom) -> bool:
    """Tell whether everything that the statement imports is IPython's, and is known by name."""
    if isinstance(stmt, ast.ImportFrom):
        return is_ipython(stmt.module) and stmt.names[0].name != "*"
    return all(is_ipython(alias.name) for alias in stmt.names)


def _names(stmt: ast.Import | ast.ImportFrom) -> list[str]:
    return [alias.asname or alias.name.split(".")[0] for alias in stmt.names]
