"""Print and display calls: what goes, what stays of them, and the text around them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jpe_magics.core.sanitize import Sanitized, is_empty
from jpe_magics.model.text import Text

Clean = Callable[..., tuple[Sanitized, ...]]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("a = 1; print(a); b = 2", "a = 1; b = 2"),
        ("print(a); b = 2; print(b)", "b = 2"),
        ("a = 1; print(a);  # c", "a = 1;  # c"),
        ("print(a);", ""),
        ("print(a)  # goes with its line\n# stays\nb = 1  # c", "# stays\nb = 1  # c"),
        ("x = 1;\\\nprint(2)", "x = 1"),
        ("print(1); \\\n x = 3", "x = 3"),
        ("if x: print(y)", "if x: pass"),
        ("if x: print(y); print(z)", "if x: pass"),
        ("if x: print(y); z = 1", "if x: z = 1"),
        ("if a:\n  print(1)\nelif b:\n  print(2)\nelse:\n  print(3)", "if a:\n  pass\nelif b:\n  pass\nelse:\n  pass"),
        ("for i in x:\n    print(i)\n    # c\nelse:\n    print(2)", "for i in x:\n    pass\n    # c\nelse:\n    pass"),
        ("class A:\n    '''d'''\n    print(1)", "class A:\n    '''d'''"),
        ("class A: print(1)", "class A: pass"),
        ("def f(): print(1); 'no docstring'", "def f(): pass; 'no docstring'"),
        ("if a:\n\tprint(1)\n\tx = 2", "if a:\n\tx = 2"),
        ("a = 'a\x0cb'\n\x0cprint(1)\nx=2", "a = 'a\x0cb'\nx=2"),
        ("x = '数据🚀'; print('🚀', x); größe = f'{x}e\u0301'; print(größe)", "x = '数据🚀'; größe = f'{x}e\u0301'"),
        ("z = 1\n\nprint(1)\n\n\n", "z = 1"),
        ("print(\n'''\n%matplotlib\n!ls\n''')\nz = '''\n!ls\n'''", "z = '''\n!ls\n'''"),
        ("display(df)\ndisplay(\n    a,\n    b)", ""),
    ],
)  # fmt: skip
def test_the_text_around(clean: Clean, source: str, code: str) -> None:
    (one,) = clean(source)
    assert one.code.text == code


@pytest.mark.parametrize(
    ("argument", "kept"),
    [
        ("x, 'a', len(xs), df.count(), f'{x:.2f}', xs[0].name, -a + b, [1, *c], {**d}", ""),
        ("'{}'.format(round(x, 2)).upper().join(sorted(k.keys()))", ""),
        ("f(x)", "f(x)"),
        ("a.b().c(1)", "a.b().c(1)"),
        ("len(f(x)), g()", "f(x)\ng()"),
        ("str(len(f(x)) + g().count())", "f(x)\ng()"),
        ("f(g(x))", "f(g(x))"),
        ("1, sep=f(), end=g()", "f()\ng()"),
        ("*f(x)", "f(x)"),
        ("*xs", ""),
        ("*map(f, xs)", "[*map(f, xs)]"),
        ("*(f(x) for x in xs)", "[*(f(x) for x in xs)]"),
        ("list(map(f, xs))", "list(map(f, xs))"),
        ("list(map(str, xs)), ', '.join(map(str.upper, xs))", ""),
        ("sum(f(x) for x in xs)", "sum(f(x) for x in xs)"),
        ("sum(x for x in xs if x)", ""),
        ("sorted(xs, key=f)", "sorted(xs, key=f)"),
        ("sorted(xs, key=len), max(xs, key=lambda x: x[0])", ""),
        ("[f(x) for x in xs]", "[f(x) for x in xs]"),
        ("str(a and f())", "a and f()"),
        ("x if c else f()", "x if c else f()"),
        ("x if c else y", ""),
        ("a < f() < g()", "a < f() < g()"),
        ("a < f()", "f()"),
        ("f'{f(x)}'", "f'{f(x)}'"),
        ("(n := len(xs))", "(n := len(xs))"),
        ("len(n := xs)", "(n := xs)"),
        ("{f(): g()}", "f()\ng()"),
        ("lambda: 1", ""),
        ("requests.get(url).json()", "requests.get(url).json()"),
        ("open(p).read()", "open(p).read()"),
        ("next(it)", "next(it)"),
        ("(\n  a\n  .go()\n), b(\n 1)", "(a\n  .go())\nb(\n 1)"),
    ],
)
def test_what_stays_of_the_arguments(clean: Clean, argument: str, kept: str) -> None:
    (one,) = clean(f"print({argument})")
    assert one.code.text == kept
    assert [found.kind for found in one.rejections] == ["display"]


def test_pieces_keep_their_lines_and_indentation(clean: Clean) -> None:
    (one,) = clean("def fn():\n    print(  # c\n        a(),\n        b(1,\n          2),\n    )\n    return 1")
    assert one.code.text == "def fn():\n    a()\n    b(1,\n          2)\n    return 1"
    assert one.code.lines == (1, 2, 4, 5, 7)
    (one,) = clean("if x: print(f(), g()); y = 1")
    assert one.code.text == "if x: f(); g(); y = 1"


def test_await_and_yield_stay(clean: Clean) -> None:
    (one,) = clean("async def f():\n    print(await g())\n\ndef h():\n    x = 1\n    print((yield x))")
    assert one.code.text == "async def f():\n    await g()\n\ndef h():\n    x = 1\n    yield x"


@pytest.mark.parametrize(
    "source",
    [
        "print('a', file=f)",
        "print(*a, **options)",
        "emit = print\nrun(print)\n[print(i) for i in x]\na and print(b)\nprint(1) if a else 2\nf = lambda: print(1)",
        "def print(x): pass\nprint(1)",
        "from rich import print\nprint(1)",
        "import display\ndisplay(1)",
        "def f(print, display):\n    print(1)\n    display(2)",
        "log.print(1)\nx.display(1)",
        "async def f():\n    x = await display(1)",
        "x = print(1)",
        "@print\ndef f(): pass",
    ],
)
def test_what_is_no_display(same: Callable[[str], None], source: str) -> None:
    same(source)


def test_the_notebook_binds_print_elsewhere(clean: Clean) -> None:
    one, two = clean("print(1)", "def print(x): table.append(x)")
    assert (one.code.text, one.rejections) == ("print(1)", ())
    one, two = clean("def len(x): write(x)", "print(len(x))")
    assert two.code.text == "len(x)"


def test_imported_display(clean: Clean) -> None:
    one, two = clean("from IPython.display import display, HTML\nimport pandas", "display(HTML('<b>'))\ny = 1")
    assert [one.code.text, two.code.text] == ["import pandas", "y = 1"]
    assert [found.kind for found in one.rejections] == ["ipython"]
    (one,) = clean("from IPython.display import display, clear_output\ndisplay(1)\nclear_output()")
    assert one.code.text == "from IPython.display import display, clear_output\nclear_output()"
    assert [(found.code, found.line) for found in one.findings] == [("JPE335", 1)]
    (one,) = clean("try:\n    from IPython.display import display\nexcept ImportError:\n    display = None")
    assert one.rejections == ()


def test_display_as_a_value_is_noticed(clean: Clean) -> None:
    (one,) = clean("x = 1\nf = [display(x) for x in y]")
    assert one.rejections == ()
    assert [(found.code, found.line) for found in one.findings] == [("JPE333", 2)]


def test_what_display_returned_shows_too(clean: Clean) -> None:
    one, two = clean("h = display(1, display_id=True)", "for x in xs:\n    h.update(f(x))\n    h.display()")
    assert (one.code.text, two.code.text) == ("", "for x in xs:\n    f(x)")
    assert [(found.kind, found.line) for found in two.rejections] == [("display", 2), ("display", 3)]
    assert two.findings == ()
    (one,) = clean("def f():\n    h = display(1)\n    h.update(2)\n    return 3")
    assert one.code.text == "def f():\n    return 3"
    one, two = clean("h = display(1)", "h.update(2)", keep=True)
    assert (one.code.text, two.code.text, len(two.rejections)) == ("h = display(1)", "h.update(2)", 1)


@pytest.mark.parametrize(
    "source",
    [
        "h = {}\nh.update(a=1)",
        "def f(display):\n    h = display(1)\n    h.update(2)",
        "def display(x): return {}\nh = display(1)\nh.update(2)",
        "def g(h):\n    h.update(1)",
        "def f():\n    display = print\n    h = display(n := {})\n    n.update(a=h)",
    ],
)
def test_what_is_no_handle(same: Callable[[str], None], source: str) -> None:
    same(source)


def test_a_name_that_holds_other_things_too_is_no_handle(clean: Clean) -> None:
    _, two = clean("h = display(1)", "if a:\n    h = {}\nh.update(2)")
    assert two.code.text == "if a:\n    h = {}\nh.update(2)"


def test_long_text_is_cut(clean: Clean) -> None:
    (one,) = clean(f"print({'1, ' * 500})")
    assert len(one.rejections[0].text) == 200
    assert one.rejections[0].text.endswith("…")


@pytest.mark.parametrize(
    ("code", "empty"),
    [("", True), ("\n \n", True), ("# a\n\n  # b", True), ("pass", False), ("'a'", False), ("\n# a\npass", False)],
)
def test_is_empty(code: str, empty: bool) -> None:
    assert is_empty(Text.of(code)) is empty


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("rows = iter(xs)\nprint(list(rows))", "list(rows)"),
        ("rows = (x for x in xs)\nprint('all', sum(rows), len(xs))", "sum(rows)"),
        ("rows = map(str, xs)\nprint(*rows)", "[*rows]"),
        ("rows = zip(a, b)\nprint([one for one in rows])", "[one for one in rows]"),
        ("def gen():\n    yield 1\nrows = gen()\nprint(1 in rows)", "1 in rows"),
        ("with open(p) as fh:\n    print(sorted(fh))", "    sorted(fh)"),
    ],
)
def test_what_takes_from_an_iterator_stays(clean: Clean, source: str, left: str) -> None:
    (one,) = clean(source)
    assert one.code.text.split("\n")[-1] == left


def test_naming_an_iterator_takes_nothing(clean: Clean) -> None:
    (one,) = clean("rows = iter(xs)\nprint(rows)")
    assert one.code.text == "rows = iter(xs)"


@pytest.mark.parametrize(
    ("shown", "left"),
    [("int(text)", "int(text)"), ("d['k']", "d['k']"), ("1 / n", "1 / n"), ("a.b", "a.b"), ("'now', n", "pass")],
)
def test_what_may_raise_stays_where_an_error_is_caught(clean: Clean, shown: str, left: str) -> None:
    (one,) = clean(f"try:\n    if n:\n        print({shown})\nexcept ValueError:\n    bad = True")
    assert one.code.text == f"try:\n    if n:\n        {left}\nexcept ValueError:\n    bad = True"
    (handled,) = clean(f"try:\n    go()\nexcept ValueError:\n    print({shown})")
    assert handled.code.text == "try:\n    go()\nexcept ValueError:\n    pass"
