"""Names that nothing makes any more, and what reads them."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator, Sequence

from jpe_magics.core.names import Use, run_order
from jpe_magics.core.sanitize.draft import Draft
from jpe_magics.core.sanitize.judge import Judged
from jpe_magics.core.sanitize.notice import Noticed
from jpe_magics.core.sanitize.survey import Survey
from jpe_magics.model.notebook import Cell

#: Magics that bind names which nobody can see in the notebook.
_UNSEEN = re.compile(r"%?(?:run|pylab|store|load|loadpy|macro)\b")
#: Names that a job has anyway, or that are spoken of elsewhere.
_KNOWN = frozenset(dir(builtins)) | {"spark", "sc", "sqlContext", "display", "get_ipython", "dbutils", "config"}


def lost_names(
    cells: Sequence[Cell], drafts: Sequence[Draft], judged: Sequence[Judged], whole: Survey
) -> Iterator[tuple[int, Noticed]]:
    """Yield the place of a cell and what is to be said for each name that it reads and that was taken out before."""
    missing: dict[str, str] = {}  # the names lost so far, and where
    unseen: tuple[str, int, int] | None = None  # a magic that may have bound names, its cell and line
    for place, (cell, one, what) in enumerate(zip(cells, drafts, judged, strict=True)):
        for taken in what.taken:
            if taken.kind == "magic" and _UNSEEN.match(taken.text):
                unseen = (taken.text.split("\n", 1)[0], place, taken.line)
        if unseen or what.lost or (missing and not one.names.isdisjoint(missing)):
            told: set[str] = set()
            for use, where in (*_local(cell, one, what), *_read(cell, one, what, missing)):
                if use.name not in told:
                    told.add(use.name)
                    text = (
                        f"{use.name} is read here, but what made it was taken out ({where}): give it a value in Python"
                    )
                    yield place, _noticed(one, use, text)
            if unseen is None or whole.star:
                continue
            magic, made, line = unseen
            for use in what.staying:
                below = place > made or use.deferred or one.text.source_line(use.line) > line
                if below and _is_unknown(use, whole) and use.name not in told:
                    told.add(use.name)
                    where = _where(cells[made], line)
                    text = f"{use.name} is read here and bound nowhere: it may come from {magic} ({where}), taken out"
                    yield place, _noticed(one, use, text)


def _noticed(one: Draft, use: Use, text: str) -> Noticed:
    return Noticed("JPE330", text, one.text.source_line(use.line))


def _where(cell: Cell, line: int) -> str:
    return f"cell {cell.number}, line {line}"


def _read(cell: Cell, one: Draft, what: Judged, missing: dict[str, str]) -> Iterator[tuple[Use, str]]:
    """Yield the reads of missing names in one cell, and bring `missing` up to date."""
    stays = set(map(id, what.staying))
    lost = set(map(id, what.lost))
    for use in run_order(use for use in one.uses if use.home is None):
        if id(use) in stays:
            if use.reads and use.name in missing:
                yield use, missing[use.name]
            if use.binds:
                missing.pop(use.name, None)
        elif id(use) in lost:
            missing[use.name] = _where(cell, one.text.source_line(use.line))


def _local(cell: Cell, one: Draft, what: Judged) -> Iterator[tuple[Use, str]]:
    """Yield the reads of names that a function or class has lost."""
    lost = {(use.name, id(use.home)): use for use in what.lost if use.home is not None}
    for use in what.staying:
        gone = lost.get((use.name, id(use.home)))
        if gone and use.reads:
            yield use, _where(cell, one.text.source_line(gone.line))


def _is_unknown(use: Use, whole: Survey) -> bool:
    return use.home is None and use.reads and use.name not in whole.bound and use.name not in _KNOWN
