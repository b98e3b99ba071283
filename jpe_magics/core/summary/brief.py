"""Results in a few lines, for where a widget shows them beside: the outcome, the links, one line of counts.

Everything else is folded away and not left out: a saved notebook has no widget any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Protocol

from jpe_magics.core.flow import State
from jpe_magics.core.summary.document import Block, Document, Facts, Fold, Leaf, Note, Table, count, unfolded
from jpe_magics.core.summary.error import failed_note, told_elsewhere
from jpe_magics.core.summary.export import (
    banner,
    content_blocks,
    export_facts,
    export_title,
    export_view,
    failed_as,
    history_fact,
    made_facts,
    noticed_table,
)
from jpe_magics.core.summary.run import run_blocks
from jpe_magics.errors import JpeError
from jpe_magics.model.artifact import File
from jpe_magics.model.publication import Published
from jpe_magics.model.report import Report

#: Rows of a table that stands above what one works with; more push that off the screen.
MOST_ABOVE = 8


class Exported(Protocol):
    """What a view must know of an export (`jpe_magics.results.Export`)."""

    @property
    def report(self) -> Report:
        """What was read, and what became of it."""

    @property
    def shown(self) -> Sequence[File]:
        """The files, masked."""

    @property
    def requests(self) -> Sequence[str]:
        """What will be sent."""

    @property
    def published(self) -> Sequence[Published]:
        """What was made outside."""

    @property
    def states(self) -> Sequence[State]:
        """The states that the run went through."""

    @property
    def record_id(self) -> str:
        """The id in the history, "" where it is not in there."""

    @property
    def preview(self) -> bool:
        """Whether nothing was to be made."""

    @property
    def notices(self) -> Sequence[str]:
        """What went wrong beside it."""

    @property
    def error(self) -> JpeError | None:
        """What went wrong, None where nothing did."""


def outcome_view(done: Exported) -> Document:
    """Return what the export came to; no code of it."""
    return Document(export_title(done.report), (*_outcome(done), *_run(done)))


def download_view(done: Exported, files: Sequence[File], *, brief: bool = False) -> Document:
    """Return what came of an export that only made `files`, for the browser to save; none where they hold secrets.

    With `brief`, everything else is there too, folded away.
    """
    told, *rest = _outcome(done)
    names = ", ".join(file.path for file in files)
    if done.error is None and files:
        ready = "is ready" if len(files) == 1 else "are ready"
        told = Note("good", f"{names} {ready}: press Save.  Nothing was written or sent.")
    elif done.error is None:
        told = Note("warn", "Not saved: the file holds secrets, which are masked here.  Name a path to write it to.")
    return Document(export_title(done.report), (told, *rest, *([_rest(done)] if brief else _run(done))))


def whole_view(done: Exported, *, where: str = "") -> Document:
    """Return everything that is known of the export.

    Its error is told in one line if `where` ("the error that is raised") tells it in full, "" for nowhere else.
    """
    document = export_view(
        done.report,
        done.published,
        done.record_id,
        done.shown,
        preview=done.preview,
        notices=done.notices,
        error=done.error,
        states=done.states,
        requests=done.requests,
    )
    failed = failed_line(done, where) if where else None
    return told_elsewhere(document, _banner(done), failed) if failed else document


def failed_line(done: Exported, where: str) -> Note | None:
    """Return in one line that the export failed, and that `where` tells why; None where it did not fail."""
    return None if done.error is None else failed_note(done.error, failed_as(done.report, done.error), where)


def brief_view(done: Exported) -> Document:
    """Return what the export came to, and everything else folded away."""
    return Document(export_title(done.report), (*_outcome(done), _rest(done)))


def folded(document: Document, caption: str, instead: Note | None = None) -> Document:
    """Return a document of which only the sentences that it begins with are not folded away.

    With a note `instead` of them, they are folded away too.
    """
    if instead is not None:
        return Document(document.title, (instead, Fold(caption, tuple(unfolded(document.blocks)))))
    told: list[Block] = [*takewhile(lambda block: isinstance(block, Note), document.blocks)]
    rest = tuple(unfolded(document.blocks[len(told) :]))
    return Document(document.title, (*told, Fold(caption, rest)))


def with_short_tables(blocks: Iterable[Block], most: int = MOST_ABOVE) -> tuple[Block, ...]:
    """Return the blocks with each table of more than `most` rows folded away under its caption, which counts them."""
    return tuple(
        Fold(block.caption, (block,)) if isinstance(block, Table) and len(block.rows) > most else block
        for block in blocks
    )


def counted(report: Report, *, files: bool = True) -> str:
    """Return "5 tasks · 2 parameters · 3 rejections · 1 warning · 1 file", without what there is none of.

    Without `files` where none went anywhere.
    """
    told = (
        (report.cells, "task" if report.tasks else "cell"),
        (len(report.parameters), "parameter"),
        (len(report.rejected), "rejection"),
        (len(noticed_table(report.warnings).rows), "warning"),
        (len(report.files) if files else 0, "file"),
    )
    return " · ".join(count(number, thing) for number, thing in told if number)


def _outcome(done: Exported) -> Iterator[Leaf]:
    yield from _banner(done)[:1]
    for text in done.notices:
        yield Note("warn", text)
    facts = (*made_facts(done.published), *history_fact(done.record_id))
    if facts:
        yield Facts(facts)
    told = " · ".join(
        filter(None, (counted(done.report, files=done.error is None or bool(done.published)), done.report.source))
    )
    if told:
        yield Note("info", told)


def _banner(done: Exported) -> tuple[Leaf, ...]:
    return banner(done.report, done.published, done.preview, done.error, done.states)


def _rest(done: Exported) -> Fold:
    facts = Facts(tuple(export_facts(done.report, done.published, done.record_id)))
    rest = (facts, *_run(done), *content_blocks(done.report, done.shown, done.requests))
    return Fold("What was read, made and taken out", rest)


def _run(done: Exported) -> Iterator[Leaf]:
    yield from _banner(done)[1:]
    yield from run_blocks(done.states, done.error.message if done.error else "")
