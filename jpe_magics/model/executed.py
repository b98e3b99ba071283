"""One executed cell, as the kernel saw it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: The entries of a cell's metadata that can influence an export, beside `tags`; nothing else is kept or pushed.
METADATA = ("jpe", "microsoft", "vscode")

#: How the cell ids of VS Code start, which are URIs of its own and no nbformat ids.
VSCODE = "vscode-notebook-cell:"


@dataclass(frozen=True)
class Executed:
    """The last execution of one cell (of one source, where the front end names no cells).

    `order` counts executions in this kernel from 1.  `time` is when the front end asked for it, in
    seconds since the epoch on the kernel's clock; 0.0 for what ran before the extension was loaded.
    `cell_id` is the nbformat id, or VS Code's cell URI; None where the front end sends none.  `tags`
    and `metadata` (the entries named in `METADATA`) are as they were then; `tags` is None where the
    front end sends no metadata.  `earlier` holds other sources that ran under the same id, oldest first.
    """

    source: str
    order: int
    time: float = 0.0
    cell_id: str | None = None
    tags: tuple[str, ...] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    earlier: tuple[str, ...] = ()
