"""Whatever the text, its literal evaluates to it, silently, and shows nothing hidden."""

from __future__ import annotations

import ast
import time
import warnings

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jpe_magics.core.literal import Code, comment, identifier, literal

NASTY = [
    "",
    "\n",
    "\\",
    "\\\n",
    "a\\",
    "a\n\\",
    '"',
    '""',
    '"""',
    "'''",
    "\"\"\"'''",
    "\"\"\"\n'''\\",
    'ends with a quote"\n"',
    '"\n',
    '\n"""',
    "\\N{BULLET}",
    "\\d\n\\x",
    "r'\\'\n",
    "{{ ds }}\n{% if x %}{# no #}",
    "\x00",
    "a\x00\nb",
    "\ud800",
    "a\n\udfff",
    "\u202e evil\nline",
    "\u2028a\u2029\x85\x0b\x0c\x1c",
    "a\rb\r\nc",
    "\t tab\n\ttab",
    "naïve ☃ \U0001f600\nzwj \U0001f469\u200d\U0001f4bb",
    "\ufeffbom\n",
    "'\"'\n\"'\"",
    "%s %% \\u0041\n",
]
TEXT = st.text(
    st.one_of(
        st.sampled_from("\"'\\\n\r{}%#rN \t\x00\u202e\ud800"),
        st.characters(),
        st.characters(categories=["Cs", "Cf", "Zl"]),
    )
)


def evaluated(source: str) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return ast.literal_eval(source)


def check_text(text: str) -> None:
    source = literal(text)
    assert isinstance(source, Code)
    assert evaluated(source) == text
    assert evaluated(f"f({source}, [{source}])".replace("f(", "(", 1)) == (text, [text])
    assert all(one.isprintable() or one in "\n\t" for one in source)
    source.encode()  # a file can hold it
    assert ast.literal_eval(ast.parse(f"if 1:\n    X = {source}\n").body[0].body[0].value) == text  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_nasty_text(text: str) -> None:
    check_text(text)


@settings(max_examples=300, deadline=None)
@given(TEXT)
@example('\\\\\n""')
def test_any_text(text: str) -> None:
    check_text(text)


@settings(deadline=None)
@given(st.lists(TEXT, max_size=6).map("\n".join))
def test_any_lines(text: str) -> None:
    check_text(text)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("x = 1\ny = 2", '"""x = 1\ny = 2"""'),
        ("x = 1\n", '"""x = 1\n"""'),
        ('s = """a\nb"""\n', "'''s = \"\"\"a\nb\"\"\"\n'''"),
        ("p = '\\n'\nq = 1", 'r"""p = \'\\n\'\nq = 1"""'),
        ("ilum-livy-proxy", '"ilum-livy-proxy"'),
        ("it's", '"it\'s"'),
        ('say "x"', "'say \"x\"'"),
        ("zażółć\ngęślą", '"""zażółć\ngęślą"""'),
    ],
)
def test_the_readable_form_is_taken(text: str, source: str) -> None:
    assert literal(text) == source


def test_only_the_hidden_line_is_escaped() -> None:
    source = literal("plain = 1\nhidden = '\u202e'\nzażółć = 2\n")
    assert '"plain = 1\\n"' in source or "'plain = 1\\n'" in source
    assert "\\u202e" in source
    assert "zażółć" in source


@pytest.mark.parametrize("unit", ["x = 'a'\n", "x = '\\n'\n", "\"\"\" ''' \\\n", "\u202e\n", "\\\n"])
def test_a_megabyte_is_quick(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    started = time.perf_counter()
    source = literal(text)
    took = time.perf_counter() - started
    assert evaluated(source) == text
    assert took < 20


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(TEXT, inner),
    max_leaves=8,
)


@given(JSON)
def test_what_json_holds(value: object) -> None:
    assert evaluated(literal(value)) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_floats_without_a_literal(value: float) -> None:
    assert repr(eval(literal(value))) == repr(value)


@pytest.mark.parametrize("value", [b"x", {1}, object(), 1j, range(2)])
def test_other_values_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        literal(value)


@given(TEXT)
@example("x\nimport os")
@example("-*- coding: utf-7 -*-")
@example("vim: set fileencoding=latin-1 :")
def test_a_comment_stays_a_comment(text: str) -> None:
    line = f"# {comment(text)}"
    assert "\n" not in line
    assert all(one.isprintable() for one in line)
    source = f"{line}\nX = 'é'\n"
    scope: dict[str, object] = {}
    exec(compile(source.encode(), "x", "exec"), scope)  # bytes: an encoding declaration would count
    assert scope["X"] == "é"


def test_a_comment_is_read_as_it_was() -> None:
    assert comment("Zażółć (1).ipynb") == "Zażółć (1).ipynb"


@pytest.mark.parametrize("name", ["", "1a", "a b", "class", "a.b", "a\n", "x=1"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ValueError, match="can't name"):
        identifier(name)
