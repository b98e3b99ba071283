"""A pipeline → the values of the script's template."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jpe_magics.core.header import header_lines
from jpe_magics.core.join import hoist_future
from jpe_magics.core.literal import Code
from jpe_magics.core.toplevel import drop_globals
from jpe_magics.core.tree import tree_of
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.task import Pipeline

#: What PySpark's shell and Livy define and a script has to make.
SPARK_NAMES = ("spark", "sc", "sqlContext")
#: Livy's session fields as Spark properties (Spark's configuration page).
SPARK_PROPERTIES: Mapping[str, str] = {
    "driverMemory": "spark.driver.memory",
    "driverCores": "spark.driver.cores",
    "executorMemory": "spark.executor.memory",
    "executorCores": "spark.executor.cores",
    "numExecutors": "spark.executor.instances",
    "queue": "spark.yarn.queue",
    "jars": "spark.jars",
    "pyFiles": "spark.submit.pyFiles",
    "files": "spark.files",
    "archives": "spark.archives",
}
#: What a script carries over of a session's configuration.
CARRIED = frozenset({*SPARK_PROPERTIES, "conf", "name"})


@dataclass(frozen=True)
class CellView:
    """A cell as the script holds it; `number` is its place among the code cells."""

    number: Code
    code: Code


@dataclass(frozen=True)
class ParameterView:
    """A parameter and what its argument is coerced to."""

    name: str
    kind: str


def view(pipeline: Pipeline, version: str) -> dict[str, Any]:
    """Return what the template `py/script.py.j2` needs."""
    features: list[str] = []
    cells = []
    for cell in pipeline.cells:
        more, rest = hoist_future(cell.code.text if cell.code else "")
        features += [one for one in more if one not in features]
        cells.append(CellView(Code(str(cell.cell.number)), Code(drop_globals(rest).strip("\n"))))
    return {
        "header": header_lines(pipeline, version),
        "futures": Code(", ".join(features)),
        "parameters": [ParameterView(one.name, _kind(one)) for one in pipeline.parameters],
        "config_names": Code("config = _jpe_config" if pipeline.config_name == "config" else pipeline.config_name),
        "json_module": Code("_jpe_json"),
        "file": file_name(pipeline.notebook, [cell.code for cell in cells]),
        "spark": [name for name in SPARK_NAMES if name in pipeline.reads],
        "app_name": str(pipeline.session_conf.get("name") or pipeline.notebook),
        "spark_conf": spark_conf(pipeline.session_conf),
        "cells": cells,
    }


def file_name(notebook: str, codes: Sequence[str]) -> str:
    """Return `<notebook>.py`, changed only where a file may not be named so.

    Python looks for modules beside a script first: a script named as a module of the standard library,
    of Spark or of one that the cells import would be taken for it, so `_notebook` goes behind.
    """
    stem = re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|\ud800-\udfff]', "_", notebook).strip(" .") or "notebook"
    stem = stem.encode()[:200].decode(errors="ignore")  # a file's name may have 255 bytes
    if stem in sys.stdlib_module_names or stem in ("pyspark", "py4j") or stem in set(_imported(codes)):
        stem += "_notebook"
    return f"{stem}.py"


def spark_conf(session_conf: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a `%%configure` cell asks for as Spark properties."""
    pairs: dict[str, str] = {}
    for field, key in SPARK_PROPERTIES.items():
        value = session_conf.get(field)
        if isinstance(value, list) and value:
            pairs[key] = ",".join(str(one) for one in value)
        elif isinstance(value, (str, int)) and value != "":
            pairs[key] = str(value)
    conf = session_conf.get("conf")
    for key, value in conf.items() if isinstance(conf, Mapping) else ():
        if isinstance(value, (str, int, float)):
            pairs[str(key)] = str(value).lower() if isinstance(value, bool) else str(value)
    return list(pairs.items())


def _kind(parameter: Parameter) -> str:
    return parameter.type if parameter.literal and parameter.default is not None else "any"


def _imported(codes: Sequence[str]) -> Iterator[str]:
    """Yield the top-level names of the modules that the cells import."""
    for code in codes:
        for node in ast.walk(tree_of(code)):
            if isinstance(node, ast.Import):
                yield from (one.name.partition(".")[0] for one in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                yield node.module.partition(".")[0]
