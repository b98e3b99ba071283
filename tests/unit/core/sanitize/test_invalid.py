"""Cells that are no valid Python: an error with the line, never a crash or a guess."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest

from jpe_magics.core.sanitize import Rules, Sanitized, sanitize

Clean = Callable[..., tuple[Sanitized, ...]]


@pytest.mark.parametrize(
    ("source", "line", "told"),
    [
        ("x = 1\ny = # later", 2, "not valid Python"),
        ("x = (1,", 1, "closed"),
        ("x = 1\nprint 'a'", 2, "Python 2"),
        ("x = 1\n\ny =\xa02", 3, "U+00A0"),
        ("x = 1\nr = await f()", 2, "asyncio.run"),
        ("async for a in b:\n    pass", 1, "top-level await"),
        ("%time await f()", 1, "top-level await"),
        ("display(await f())", 1, "top-level await"),
        ("%matplotlib inline\n!ls \\\n  -l\nreturn 1", 4, "outside function"),
        ("print(1)\nprint(2)\nbreak", 3, "loop"),
        ("x = 1\ny = '\0'", 2, "NUL"),
        ("x = 1\ny = '\ud800'", 2, "Unicode"),
        ("(" * 300 + ")" * 300, 1, "nested"),
        ("-" * 20000 + "1", 1, "nested"),
        ("a = b = !ls", 1, "not valid Python"),
        ("if a: %time b", 1, "not valid Python"),
        ("def f():\n    x = !ls\n    def g():\n        nonlocal x\n        x = 2", 4, "bind the name"),
        ("In [1]: x = = 1", 1, "not valid Python"),
    ],
)
def test_error(clean: Clean, source: str, line: int, told: str) -> None:
    good, one, other = clean("x = 1", source, "y = 2\nprint(y)")
    assert one.error is not None
    assert one.error[0] == line
    assert told in one.error[1]
    assert (one.code.text, one.rejections, one.findings) == (source, (), ())
    assert (good.error, other.error, other.code.text) == (None, None, "y = 2")


def test_long_chains_are_no_fault(clean: Clean) -> None:
    source = "x = " + " + ".join(f"'a{n}'" for n in range(400)) + "\nprint(x" + "[0]" * 300 + ")\n"
    source += "if a: pass\n" + "elif b: print(1)\n" * 200
    (one,) = clean(source)
    assert one.error is None
    assert one.code.text.count("elif b: pass") == 200


def test_warnings_about_the_users_code_stay_inside(clean: Clean) -> None:
    source = "x = '\\d'\ny = x is 1\nassert (x, 'always')"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        from jpe_magics.core.classified import Classified
        from jpe_magics.model.notebook import Cell
        from jpe_magics.model.text import Text

        cell = Classified(Cell(source, 0, 1), "plain", "python", Text.of(source))
        (one,) = sanitize([cell], Rules(shared_session=True))
    assert (one.error, one.code.text) == (None, source)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("x = 1\nfrom __future__ import annotations\nprint(x)", "from __future__ import annotations\nx = 1"),
        ("%time x = 1\nfrom __future__ import (\n    division)", "from __future__ import (\n    division)\nx = 1"),
        ("# c\n'''doc'''\nfrom __future__ import annotations", None),
        ("# -*- coding: latin-1 -*-\nname = 'é'", None),
        (">>> a = 1\n>>> for i in b:\n...     a += i\n>>> print(a)", "a = 1\nfor i in b:\n    a += i"),
        ("In [1]: a = 1\n   ...: b = 2\n\nIn [2]: !ls", "a = 1\nb = 2"),
        ("doc = '''\n>>> f(1)\nIn [1]: x\n'''", None),
        ("x = Ellipsis\n...", None),
    ],
)
def test_odd_but_valid(clean: Clean, source: str, code: str | None) -> None:
    (one,) = clean(source)
    assert (one.error, one.code.text) == (None, source if code is None else code)
