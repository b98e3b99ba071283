"""Which cell of the notebook a line of a single job's script comes from."""

from __future__ import annotations

import re

from jpe_magics.model.artifact import File

#: How the template `shared/script.py.j2` begins a cell, and how a traceback names a line.
_CELL = re.compile(r"# --- cell ([0-9]{1,6}) ---")
_FRAME = re.compile(r'^(  File "(?:[^"\n]*[/\\])?([^"/\\\n]+)", line ([0-9]{1,7}))', re.MULTILINE)


def name_cells(trace: str, script: File | None) -> tuple[str, str]:
    """Return a traceback whose lines of `script` name their cells, and the last of those cells ("" for none).

    >>> script = File("job.py", "import sys\\n\\n# --- cell 3 ---\\nx = 1 / 0\\n")
    >>> shown, cell = name_cells('  File "/opt/job.py", line 4, in <module>', script)
    >>> print(shown, cell, sep=" | ")
      File "/opt/job.py", line 4 (cell 3), in <module> | 3
    """
    begins = _begins(script.text) if script is not None else []
    found: list[str] = []

    def named(frame: re.Match[str]) -> str:
        before = [cell for line, cell in begins if line < int(frame[3])]
        if script is None or frame[2] != script.path or not before:
            return frame[1]
        found.append(str(before[-1]))
        return f"{frame[1]} (cell {found[-1]})"

    return _FRAME.sub(named, trace), next(reversed(found), "")


def _begins(code: str) -> list[tuple[int, int]]:
    """Return where each cell begins: the line and the cell's number, both growing."""
    begins: list[tuple[int, int]] = []
    for number, line in enumerate(code.split("\n"), 1):
        cell = _CELL.fullmatch(line)
        if cell and int(cell[1]) > (begins[-1][1] if begins else 0):  # else it is a comment of the notebook's own
            begins.append((number, int(cell[1])))
    return begins
