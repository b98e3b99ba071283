"""The report of what `prepare` did, with every text masked."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from jpe_magics.core.secrets import Redactor
from jpe_magics.model.finding import Finding, Rejection
from jpe_magics.model.notebook import Cell
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.task import PreparedCell, Task
from jpe_magics.model.text import Text


class Mask:
    """Masks the nouns of a report: no object in it holds a secret, not even in its `repr`."""

    def __init__(self, redact: Redactor) -> None:
        self.text = redact
        self._cells: dict[int, tuple[PreparedCell, PreparedCell]] = {}  # by id: a cell, and it masked

    def rejections(self, found: Iterable[Rejection]) -> tuple[Rejection, ...]:
        """Return rejections in the order of the notebook."""
        masked = (self._rejection(one) for one in found)
        return tuple(sorted(masked, key=lambda one: (one.cell, one.line, one.end_line, one.kind)))

    def findings(self, found: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return findings in the order of the notebook, those of no cell last."""
        masked = (self._finding(one) for one in found)
        return tuple(sorted(masked, key=lambda one: (one.cell is None, one.cell or 0, one.line or 0)))

    def cells(self, cells: Sequence[PreparedCell]) -> tuple[PreparedCell, ...]:
        """Return cells whose source, tags and code are masked, and whose metadata is gone."""
        return tuple(self._cell(one) for one in cells)

    def tasks(self, tasks: Sequence[Task]) -> tuple[Task, ...]:
        """Return tasks whose cells and code are masked."""
        return tuple(map(self._task, tasks))

    def parameters(self, parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
        """Return parameters whose defaults and descriptions are masked."""
        return tuple(
            replace(
                one,
                default=self.value(one.default),
                expression=self.text(one.expression),
                description=self.text(one.description),
            )
            for one in parameters
        )

    def value(self, value: Any) -> Any:
        """Return a JSON-like value with every text in it masked."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.value(key): self.value(one) for key, one in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self.value(one) for one in value)
        return value

    def _task(self, one: Task) -> Task:
        cells, code = self.cells(one.cells), self.text(one.code)
        if code is one.code and all(map(operator.is_, cells, one.cells)):
            return one
        return Task(one.id, cells, code, one.language, one.retries, one.upstream, one.named)

    def _rejection(self, one: Rejection) -> Rejection:
        text, reason = self.text(one.text), self.text(one.reason)
        return one if (text, reason) == (one.text, one.reason) else replace(one, text=text, reason=reason)

    def _finding(self, one: Finding) -> Finding:
        text = self.text(one.text)
        return one if text == one.text else replace(one, text=text)

    def _cell(self, prepared: PreparedCell) -> PreparedCell:
        """Return a cell masked, the same one for the notebook and for its task: itself where it shows nothing."""
        if not (self.text or prepared.cell.metadata):
            return prepared
        known = self._cells.get(id(prepared))
        if known is None:
            one = prepared.cell
            tags = tuple(self.text(tag) for tag in one.tags)
            cell = Cell(self.text(one.source), one.index, one.number, one.id, one.cell_type, tags)
            masked = PreparedCell(
                cell, prepared.kind, prepared.outcome, self._code(prepared.code), prepared.language, prepared.task
            )
            known = self._cells[id(prepared)] = prepared, masked
        return known[1]

    def _code(self, code: Text | None) -> Text | None:
        if code is None:
            return None
        masked = self.text(code.text)
        if masked == code.text:
            return code
        # a secret of several lines (a private key) may shrink: then the lines are counted anew
        same = masked.count("\n") == code.text.count("\n")
        return replace(code, text=masked) if same else Text.of(masked, code.lines[0])
