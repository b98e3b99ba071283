"""Which execution belongs to which cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from jpe_magics.core.rewritten import as_run
from jpe_magics.model.executed import VSCODE, Executed
from jpe_magics.model.notebook import Cell, Notebook

_LENGTHS = "WXYZabcdef"
_FRAGMENT = re.compile(rf"([{_LENGTHS}])([0-6]+)s")


@dataclass
class Binding:
    """The executions by the index of their cell, and those for which there is no cell.

    `loose` holds cells among several with one source: that they ran is known, but not which ran when.
    """

    ran: dict[int, Executed] = field(default_factory=dict)
    loose: set[int] = field(default_factory=set)
    unbound: list[Executed] = field(default_factory=list)


def bind(notebook: Notebook, since: float, executed: Sequence[Executed], *, wrapper: bool) -> Binding:
    """Return which of `executed` belongs to which code cell of `notebook`, which tells the state at `since`.

    First by nbformat id.  Then, for VS Code's handles and for files that keep no ids, by a source that
    ran under that id: the last one, else an earlier one that a single cell holds.  Then, for history
    and for front ends that name no cells, by source.
    """
    binding = Binding()
    by_id = {cell.id: cell for cell in notebook.code_cells if cell.id is not None}
    by_text: dict[str, list[Cell]] = {}
    for cell in notebook.code_cells:
        for text in {cell.source.rstrip(), as_run(cell.source, wrapper=wrapper)} - {""}:
            by_text.setdefault(text, []).append(cell)

    def free(one: Executed, text: str) -> list[Cell]:
        found = by_text.get(text.rstrip(), [])
        return [cell for cell in found if cell.index not in binding.ran and _may_match(one, cell, since)]

    foreign: list[Executed] = []
    nameless: list[Executed] = []
    for one in sorted(executed, key=lambda one: one.order):
        if one.cell_id is None:
            nameless.append(one)
        elif one.cell_id in by_id:
            binding.ran[by_id[one.cell_id].index] = one
        else:
            foreign.append(one)
    changed: list[Executed] = []
    for one in foreign:
        if found := free(one, one.source):
            exact = [cell for cell in found if cell.index == handle(one.cell_id or "")]
            binding.ran[(exact or found)[0].index] = one
            if len(found) > 1 and not exact:
                binding.loose.update(cell.index for cell in found)
        else:
            changed.append(one)
    for one in changed:
        found = next((cells for text in reversed(one.earlier) if (cells := free(one, text))), [])
        if len(found) == 1:
            binding.ran[found[0].index] = one
        else:
            binding.unbound.append(one)
    for one in nameless:
        found = free(one, one.source)
        if len(found) == 1:
            binding.ran[found[0].index] = one
        else:
            binding.loose.update(cell.index for cell in found)
        if one.source.rstrip() not in by_text:
            binding.unbound.append(one)
    return binding


def _may_match(one: Executed, cell: Cell, since: float) -> bool:
    """Tell whether an equal source is enough; a cell with another nbformat id is a copy, not yet saved."""
    return one.cell_id is None or cell.id is None or one.cell_id.startswith(VSCODE) or one.time <= since


def handle(cell_id: str) -> int | None:
    """Return the handle in a cell URI of VS Code: the cell's position when the document was opened.

    The fragment is a letter for the number of digits (W is one), the handle in base 7, `s`, and the
    base64 of the notebook's own URI scheme (VS Code's `notebookCommon.ts`).  None for any other id.

    >>> handle("vscode-notebook-cell:/home/ada/etl.ipynb#X10sZmlsZQ%3D%3D")
    7
    """
    found = _FRAGMENT.match(cell_id.rpartition("#")[2]) if cell_id.startswith(VSCODE) else None
    if found is None or len(found[2]) != 1 + _LENGTHS.index(found[1]):
        return None
    return int(found[2], 7)
