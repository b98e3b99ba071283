"""A pipeline → the values of the templates of scripts: the cells as top-level code of one file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jpe_magics.core.header import header_lines
from jpe_magics.core.join import hoist_future
from jpe_magics.core.literal import Code
from jpe_magics.core.shell_names import names_to_make
from jpe_magics.core.spark_properties import spark_conf
from jpe_magics.core.toplevel import drop_globals
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.task import Pipeline


@dataclass(frozen=True)
class CellView:
    """A cell as the script holds it; `number` is its place among the code cells."""

    number: Code
    code: Code


@dataclass(frozen=True)
class ParameterView:
    """A parameter and what its value is coerced to."""

    name: str
    kind: str


def script_view(pipeline: Pipeline, version: str) -> dict[str, Any]:
    """Return what the template `shared/script.py.j2` needs, but for `file`, the script's name.

    `spark` are the names of PySpark's shell that the script must make for the cells; `session` tells whether it
    makes a Spark session, which it does where there are any; `stop` whether it stops the session at its end.
    """
    features: list[str] = []
    cells = []
    for cell in pipeline.cells:
        more, rest = hoist_future(cell.code.text if cell.code else "")
        features += [one for one in more if one not in features]
        cells.append(CellView(Code(str(cell.cell.number)), Code(drop_globals(rest).strip("\n"))))
    names = names_to_make(codes(pipeline))
    return {
        "header": header_lines(pipeline, version),
        "futures": Code(", ".join(features)),
        "parameters": parameter_views(pipeline),
        "config_names": Code("config = _jpe_config" if pipeline.config_name == "config" else pipeline.config_name),
        "json_module": Code("_jpe_json"),
        "spark": names,
        "session": bool(names),
        "stop": False,
        "app_name": str(pipeline.session_conf.get("name") or pipeline.notebook),
        "spark_conf": spark_conf(pipeline.session_conf),
        "cells": cells,
    }


def codes(pipeline: Pipeline) -> list[str]:
    """Return the code of the exported cells, in order."""
    return [cell.code.text for cell in pipeline.cells if cell.code]


def parameter_views(pipeline: Pipeline) -> list[ParameterView]:
    """Return the parameters with the types that their values get."""
    return [ParameterView(one.name, _kind(one)) for one in pipeline.parameters]


def _kind(parameter: Parameter) -> str:
    return parameter.type if parameter.literal and parameter.default is not None else "any"
