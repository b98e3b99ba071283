"""`%load_ext jpe_magics` in a live kernel, beside two extensions that people load today."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.kernels import kernel
from benchmarks.measure import Bench, Figure, beside, environ, median, take_turns

TITLE = "Loading"
HOW = "`%load_ext NAME` as the first extension of a warm kernel, a new kernel each time, each in its own environment"
MOST = 0.1
#: What loading must not import (`tests/unit/magics/test_load.py` holds the whole list).
HEAVY = ("httpx", "ipywidgets", "nbformat", "jinja2", "sqlite3", "anywidget", "ssl", "pandas")

_LOAD = """
before = set(sys.modules)
start = time.perf_counter()
get_ipython().extension_manager.load_extension({name!r})
took = time.perf_counter() - start
new = set(sys.modules) - before
_told([took, len(new), sorted(new & set({heavy!r}))])
"""


def rows(bench: Bench) -> Iterator[Figure]:
    """Yield the line for each peer, and what loading imports."""
    ours, theirs = "jpe_magics", {"sql": peers.JUPYSQL, "sparkmagic.magics": peers.SPARKMAGIC}
    bench.versions.update({peers.version(peers.JUPYSQL, "jupysql"), peers.version(peers.SPARKMAGIC, "sparkmagic")})
    modules: dict[str, Any] = {}
    work = {
        name: partial(loading, peers.python_of(where), bench.folder, name, modules)
        for name, where in {ours: peers.JPE, **theirs}.items()
    }
    found = take_turns(work, bench.rounds)
    for name in sorted(theirs, key=lambda one: median(found[one])):
        yield beside("`%load_ext jpe_magics`", found[ours], f"`%load_ext {name}`", found[name], MOST)
    count, heavy = modules[ours]
    told = ", ".join(f"{name} {number}" for name, (number, _) in modules.items() if name != ours)
    goal = "none of " + ", ".join(HEAVY)
    mine = f"{count}, heavy: {', '.join(heavy) or 'none'}"
    yield Figure("modules that loading imports", mine, told, goal=goal, ok=not heavy)


def loading(python: Path, folder: Path, name: str, modules: dict[str, Any]) -> float:
    """Return the seconds of loading in a new kernel; `modules` gets how many it imports, and which heavy ones."""
    with kernel(python, folder, environ(folder)) as one:
        took, *modules[name] = one.ask(_LOAD.format(name=name, heavy=HEAVY))
    return float(took)
