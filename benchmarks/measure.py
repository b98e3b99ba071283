"""How is measured, and what is told of it.

Two things are compared only within one run, in rounds that take turns: what else the machine does then
is the same for both.  What counts is the median of the rounds' ratios.
"""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

median = statistics.median
Name = TypeVar("Name")


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    `ok` is None where there is no goal, or nothing could be measured; then `why` says why not.  An `aim` is a goal
    for a time, which also hangs on the machine: it is met or missed, and neither passes nor fails.
    """

    what: str
    ours: str
    against: str = ""
    theirs: str = ""
    ratio: float | None = None
    goal: str = ""
    ok: bool | None = None
    why: str = ""
    aim: bool = False

    @property
    def verdict(self) -> str:
        """Return pass or fail, met or missed, or why there is neither."""
        words = ("met", "**missed**") if self.aim else ("pass", "**fail**")
        return (self.why or "reported") if self.ok is None else words[not self.ok]


@dataclass(frozen=True)
class Bench:
    """What a row gets: a folder of its own, and how much to do."""

    folder: Path
    rounds: int = 7
    versions: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Spent:
    """What a process took, in seconds; CPU with all that it started."""

    wall: float
    cpu: float


def take_turns(work: Mapping[Name, Callable[[], float]], rounds: int, *, warm: bool = True) -> dict[Name, list[float]]:
    """Return what each piece of work measures, in rounds that take turns; `warm` has each done once before."""
    if warm:
        for measure in work.values():
            measure()
    found: dict[Name, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, measure in work.items():
            found[name].append(measure())
    return found


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the rounds' ratios."""
    return median([one / other for one, other in zip(ours, theirs, strict=True)])


def slope(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Return the slope of the log-log curve: 1 is linear, 2 is quadratic."""
    return statistics.linear_regression([math.log(one) for one in sizes], [math.log(one) for one in seconds]).slope


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def process(command: Sequence[str], *, environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Spent:
    """Return what a whole process took; raises `CalledProcessError` with its last words where it failed."""
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=environ, cwd=cwd, check=False)
    wall, after = time.perf_counter() - start, os.times()
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout[-2000:], done.stderr[-2000:])
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Spent(wall, cpu)


def environ(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment in which nothing of this machine's user counts, and byte code is kept as pip leaves it."""
    ours = ("JPE_", "JPY_", "GITEA_", "AIRFLOW_", "ILUM_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    places = ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR")
    return {**kept, **dict.fromkeys(places, str(home)), "JPE_AUDIT_LOG": str(folder / "audit.jsonl"), **more}


@contextmanager
def in_environ(values: Mapping[str, str]) -> Iterator[None]:
    """Have `values` be this process's environment."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def told(value: float) -> str:
    """Return seconds for people."""
    if value < 0.001:
        return f"{value * 1e6:.0f} µs"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def at_most(what: str, value: float, limit: float, *, against: str = "") -> Figure:
    """Return the line for a time that may be `limit` seconds at most."""
    return Figure(what, told(value), against, goal=f"≤ {told(limit)}", ok=value <= limit, aim=True)


def beside(what: str, ours: Sequence[float], peer: str, theirs: Sequence[float], most: float) -> Figure:
    """Return the line for a time beside a peer's, of which it may be `most` times."""
    found = ratio(ours, theirs)
    goal = f"≤ {most:g}"
    return Figure(what, told(median(ours)), peer, told(median(theirs)), found, goal, found <= most)
