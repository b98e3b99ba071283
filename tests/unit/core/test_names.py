from __future__ import annotations

import ast
import sys

import pytest

from jpe_magics.core.names import bound_names, first_reads, free_names, uses

NEW = pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")


@pytest.mark.parametrize(
    ("code", "bound", "free"),
    [
        ("x = y", "x", "y"),
        ("x += 1", "x", ""),
        ("del x", "", "x"),
        ("import a.b, c.d as e\nfrom f import g as h, i", "a e h i", ""),
        ("for a, (b, *c) in d: pass", "a b c", "d"),
        ("with a as b, c as (d, e): pass", "b d e", "a c"),
        ("try: pass\nexcept A as e: e", "e", "A"),
        ("n: int\no: int = p", "o", "int p"),
        ("a.b = c[d] = 1", "", "a c d"),
        ("def f(a, *b, c=d, **e) -> g: return a, b, c, e, f, h", "f", "d g h"),
        ("def f():\n    x = 1\n    def g(): return x, y\n    return g", "f", "y"),
        ("def f():\n    global x\n    x = 1\n    return x", "f x", ""),
        ("def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2", "f", ""),
        ("def f():\n    y = x\n    x = 1", "f", ""),
        ("def f():\n    x: int\n    return x", "f", ""),
        ("def f():\n    for x in z: del x", "f", "z"),
        ("lambda a, b=c: a + d", "", "c d"),
        ("class A(B, m=C):\n    x = 1\n    y = x\n    def g(self): return x", "A", "B C x"),
        ("class A:\n    spark = spark", "A", "spark"),
        ("class A:\n    x = 1\n    y = [x for i in x]", "A", "x"),
        ("[a for a in b if a]", "", "b"),
        ("[a for b in c for a in b]", "", "c"),
        ("{k: v for k, v in d} | {s for s in t}", "", "d t"),
        ("[x := a for a in b]", "x", "b"),
        ("def f(): return [x := a for a in b]\nx", "f", "b x"),
        ("@a\n@b(c)\nasync def f(): await d", "f", "a b c d"),
        ("f'{a!r:{b}}'", "", "a b"),
        ("match a:\n    case [b, *c]: pass\n    case {'k': d, **e}: pass\n    case F(g=h) as i: pass\n    case _: pass",
         "b c d e h i", "F a"),
        ("from a import *\nx", "", "x"),
        pytest.param("type X[T] = dict[T, U]", "X", "U dict", marks=NEW),
        pytest.param("def f[T: B](a: T) -> T: return T", "f", "B", marks=NEW),
        pytest.param("class A[T](P[T]): x: T", "A", "P", marks=NEW),
    ],
)  # fmt: skip
def test_names(code: str, bound: str, free: str) -> None:
    assert (bound_names(code), free_names(code)) == (frozenset(bound.split()), frozenset(free.split()))
    compile(code, "<code>", "exec")


def test_uses_know_their_statement() -> None:
    tree = ast.parse("if a:\n    def f(): return b")
    assert [(use.name, use.line, use.deferred) for use in uses(tree)] == [
        ("a", 1, False),
        ("f", 2, False),
        ("b", 2, True),
    ]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["x = spark.range(1)", "y = x + sc"], {"spark", "sc"}),
        (["x = x + 1", "x"], {"x"}),
        (["def f(): return g()\ndef g(): return 1"], set()),
        (["def f(): return g()", "def g(): return 1"], {"g"}),
        (["spark = make()\nspark.range(1)"], {"make"}),
        (["spark.range(1)\nspark = make()"], {"make", "spark"}),
        (["if a:\n    b = 1\nb"], {"a"}),
        (["x += 1"], {"x"}),
    ],
)
def test_first_reads(cells: list[str], expected: set[str]) -> None:
    assert first_reads(cells) == expected


def test_deep_trees_do_not_recurse() -> None:
    assert free_names("x = " + " + ".join(["a"] * 900)) == {"a"}
