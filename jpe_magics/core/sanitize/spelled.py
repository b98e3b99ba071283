"""`get_ipython().system("ls")` and the like: the magic or the shell command that they spell out."""

from __future__ import annotations

import ast
from typing import NamedTuple

from jpe_magics.core.sanitize.blocks import is_ipython
from jpe_magics.core.sanitize.magics import SHELL, Magic
from jpe_magics.core.sanitize.valid import is_expression

_SHELL_METHODS = frozenset({"system", "system_raw", "system_piped", "getoutput", "getoutput_pexpect"})
_MAGIC_METHODS = frozenset({"run_line_magic", "magic", "run_cell_magic", "run_cell", "ex"})
#: Cell magics that run their body in the notebook's namespace.
_RUNNING_CELLS = frozenset({"time", "capture", "prun"})


class Spelled(NamedTuple):
    """What a call spells: `kind` and `reason` of the rejection (kind "" for a line of our own).

    `code` is the code that it runs in the notebook's namespace (`%time`), None where it runs none.
    """

    kind: str
    reason: str
    code: str | None = None


def called(stmt: ast.stmt) -> ast.Call | None:
    """Return the call that a statement consists of, or whose value it assigns."""
    value = stmt.value if isinstance(stmt, (ast.Expr, ast.Assign, ast.AnnAssign)) else None
    return value if isinstance(value, ast.Call) else None


def is_shell(node: ast.expr, shells: frozenset[str] = frozenset()) -> bool:
    """Tell whether `node` is IPython's shell: `get_ipython()`, or one of the names that hold it."""
    if isinstance(node, ast.Name):
        return node.id in shells
    if not isinstance(node, ast.Call):
        return False
    func = node.func
    if isinstance(func, ast.Attribute) and func.attr == "get_ipython":
        root = func.value
        while isinstance(root, ast.Attribute):
            root = root.value
        return isinstance(root, ast.Name) and is_ipython(root.id)
    return isinstance(func, ast.Name) and func.id == "get_ipython"


def spelled(call: ast.Call, shells: frozenset[str] = frozenset()) -> Spelled | None:
    """Return what a method call of the shell spells, None where it is something else."""
    if not isinstance(call.func, ast.Attribute) or not is_shell(call.func.value, shells):
        return None
    method = call.func.attr
    if method in _SHELL_METHODS:
        return Spelled("shell", SHELL)
    if method not in _MAGIC_METHODS:
        return None
    texts = [one.value if isinstance(one, ast.Constant) and isinstance(one.value, str) else None for one in call.args]
    first = texts[0] if texts else None
    if method in ("run_cell", "ex"):
        return Spelled("ipython", "run_cell runs a cell: what it ran stays, where it is written out", first)
    if first is None:
        return Spelled("magic", "a magic works in a notebook only")
    if method == "magic":
        magic = Magic.of(first.lstrip("%"))
    else:
        magic = Magic(first, (texts[1] if len(texts) > 1 else None) or "")
    if method == "run_cell_magic":
        code = texts[2] if len(texts) > 2 and first in _RUNNING_CELLS else None
        return Spelled("" if magic.ours else magic.kind, f"%%{first}: a cell magic works in a notebook only", code)
    return Spelled("" if magic.ours else magic.kind, magic.reason, magic.code or None)


def written_out(stmt: ast.stmt, what: Spelled, column: int) -> str | None:
    """Return the code that `stmt`, which starts in `column`, runs, where it can stand in its place.

    For an assignment that must be an expression, inside a block it must be one line: indenting text
    of several would change the strings in it.
    """
    if what.code is None or not (code := what.code.strip("\n")):
        return None
    if isinstance(stmt, ast.Expr):
        return code if "\n" not in code or column == 0 else None
    return code if is_expression(code) and "\n" not in code else None
