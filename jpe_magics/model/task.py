"""The plan: exported cells, the tasks made of them, and what runs after what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jpe_magics.model.notebook import Cell
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.text import Text


@dataclass(frozen=True)
class PreparedCell:
    """What became of one code cell: a row of the report's `notebook`.

    `kind` is the cell's kind (`spark`, `pyspark`, `sql`, `scala`, `plain`, `r`), None for a cell that
    only sets something up.  `outcome` is `task`, `parameters`, `filtered`, `emptied`, `skipped`,
    `control`, `unsupported` or `invalid`.  `code` is what will run, before any wrapper (empty where
    nothing does); `language` is "python" or "scala".  `task` is the id of the task it is part of.
    """

    cell: Cell
    kind: str | None
    outcome: str
    code: Text | None = None
    language: str = "python"
    task: str | None = None

    @property
    def exported(self) -> bool:
        return self.outcome in ("task", "parameters")

    def to_json(self) -> dict[str, Any]:
        """Return the row of the report's `notebook`."""
        return {
            "cell": self.cell.index,
            "number": self.cell.number,
            "cell_id": self.cell.id,
            "cell_kind": self.kind,
            "outcome": self.outcome,
            "task": self.task,
            "code": self.code.text if self.code else "",
        }


@dataclass(frozen=True)
class Task:
    """A unit of scheduling, in Airflow's words.

    `cells` are the exported cells it runs, in order; `code` is their joined code; `retries` is None
    where no cell is tagged; `upstream` holds the ids of tasks that must have succeeded before.
    `named` tells whether the user named it (`task:<name>`).
    """

    id: str
    cells: tuple[PreparedCell, ...]
    code: str
    language: str = "python"
    retries: int | None = None
    upstream: tuple[str, ...] = ()
    named: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the row of the report's `tasks`."""
        return {
            "id": self.id,
            "cells": [cell.cell.index for cell in self.cells],
            "numbers": [cell.cell.number for cell in self.cells],
            "retries": self.retries,
            "upstream": list(self.upstream),
        }


@dataclass(frozen=True)
class Pipeline:
    """Everything a target needs to render: neutral, in document order, with nothing of any target in it.

    `tasks` is the task graph in an order that respects `upstream`; `cells` the exported cells.
    `config_name` is the name that look-ups of parameters use in the code: `config`, or `_jpe_config`
    where the notebook binds `config` itself.  `session_conf` is what `%%configure` cells ask of the
    session (the body of Livy's POST /sessions).  `reads` are the names that exported Python code reads
    without binding them first (`spark`, `sc`, …).
    """

    notebook: str
    path: str | None
    digest: str
    cells: tuple[PreparedCell, ...]
    tasks: tuple[Task, ...]
    parameters: tuple[Parameter, ...] = ()
    config_name: str = "config"
    session_conf: Mapping[str, Any] = field(default_factory=dict)
    reads: frozenset[str] = frozenset()
