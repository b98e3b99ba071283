"""The lines by which we know our own files again."""

from __future__ import annotations

import re

from jpe_magics.core.literal import Code, comment
from jpe_magics.model.task import Pipeline

_MADE_BY = re.compile(r"# Made by jpe_magics \S+ from (.+) \(sha256 [0-9a-f]*\)\.\r?")
#: Ours must stand among so many lines: others may stand above (a shebang, an encoding, a licence of a user's template).
LOOK = 40


def header_lines(pipeline: Pipeline, version: str) -> tuple[Code, ...]:
    """Return the comment lines, `#` and all, that head every artifact made of `pipeline`.

    No time stands in them: the same notebook and version give the same bytes.
    """
    name = pipeline.path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] if pipeline.path else ""
    source = comment(name or f"{pipeline.notebook}.ipynb")
    return (
        Code(f"# Made by jpe_magics {comment(version)} from {source} (sha256 {comment(pipeline.digest)})."),
        Code("# Change the notebook and export it again: changes made here are lost by the next export."),
    )


def made_from(text: str) -> str | None:
    """Return the file name of the notebook that `text` was made from, as our header spells it; None if it is not ours.

    >>> made_from("# Made by jpe_magics 0.1.0 from etl.ipynb (sha256 abc).\\nimport os\\n")
    'etl.ipynb'
    """
    for line in text.split("\n", LOOK)[:LOOK]:
        found = _MADE_BY.fullmatch(line)
        if found:
            return found[1]
    return None
