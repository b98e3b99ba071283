"""`jpe export` as a whole process, beside what turns notebooks into programs today."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import notebooks, peers
from benchmarks.measure import Bench, Figure, Spent, environ, median, process, ratio, told
from tools.environments import Environment

TITLE = "Export in a shell"
SIZES = (8, 100, 1_000)
HOW = (
    "whole processes, start to end, byte code compiled: `jpe export NB airflow --dag-id bench --output OUT --no-push`, "
    "`jupytext --to py -o OUT NB`, `jupyter-nbconvert --to script --output OUT NB`, `papermill --prepare-only NB OUT`, "
    "`kale --nb NB` (its notebook has no magics, on which it stops, and a `step:` tag for each cell, as it wants)"
)
#: Kale takes minutes for the largest size, so it has fewer rounds.
KALE_ROUNDS = {8: 3, 100: 2, 1_000: 1}
KALE = "kubeflow-kale"
PEERS: dict[str, Environment] = {
    "jupytext": peers.JUPYTEXT,
    "nbconvert": peers.NBCONVERT,
    "papermill": peers.PAPERMILL,
    KALE: peers.KALE,
}


def rows(bench: Bench) -> Iterator[Figure]:
    """Yield a line for each size and peer."""
    bench.versions.update(peers.version(where, name) for name, where in PEERS.items())
    for size in SIZES:
        yield from beside_all(bench, size)


def beside_all(bench: Bench, size: int) -> Iterator[Figure]:
    """Yield the lines of one size."""
    folder = bench.folder / str(size)
    folder.mkdir()
    values = environ(folder)
    plain = notebooks.write(folder / "nb.ipynb", notebooks.sources(size))
    tags = [f"step:step_{number}" for number in range(size)]
    tagged = notebooks.write(folder / "tagged.ipynb", notebooks.sources(size, magics=False), tags)
    found: dict[str, list[tuple[Spent, Spent]]] = {name: [] for name in PEERS}
    why: dict[str, str] = {}
    for number in range(bench.rounds + 1):  # the first one warms
        ours = process(command_of("jpe", plain, folder), environ=values, cwd=folder)
        for name in PEERS:
            if name in why or (name == KALE and number > min(KALE_ROUNDS[size], bench.rounds) - (size == 1_000)):
                continue
            try:
                theirs = process(
                    command_of(name, tagged if name == KALE else plain, folder), environ=values, cwd=folder
                )
            except subprocess.CalledProcessError as error:
                why[name] = f"not measured: it ends with {error.returncode}: {(error.stderr or '').strip()[-120:]!r}"
                continue
            if number or (name == KALE and size == 1_000):
                found[name].append((ours, theirs))
    for name, pairs in found.items():
        what = f"`jpe export`, {size:,} cells"
        if name in why:
            yield Figure(what, "", name, why=why[name])
        else:
            yield line(what, name, pairs)


def line(what: str, name: str, pairs: Sequence[tuple[Spent, Spent]]) -> Figure:
    """Return the line for one peer: what counts is the wall clock; the CPU's ratio is told too."""
    ours, theirs = [one.wall for one, _ in pairs], [other.wall for _, other in pairs]
    cpu = ratio([one.cpu for one, _ in pairs], [other.cpu for _, other in pairs])
    found = ratio(ours, theirs)
    mine = f"{told(median(ours))} (CPU ratio {cpu:.2f})"
    return Figure(what, mine, name, told(median(theirs)), found, "< 1", found < 1)


def command_of(name: str, path: Path, folder: Path) -> list[str]:
    """Return the command line with which `name` exports the notebook at `path`."""
    out = folder / "out"
    if name == "jpe":
        words = ["export", str(path), "airflow", "--dag-id", "bench", "--output", f"{out}.dag.py", "--no-push"]
        return [peers.program(peers.JPE, "jpe"), *words]
    words = {
        "jupytext": ["jupytext", "--to", "py", "-o", f"{out}.jupytext.py", str(path)],
        "nbconvert": ["jupyter-nbconvert", "--to", "script", "--output", f"{out}.nbconvert", str(path)],
        "papermill": ["papermill", "--prepare-only", str(path), f"{out}.papermill.ipynb"],
        KALE: ["kale", "--nb", str(path), "--pipeline_name", "bench", "--experiment_name", "bench"],
    }[name]
    return [peers.program(PEERS[name], words[0]), *words[1:]]
