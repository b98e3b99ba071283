"""A file's text that changes while one types: only what has changed is sent."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ipywidgets import HTML, Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary.html import Html
from jpe_magics.model.artifact import File
from jpe_magics.widgets.code import block, code_lines, cut_note
from jpe_magics.widgets.parts import Parts, replace_children
from jpe_magics.widgets.pool import put

#: Lines of one piece at least, and pieces of one file at most: a keystroke sends one or two of them.
PIECE, MOST = 100, 20

Lines = tuple[Html, ...]


class CodeText:
    """Shows one file in `root`, in pieces below each other that look like one."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._file: File | None = None
        self._pieces: list[Lines] = []
        self._places: list[HTML] = []
        self._cut: HTML | None = None
        self.root: Widget = parts.column(classes=("jpe-code", "jpe-pieces"))

    def show(self, file: File) -> None:
        """Show the file as it is now."""
        if file == self._file:
            return
        self._file = file
        kept, self._pieces, after = pieces(self._pieces, code_lines(file))
        ending = self._places[len(self._places) - after :]
        wanted = len(self._pieces) - after
        others = self._places[kept : len(self._places) - after]
        while kept + len(others) < wanted:
            others.append(self._parts.html())
        places = [*self._places[:kept], *others[: wanted - kept], *ending]
        for number, (place, lines) in enumerate(zip(places, self._pieces, strict=True)):
            put(place, value=block(lines, "" if number else file.path))
        self._places = places
        replace_children(self.root, *places, *self._said(cut_note(file)))
        self._parts.pool.drop(*others[wanted - kept :])

    def clear(self) -> None:
        """Take the text away."""
        self._file, self._pieces = None, []
        replace_children(self.root)
        self._parts.pool.drop(*self._places)
        self._places = []

    def _said(self, note: Html) -> tuple[HTML, ...]:
        """Return what stands below the text, nothing for no note."""
        if not note:
            return ()
        self._cut = self._cut or self._parts.html()
        put(self._cut, value=note)
        return (self._cut,)


def pieces(before: Sequence[Lines], lines: Lines) -> tuple[int, list[Lines], int]:
    """Return the lines in pieces, and how many of them, first and last, may stay in the places of those `before`.

    Where there are as many lines as before, all may: a keystroke mostly changes lines and makes none.
    """
    if sum(map(len, before)) == len(lines):
        return len(before), _like(before, lines), 0
    first = 0
    while first < len(before) and lines[: len(before[first])] == before[first]:
        lines = lines[len(before[first]) :]
        first += 1
    last = 0
    while last < len(before) - first and lines[-len(before[-1 - last]) :] == before[-1 - last]:
        lines = lines[: -len(before[-1 - last])]
        last += 1
    made = [*before[:first], *_evenly(lines), *before[len(before) - last :]]
    even = _evenly(tuple(line for piece in made for line in piece))
    if len(made) > 2 + 2 * len(even):  # many small changes have left many small pieces
        return 0, even, 0
    return first, made, last


def _like(before: Sequence[Lines], lines: Lines) -> list[Lines]:
    """Return the lines in pieces as long as those before."""
    made, start = [], 0
    for piece in before:
        made.append(lines[start : start + len(piece)])
        start += len(piece)
    return made


def _evenly(lines: Lines) -> list[Lines]:
    """Return the lines in pieces of about the same length."""
    number = min(-(-len(lines) // PIECE), MOST)
    ends = [len(lines) * place // number for place in range(number + 1)] if number else []
    return [lines[start:end] for start, end in pairwise(ends)]
