"""Random programs with print calls and magics put in anywhere: what is left runs as before, in the user's own text."""

from __future__ import annotations

import ast
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jpe_magics.core.classified import Classified
from jpe_magics.core.sanitize import Rules, Sanitized, sanitize
from jpe_magics.model.notebook import Cell
from jpe_magics.model.text import Text

#: Lines of a notebook, each with what it does in a plain interpreter where `print` and `_magic` do nothing.
PLAIN = ["a += 1", "b = [a, 'é🚀']", "note(a)", "c = '''\n%who\nprint(1)\n'''", "a = (a\n% 7)", "a = 2; b = 3;  # both"]
PLAIN += ["# %who\nd = a  # print(1)", "pass"]
SHOWN = [
    "print(a)",
    "print(note(a), str(b))",
    "print(\n  a,  # é\n  note('x')\n)",
    "display(b);",
    "print('🚀', a); a += 2",
]
SHOWN += ["note(1); print(note(2), note(3)); note(4)", "print(note(1) if a else note(2), [note(n) for n in (1, 2)])"]
SHOWN += ["print(*(note(n) for n in (1, 2)), (e := 3))", "print(f'{note(5)}', sep=str(note(6)))"]
MAGIC = {
    "%who": "pass",
    "!ls \\\n  -l": "pass",
    "a?": "pass",
    "%time a += 1": "a += 1",
    "f = %time note(a)": "f = note(a)",
}
MAGIC |= {"get_ipython().system('x')": "pass", "%time print(note(1))": "print(note(1))"}
HEADS = [
    "if a % 2:",
    "for n in (1, 2):",
    "while True:",
    "try:",
    "def f(a=a, b=b):",
    "class K:\n    '''doc'''",
]


leaf = st.sampled_from([(one, one) for one in (*PLAIN, *SHOWN)] + list(MAGIC.items()))


def _block(inner: Any) -> Any:
    return st.tuples(st.sampled_from(HEADS), st.lists(inner, min_size=1, max_size=3)).map(_headed)


def _headed(made: tuple[str, list[tuple[str, str]]]) -> tuple[str, str]:
    head, parts = made
    tail = {"try:": "\nfinally:\n    note('end')", "while True:": "\n    break"}.get(head, "")
    tail = "\nf()" if head.startswith("def") else tail
    notebook, plain = (head + "\n" + "\n".join(_shift(part[side]) for part in parts) + tail for side in (0, 1))
    return notebook, plain


def _shift(code: str) -> str:
    """Return the code four columns to the right, but for the insides of strings of several lines."""
    inside = False
    shifted = []
    for line in code.split("\n"):
        shifted.append(line if inside else f"    {line}")
        inside ^= line.count("'''") % 2 == 1
    return "\n".join(shifted)


programs = st.lists(st.recursive(leaf, _block, max_leaves=6), min_size=1, max_size=5)


def _sanitize(source: str) -> Sanitized:
    cell = Classified(Cell(source, 0, 1), "plain", "python", Text.of(source))
    (one,) = sanitize([cell], Rules(shared_session=True))
    return one


def _run(code: str) -> tuple[dict[str, str], list[str]]:
    """Return what the code binds and, in order, what it does to the world."""
    noted: list[str] = []

    def note(what: object) -> int:
        noted.append(repr(what))
        return 1

    names: dict[str, Any] = {"note": note, "print": _nothing, "display": _nothing, "a": 1, "b": []}
    try:
        exec(compile(code, "<cell>", "exec"), names)
    except Exception as error:  # noqa: BLE001 - a class body may read what it does not bind: both sides must
        noted.append(repr(error))
    shown = {name: repr(value) for name, value in names.items() if isinstance(value, (int, str, list))}
    return shown, noted


def _nothing(*args: object, **kwargs: object) -> None:
    """Stand in for print and display."""


@given(programs)
def test_what_is_left_does_the_same(parts: list[tuple[str, str]]) -> None:
    source, plain = ("\n".join(part[side] for part in parts) for side in (0, 1))
    one = _sanitize(source)
    assert one.error is None
    assert _run(one.code.text) == _run(plain)


@given(programs)
def test_what_is_left_is_the_users_own_text(parts: list[tuple[str, str]]) -> None:
    source = "\n".join(notebook for notebook, _ in parts)
    one = _sanitize(source)
    tree = ast.parse(one.code.text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            assert ast.unparse(node.value.func) not in ("print", "display")
    assert "_jpe_held_" not in one.code.text
    assert "get_ipython" not in one.code.text

    lines = source.split("\n")
    for text, line in zip(one.code.text.split("\n"), one.code.lines, strict=True):
        statements = [part.strip(" ()[]") for part in text.split(";")]
        around = "\n".join(lines[line - 1 : line + 4]).replace("%time ", "")
        assert text.strip() == "pass" or all(part in around for part in statements)

    again = _sanitize(one.code.text)
    assert (again.code.text, again.rejections) == (one.code.text, ())
    unchanged = not one.rejections
    assert unchanged == (one.code.text == source)
