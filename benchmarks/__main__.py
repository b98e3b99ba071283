"""Measure, and write what was measured to benchmarks/RESULTS.md.

    python -m benchmarks [--rounds N] [ROW …]        (`make bench` does it with every row)

A row is the name of a module here, for example `load`.  With rows that are named the result is only printed.
The exit code is 1 where a goal is missed or a row could not be measured.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import traceback
from importlib import import_module
from pathlib import Path

from benchmarks.measure import Bench, Figure, in_environ
from benchmarks.report import Measured, machine, page, section

ROWS = (
    "load",
    "first_preview",
    "preview_again",
    "shell_export",
    "throughput",
    "dag_parse",
    "dag_overhead",
    "badges",
    "history",
    "memory",
    "panel_browser",
)
RESULTS = Path(__file__).with_name("RESULTS.md")
ROUNDS = 7


def main(words: list[str]) -> int:
    """Measure the rows that are named, all if none is; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure how fast it is.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=" ".join(ROWS))
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often each thing is measured ({ROUNDS})")
    asked = parser.parse_args(words)
    if unknown := set(asked.rows) - set(ROWS):
        parser.error(f"there is no row {', '.join(sorted(unknown))}")
    measured = []
    for name in asked.rows or ROWS:
        measured.append(measure(name, asked.rounds))
        print(section(measured[-1]), flush=True)
    if not asked.rows:
        RESULTS.write_text(page(machine(), asked.rounds, measured))
        print(f"written to {RESULTS}")
    return int(any(one.missed for one in measured))


def measure(name: str, rounds: int) -> Measured:
    """Return what one row measures; a row that fails is told as such, and the others go on."""
    module = import_module(f"benchmarks.{name}")
    start, before = time.monotonic(), os.getloadavg()[0]
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix=f"jpe-bench-{name}-") as folder, in_environ(dict(os.environ)):
        bench = Bench(Path(folder), rounds)
        try:
            figures.extend(module.rows(bench))
        except Exception as error:  # noqa: BLE001 - minutes of other rows must not be lost; it is told, and is a failure
            traceback.print_exc()
            figures.append(Figure(module.TITLE, "", why=f"**error**: {type(error).__name__}", ok=None))
    load = (before, os.getloadavg()[0])
    return Measured(
        name, module.TITLE, module.HOW, tuple(figures), frozenset(bench.versions), load, time.monotonic() - start
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
