"""The view of an error: our own lines only, and what a program far away said of it."""

from __future__ import annotations

from collections.abc import Sequence

from jpe_magics.core.summary.document import Block, Document, Facts, Leaf, Note, Trace, cut
from jpe_magics.errors import Interrupted, JpeError

#: A longer text is told by one of its lines, and stands whole below.
_MOST_LINES = 8
_LONGEST = 1_000
_LONGEST_LINE = 400


def error_view(error: JpeError) -> Document:
    """Return what went wrong, where, and what to do."""
    rows = tuple((name, text) for name, text in (("Where", error.where), ("What to do", error.hint)) if text)
    told, *whole = failure(error.message)
    return Document(error.code, (told, *([Facts(rows)] if rows else []), *whole))


def failure(text: str, before: str = "", after: Sequence[str] = (), level: str = "bad") -> tuple[Leaf, ...]:
    """Return a text that came with a failure: a sentence, and below it the whole text where that is longer.

    `before` is put in front of the sentence, the lines `after` follow it;
    `level` is the sentence's (a key of `SIGNS`).
    """
    short = len(text) <= _LONGEST and text.count("\n") < _MOST_LINES
    told = Note(level, "\n".join((before + (text if short else _sentence(text)), *after)))
    return (told,) if short else (told, Trace("What was reported", text))


def one_line(text: str) -> str:
    """Return what a text that came with a failure says, in one line: the whole of a short text."""
    short = len(text) <= _LONGEST_LINE and text.count("\n") < _MOST_LINES
    return " ".join((text if short else _sentence(text)).split())


def error_blocks(error: JpeError, before: str = "") -> tuple[Leaf, ...]:
    """Return an error with its code, its place and what to do, in one note; `before` says what failed."""
    return failure(error.message, f"{before}{error.code}: ", error.lines()[1:])


def error_line(error: JpeError, what: str) -> Note:
    """Return in one line that `what` ("Not run") has happened, why, and what to do; the banner tells the rest."""
    told = f"{what} ({error.code}): {one_line(error.message)}"
    return Note("bad", f"{told.rstrip('.')}. What to do: {one_line(error.hint)}" if error.hint else told)


def told_elsewhere(document: Document, said: Sequence[Block], note: Note) -> Document:
    """Return the document with the line `note` in place of the blocks that say the same in full."""
    return Document(document.title, (note, *(block for block in document.blocks if block not in said)))


def failed_note(error: JpeError, what: str, where: str) -> Note:
    """Return in one line that `what` ("Refused") has happened, and that `where` ("the error that is raised") tells why.

    For what stands beside a place that shows the error in full: nobody should have to read it twice.
    """
    if isinstance(error, Interrupted):
        return Note("warn", f"Stopped ({error.code}): {where} says what was done by then.")
    return Note("bad", f"{what} ({error.code}): {where} says why, and what to do.")


def _sentence(text: str) -> str:
    """Return the line that says most: the first, but the last of a Python traceback."""
    lines = [line.strip() for line in text.split("\n") if line.strip()] or [""]
    return cut(lines[-1] if lines[0].startswith("Traceback") else lines[0], _LONGEST_LINE)
