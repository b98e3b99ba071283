"""What can be counted instead of timed: imports, calls, parsings.  The same on every machine, so a check can hold it.

    python -m benchmarks.counts        (`make bench-counts`)

A limit is a quarter above what was counted when it was set, for other versions of Python and of what we use; who goes
above one has made something slower for everybody, and finds out what with `python -X importtime` or cProfile.
"""

from __future__ import annotations

import ast
import cProfile
import json
import pstats
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

from benchmarks import notebooks
from benchmarks.measure import Figure, environ
from benchmarks.report import table
from jpe_magics import Session

#: What neither loading nor a preview in a shell may import.
NEVER = ("httpx", "ipywidgets", "anywidget", "nbformat", "pandas", "IPython.core.interactiveshell", "httpcore")
LOADED = 30  # modules that `%load_ext` imports where IPython is there
PREVIEWED = 330  # modules of a whole `jpe export --preview`
CALLS = 1_370  # calls of Python functions for each further cell of a first preview
CALLS_AGAIN = 400  # the same of a preview after an edit of one cell
PARSINGS = 1.3  # times that Python's parser is asked for each further cell of a first preview
PARSINGS_AGAIN = 3  # times that it is asked in all after an edit
MOST_GROWTH = 1.05
SIZES = (100, 200, 400)
MANY = 5_000

_LOAD = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
before = set(sys.modules)
shell.extension_manager.load_extension("jpe_magics")
print(json.dumps(sorted(set(sys.modules) - before)))
"""
_PREVIEW = """
import contextlib, io, json, sys
from jpe_magics.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    code = main(sys.argv[1:])
assert code == 0, code
print(json.dumps(sorted(sys.modules)))
"""


def main() -> int:
    """Print what was counted; return 1 where a limit is passed."""
    with tempfile.TemporaryDirectory(prefix="jpe-counts-") as folder:
        figures = [*imports(Path(folder)), *work(Path(folder))]
    print(table(figures))
    return int(any(one.ok is False for one in figures))


def imports(folder: Path) -> Iterator[Figure]:
    """Yield what is imported."""
    path = notebooks.write(folder / "nb.ipynb", notebooks.sources(8))
    words = ["export", str(path), "airflow", "--dag-id", "bench", "--preview"]
    for what, code, arguments, most in (
        ("modules that `%load_ext jpe_magics` imports", _LOAD, [], LOADED),
        ("modules of `jpe export --preview`", _PREVIEW, words, PREVIEWED),
    ):
        modules = imported(folder, code, arguments)
        heavy = sorted(modules & set(NEVER))
        told = f"{len(modules)}, among them {', '.join(heavy) or 'nothing heavy'}"
        yield Figure(what, told, goal=f"≤ {most}, nothing heavy", ok=len(modules) <= most and not heavy)


def imported(folder: Path, code: str, arguments: list[str]) -> set[str]:
    """Return the modules that the code prints, run in a new process."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environ(folder))
    return set(json.loads(done.stdout.splitlines()[-1]))


def work(folder: Path) -> Iterator[Figure]:
    """Yield the calls and parsings of a preview for each further cell, and how they grow."""
    counted = [counts(folder, size) for size in SIZES]
    small, middle, large = SIZES
    for place, what, most in (
        (0, "calls of functions in a first preview", CALLS),
        (1, "askings of Python's parser in a first preview", PARSINGS),
        (2, "calls of functions in a preview after an edit", CALLS_AGAIN),
    ):
        first, second, third = (one[place] for one in counted)
        each = (third - second) / (large - middle)
        yield Figure(f"{what} for each further cell", f"{each:.1f}", goal=f"≤ {most:g}", ok=each <= most)
        growth = each / ((second - first) / (middle - small))
        yield Figure(
            f"growth of these from {small} to {large} cells",
            f"{growth:.2f}",
            goal=f"≤ {MOST_GROWTH}",
            ok=growth <= MOST_GROWTH,
        )
    again = counted[-1][3]
    what = f"askings of Python's parser after an edit, {large} cells"
    yield Figure(what, f"{again}", goal=f"≤ {PARSINGS_AGAIN}", ok=again <= PARSINGS_AGAIN)
    yield parsings_of_many(folder)


def parsings_of_many(folder: Path) -> Figure:
    """Return the parsings for each cell of a notebook that is longer than any memory of ours should be sized for."""
    path = notebooks.write(folder / "many.ipynb", notebooks.sources(MANY))
    session = Session(environ=environ(folder))
    each = parsings_of(lambda: session.export("airflow", notebook=path, dag_id="bench", preview=True)) / MANY
    what = f"askings of Python's parser in a first preview for each cell of {MANY:,}"
    return Figure(what, f"{each:.1f}", goal=f"≤ {PARSINGS:g}", ok=each <= PARSINGS)


def counts(folder: Path, size: int) -> tuple[int, int, int, int]:
    """Return the calls of functions and the parsings of a first preview, and those of one after an edit.

    Nothing is known of either notebook before: what an export does not ask for is forgotten with it.
    """
    session = Session(environ=environ(folder))

    def preview(sources: list[str], name: str) -> Callable[[], object]:
        path = notebooks.write(folder / f"{name}.ipynb", sources)
        return lambda: session.export("airflow", notebook=path, dag_id="bench", preview=True)

    for number in range(2):  # which is also what the first preview of a process does besides
        preview(repeated(50, f"begun_{number}"), "begun")()
    called, parsed = repeated(size, "called"), repeated(size, "parsed")
    calls, parsings = calls_of(preview(called, "called")), parsings_of(preview(parsed, "parsed"))
    parsed[size // 2] += "\nparsed_anew = True"
    parsings_again = parsings_of(preview(parsed, "parsed"))
    parsed[size // 2] += "\ncalled_anew = True"
    return calls, parsings, calls_of(preview(parsed, "parsed")), parsings_again


def calls_of(preview: Callable[[], object]) -> int:
    """Return how often functions are called."""
    profile = cProfile.Profile()
    profile.runcall(preview)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


def parsings_of(preview: Callable[[], object]) -> int:
    """Return how often Python's parser is asked for a tree."""
    with mock.patch.object(ast, "parse", side_effect=ast.parse) as parse:
        preview()
    return parse.call_count


def repeated(size: int, name: str) -> list[str]:
    """Return `size` sources: the same fifty again and again, so that notebooks of all sizes hold the same cells."""
    fifty = notebooks.sources(53)[3:]
    return [f"{fifty[number % 50]}\n{name}_{size}_{number} = {number}" for number in range(size)]


if __name__ == "__main__":
    sys.exit(main())
