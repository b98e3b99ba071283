"""Values as Python source: the only way by which anything gets into generated code."""

from __future__ import annotations

import ast
import keyword
import re
from typing import Any

from jpe_magics.core.remembered import Remembered


class Code(str):
    """Text that is safe to stand in a Python file as it is.

    Made by `literal`, `identifier` and `comment`; the Jinja environment refuses to write anything else,
    so that a forgotten quote is a render error and not an injection.
    """

    __slots__ = ()


def literal(value: Any) -> Code:
    """Return Python source that evaluates to exactly `value`.

    Takes what JSON can hold, and tuples.  Text of several lines is written between triple quotes
    where that evaluates to exactly the same text, otherwise line by line.

    >>> print(literal("a = 1\\nb = '\\\\n'"))
    r\"\"\"a = 1
    b = '\\n'\"\"\"
    >>> literal({"a": [1, None, "x"]})
    '{"a": [1, None, "x"]}'
    """
    if isinstance(value, str):
        return Code(_text(value))
    if isinstance(value, dict):
        return Code("{" + ", ".join(f"{literal(key)}: {literal(one)}" for key, one in value.items()) + "}")
    if isinstance(value, list):
        return Code("[" + ", ".join(literal(one) for one in value) + "]")
    if isinstance(value, tuple):
        inner = ", ".join(literal(one) for one in value)
        return Code(f"({inner},)" if len(value) == 1 else f"({inner})")
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return Code(f'float("{value}")')
    if value is None or isinstance(value, (bool, int, float)):
        return Code(repr(value))
    raise TypeError(f"no literal for {type(value).__name__}")


def _text(value: str) -> str:
    return _lines(value) if "\n" in value else _line(value)


@Remembered
def _lines(value: str) -> str:
    if value.replace("\n", "").replace("\t", "").isprintable():
        # raw where there is a backslash: "\\d" evaluates to itself too, but warns from Python 3.12 on
        raw = "r" if "\\" in value else ""
        for quotes in ('"""', "'''"):
            source = f"{raw}{quotes}{value}{quotes}"
            # what holds no such quotes, and ends with nothing that would join them, can only evaluate to itself
            if (quotes not in value and value[-1] not in (quotes[0], "\\")) or _evaluates_to(source, value):
                return source
    lines = "\n".join(f"    {_line(line)}" for line in value.splitlines(keepends=True))
    return f"(\n{lines}\n)"


def _line(value: str) -> str:
    """Return one quoted line, in which what can't be seen (bidi marks, NUL, lone surrogates) is escaped."""
    quote = "'" if '"' in value and "'" not in value else '"'
    source = value.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return f"{quote}{_visible(source)}{quote}"


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _evaluates_to(source: str, value: str) -> bool:
    try:
        return bool(ast.literal_eval(source) == value)
    except (SyntaxError, ValueError):
        return False


def identifier(name: str) -> Code:
    """Return `name` if it can name a variable; raise ValueError otherwise."""
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"{name!r} can't name a variable")
    return Code(name)


def comment(text: str) -> Code:
    """Return `text` as the inside of a one-line comment.

    What could end the line or hide is escaped, and so is what would make the comment an encoding
    declaration (PEP 263), if it stands in the first two lines of a file.

    >>> comment("daily\\nimport os")
    'daily\\\\nimport os'
    """
    return Code(_visible(re.sub("coding([:=])", lambda found: f"coding\\x{ord(found[1]):x}", text)))
