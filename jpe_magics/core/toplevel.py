"""What may stand in a cell, but not in the middle of a module made of cells."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from jpe_magics.core.edits import Edit, Offsets, apply
from jpe_magics.core.tree import tree_of
from jpe_magics.model.text import Text


def drop_globals(code: str) -> str:
    """Return `code` with `pass` in place of each `global` statement outside of functions and classes.

    There it says nothing, and a cell may hold it; but Python refuses it in a module where the name was
    assigned further up, which is what two cells become when they are put into one file.

    >>> drop_globals("global n\\nn = 1")
    'pass\\nn = 1'
    """
    if "global" not in code:
        return code
    offsets = Offsets(code)
    edits = [Edit(*offsets.span(node), "pass") for node in _module_scope(tree_of(code)) if isinstance(node, ast.Global)]
    return apply(Text.of(code), edits).text


def _module_scope(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            yield child
            yield from _module_scope(child)
