"""Examples of the reference: small notebooks that are exported for real when the page is made."""

from __future__ import annotations

import json
import re
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jpe_magics.adapters.declared import JpeMagics
from jpe_magics.adapters.settings import Settings
from jpe_magics.core.options import Given
from jpe_magics.errors import JpeError
from jpe_magics.results import Export
from jpe_magics.session import Session

LINE = "airflow --dag-id etl_daily"


@dataclass(frozen=True)
class Example:
    """A notebook of `cells` (sources with tags), and the line that exports it; `environ` are variables beside ours."""

    cells: tuple[tuple[str, tuple[str, ...]], ...]
    line: str = LINE
    kernel: str = "python3"
    language: str = "python"
    environ: tuple[tuple[str, str], ...] = ()


def read(given: str | Mapping[str, Any]) -> Example:
    """Return an example as the YAML files write it: the cells' text, or an object of `cells` and what else it has.

    `# %%` begins a further cell; the tags stand behind it with blanks between.
    """
    told: Mapping[str, Any] = {"cells": given} if isinstance(given, str) else given
    return Example(
        cells=tuple(_cells(told.get("cells", "x = 1\n"))),
        line=str(told.get("line", LINE)),
        kernel=str(told.get("kernel", "python3")),
        language=str(told.get("language", "python")),
        environ=tuple((str(name), str(value)) for name, value in told.get("environ", {}).items()),
    )


def run(example: Example) -> Export | JpeError:
    """Return the preview of the example's export, or the error that ends it before there is one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "etl.ipynb")
        path.write_text(json.dumps(notebook(example)), encoding="utf-8")
        session = Session()
        session.settings = Settings(JpeMagics(), dict(example.environ), config_path=list)  # nothing of this machine
        try:
            given = session.parse(shlex.split(example.line))
            values: Mapping[str, Any] = {"notebook": str(path), **given.values, "preview": True}
            return session.run(Given(given.target, values))
        except JpeError as error:
            return error


def shown(example: Example) -> str:
    """Return the example's cells as people read them, with their tags."""
    cells = [f"# tags: {', '.join(tags)}\n{source}" if tags else source for source, tags in example.cells]
    return "\n\n# next cell\n".join(one.strip("\n") for one in cells)


def told_lines(error: JpeError) -> str:
    """Return what is shown of an error, without the folder that the example stood in."""
    return re.sub(r"/\S*/etl\.ipynb", "etl.ipynb", str(error))


def _cells(text: str) -> Sequence[tuple[str, tuple[str, ...]]]:
    cells: list[tuple[str, tuple[str, ...]]] = []
    for part in re.split(r"^(?=# %%(?: |$))", text, flags=re.MULTILINE):
        head, _, rest = part.partition("\n")
        if head.startswith("# %%"):
            cells.append((rest.strip("\n"), tuple(head.split()[2:])))
        elif part.strip():
            cells.append((part.strip("\n"), ()))
    return cells


def notebook(example: Example) -> dict[str, Any]:
    """Return the example as nbformat has it."""
    cells = [
        {
            "cell_type": "code",
            "id": f"cell{place}",
            "source": source,
            "metadata": {"tags": list(tags)},
            "outputs": [],
            "execution_count": None,
        }
        for place, (source, tags) in enumerate(example.cells)
    ]
    kernel = {"name": example.kernel, "display_name": example.kernel, "language": example.language}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
