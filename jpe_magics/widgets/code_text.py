"""A file's text that changes while one types: only what has changed is sent, and its boilerplate when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ipywidgets import HTML, Button, Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary.document import lines_of
from jpe_magics.core.summary.html import Html, element
from jpe_magics.core.summary.page import sections
from jpe_magics.model.artifact import File
from jpe_magics.widgets.code import block, code_lines, cut_note
from jpe_magics.widgets.parts import Parts, replace_children
from jpe_magics.widgets.pool import put

#: Lines of one piece at least, and pieces of one section at most: a keystroke sends one or two of them.
PIECE, MOST = 100, 20

Lines = tuple[Html, ...]


class CodeText:
    """Shows one file in `root`: sections below each other that look like one.

    In the middle is the file's boilerplate, or only a button that says how many lines it has: not before it is
    pressed are they coloured and sent.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._file: File | None = None
        self._above, self._ours, self._below = (Section(parts) for _ in range(3))
        self._unfolded = False
        self._fold: Button | None = None
        self._cut: HTML | None = None
        self.root: Widget = parts.column(classes=("jpe-code", "jpe-pieces"))

    def show(self, file: File) -> None:
        """Show the file as it is now."""
        if file == self._file:
            return
        self._file = file
        above, ours, below = sections(file.text, file.boilerplate)
        self._above.show(code_lines(above, file.language), file.path)
        self._below.show(code_lines(below, file.language))
        told = lines_of(ours, file.boilerplate)
        self._ours.show(code_lines(ours, file.language) if self._unfolded or not ours else (left_out(told),))
        fold = (self._folding(told),) if ours else ()
        parts = (*self._above.places, *fold, *self._ours.places, *self._below.places)
        replace_children(self.root, *parts, *self._said(cut_note(file)))
        for section in (self._above, self._ours, self._below):
            section.drop_old()

    def clear(self) -> None:
        """Take the text away."""
        self._file = None
        replace_children(self.root)
        for section in (self._above, self._ours, self._below):
            section.show(())
            section.drop_old()

    def _folding(self, told: str) -> Button:
        """Return the button that stands for the boilerplate, or above it."""
        if self._fold is None:
            self._fold = self._parts.button("", self._turn, "jpe-ours", local=True)
        name = f"{'Hide' if self._unfolded else 'Show'} the {told}"
        put(self._fold, description=name, tooltip=name)
        return self._fold

    def _turn(self) -> None:
        self._unfolded = not self._unfolded
        file, self._file = self._file, None
        if file is not None:
            self.show(file)

    def _said(self, note: Html) -> tuple[HTML, ...]:
        """Return what stands below the text, nothing for no note."""
        if not note:
            return ()
        self._cut = self._cut or self._parts.html()
        put(self._cut, value=note)
        return (self._cut,)


def left_out(told: str) -> Html:
    """Return what nobody sees in the place of folded lines: who copies the code has a comment there."""
    return element("span", f"# … here {told} are folded away …", class_="jpe-hidden")


class Section:
    """Lines of a file in `places`, each of which holds a piece of them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._pieces: list[Lines] = []
        self._old: list[HTML] = []
        self.places: list[HTML] = []

    def show(self, lines: Lines, path: str = "") -> None:
        """Show these lines, in the same places as far as may be; `path` names the file whose first lines they are."""
        kept, self._pieces, after = pieces(self._pieces, lines)
        ending = self.places[len(self.places) - after :]
        wanted = len(self._pieces) - after
        others = self.places[kept : len(self.places) - after]
        while kept + len(others) < wanted:
            others.append(self._parts.html())
        self._old += others[wanted - kept :]
        self.places = [*self.places[:kept], *others[: wanted - kept], *ending]
        for number, (place, lines_there) in enumerate(zip(self.places, self._pieces, strict=True)):
            put(place, value=block(lines_there, "" if number else path))

    def drop_old(self) -> None:
        """Close the places that are needed no more, when they are shown no more."""
        self._parts.pool.drop(*self._old)
        self._old = []


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
