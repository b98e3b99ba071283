"""Python source → its tree, parsed once however many steps of an export look at it."""

from __future__ import annotations

import ast
from functools import lru_cache

from jpe_magics.core.silence import silence


@lru_cache(maxsize=4096)
def tree_of(code: str) -> ast.Module:
    """Return the tree of `code`, which is shared: nobody may change it; raise what `ast.parse` raises.

    `prepare` empties the memory when it is done (`tree_of.cache_clear`), so that no trees outlive an export.
    """
    with silence():
        return ast.parse(code)
