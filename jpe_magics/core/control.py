"""Cells that only talk to us: `%load_ext jpe_magics`, `%export_pipeline`, `%jpe_history` and nothing else."""

from __future__ import annotations

import re

# A call as a statement or `x = %export_pipeline …`, with `?` for help; automagic is not taken for an assignment
# to, or a call of, something that the notebook itself gave that name.
_LINE = re.compile(
    r"""(?:\?{0,2}(?:[\w.]+\s*=\s*)?%|\?{0,2}(?=\w+\b(?!\s*[=(.\[,])))
        (?:(?:re|un)?load_ext\s+jpe_magics|export_pipeline(?!\w).*|jpe_history(?!\w).*)""",
    re.VERBOSE,
)


def is_control(source: str) -> bool:
    """Tell whether a cell holds lines of ours, and beside them only comments and blank lines.

    >>> is_control("# export\\n%export_pipeline airflow --dag-id etl"), is_control("%load_ext jpe_magics\\nx = 1")
    (True, False)
    """
    lines = (line.strip() for line in source.replace("\\\n", " ").split("\n"))
    code = [line for line in lines if line and not line.startswith("#")]
    return bool(code) and all(_LINE.fullmatch(line) for line in code)
