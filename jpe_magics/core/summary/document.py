"""What a summary consists of, before it is text or HTML: a title, and blocks in order.

A view builds one `Document`; `plain.to_text` and `page.to_html` show it.  So both say the same, and nothing
that comes from a notebook or a server is ever put together with markup by hand.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jpe_magics.model.artifact import Boilerplate

#: What a mark or note tells, each with a sign, so that nothing is told by colour alone.
SIGNS = {"good": "✓", "warn": "!", "bad": "✗", "info": "\N{INFORMATION SOURCE}"}

#: Characters of a trace that are shown, and how many of them are its beginning; its end tells the cause.
LONGEST_TRACE = 20_000
_BEGINNING = 4_000

#: Rows of a table, and characters of one of its cells, that are shown: a saved notebook should stay small.
MOST_ROWS = 200
LONGEST_CELL = 1_000

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_HREF = re.compile(r"https?://[^\s\"'<>\\^`{|}@]+", re.IGNORECASE)


@dataclass(frozen=True)
class Link:
    """Text that leads to an address, where that is one that may be opened (see `safe_href`)."""

    text: str
    href: str


@dataclass(frozen=True)
class Mark:
    """A status badge; `level` is a key of `SIGNS`."""

    level: str
    text: str


@dataclass(frozen=True)
class Mono:
    """Text in a fixed-width type: a piece of code, a file's name, an id."""

    text: str


#: One piece of text, or several that follow each other.
Piece = str | Link | Mark | Mono
Phrase = Piece | tuple[Piece, ...]


@dataclass(frozen=True)
class Note:
    """A sentence; `level` is a key of `SIGNS`."""

    level: str
    text: Phrase


@dataclass(frozen=True)
class Facts:
    """Names with what is to be said of each."""

    rows: tuple[tuple[str, Phrase], ...]


@dataclass(frozen=True)
class Table:
    """A table of at most `most` rows; columns named in `whole` are never cut in text: people copy from them."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Phrase, ...], ...]
    whole: tuple[str, ...] = ()
    most: int = MOST_ROWS


@dataclass(frozen=True)
class Code:
    """A file's text; where it is not `open`, text says only that it is there and HTML folds it away.

    HTML also folds away its `boilerplate`, and text shows it all the same.
    """

    caption: str
    text: str
    open: bool = False
    boilerplate: Boilerplate | None = None


@dataclass(frozen=True)
class Diff:
    """The lines of a unified diff, each with its sign (`+`, `-`, `@` or a blank) in front."""

    caption: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Trace:
    """What a program said of its failure, in its own lines; the middle of a very long one is left out."""

    caption: str
    text: str


@dataclass(frozen=True)
class Bar:
    """How much of `name` is done: `fraction` (0 to 1), None where nobody can know; `text` stands beside the bar."""

    name: str
    fraction: float | None
    text: str = ""

    @property
    def percent(self) -> int | None:
        """The fraction in whole percent, 100 only for all of it; None where it is not known."""
        if self.fraction is None or math.isnan(self.fraction):
            return None
        return int(100 * min(max(self.fraction, 0.0), 1.0))


#: One thing to show.
Leaf = Note | Facts | Table | Code | Diff | Trace | Bar


@dataclass(frozen=True)
class Fold:
    """Blocks that HTML folds away under a caption, and text shows all the same."""

    caption: str
    blocks: tuple[Leaf, ...]


Block = Leaf | Fold


@dataclass(frozen=True)
class Document:
    """A summary: its title and its blocks."""

    title: str
    blocks: tuple[Block, ...]


def unfolded(blocks: Iterable[Block]) -> Iterator[Leaf]:
    """Yield the blocks, of a `Fold` those in it."""
    for block in blocks:
        if isinstance(block, Fold):
            yield from block.blocks
        else:
            yield block


def pieces(phrase: Phrase) -> tuple[Piece, ...]:
    """Return the pieces of a phrase."""
    return phrase if isinstance(phrase, tuple) else (phrase,)


def visible(text: str) -> str:
    """Return the text with what would hide or reorder something written as an escape.

    Control characters (terminals obey them), marks of writing direction (they make code read
    otherwise than it runs) and lone surrogates (they can't be written out); tabs and newlines stay.

    >>> print(visible("a\\x1b[31mb\\u202ec"))
    a\\x1b[31mb\\u202ec
    """
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(ascii(one)[1:-1] if _hides(one) else one for one in text)


def _hides(one: str) -> bool:
    if one in "\n\t":
        return False
    return one in _BIDI or one in "\u2028\u2029" or unicodedata.category(one) in ("Cc", "Cs")


def safe_href(address: str) -> str:
    """Return the address if a browser may be sent there (http or https, no password in it), else "".

    >>> safe_href("https://airflow.example/dags/x"), safe_href("javascript:alert(1)"), safe_href("http://u:p@h/")
    ('https://airflow.example/dags/x', '', '')
    """
    return address if address.isprintable() and _HREF.fullmatch(address) else ""


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters of the text, the last one `…` where something is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def without_middle(text: str) -> str:
    """Return a trace's text with Unix line ends; of a long one the beginning and the end, which name the cause."""
    if len(text) > LONGEST_TRACE:
        ending = LONGEST_TRACE - _BEGINNING
        left_out = f"… {len(text) - LONGEST_TRACE:,} characters are left out here …"
        text = f"{text[:_BEGINNING]}\n{left_out}\n{text[-ending:]}"
    return text.replace("\r\n", "\n").strip("\n")


def duration(seconds: float | None) -> str:
    """Return how long something took or may take, "-" where nobody knows.

    >>> duration(3.21), duration(12.4), duration(185), duration(7500), duration(None)
    ('3.2 s', '12 s', '3 min 05 s', '2 h 05 min', '-')
    """
    if seconds is None or not math.isfinite(seconds):
        return "-"
    seconds = max(seconds, 0.0)
    if seconds < 9.95:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    if whole < 180:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def lines_of(code: str, boilerplate: Boilerplate | None) -> str:
    """Return "486 lines of jpe_magics that run the cells" for the part of a file that is folded away."""
    told = count(code.removesuffix("\n").count("\n") + 1, "line")
    return f"{told} {boilerplate.what}" if boilerplate else told


def count(number: int, thing: str) -> str:
    """Return the number with its noun.

    >>> count(1, "task"), count(2, "task")
    ('1 task', '2 tasks')
    """
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
