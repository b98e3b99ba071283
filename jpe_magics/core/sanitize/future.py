"""`from __future__` below other code: IPython compiles statement by statement, and allows it anywhere."""

from __future__ import annotations

import ast

from jpe_magics.core.sanitize.cut import Cut, Source, cut_out
from jpe_magics.core.tree import tree_of
from jpe_magics.model.text import Text


def future_first(text: Text) -> Text:
    """Return a cell with its `from __future__` imports on top, where a file must have them."""
    tree = tree_of(text.text)
    source = Source(text)
    found = [stmt for stmt in tree.body if isinstance(stmt, ast.ImportFrom) and stmt.module == "__future__"]
    rest = cut_out(source, tree, {id(stmt): Cut() for stmt in found}, str)
    for stmt in reversed(found):
        line, _ = source.user_lines(stmt)
        segment = source.segment(stmt)
        lines = tuple(range(line, line + segment.count("\n") + 1))
        rest = Text(f"{segment}\n{rest.text}", lines + rest.lines)
    return rest
