"""Sanitizing and searching secrets: megabytes of source per second."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks import notebooks, peers
from benchmarks.measure import Bench, Figure, environ, median, take_turns
from tools.environments import Environment

TITLE = "Throughput"
CELLS = 2_000
HOW = (
    f"the code of {CELLS:,} cells in one process, its start not counted: our sanitizer and secret search over the "
    "cells as an export calls them, "
    "`detect_secrets` (`SecretsCollection.scan_file`, default plugins) over the same source as a `.py` file, "
    "`jupytext` (`reads`, `writes` to `py`) over the notebook.  Beside them `ast.parse` and `compile` of each cell, "
    "which is the least that a sanitizer does whose output compiles"
)
LEAST = 10.0

_OURS = """
import json, sys, time
from jpe_magics.adapters.collector import collector_waiting
from jpe_magics.core.classify import classify
from jpe_magics.core.read import read_notebook
from jpe_magics.core.remembered import remembering
from jpe_magics.core.sanitize import Rules, sanitize
from jpe_magics.core.secrets import find_secrets
notebook = read_notebook(open(sys.argv[1], "rb").read(), name="bench")
with collector_waiting(), remembering():
    start = time.perf_counter()
    cells = classify(notebook, {})
    sanitized = sanitize([one for one in cells if one.language == "python"], Rules(shared_session=True))
    middle = time.perf_counter()
    found = [hit for one in cells for hit in find_secrets(one.cell.source, one.language)]
    end = time.perf_counter()
print(json.dumps([end - start, end - middle]))
assert len(sanitized) == len(cells) and not found, found
"""
_FLOOR = """
import ast, gc, json, sys, time
sources = json.load(open(sys.argv[1]))
gc.disable()
start = time.perf_counter()
for source in sources:
    ast.parse(source)
    compile(source, "<cell>", "exec", dont_inherit=True)
print([time.perf_counter() - start])
"""
_DETECT = """
import sys, time
from detect_secrets import SecretsCollection
from detect_secrets.settings import default_settings
with default_settings():
    start = time.perf_counter()
    SecretsCollection().scan_file(sys.argv[1])
    print([time.perf_counter() - start])
"""
_JUPYTEXT = """
import sys, time, jupytext
text = open(sys.argv[1]).read()
start = time.perf_counter()
jupytext.writes(jupytext.reads(text, fmt="ipynb"), fmt="py")
print([time.perf_counter() - start])
"""


def rows(bench: Bench) -> Iterator[Figure]:
    """Yield a line for each peer, and one for the floor; the ratios are of speeds: more is better."""
    bench.versions.update(
        {peers.version(peers.DETECT_SECRETS, "detect-secrets"), peers.version(peers.JUPYTEXT, "jupytext")}
    )
    sources = notebooks.sources(CELLS)
    path = notebooks.write(bench.folder / "nb.ipynb", sources)
    flat = bench.folder / "nb.py"
    flat.write_text("\n\n".join(sources) + "\n")
    plain = bench.folder / "plain.json"  # magics are no Python
    plain.write_text(json.dumps(notebooks.sources(CELLS, magics=False)))
    searched: list[float] = []
    work = {
        "ours": partial(timed, peers.JPE, _OURS, path, searched),
        "detect-secrets": partial(timed, peers.DETECT_SECRETS, _DETECT, flat),
        "jupytext": partial(timed, peers.JUPYTEXT, _JUPYTEXT, path),
        "floor": partial(timed, peers.JPE, _FLOOR, plain),
    }
    found = take_turns(work, bench.rounds)
    megabytes = sum(len(one.encode()) for one in sources) / 1e6
    what = f"sanitizing and secret search, {megabytes:.2f} MB"
    yield faster(what, megabytes, found["ours"], "detect-secrets", found["detect-secrets"], LEAST)
    what, alone = "secret search alone", searched[-bench.rounds :]
    yield faster(what, megabytes, alone, "detect-secrets", found["detect-secrets"], None)
    what = "Python's own parser and compiler alone"
    yield faster(what, megabytes, found["floor"], "detect-secrets", found["detect-secrets"], None)
    what = "sanitizing and secret search"
    yield faster(what, megabytes, found["ours"], "jupytext", found["jupytext"], None)


def faster(
    what: str, megabytes: float, ours: list[float], peer: str, theirs: list[float], least: float | None
) -> Figure:
    """Return the line of two speeds; the ratio tells how many times ours is theirs."""
    found = median([other / one for one, other in zip(ours, theirs, strict=True)])
    speeds = [f"{megabytes / median(one):.2f} MB/s" for one in (ours, theirs)]
    goal = f"≥ {least:g} times as fast" if least else ""
    return Figure(what, speeds[0], peer, speeds[1], found, goal, found >= least if least else None)


def timed(where: Environment, code: str, path: Path, more: list[float] | None = None) -> float:
    """Return the seconds that the code tells, run by the environment's interpreter on that file; `more` gets others."""
    command = [str(peers.python_of(where)), "-c", code, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environ(path.parent))
    took, *others = json.loads(done.stdout.splitlines()[-1])
    if more is not None:
        more += others
    return float(took)
