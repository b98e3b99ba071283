"""`global` at the top level of a cell says nothing, and may not follow an assignment in a module."""

from __future__ import annotations

import pytest

from jpe_magics.core.toplevel import drop_globals


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ("n = 1", "n = 1"),
        ("# global n\ns = 'global n'", "# global n\ns = 'global n'"),
        ("global n", "pass"),
        ("é = 1; global n, é  # why", "é = 1; pass  # why"),
        ("if x:\n    global n\nelse:\n    global m; n = 1", "if x:\n    pass\nelse:\n    pass; n = 1"),
        ("with a:\n  for b in c:\n    global n", "with a:\n  for b in c:\n    pass"),
        ("def f():\n    global n\n    n = 1", "def f():\n    global n\n    n = 1"),
        ("class A:\n    global n\n    n = 1", "class A:\n    global n\n    n = 1"),
        ("if x:\n    def f():\n        global n\nglobal n", "if x:\n    def f():\n        global n\npass"),
    ],
)
def test_drop_globals(code: str, left: str) -> None:
    assert drop_globals(code) == left
    compile(f"n = m = é = 1\n{left}", "cell", "exec")
