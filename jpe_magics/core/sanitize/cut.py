"""Cutting statements out of the original text: comments and formatting of what stays are the user's, byte for byte."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from jpe_magics.core.edits import Edit, Offsets, apply
from jpe_magics.core.sanitize.blocks import Block, blocks_in
from jpe_magics.model.text import Text

#: What may stand between two statements of one line.
_SEMICOLON = re.compile(r"(?:[ \t\f]|\\\n)*;(?:[ \t\f]|\\\n)*")


class Piece(NamedTuple):
    """An expression that stays as a statement where its statement goes: characters `start` to `end`."""

    start: int
    end: int
    before: str = ""
    after: str = ""


class Cut(NamedTuple):
    """What becomes of one statement that goes: its `pieces` stay, or it becomes a `comment`, or it is gone."""

    pieces: tuple[Piece, ...] = ()
    comment: bool = False


class Source:
    """The text of a cell and the places of its statements."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.code = text.text
        self._offsets = Offsets(self.code)

    def span(self, node: ast.stmt | ast.expr) -> tuple[int, int]:
        """Return the start and end offset of `node`, decorators included."""
        start, end = self._offsets.span(node)
        for decorator in getattr(node, "decorator_list", ())[:1]:
            start = self.code.rindex("@", 0, self._offsets.span(decorator)[0])
        return start, end

    def segment(self, node: ast.stmt | ast.expr) -> str:
        """Return the text of `node`."""
        start, end = self.span(node)
        return self.code[start:end]

    def user_lines(self, node: ast.stmt | ast.expr) -> tuple[int, int]:
        """Return the user's first and last line of `node`."""
        start, end = self.span(node)
        return self.text.source_line(self.line(start)), self.text.source_line(self.line(end))

    def line(self, offset: int) -> int:
        """Return the line, from 1, in which the character at `offset` stands."""
        return self._offsets.line(offset)


@dataclass
class _Edits:
    """What is to be cut, gathered block by block."""

    edits: list[Edit] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)  # 1-based lines that go as a whole


def cut_out(source: Source, tree: ast.Module, cuts: Mapping[int, Cut], restore: Callable[[str], str]) -> Text:
    """Return the text without the statements in `cuts` (by `id` of the node).

    A block left empty gets `pass`; a statement that had its line to itself takes the line with it.
    `restore` gives back what the user wrote in place of an escape, for comments.
    """
    made = _Edits()
    blocks = [Block(tree, tree.body)]
    while blocks:
        block = blocks.pop()
        if any(id(stmt) in cuts for stmt in block.statements):
            _cut_block(source, block, cuts, restore, made)
        for stmt in block.statements:
            if id(stmt) not in cuts:
                blocks += blocks_in(stmt, False)
    return _apply(source.text, made)


def _cut_block(
    source: Source, block: Block, cuts: Mapping[int, Cut], restore: Callable[[str], str], made: _Edits
) -> None:
    spans = [source.span(stmt) for stmt in block.statements]
    found = [cuts.get(id(stmt)) for stmt in block.statements]
    filler = _needs_pass(source, block, found, spans[0][0])
    first = 0
    for last in range(len(spans)):
        if last + 1 < len(spans) and _SEMICOLON.fullmatch(source.code, spans[last][1], spans[last + 1][0]):
            continue
        if any(one is not None for one in found[first : last + 1]):
            passed = filler and first == 0
            _cut_line(source, spans[first : last + 1], found[first : last + 1], passed, restore, made)
        first = last + 1


def _needs_pass(source: Source, block: Block, found: Sequence[Cut | None], start: int) -> bool:
    """Tell whether `pass` must stand in place of the block's first statement."""
    left = [stmt for stmt, one in zip(block.statements, found, strict=True) if one is None or one.pieces]
    if not left:
        return block.fills(source.code, start)
    named = isinstance(block.owner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    gone = found[0] is not None and not found[0].pieces
    return named and gone and _is_text(left[0])  # a text that comes first would become a docstring


def _is_text(stmt: ast.stmt) -> bool:
    return isinstance(stmt, ast.Expr) and isinstance(stmt.value, ast.Constant) and isinstance(stmt.value.value, str)


def _cut_line(
    source: Source,
    spans: Sequence[tuple[int, int]],
    found: Sequence[Cut | None],
    passed: bool,
    restore: Callable[[str], str],
    made: _Edits,
) -> None:
    """Cut statements that share a line (or have one to themselves); with `passed`, `pass` replaces the first."""
    code = source.code
    line_start = code.rfind("\n", 0, spans[0][0]) + 1
    indent = code[line_start : spans[0][0]]
    owned = not indent.strip()
    if owned and all(one is not None and not one.pieces for one in found):
        comment = len(found) == 1 and found[0] is not None and found[0].comment
        _cut_whole_line(source, (line_start, spans[-1][1]), indent, passed, restore if comment else None, made)
        return
    kept_end: int | None = None  # where the statement before ends, once one stays
    for place, ((start, end), one) in enumerate(zip(spans, found, strict=True)):
        if one is None:
            kept_end = end
        elif passed and place == 0:
            made.edits.append(Edit(start, end, "pass"))
            kept_end = end
        elif one.pieces:
            separator = f"\n{indent}" if owned and len(spans) == 1 else "; "
            _keep_pieces((start, end), one.pieces, separator, made)
            kept_end = end
        elif kept_end is None:
            made.edits.append(Edit(start, spans[place + 1][0]))
        else:
            made.edits.append(Edit(kept_end, end))
            kept_end = end


def _keep_pieces(span: tuple[int, int], pieces: Sequence[Piece], separator: str, made: _Edits) -> None:
    at, after, between = span[0], "", ""
    for piece in pieces:
        made.edits.append(Edit(at, piece.start, after))
        made.edits.append(Edit(piece.start, piece.start, between + piece.before))
        at, after, between = piece.end, piece.after, separator
    made.edits.append(Edit(at, span[1], after))


def _cut_whole_line(
    source: Source,
    span: tuple[int, int],
    indent: str,
    passed: bool,
    restore: Callable[[str], str] | None,
    made: _Edits,
) -> None:
    """Cut the lines of `span`, what follows on the last one included; or make a comment of them."""
    code = source.code
    end = code.find("\n", span[1])
    end = len(code) if end < 0 else end
    kept = []
    if restore:
        written = restore(code[span[0] : end]).split("\n")
        kept = [f"{indent}# {line.removeprefix(indent)}".rstrip() for line in written]
    if passed:
        kept.append(f"{indent}pass")
    if kept:
        made.edits.append(Edit(span[0], end, "\n".join(kept)))
    else:
        made.lines.update(range(source.line(span[0]), source.line(end) + 1))


def _apply(text: Text, made: _Edits) -> Text:
    """Drop the lines first, then make the edits at the places where they are then."""
    if not made.edits:
        return text.drop_lines(made.lines)
    sizes = [len(line) + 1 for line in text.text.split("\n")]
    starts = [0, *accumulate(sizes)]
    gone = [0, *accumulate(size if row in made.lines else 0 for row, size in enumerate(sizes, 1))]

    def moved(offset: int) -> int:
        return offset - gone[bisect_right(starts, offset) - 1]

    edits = [Edit(moved(one.start), moved(one.end), one.text) for one in made.edits]
    return apply(text.drop_lines(made.lines), edits)
