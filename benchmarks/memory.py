"""The memory of the kernel: after loading, after a preview, after 200 panels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import notebooks, peers
from benchmarks.kernels import Kernel, kernel
from benchmarks.measure import Bench, Figure, environ
from tools.environments import KERNEL_629

TITLE = "Memory"
PANELS = 200
CELLS = 100
#: Bytes that a panel may leave behind: 1 MB for openings 101 to 200.
MOST_LEFT = 10_000
HOW = (
    f"resident memory of one kernel, {CELLS} cells, after a garbage collection and `malloc_trim`; then "
    "`%export_pipeline` in a cell "
    f"that is run again {PANELS} times as a front end does, its panel closed by the next run.  What is left is told "
    "from the second half of the runs; objects beside a kernel in which `1 + 1` is run as often, for IPython keeps "
    "some for each cell.  On the newest ipykernel and on 6.29"
)

_NOW = """
import ctypes, gc, threading
for _ in range(3):
    gc.collect()
ctypes.CDLL(None).malloc_trim(0)  # what is free goes back to the system, or the C library's habits are measured
widgets = sys.modules.get("ipywidgets.widgets.widget")
with open("/proc/self/statm") as file:
    resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
_told({
    "resident": resident,
    "widgets": len(widgets._instances) if widgets else 0,
    "threads": sorted(one.name for one in threading.enumerate() if one.name.startswith("jpe")),
    "objects": len(gc.get_objects()),
})
"""
#: The preview is waited for: what it remembers of the notebook for the next one is there at every point, or at none.
#: ipykernel keeps what a thread published through until it looks for dead threads, every ten seconds.
_CLOSED = """
import threading
from jpe_magics.panel import current
deadline = time.monotonic() + 20
while current._open["panel"][0].state.preview is None and time.monotonic() < deadline:
    time.sleep(0.05)
current.close_current()
while any(one.name.startswith("jpe") for one in threading.enumerate()) and time.monotonic() < deadline:
    time.sleep(0.05)
time.sleep(11)
"""


def rows(bench: Bench, panels: int = PANELS) -> Iterator[Figure]:
    """Yield what the kernel takes at each point, and whether it grows."""
    for environment in (peers.JPE, KERNEL_629):
        python = peers.python_of(environment)
        version = peers.version(environment, "ipykernel")
        bench.versions.add(version)
        for figure in _rows(bench, python, panels):
            yield replace(figure, what=f"{version}: {figure.what}")


def _rows(bench: Bench, python: Path, panels: int) -> Iterator[Figure]:
    path = notebooks.write(bench.folder / "nb.ipynb", notebooks.sources(CELLS))
    values = environ(bench.folder, JPE_NOTEBOOK_PATH=str(path), JPE_PROBE_TIMEOUT="0.2", **nowhere())
    with kernel(python, bench.folder, values) as one:
        before = now(one)
        one.run("%load_ext jpe_magics", cell="load", front_end=True)
        one.run("%lsmagic", cell="after", front_end=True)
        loaded = now(one)
        yield Figure("after `%load_ext jpe_magics`", more(loaded, before), goal="none")
        one.run("%export_pipeline airflow --dag-id bench --preview;", cell="preview", front_end=True)
        previewed = now(one)
        yield Figure(f"after a preview of {CELLS} cells", more(previewed, before), goal="none")
        points = repeat(one, "%export_pipeline", panels, closing=_CLOSED)
    with kernel(python, bench.folder, values) as one:
        plain = repeat(one, "1 + 1", panels)
    yield Figure("after the first panel", more(points[0], before), goal="none")
    yield Figure(f"after {panels} panels", more(points[-1], before), goal="none")
    left = left_behind(points, "resident", panels)
    what = "bytes that each further panel leaves behind"
    yield Figure(what, f"{left:,.0f}", goal=f"≤ {MOST_LEFT:,}", ok=left <= MOST_LEFT)
    left, bare = (left_behind(found, "objects", panels) for found in (points, plain))
    what, goal = "objects that each further panel leaves behind", "≤ 1 more than a bare cell"
    yield Figure(what, f"{left:.2f}", "`1 + 1`", f"{bare:.2f}", goal=goal, ok=left - bare <= 1)
    for name in ("widgets", "threads"):
        first, last = (count(point[name]) for point in (loaded, points[-1]))
        what = f"{name} after loading, and after the last panel is closed"
        yield Figure(what, f"{first}, {last}", goal="no more", ok=last <= first)


def nowhere() -> dict[str, str]:
    """Return settings with which no backend answers."""
    dead = "http://127.0.0.1:9"
    return {"AIRFLOW_API_URL": dead, "ILUM_API_URL": dead, "GITEA_API_URL": f"{dead}/api/v1"}


def repeat(one: Kernel, code: str, times: int, closing: str = "") -> list[dict[str, Any]]:
    """Run a cell again and again; return what is held after the first, middle and last time, with all closed."""
    points = []
    for number in range(1, times + 1):
        one.run(code, cell="panel", front_end=True)
        if number in (1, times // 2, times):
            if closing:
                one.run(closing, cell="closing", front_end=True)
            points.append(now(one))
    return points


def now(one: Kernel) -> dict[str, Any]:
    """Return what the kernel holds."""
    return dict(one.ask(_NOW))


def more(point: dict[str, Any], before: dict[str, Any]) -> str:
    """Return the memory at a point, for people."""
    grown = (point["resident"] - before["resident"]) / 1e6
    return f"{point['resident'] / 1e6:.0f} MB (+{grown:.1f} MB)"


def left_behind(points: list[dict[str, Any]], name: str, times: int) -> float:
    """Return how much more there is for each run of the second half."""
    return float(points[-1][name] - points[-2][name]) / (times - times // 2)


def count(value: Any) -> int:
    """Return a number, or how many there are."""
    return value if isinstance(value, int) else len(value)
