"""What was executed, laid over a notebook that may be older: the saved file, or the front end's last push.

Nothing is guessed: an execution changes a cell only where it is bound to that cell, by its id, or by a
source that ran under the same id and equals the saved one.  What can't be bound makes the result doubtful.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from jpe_magics.core.bind import Binding, bind
from jpe_magics.core.control import is_control
from jpe_magics.core.read import notebook_from_cells
from jpe_magics.model.executed import Executed
from jpe_magics.model.finding import Finding
from jpe_magics.model.notebook import Cell, Notebook


class Overlaid(NamedTuple):
    """A notebook with the executed texts in place.

    `edits` counts the cells whose source or tags were replaced, `missing` the executions that no cell
    could be found for, `deleted` the cells that were deleted but are still there; the cell that runs
    the export and control cells are in none of them.
    """

    notebook: Notebook
    edits: int = 0
    missing: int = 0
    deleted: int = 0
    findings: tuple[Finding, ...] = ()


def overlay(
    notebook: Notebook,
    since: float,
    executed: Sequence[Executed],
    *,
    deleted: Mapping[str, float] | None = None,
    current: int | None = None,
    live: bool = False,
    wrapper: bool = False,
) -> Overlaid:
    """Return `notebook`, which tells the state at `since` (seconds since the epoch), brought up to date.

    `executed` holds the last execution of every cell, `deleted` the ids of cells that the front end
    said were deleted, with the time; `current` is the `order` of the execution that runs the export.
    `live` says that the notebook comes from the front end: then a text that was run and not yet
    pushed is a matter of milliseconds, and no warning.  `wrapper` says that the kernel is one of
    Sparkmagic's wrapper kernels, whose record holds rewritten text.
    """
    binding = bind(notebook, since, executed, wrapper=wrapper)
    gone = {key for key, when in (deleted or {}).items() if when > since}
    cells: list[Cell] = []
    findings: list[Finding] = []
    edits = 0
    for cell in notebook.cells:
        ran = binding.ran.get(cell.index)
        if ran is None:
            cells.append(cell)
            continue
        now = _updated(cell, ran, since, tags=cell.index not in binding.loose)
        cells.append(now)
        counts = ran.order != current and not is_control(now.source)
        if now != cell and counts:
            edits += 1
            if not live:
                findings.append(Finding.of(now, "JPE343", _unsaved(cell, now)))
        elif now == cell and counts and ran.time and not _is_same(cell, ran):
            findings.append(Finding.of(cell, "JPE342", f"cell {cell.number} was edited since it ran"))
    findings += _never_ran(cells, binding)
    findings += _out_of_order(cells, binding, current)
    return Overlaid(
        notebook=_with_cells(notebook, cells),
        edits=edits,
        missing=sum(_is_missing(one, since, current, deleted or {}) for one in binding.unbound),
        deleted=sum(cell.id in gone and cell.cell_type == "code" and not is_control(cell.source) for cell in cells),
        findings=tuple(sorted(findings, key=lambda one: (one.cell or 0, one.code))),
    )


def _with_cells(notebook: Notebook, cells: Sequence[Cell]) -> Notebook:
    """Return the notebook with other cells, and the digest that belongs to them."""
    if tuple(cells) == notebook.cells:
        return notebook
    return notebook_from_cells(
        [{"id": one.id, "cell_type": one.cell_type, "source": one.source, "metadata": one.metadata} for one in cells],
        name=notebook.name,
        path=notebook.path,
        metadata=notebook.metadata,
        nbformat=notebook.nbformat,
    )


def _updated(cell: Cell, ran: Executed, since: float, *, tags: bool) -> Cell:
    """Return the cell as it ran, if that was after `since`."""
    if ran.time <= since:
        return cell
    now = cell if _is_same(cell, ran) else replace(cell, source=ran.source)
    if tags and ran.tags is not None:
        if ran.tags != cell.tags:
            now = replace(now, tags=ran.tags, metadata={**cell.metadata, "tags": list(ran.tags)})
        if any(now.metadata.get(key) != value for key, value in ran.metadata.items()):
            now = replace(now, metadata={**now.metadata, **ran.metadata})
    return now


def _is_same(cell: Cell, ran: Executed) -> bool:
    """Tell whether the cell holds the text that ran; front ends differ in the white space at its end."""
    return cell.source.rstrip() == ran.source.rstrip()


def _unsaved(saved: Cell, now: Cell) -> str:
    what = "text" if now.source != saved.source else "tags" if now.tags != saved.tags else "metadata"
    return f"cell {now.number} ran with {what} not saved yet: what ran is exported"


def _is_missing(ran: Executed, since: float, current: int | None, deleted: Mapping[str, float]) -> bool:
    return (
        ran.time > since
        and ran.order != current
        and (ran.cell_id is None or ran.cell_id not in deleted)
        and not is_control(ran.source)
    )


def _counting(cells: Iterable[Cell]) -> Iterable[Cell]:
    """Yield the cells that are worth a warning about when they ran."""
    for cell in cells:
        if cell.cell_type == "code" and cell.source.strip() and "skip" not in cell.tags and not is_control(cell.source):
            yield cell


def _never_ran(cells: Iterable[Cell], binding: Binding) -> Iterable[Finding]:
    for cell in _counting(cells):
        if cell.index not in binding.ran and cell.index not in binding.loose:
            yield Finding.of(cell, "JPE340", f"cell {cell.number} has not run in this kernel")


def _out_of_order(cells: Iterable[Cell], binding: Binding, current: int | None) -> Iterable[Finding]:
    """Yield a finding for the fewest cells without which the others ran from top to bottom."""
    ran = [
        (cell, binding.ran[cell.index].order)
        for cell in _counting(cells)
        if cell.index in binding.ran and cell.index not in binding.loose and binding.ran[cell.index].order != current
    ]
    in_order = _longest_rising([order for _, order in ran])
    for place, (cell, order) in enumerate(ran):
        if order in in_order:
            continue
        above = next((one for one, other in ran[:place] if other > order and other in in_order), None)
        if above is not None:
            where = f"before cell {above.number}, above it"
        else:  # then there is one below, or the sequence would be longer with this cell
            below = next(one for one, other in ran[place:] if other < order and other in in_order)
            where = f"after cell {below.number}, below it"
        yield Finding.of(cell, "JPE341", f"cell {cell.number} last ran {where}")


def _longest_rising(orders: Sequence[int]) -> set[int]:
    """Return a longest rising subsequence of distinct positive numbers, as a set.

    >>> sorted(_longest_rising([1, 9, 2, 3, 4]))
    [1, 2, 3, 4]
    """
    ends: list[int] = []  # ends[n] is the smallest end of a rising subsequence of length n + 1
    before: dict[int, int] = {}
    for order in orders:
        place = bisect_left(ends, order)
        before[order] = ends[place - 1] if place else 0
        ends[place : place + 1] = [order]
    chain: set[int] = set()
    last = ends[-1] if ends else 0
    while last:
        chain.add(last)
        last = before[last]
    return chain
