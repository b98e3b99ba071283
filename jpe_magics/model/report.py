"""The report of one export: everything that people, `--report` and the history are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jpe_magics.model.finding import Finding, Rejection
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.task import PreparedCell, Task


@dataclass(frozen=True)
class Report:
    """What was read, what became of each cell, and what was made.  Holds no secret: all texts are masked.

    `cells` counts tasks in Airflow's `per_cell`, exported cells in all other artifacts.  `tasks` are
    only those made of cells; empty for scripts.  `files` maps paths to sha256 (under `--preview` the
    would-be ones).  `status` is JPE's HTTP word: 200, 400 secrets, 422 empty or invalid; `error` is the
    error's text, "" where there is none, `error_code` its JPE code.
    """

    target: str
    source: str
    kinds: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    cells: int = 0
    rejected: tuple[Rejection, ...] = ()
    notebook: tuple[PreparedCell, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    tasks: tuple[Task, ...] = ()
    warnings: tuple[Finding, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    status: int = 200
    error: str = ""
    error_code: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return what `jpe export --report` writes."""
        return {
            "target": self.target,
            "source": self.source,
            "kinds": list(self.kinds),
            "cells": self.cells,
            "rejected": [one.to_json() for one in self.rejected],
            "notebook": [one.to_json() for one in self.notebook],
            "parameters": [one.to_json() for one in self.parameters],
            "tasks": [one.to_json() for one in self.tasks],
            "warnings": [dict(one.to_json()) for one in self.warnings],
            "files": [{"path": path, "sha256": digest} for path, digest in self.files],
            "status": self.status,
            "error": self.error or None,
            "error_code": self.error_code or None,
        }
