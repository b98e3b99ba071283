"""Documents as text for a terminal, a log or a front end that shows no HTML."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator

from jpe_magics.core.summary.document import (
    LONGEST_CELL,
    SIGNS,
    Bar,
    Code,
    Diff,
    Document,
    Facts,
    Leaf,
    Link,
    Mark,
    Mono,
    Note,
    Phrase,
    Piece,
    Table,
    Trace,
    count,
    cut,
    pieces,
    safe_href,
    unfolded,
    visible,
    without_middle,
)

_GAP = "  "
_NARROWEST = 6
_BAR = 20


def to_text(document: Document, width: int = 100) -> str:
    """Return the document as lines of at most `width` columns (but for what must not be cut), no newline at the end."""
    shown = [visible(_flat(document.title))]
    for block in unfolded(document.blocks):
        loose = isinstance(block, (Table, Code, Diff, Trace))
        shown += ["", *_lines(block, width)] if loose else _lines(block, width)
    return "\n".join(line.rstrip() for line in shown)


def columns(text: str) -> int:
    """Return how many columns of a terminal the text takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


def _lines(block: Leaf, width: int) -> list[str]:
    if isinstance(block, Note):
        return _wrapped(_phrase(block.text), width, SIGNS[block.level] + " ")
    if isinstance(block, Facts):
        margin = max((columns(name) for name, _ in block.rows), default=0)
        rows = ((name + " " * (margin - columns(name)), phrase) for name, phrase in block.rows)
        return [line for name, phrase in rows for line in _wrapped(_phrase(phrase), width, name + _GAP)]
    if isinstance(block, Table):
        return _table(block, width)
    if isinstance(block, Diff):
        return [visible(block.caption), *(visible(line) for line in block.lines)]
    if isinstance(block, Trace):
        return [
            f"{visible(block.caption)}:",
            *("  " + line for line in visible(without_middle(block.text)).split("\n")),
        ]
    if isinstance(block, Bar):
        return _wrapped(visible(" ".join(filter(None, (_drawn(block.percent), block.text)))), width, "  ")
    return _code(block)


def _drawn(percent: int | None) -> str:
    """Return `[##########..........] 50 %`; without a figure nothing can be drawn."""
    if percent is None:
        return ""
    full = percent * _BAR // 100
    return f"[{'#' * full}{'.' * (_BAR - full)}] {percent} %"


def _code(block: Code) -> list[str]:
    lines = visible(block.text).removesuffix("\n").split("\n")
    if not block.open:
        return [f"{visible(block.caption)}: {count(len(lines), 'line')}"]
    return [f"--- {visible(block.caption)}", *lines, "---"]


def _piece(piece: Piece, links: bool = True) -> str:
    if isinstance(piece, Mark):
        return f"{SIGNS[piece.level]} {piece.text}"
    if isinstance(piece, Link):
        href = safe_href(piece.href) if links else ""
        return piece.text if href in ("", piece.text) else f"{piece.text} <{href}>"
    return piece.text if isinstance(piece, Mono) else piece


def _phrase(phrase: Phrase, links: bool = True) -> str:
    return visible("".join(_piece(piece, links) for piece in pieces(phrase)))


def _flat(text: str) -> str:
    """Return the text in one line; a line end shows as ⏎."""
    return " ⏎ ".join(line.strip() for line in text.strip().split("\n")).replace("\t", " ")


def _wrapped(text: str, width: int, margin: str) -> list[str]:
    """Return the text wrapped, with `margin` before its first line and as much space before the others."""
    indent = " " * columns(margin)
    room = max(width - columns(margin), 20)
    lines: list[str] = []
    for line in text.split("\n"):
        # whole words only: addresses and ids must stay in one piece to be copied
        lines += textwrap.wrap(line, room, break_long_words=False, break_on_hyphens=False) or [""]
    return [(indent if number else margin) + line for number, line in enumerate(lines)]


def _table(table: Table, width: int) -> list[str]:
    cells = [
        [cut(_flat(_phrase(phrase, links=False)), LONGEST_CELL) for phrase in row] for row in table.rows[: table.most]
    ]
    widths = [max(columns(cell) for cell in column) for column in zip(table.columns, *cells, strict=True)]
    least = [max(_NARROWEST, columns(name)) for name in table.columns]
    loose = [at for at, name in enumerate(table.columns) if name not in table.whole]
    room = width - len(_GAP) * (len(widths) - 1)
    while sum(widths) > room and (may := [at for at in loose if widths[at] > least[at]]):
        widths[max(may, key=widths.__getitem__)] -= 1  # the widest gives way
    rows = [list(table.columns), ["-" * one for one in widths], *cells]
    lines = [line for row in rows for line in _row(row, widths)]
    more = len(table.rows) - len(cells)
    return [visible(table.caption), *lines, *([f"… and {count(more, 'more row')}"] if more else [])]


def _row(row: list[str], widths: list[int]) -> Iterator[str]:
    """Yield the lines of a row: what is too long is cut, but in the last column, where the prose stands, it goes on."""
    *first, last = row
    wrapped = textwrap.wrap(last, widths[-1], break_on_hyphens=False) or [""]
    if any(columns(line) > widths[-1] for line in wrapped):  # textwrap counts wide characters as one column
        wrapped = [_fit(last, widths[-1])]
    margin = [_fit(cell, one) for cell, one in zip(first, widths, strict=False)]
    yield _GAP.join([*margin, wrapped[0]])
    for line in wrapped[1:]:
        yield _GAP.join([*(" " * one for one in widths[:-1]), line])


def _fit(text: str, width: int) -> str:
    """Return the text cut or filled up to exactly `width` columns."""
    while columns(text) > width:
        text = cut(text, len(text) - max(1, (columns(text) - width) // 2))
    return text + " " * (width - columns(text))
