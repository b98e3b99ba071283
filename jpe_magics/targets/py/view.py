"""A pipeline → the values of the script's template."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from jpe_magics.core.script import script_view
from jpe_magics.core.tree import tree_of
from jpe_magics.model.task import Pipeline


def py_view(pipeline: Pipeline, version: str) -> dict[str, Any]:
    """Return what the template `py/script.py.j2` needs."""
    values = script_view(pipeline, version)
    return {**values, "file": file_name(pipeline.notebook, [cell.code for cell in values["cells"]])}


def file_name(notebook: str, codes: Sequence[str]) -> str:
    """Return `<notebook>.py`, changed only where a file may not be named so.

    Python looks for modules beside a script first: a script named as a module of the standard library,
    of Spark or of one that the cells import would be taken for it, so `_notebook` goes behind.
    """
    stem = re.sub(r'[/\\:*?"<>|]', "_", notebook)
    stem = "".join(one if one.isprintable() else "_" for one in stem).strip(" .") or "notebook"
    stem = stem.encode()[:200].decode(errors="ignore")  # a file's name may have 255 bytes
    if stem in sys.stdlib_module_names or stem in ("pyspark", "py4j") or stem in set(_imported(codes)):
        stem += "_notebook"
    return f"{stem}.py"


def _imported(codes: Sequence[str]) -> Iterator[str]:
    """Yield the top-level names of the modules that the cells import."""
    for code in codes:
        for node in ast.walk(tree_of(code)):
            if isinstance(node, ast.Import):
                yield from (one.name.partition(".")[0] for one in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                yield node.module.partition(".")[0]
