"""Python source → its tree, parsed once however many steps of an export look at it."""

from __future__ import annotations

import ast

from jpe_magics.core.remembered import Remembered
from jpe_magics.core.silence import silence


@Remembered
def tree_of(code: str) -> ast.Module:
    """Return the tree of `code`, which is shared: nobody may change it; raise what `ast.parse` raises.

    It is remembered until an export has ended that did not ask for it.
    """
    return parsed(code)


def parsed(code: str) -> ast.Module:
    """Return the tree of `code` for one look: it is not kept."""
    with silence():
        return ast.parse(code)
