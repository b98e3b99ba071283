"""The view of an error: our own lines only."""

from __future__ import annotations

from jpe_magics.core.summary.document import Block, Document, Facts, Note
from jpe_magics.errors import JpeError


def error_view(error: JpeError) -> Document:
    """Return what went wrong, where, and what to do."""
    rows = tuple((name, text) for name, text in (("Where", error.where), ("What to do", error.hint)) if text)
    blocks: list[Block] = [Note("bad", error.message)]
    if rows:
        blocks.append(Facts(rows))
    return Document(error.code, tuple(blocks))
