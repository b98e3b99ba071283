"""Edits of source text by the positions that `ast` gives, with the line map kept."""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

from jpe_magics.model.text import Text


class Edit(NamedTuple):
    """Replace the characters `start` to `end` (0-based, of the whole text) by `text`."""

    start: int
    end: int
    text: str = ""


class Offsets:
    """Turns `ast` positions into character offsets.

    `ast` counts lines from 1 and columns in UTF-8 bytes from 0, so a line that is not ASCII must be
    measured in bytes.
    """

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._bytes: dict[int, list[int]] = {}  # of lines that are not ASCII: where each character starts

    def at(self, line: int, column: int) -> int:
        """Return the offset of `ast`'s line and column."""
        text = self._lines[line - 1]
        if not text.isascii():
            column = bisect_left(self._places(line - 1), column)
        return self._starts[line - 1] + column

    def line(self, offset: int) -> int:
        """Return the line, from 1, in which the character at `offset` stands."""
        return bisect_right(self._starts, offset)

    def _places(self, row: int) -> list[int]:
        if row not in self._bytes:
            # a lone surrogate has no UTF-8 form; the parser counts it as three bytes, as surrogatepass does
            widths = (len(one.encode("utf-8", "surrogatepass")) for one in self._lines[row])
            self._bytes[row] = list(accumulate(widths, initial=0))
        return self._bytes[row]

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return the start and end offset of `node`."""
        end_line, end_column = node.end_lineno, node.end_col_offset
        if end_line is None or end_column is None:
            raise ValueError("the node has no end position")
        return self.at(node.lineno, node.col_offset), self.at(end_line, end_column)


def apply(text: Text, edits: Iterable[Edit]) -> Text:
    """Return `text` with the edits made; they must not overlap.

    A line of the result maps to the source line on which its first character stood; lines that an
    edit brings in map to the line where the edit starts.

    >>> apply(Text.of("a = 1\\nb = 2"), [Edit(4, 5, "f(1,\\n2)")])
    Text(text='a = f(1,\\n2)\\nb = 2', lines=(1, 1, 2))
    """
    out: list[str] = []
    lines = [text.lines[0]]
    place = 0
    row = 0  # index of the source line at `place`
    for edit in sorted(edits):
        if edit.start < place:
            raise ValueError("edits overlap")
        kept = text.text[place : edit.start]
        out.append(kept)
        for _ in range(kept.count("\n")):
            row += 1
            lines.append(text.lines[row])
        lines.extend([text.lines[row]] * edit.text.count("\n"))
        out.append(edit.text)
        row += text.text.count("\n", edit.start, edit.end)
        place = edit.end
        if not edit.text and text.text[edit.start - 1 : edit.start] in ("", "\n"):
            lines[-1] = text.lines[row]  # whole lines went: what follows them begins the line
    rest = text.text[place:]
    out.append(rest)
    for _ in range(rest.count("\n")):
        row += 1
        lines.append(text.lines[row])
    return Text("".join(out), tuple(lines))
