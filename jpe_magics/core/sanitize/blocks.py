"""The blocks of a tree: lists of statements, and which of them are guarded against a missing IPython."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

#: What a test for IPython looks for (`"get_ipython" in globals()`, `"ipykernel" in sys.modules`).
_TESTED = frozenset({"get_ipython", "__IPYTHON__", "IPython", "ipykernel"})
_CATCHING = frozenset({"NameError", "Exception", "BaseException"})
_CATCHING_IMPORT = frozenset({"ImportError", "ModuleNotFoundError"})
#: `try … except*` (Python 3.11) has the same fields.
_TRIES: tuple[type[ast.Try], ...] = (ast.Try, *([ast.TryStar] if hasattr(ast, "TryStar") else []))

#: Statements that hold no others: most of a notebook.
_SIMPLE = frozenset(cls for cls in ast.stmt.__subclasses__() if not {"body", "cases"}.intersection(cls._fields))


class Block(NamedTuple):
    """The statements of one suite, in order.

    `owner` is the node that holds them; `guarded` tells that the code gets along without IPython there:
    a NameError is caught, or the notebook asks first.  `tried` tells that some error is caught: what may
    raise there has a meaning.
    """

    owner: ast.AST
    statements: list[ast.stmt]
    guarded: bool = False
    tried: bool = False

    def fills(self, text: str, start: int) -> bool:
        """Tell whether the block needs a statement to be valid; `start` is where its first statement stands.

        A cell may be empty, and an `elif` may go with all that hangs on it.
        """
        elif_only = isinstance(self.statements[0], ast.If) and text.startswith("elif", start)
        return not (isinstance(self.owner, ast.Module) or elif_only)


def blocks_in(stmt: ast.stmt, guarded: bool, tried: bool = False) -> Iterable[Block]:
    """Return the blocks right below `stmt`, which itself stands in a guarded or tried block or not."""
    return () if stmt.__class__ in _SIMPLE else _blocks_in(stmt, guarded, tried)


def _blocks_in(stmt: ast.stmt, guarded: bool, tried: bool) -> Iterator[Block]:
    if isinstance(stmt, _TRIES):
        caught = guarded or catches(stmt)
        yield Block(stmt, stmt.body, caught, tried or bool(stmt.handlers))
        for handler in stmt.handlers:
            yield Block(handler, handler.body, guarded, tried)
        if stmt.orelse:
            yield Block(stmt, stmt.orelse, caught, tried)
        if stmt.finalbody:
            yield Block(stmt, stmt.finalbody, guarded, tried)
    elif isinstance(stmt, ast.Match):
        for case in stmt.cases:
            yield Block(case, case.body, guarded, tried)
    else:
        called_later = isinstance(stmt, (ast.FunctionDef, ast.AsyncFunctionDef))
        inner = guarded or (isinstance(stmt, (ast.If, ast.While)) and asks(stmt.test)) or _suppresses(stmt)
        for suite in ("body", "orelse"):
            statements = getattr(stmt, suite, None)
            if isinstance(statements, list) and statements:
                yield Block(stmt, statements, inner, tried and not called_later)


def catches(stmt: ast.Try) -> bool:
    """Tell whether a `try` gets along where IPython, or a name that it makes, is missing."""
    wanted = set(_CATCHING)
    if any(_imports_ipython(one) for one in stmt.body):
        wanted |= _CATCHING_IMPORT
    return any(handler.type is None or _named(handler.type) & wanted for handler in stmt.handlers)


def asks(node: ast.AST) -> bool:
    """Tell whether `node` holds a test for IPython."""
    for one in ast.walk(node):
        if isinstance(one, ast.Compare) and isinstance(one.ops[0], (ast.In, ast.NotIn)):
            asked = [one.left]
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "hasattr":
            asked = one.args[1:]
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "get":
            asked = one.args[:1]
        else:
            continue
        if any(isinstance(name, ast.Constant) and name.value in _TESTED for name in asked):
            return True
    return False


def _suppresses(stmt: ast.stmt) -> bool:
    """Tell whether `stmt` is `with suppress(NameError):`."""
    return isinstance(stmt, ast.With) and any(
        isinstance(item.context_expr, ast.Call)
        and "suppress" in _named(item.context_expr.func)
        and any(_named(one) & _CATCHING for one in item.context_expr.args)
        for item in stmt.items
    )


def _imports_ipython(stmt: ast.stmt) -> bool:
    if isinstance(stmt, ast.ImportFrom):
        return is_ipython(stmt.module)
    return isinstance(stmt, ast.Import) and any(is_ipython(one.name) for one in stmt.names)


def is_ipython(module: str | None) -> bool:
    """Tell whether a module is IPython or a part of it."""
    return (module or "").split(".")[0] == "IPython"


def _named(node: ast.expr) -> set[str]:
    """Return the last names of what an `except` or a call names: `builtins.NameError`, `(A, B)`."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return {one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "") for one in parts}
