"""Problems that let us go on: what was taken out (rejections) and what else was noticed (findings)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jpe_magics.model.notebook import Cell


@dataclass(frozen=True)
class Rejection:
    """One line, statement or cell that was taken out (or would be, under `--keep-rejections`).

    `cell` is the 0-based position among all cells, `number` the place among the code cells from 1,
    `line` and `end_line` are 1-based in the cell as the user sees it.  `text` is masked: it never
    holds a secret.  `kind` is one of `KINDS`, or one of `PREFIXES` with a cell kind behind it.
    """

    cell: int
    number: int
    cell_id: str | None
    line: int
    end_line: int
    kind: str
    text: str
    reason: str

    KINDS = (
        "magic",
        "shell",
        "help",
        "display",
        "ipython",
        "session",
        "secret",
        "skipped",
        "emptied-cell",
        "invalid-tag",
        "syntax-error",
    )
    PREFIXES = ("filtered-cell:", "unsupported-kind:")

    @classmethod
    def of(cls, cell: Cell, kind: str, text: str, reason: str, line: int = 1, end_line: int | None = None) -> Rejection:
        """Return a rejection in `cell`."""
        return cls(cell.index, cell.number or 0, cell.id, line, end_line or line, kind, text, reason)

    def to_json(self) -> dict[str, Any]:
        """Return the row of the report's `rejected`."""
        return {
            "cell": self.cell,
            "number": self.number,
            "cell_id": self.cell_id,
            "line": self.line,
            "end_line": self.end_line,
            "kind": self.kind,
            "text": self.text,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Finding:
    """Something noticed that takes nothing out: a row of the report's `warnings`.

    `code` is a JPE3xx code of `jpe_magics.errors.CODES`; `cell` and `line` are as in `Rejection`, None
    where the finding belongs to no cell.  `text` names the place and the way out, and holds no secret.
    """

    code: str
    text: str
    cell: int | None = None
    number: int | None = None
    cell_id: str | None = None
    line: int | None = None

    @classmethod
    def of(cls, cell: Cell, code: str, text: str, line: int | None = None) -> Finding:
        """Return a finding in `cell`."""
        return cls(code, text, cell.index, cell.number, cell.id, line)

    def to_json(self) -> Mapping[str, Any]:
        """Return the row of the report's `warnings`."""
        return {
            "code": self.code,
            "cell": self.cell,
            "number": self.number,
            "cell_id": self.cell_id,
            "line": self.line,
            "text": self.text,
        }
