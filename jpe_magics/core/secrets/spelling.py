"""The string literals of a piece of Python source, and which of them spell a value: `"AKIA" "IOSF…"`, `"p\\x41ss"`."""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import accumulate

from jpe_magics.core.secrets.pattern import pattern

_STRING = (
    r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:"""|\\?\Z)'
    r"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*(?:'''|\\?\Z)"
    r'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"?'
    r"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'?"
)
#: A comment, or a string literal with its prefix as group 1.
TOKEN = pattern(rf"(?s)#[^\n]*|([bBrRuUfFtT]{{0,2}})(?:{_STRING})")


#: After so many values that do not stand in the source as they are, the others are looked for at their literals only.
_ENOUGH = 20


class Spelling:
    """Finds values in `source[start:end]`, as it is or as what its literals evaluate to together.

    Each value is looked for behind the one before first, so that the time for many, asked for in their order, is that
    of one.
    """

    def __init__(self, source: str, start: int, end: int) -> None:
        self._source, self._start, self._end = source, start, end
        self._after = start  # where the last value began that stands in the source as it is
        self._after_whole = 0  # and the last one that does not, in what the literals evaluate to
        self._misses = 0

    def find(self, value: str) -> tuple[int, int, tuple[str, ...]]:
        """Return from where to where a value is spelled in the source, and the parts of that which spell it.

        No parts: it stands there as it is.  Of a value that is not there at all these are the ends, and all parts.
        """
        at = -1
        if self._misses < _ENOUGH:
            at = _find(self._source, value, self._after, self._start, self._end)
        if at < 0:
            self._misses += 1
            begin = _find(self._whole, value, self._after_whole, 0, len(self._whole))
            if begin < 0:
                return self._start, self._end, self._all
            self._after_whole = begin
            start, end, pieces = self._between(begin, begin + len(value))
            at = self._source.find(value, start, end)
            if at < 0:
                return start, end, pieces
        self._after = at
        return at, at + len(value), ()

    def _between(self, begin: int, end: int) -> tuple[int, int, tuple[str, ...]]:
        """Return the same of a part of what the literals evaluate to."""
        place = bisect_right(self._begins, begin) - 1
        stop = bisect_left(self._begins, end, place)
        pieces = []
        for (_, _, raw, evaluated), at in zip(self._parts[place:stop], self._begins[place:stop], strict=True):
            piece = evaluated[max(0, begin - at) : end - at]
            if piece.strip():
                pieces.append(piece if piece in raw else raw)
        return self._parts[place][0], self._parts[stop - 1][1], tuple(pieces)

    @cached_property
    def _parts(self) -> list[tuple[int, int, str, str]]:
        """Each literal: from where to where it stands, what is written between its quotes, what it evaluates to."""
        parts: list[tuple[int, int, str, str]] = []
        for token in TOKEN.finditer(self._source, self._start, self._end):
            if token[0].startswith("#"):
                continue
            bare = token[0][len(token[1]) :]
            quote = bare[:3] if bare[:3] in ('"""', "'''") else bare[:1]
            prefix = "r" if "r" in token[1].lower() else ""
            try:
                evaluated = ast.literal_eval(prefix + bare)
            except (SyntaxError, ValueError):
                evaluated = bare.strip(quote)
            parts.append((token.start(), token.end(), bare[len(quote) : -len(quote)], evaluated))
        return parts

    @cached_property
    def _whole(self) -> str:
        return "".join(evaluated for *_, evaluated in self._parts)

    @cached_property
    def _begins(self) -> list[int]:
        """Where in the whole each literal begins, and at last its length."""
        return list(accumulate((len(evaluated) for *_, evaluated in self._parts), initial=0))

    @cached_property
    def _all(self) -> tuple[str, ...]:
        if self._whole:
            return self._between(0, len(self._whole))[2]
        return (self._source[self._start : self._end],)  # a number: 1_000_000


def _find(text: str, value: str, after: int, start: int, end: int) -> int:
    """Return where `value` stands in a part of `text`, behind `after` if it can be; -1 for nowhere."""
    at = text.find(value, after, end)
    return at if at >= 0 else text.find(value, start, end)
