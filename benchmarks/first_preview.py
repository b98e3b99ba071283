"""The first preview of a fresh kernel, beside JupyterLab: mostly what it has to import."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks import notebooks, peers
from benchmarks.kernels import kernel
from benchmarks.measure import Bench, Figure, beside, environ, take_turns

TITLE = "First preview"
CELLS = 100
HOW = (
    f"`%export_pipeline airflow --dag-id bench --preview --notebook {CELLS}.ipynb` in a new kernel whose "
    "environment holds "
    "JupyterLab too; beside it `import nbformat, jinja2` in another new kernel, and the import of just the "
    "modules that the "
    "preview turned out to import.  What is above that floor is work: Jinja makes code of the templates, and Python "
    "parses and compiles each cell once"
)
MOST = 1.2

_PREVIEW = """
before = set(sys.modules)
start = time.perf_counter()
result = get_ipython().run_line_magic("export_pipeline", "airflow --dag-id bench --preview --notebook {path}")
took = time.perf_counter() - start
assert result.ok and result.report.cells > {least}
_told([took, sorted(set(sys.modules) - before)])
"""
_IMPORT = """
import importlib
start = time.perf_counter()
for name in {names!r}:
    importlib.import_module(name)
_told(time.perf_counter() - start)
"""


def rows(bench: Bench) -> Iterator[Figure]:
    """Yield the preview as a headless run shows it, and as a front end does, with widgets."""
    python = peers.python_of(peers.BESIDE_LAB)
    bench.versions.update(peers.version(peers.BESIDE_LAB, one) for one in ("jupyterlab", "nbformat", "jinja2"))
    path = notebooks.write(bench.folder / f"{CELLS}.ipynb", notebooks.sources(CELLS))
    needed: dict[bool, list[str]] = {}

    def previewing(*, front_end: bool) -> float:
        with kernel(python, bench.folder, environ(bench.folder)) as one:
            one.run("%load_ext jpe_magics", front_end=front_end)
            one.run("%lsmagic", front_end=front_end)  # what loading puts off has been done
            took, needed[front_end] = one.ask(_PREVIEW.format(path=path, least=CELLS // 2), front_end=front_end)
        return float(took)

    previewing(front_end=False), previewing(front_end=True)
    work = {
        "html": lambda: previewing(front_end=False),
        "floor of html": lambda: importing(python, bench.folder, needed[False]),
        "widgets": lambda: previewing(front_end=True),
        "floor of widgets": lambda: importing(python, bench.folder, needed[True]),
        "peer": lambda: importing(python, bench.folder, ["nbformat", "jinja2"]),
    }
    found = take_turns(work, bench.rounds)
    for name, told in (("html", "shown as HTML"), ("widgets", "shown with widgets")):
        what = f"first preview of {CELLS} cells, {told}"
        yield beside(what, found[name], "`import nbformat, jinja2`", found["peer"], MOST)
        count = len(needed[name == "widgets"])
        yield beside(what, found[name], f"importing the {count} modules it needs", found[f"floor of {name}"], MOST)


def importing(python: Path, folder: Path, names: list[str]) -> float:
    """Return the seconds that importing `names` takes in a new kernel with our extension loaded."""
    with kernel(python, folder, environ(folder)) as one:
        one.run("%load_ext jpe_magics")
        return float(one.ask(_IMPORT.format(names=names)))
