"""All secret-looking literals of a cell: by their format anywhere, else by the name that they stand at.

A format is looked for in the raw text, so that no language or syntax hides it.  Python is parsed (IPython's lines
blanked out first) and literals are judged by what they are bound to; comments, magic lines, contents of strings and
whatever does not parse or is no Python go through the rules for text.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate

from jpe_magics.core.edits import Offsets
from jpe_magics.core.secrets.names import TERM, lowered
from jpe_magics.core.secrets.python import find_bound, folded, summed
from jpe_magics.core.secrets.redact import Hit
from jpe_magics.core.secrets.shapes import FORMATS, find_shapes
from jpe_magics.core.secrets.spelling import TOKEN, Spelling
from jpe_magics.core.secrets.text import find_in_text, names_command
from jpe_magics.core.secrets.values import word_set
from jpe_magics.core.tree import tree_of

_ESCAPE = re.compile(r"(?m)^[ \t]*(?:[%!?][^\n]*|[\w.,\[\]\"' \t]*=[ \t]*[!%](?!=)[^\n]*|[^\n#\"']*\?[ \t]*$)")
_CELL_MAGIC = re.compile(r"\s*(?:#[^\n]*\n\s*)*(%%?)([\w.]+)")
#: Cell magics with Python below them; every other one is followed by something else.
_PYTHON_BELOW = word_set(
    "capture debug local memit mprun pipeline_params prun pyspark python python3 px spark time timeit"
)
_OTHER_LANGUAGE = word_set("sql scala sh bash r md fs")
#: Strings put together.
_JOINED = re.compile(r"[\"'](?:\s+|\s*\+\s*|\s*\\\n\s*)[rbfu]{0,2}[\"']")
#: What may be a comment with such a name in it.
_TOLD = re.compile(rf"#[^\n#]*?(?:{TERM.pattern})")


def find_secrets(source: str, language: str = "python") -> tuple[Hit, ...]:
    """Return the secret-looking literals of a cell in the order of their lines.

    `source` is the cell as the user sees it, magic lines and all; `language` that of its body ("python",
    "scala", "sql", "shell", "json" …).  Nothing is executed; time and memory are linear in the source.
    """
    found = _Collector(source)
    for start, end, what in find_shapes(source):
        found.add_span(start, end, what)
    if not found.may_matter(0, len(source)):
        return found.hits()
    magic = _CELL_MAGIC.match(source)
    foreign = magic is not None and (magic[2] not in _PYTHON_BELOW if magic[1] == "%%" else magic[2] in _OTHER_LANGUAGE)
    if language != "python" or foreign:
        code = language in ("scala", "r") and not foreign
        for start, end, what in find_in_text(source, code=code):
            found.add_span(start, end, what)
        return found.hits()
    tree = _tree(source)
    escapes: list[tuple[int, int]] = []
    if tree is None:
        escapes = _escape_lines(source)
        tree = _without(source, escapes)
    if tree is None:
        for start, end, what in find_in_text(source, code=True):
            found.add_span(start, end, what)
    else:
        _search_tree(tree, found)
        _search_comments(source, found)
    for start, end in escapes:
        for at, stop, what in find_in_text(source[start:end]):
            found.add_span(start + at, start + stop, what)
    return found.hits()


def _search_tree(tree: ast.Module, found: _Collector) -> None:
    nodes: list[ast.AST] = []
    above = 0
    for statement in tree.body:
        last = statement.end_lineno or statement.lineno
        if found.may_matter(found.starts[above], found.line_end(last)):
            nodes.extend(_walk(statement))
        above = last - 1
    for expression, value, what in find_bound(nodes):
        found.add_value(expression, value, what)
    inside: set[int] = set()
    for node in nodes:
        if id(node) in inside or not isinstance(node, (ast.Constant, ast.JoinedStr, ast.BinOp, ast.List, ast.Tuple)):
            continue
        if isinstance(node, (ast.List, ast.Tuple)):
            text: str | None = _command(node)
        else:
            text = folded(node)
            if text is not None and not isinstance(node, ast.Constant):
                inside.update(id(one) for one in ast.walk(node) if isinstance(one, (ast.BinOp, ast.Constant)))
            elif isinstance(node, ast.BinOp):
                inside.update(id(one) for one in summed(node))
        if not text or len(text) < 6:
            continue
        if TERM.search(lowered(text)) or names_command(lowered(text)):
            for start, end, what in find_in_text(text):
                found.add_value(node, text[start:end], what)
        if len(text) >= 16 and (isinstance(node, ast.BinOp) or found.is_spelled_otherwise(node, text)):
            for start, end, what in find_shapes(text):
                found.add_value(node, text[start:end], what)


#: Fields of contexts and operators.
_WORDLESS = frozenset({"ctx", "op", "ops"})


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what `ast.walk` does, in any order, in half the time: contexts and the like are left out.

    Only the grammar's own fields are followed.  Libraries hang others on nodes: `executing`, which IPython
    uses for its tracebacks, sets a `parent`, and the nodes of operators are shared by all trees of a
    process, so that the way up would lead into other trees and never end.
    """
    todo: list[ast.AST] = [node]
    while todo:
        node = todo.pop()
        yield node
        for name in node._fields:
            if name in _WORDLESS:
                continue
            value = getattr(node, name, None)
            if value.__class__ is list:
                todo += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST):
                todo.append(value)


def _command(node: ast.List | ast.Tuple) -> str:
    """Return the command line that a list of words spells, "" if it is none."""
    words = [one.value for one in node.elts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return " ".join(words) if len(words) > 1 and any(word.startswith("-") for word in words) else ""


def _search_comments(source: str, found: _Collector) -> None:
    if not _TOLD.search(found.lower):
        return
    for token in TOKEN.finditer(source):
        if token[0].startswith("#") and TERM.search(token[0].lower()):
            for start, end, what in find_in_text(token[0], notes=True):
                found.add_span(token.start() + start, token.start() + end, what)


def _escape_lines(source: str) -> list[tuple[int, int]]:
    """Return the spans of lines that IPython would transform, with their continuations, outside long strings."""
    lines = [(match.start(), match.end()) for match in _ESCAPE.finditer(source)]
    if not lines:
        return []
    longs = [
        (token.start(), token.end())
        for token in TOKEN.finditer(source)
        if "\n" in token[0] and not token[0].startswith("#")
    ]
    begins = [start for start, _ in longs]
    spans: list[tuple[int, int]] = []
    for start, line_end in lines:
        end = line_end
        place = bisect_right(begins, start) - 1
        if place >= 0 and start < longs[place][1] and not source[start:end].lstrip().startswith("%%"):
            continue
        while source[end - 1 : end] == "\\" and end < len(source):
            following = source.find("\n", end + 1)
            end = following if following >= 0 else len(source)
        if not spans or start >= spans[-1][1]:
            spans.append((start, end))
    return spans


def _without(source: str, escapes: list[tuple[int, int]]) -> ast.Module | None:
    """Return the tree of the cell without `escapes`, every node on its line; None if it is no Python even so."""
    pieces: list[str] = []
    at = 0
    for start, end in escapes:
        line = source[start:end]
        indent = line[: len(line) - len(line.lstrip())]
        magic = line.lstrip().startswith("%%")
        pieces += [source[at:start], "" if magic else f"{indent}pass", "\n" * line.count("\n")]
        at = end
    blanked = "".join([*pieces, source[at:]])
    tree = _tree(blanked) if escapes else None
    if tree is None and blanked.startswith("\n") and blanked.lstrip("\n")[:1] in (" ", "\t"):
        return _tree("if 1:" + blanked)  # Sparkmagic dedents the body of its cells
    return tree


def _tree(text: str) -> ast.Module | None:
    try:
        return tree_of(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _Collector:
    """Gathers what was found in one source; what overlaps is one hit, with the longer value."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lower = lowered(source)
        self._found: list[tuple[int, int, Hit]] = []
        self._spellings: dict[tuple[int, int], Spelling] = {}

    @cached_property
    def starts(self) -> list[int]:
        """Where each line starts."""
        return [0, *accumulate(len(line) + 1 for line in self.source.split("\n")[:-1])]

    def may_matter(self, start: int, end: int) -> bool:
        """Tell whether a part of the source can hold more than what formats give away."""
        lower = self.lower
        return bool(
            TERM.search(lower, start, end) or names_command(lower, start, end) or _JOINED.search(lower, start, end)
        )

    def line_end(self, line: int) -> int:
        return self.starts[line] if line < len(self.starts) else len(self.source)

    def add_span(self, start: int, end: int, what: str) -> None:
        line = bisect_right(self.starts, start)
        last = bisect_right(self.starts, max(start, end - 1))
        self._found.append((start, end, Hit(line, last, self.source[start:end], what)))

    def add_value(self, node: ast.expr, value: str, what: str) -> None:
        """Add a value that stands somewhere in `node`."""
        start, end = self._span(node)
        spelling = self._spellings.get((start, end))
        if spelling is None:
            spelling = self._spellings[start, end] = Spelling(self.source, start, end)
        start, end, pieces = spelling.find(value)
        if pieces:
            self._found.append((start, end, Hit(node.lineno, node.end_lineno or node.lineno, value, what, pieces)))
        else:
            self.add_span(start, end, what)

    def is_spelled_otherwise(self, node: ast.expr, text: str) -> bool:
        """Tell whether the text of a literal does not stand in the source as it is (escapes, parts joined)."""
        start, end = self._span(node)
        return end - start > len(text) + 8 or text not in self.source[start:end]

    def hits(self) -> tuple[Hit, ...]:
        """Return everything that was added, in the order of the source."""
        open_ones: list[tuple[int, int, Hit]] = []
        hits: list[Hit] = []
        for start, end, hit in sorted(self._found, key=lambda one: one[:2]):
            hits += [one[2] for one in open_ones if one[1] <= start]
            open_ones = [one for one in open_ones if one[1] > start]
            for place, (first, last, other) in enumerate(open_ones):
                if _is_same(hit, other):
                    open_ones[place] = (first, max(last, end), _joined(other, hit))
                    break
            else:
                open_ones.append((start, end, hit))
        hits += [one[2] for one in open_ones]
        return tuple({(hit.line, hit.value): hit for hit in sorted(hits, key=lambda hit: hit.line)}.values())

    def _span(self, node: ast.expr) -> tuple[int, int]:
        last = len(self.starts)  # a piece of an f-string may stand nowhere, before Python 3.12
        start = self._offsets.at(min(node.lineno, last), node.col_offset)
        return start, self._offsets.at(min(node.end_lineno or node.lineno, last), node.end_col_offset or 0)

    @cached_property
    def _offsets(self) -> Offsets:
        return Offsets(self.source)


def _is_same(one: Hit, other: Hit) -> bool:
    return one.value in other.value or other.value in one.value or one.what == other.what == "private key"


def _joined(one: Hit, other: Hit) -> Hit:
    """Return the hit with the longer value, called after its format if either has one."""
    longer = other if len(other.value) > len(one.value) else one
    what = next((hit.what for hit in (one, other) if hit.what in FORMATS), longer.what)
    pieces = tuple(dict.fromkeys((*one.pieces, *other.pieces)))
    return Hit(longer.line, longer.end_line, longer.value, what, pieces)
