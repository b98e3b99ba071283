"""A notebook as it is now, and where it was read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jpe_magics.model.finding import Finding


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook.

    `index` is its 0-based position among all cells (what the report calls `cell`), `number` its place
    among the code cells from 1 (what people read, as in `cell_3`), None for other cells.  `source` has
    `\\n` line ends only and is otherwise exactly what the user sees.  `tags` holds the strings of the
    `tags` list of the metadata in order; whatever else stands there (nbformat asks for a list of
    strings, some tools write a string) is not taken for tags.
    """

    source: str
    index: int
    number: int | None = None
    id: str | None = None
    cell_type: str = "code"
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Notebook:
    """A notebook in document order.

    `name` is the file's name without folder and ending ("Untitled" where none is known), `path` the
    file as it was given (None for a notebook that has none).  `digest` is the sha256 of what can
    influence an artifact (sources, tags, metadata; never outputs), as hexadecimal.
    """

    cells: tuple[Cell, ...]
    name: str
    digest: str
    path: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    nbformat: tuple[int, int] = (4, 5)

    @property
    def code_cells(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.cell_type == "code")

    @property
    def kernel(self) -> str:
        """The kernelspec's name in lower case, "" where the notebook has none."""
        spec = self.metadata.get("kernelspec")
        name = spec.get("name") if isinstance(spec, Mapping) else None
        return name.lower() if isinstance(name, str) else ""

    @property
    def language(self) -> str:
        """`language_info.name` in lower case (in old files the kernelspec's `language`), "" where unknown."""
        for key, entry in (("language_info", "name"), ("kernelspec", "language")):
            told = self.metadata.get(key)
            value = told.get(entry) if isinstance(told, Mapping) else None
            if isinstance(value, str) and value:
                return value.lower()
        return ""


@dataclass(frozen=True)
class Snapshot:
    """A notebook together with how it was obtained.

    `origin` is "given" (a path that was named), "live" (the front end's document), "saved+executed"
    (the file with what was executed laid over it) or "saved".  `text` says it to the user ("live
    notebook, 12 cells").  `doubtful` holds the reasons why this may not be what the user sees; empty:
    it can be published without asking.
    """

    notebook: Notebook
    origin: str
    text: str
    doubtful: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
