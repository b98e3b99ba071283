"""Cells → one text that still compiles: `from __future__` lines must stand on top."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from jpe_magics.core.edits import Edit, Offsets, apply
from jpe_magics.core.toplevel import drop_globals
from jpe_magics.core.tree import tree_of
from jpe_magics.model.text import Text


def hoist_future(code: str) -> tuple[tuple[str, ...], str]:
    """Return the features that `code` imports from `__future__`, in order, and the code without those imports.

    A line that held nothing else is gone, the rest is unchanged.

    >>> hoist_future("from __future__ import annotations; x = 1")
    (('annotations',), 'x = 1')
    """
    if "__future__" not in code:
        return (), code
    offsets = Offsets(code)
    features: list[str] = []
    edits: list[Edit] = []
    for node in tree_of(code).body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__" and node.level == 0:
            named = (f"{one.name} as {one.asname}" if one.asname else one.name for one in node.names)
            features += [one for one in named if one not in features]
            edits.append(_removal(code, *offsets.span(node)))
    return tuple(features), apply(Text.of(code), edits).text


def _removal(code: str, start: int, end: int) -> Edit:
    """Return the edit that takes a simple statement out with its `;`, or with its line where it is alone there."""
    after = end
    while code[after : after + 1] in (" ", "\t"):
        after += 1
    if code[after : after + 1] == ";":
        after += 1
        while code[after : after + 1] in (" ", "\t"):
            after += 1
        if code[after : after + 1] not in ("\n", "#", ""):
            return Edit(start, after)
    alone = code[:start].rpartition("\n")[2].strip() == ""
    if alone and code[after : after + 1] in ("\n", ""):
        line_start = code.rfind("\n", 0, start) + 1
        return Edit(line_start, min(after + 1, len(code)))
    return Edit(start, after)


def join(codes: Sequence[str], earlier: Sequence[str] = ()) -> str:
    """Return the cells' code as one text, in order.

    `earlier` is the code of cells that ran before in a notebook: IPython goes on compiling with their
    `from __future__` features, so they are put on top here too.  Where no feature needs to move, and no
    `global` stands at the top level of cells that are joined, the text is the cells' own, byte for byte.
    """
    if len(codes) == 1 and not earlier and "__future__" not in codes[0]:
        return codes[0]
    if len(codes) > 1:
        codes = [drop_globals(code) for code in codes]
    inherited = _features(earlier)
    own = _features(codes)
    if not (set(inherited) - set(_features(codes[:1]))) and not _features(codes[1:]):
        return "\n\n".join(codes)
    features = list(dict.fromkeys([*inherited, *own]))
    top = f"from __future__ import {', '.join(features)}"
    return "\n".join([top, "\n\n".join(hoist_future(code)[1] for code in codes)])


def _features(codes: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(feature for code in codes for feature in hoist_future(code)[0]))
