"""Markdown from values: tables, code, directives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml

#: A cell of a table in which nothing stands.
NOTHING = "\N{EN DASH}"
_INTROS = Path(__file__).with_name("intros.yaml")
_NOTE = "<!-- Made from the declarations of the package by tools/docs: change those, not this page. -->\n"


@cache
def _intros() -> Mapping[str, str]:
    loaded: Mapping[str, str] = yaml.safe_load(_INTROS.read_text(encoding="utf-8"))
    return loaded


def told(name: str) -> str:
    """Return what `intros.yaml` says under this name."""
    return _intros()[name]


def intro(page: str) -> str:
    """Return how a page begins: where it comes from, its title, and what is to be known first."""
    return f"{_NOTE}\n{told(page)}"


def plain(text: object) -> str:
    r"""Return text that Markdown shows as it is, for what stands in a line.

    >>> plain("NAME=*, a_b")
    'NAME=\\*, a\\_b'
    """
    return re.sub(r"([\\`*_{}\[\]<>|~#$])", r"\\\1", str(text))


def prose(text: str) -> str:
    """Return a sentence of a docstring or help text: its `code` stays code, all else is text."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if place % 2 else plain(part) for place, part in enumerate(parts))


def code(text: object) -> str:
    """Return text as code in a line; "" for none."""
    shown = str(text)
    if not shown:
        return ""
    fence = "``" if "`" in shown else "`"
    blank = " " if "`" in shown else ""
    return f"{fence}{blank}{shown}{blank}{fence}"


def block(text: str, language: str = "text") -> str:
    """Return text as a block of code, whatever it holds."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.strip(chr(10))}\n{fence}\n"


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already."""
    lines = [names, ["---"] * len(names), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


def directive(name: str, argument: str, body: str, options: Mapping[str, str] | None = None) -> str:
    """Return a directive of Sphinx; its body is Markdown and may hold directives itself."""
    inner = max((len(run) for run in re.findall(r"^:{3,}", body, re.MULTILINE)), default=2)
    fence = ":" * (inner + 1)
    told = "".join(f":{key}: {value}\n" for key, value in (options or {}).items())
    return f"{fence}{{{name}}} {argument}\n{told}\n{body.strip()}\n{fence}\n"


def anchor(name: str) -> str:
    """Return the mark by which a link finds what follows."""
    return f"({name})=\n"


def sentence(text: str) -> str:
    """Return a help text as a sentence: it begins with a capital letter and ends with a full stop.

    A first word that is a name (`per_cell: …`) stays as it is.
    """
    text = text.strip()
    first = text.partition(" ")[0]
    if first.isalpha():
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "…")) else text + "."


def _cell(text: str) -> str:
    # a bar inside of code would end the cell too
    return re.sub(r"(?<!\\)\|", r"\\|", text).replace("\n", " ")
