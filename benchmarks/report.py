"""The page with what was measured."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from benchmarks.measure import Figure
from jpe_magics.version import __version__

_HEAD = "| what | ours | beside | theirs | ours/theirs | goal | |\n| --- | --- | --- | --- | --- | --- | --- |"


@dataclass(frozen=True)
class Measured:
    """What came of one row: `load` is the machine's before and after, in processes; `seconds` how long it took."""

    name: str
    title: str
    how: str
    figures: tuple[Figure, ...]
    versions: frozenset[str]
    load: tuple[float, float]
    seconds: float

    @property
    def missed(self) -> bool:
        """Whether a goal is missed, or something went wrong."""
        return any((one.ok is False and not one.aim) or "error" in one.why for one in self.figures)


def machine() -> str:
    """Return what it was measured on, in words."""
    cpu = (
        re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
        if Path("/proc/cpuinfo").exists()
        else None
    )
    model = cpu[1] if cpu else platform.processor() or platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = platform.python_version()
    return f"{os.cpu_count()} x {model}, {memory:.0f} GiB; {platform.system()} {platform.release()}; Python {python}"


def page(on: str, rounds: int, measured: Sequence[Measured]) -> str:
    """Return the whole page."""
    figures = [one for row in measured for one in row.figures]
    hard = [one for one in figures if not one.aim]
    passed, judged = sum(one.ok is True for one in hard), sum(one.ok is not None for one in hard)
    met, aims = (
        sum(one.aim and one.ok is True for one in figures),
        sum(one.aim and one.ok is not None for one in figures),
    )
    today = datetime.now(timezone.utc).date().isoformat()
    return f"""# What was measured

jpe_magics {__version__}, {today}, by `make bench` ({rounds} rounds).  {on}.

**{passed} of {judged} goals are met, and {met} of {aims} aims.**  Things are compared only within one run, in rounds
that take turns; a ratio is the median of the rounds' ratios, a time the median of the rounds.  Times depend on the
machine and on what else it does (its load stands with each table), and are aims: met or missed.  What passes or fails
is a ratio, a slope, a list or a count.
`python -m benchmarks ROW` measures one table again.

{"".join(section(one) for one in measured)}"""


def section(row: Measured) -> str:
    """Return the table of one row, with how it was measured."""
    lines = [
        f"## {row.title} (`{row.name}`)",
        "",
        table(row.figures),
        "",
        f"How: {row.how}.",
        "",
    ]
    before, after = row.load
    versions = f"  {', '.join(sorted(row.versions))}." if row.versions else ""
    lines += [f"Load {before:.1f} to {after:.1f} on {os.cpu_count()} cores, {row.seconds:.0f} s.{versions}", "", ""]
    return "\n".join(lines)


def table(figures: Sequence[Figure]) -> str:
    """Return the lines as a table."""
    return "\n".join((_HEAD, *(_line(one) for one in figures)))


def _line(one: Figure) -> str:
    ratio = "" if one.ratio is None else f"{one.ratio:.3f}" if one.ratio < 0.1 else f"{one.ratio:.2f}"
    cells = (one.what, one.ours, one.against, one.theirs, ratio, one.goal, one.verdict)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
