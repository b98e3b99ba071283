"""A code cell with its kind and body."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from jpe_magics.model.finding import Finding, Rejection
from jpe_magics.model.notebook import Cell
from jpe_magics.model.text import Text


class Classified(NamedTuple):
    """A code cell with its kind and body.

    `kind` is `spark`, `pyspark`, `sql`, `scala`, `r` or `plain`, None for a cell that only sets
    something up or asks for something (`%%configure`, `%%send_to_spark`, `%%spark config`) and so holds
    no code.  `language` is that of the body: "python", "sql", "scala", "r", "" for none.

    `body` is the code without the cell magic lines that chose the kind or wrap it (`%%spark`, `%%time`,
    `%%pipeline_params`), dedented as Sparkmagic does.  For a cell that goes as a whole (an unknown cell
    magic, `%%bash`, `%%writefile`) `gone` is true, the body is empty and `rejections` say why.
    `rejections` also hold the wrapping magics that were taken off (`%%time`).  `output` is the name
    after `-o` of an SQL cell.  `conf` is what a `%%configure` cell asks of the session.
    `parameters` tells that this is a parameter cell (tag, marker comment or `%%pipeline_params`).
    """

    cell: Cell
    kind: str | None
    language: str
    body: Text
    rejections: tuple[Rejection, ...] = ()
    findings: tuple[Finding, ...] = ()
    output: str = ""
    conf: Mapping[str, Any] = MappingProxyType({})
    parameters: bool = False
    gone: bool = False
