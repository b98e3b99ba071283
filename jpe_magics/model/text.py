"""Source text that remembers the lines it came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """Text, and for each of its lines the 1-based line of the cell as the user sees it.

    Every step from the cell to the artifact hands one of these on, so that whatever is reported can
    name the line on the user's screen.  (`TransformerManager` loses positions, hence a map of our own.)

    >>> Text.of("a\\nb").drop_lines([1])
    Text(text='b', lines=(2,))
    """

    text: str
    lines: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.lines) != self.text.count("\n") + 1:
            raise ValueError(f"{self.text.count(chr(10)) + 1} lines of text, {len(self.lines)} in the map")

    @classmethod
    def of(cls, text: str, first: int = 1) -> Text:
        """Return `text` with its lines numbered from `first`."""
        return cls(text, tuple(range(first, first + text.count("\n") + 1)))

    def source_line(self, line: int) -> int:
        """Return the user's line for the 1-based `line` of this text (the nearest one for a line past the end)."""
        return self.lines[min(max(line, 1), len(self.lines)) - 1]

    def drop_lines(self, drop: Iterable[int]) -> Text:
        """Return this without the 1-based lines in `drop`."""
        gone = set(drop)
        kept = [
            (text, line)
            for here, (text, line) in enumerate(zip(self.text.split("\n"), self.lines, strict=True), 1)
            if here not in gone
        ]
        if not kept:
            return Text("", (self.lines[0],))
        return Text("\n".join(text for text, _ in kept), tuple(line for _, line in kept))
