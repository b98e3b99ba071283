"""The memory of the kernel: after loading, after a preview, after 200 panels."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from benchmarks import notebooks, peers
from benchmarks.kernels import Kernel, kernel
from benchmarks.measure import Bench, Figure, environ

TITLE = "Memory"
PANELS = 200
CELLS = 100
#: Bytes that a panel may leave behind beside what a cell of IPython's own does: allocators are not exact.
MOST_LEFT = 20_000
HOW = (
    f"resident memory of one kernel, {CELLS} cells, after a garbage collection; then `%export_pipeline` in a cell "
    "that is run "
    f"again {PANELS} times as a front end does, its panel closed by the next run, beside a kernel in which `1 + "
    "1` is run as often. "
    "What is left is told from the second half of the runs"
)

_NOW = """
import gc, threading
for _ in range(3):
    gc.collect()
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
#: ipykernel keeps what a thread published through until it looks for dead threads, every ten seconds.
_CLOSED = """
from jpe_magics.panel.current import close_current
close_current()
deadline = time.monotonic() + 20
import threading
while any(one.name.startswith("jpe") for one in threading.enumerate()) and time.monotonic() < deadline:
    time.sleep(0.05)
time.sleep(11)
"""


def rows(bench: Bench, panels: int = PANELS) -> Iterator[Figure]:
    """Yield what the kernel takes at each point, and whether it grows."""
    python = peers.python_of(peers.JPE)
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
        if find_spec("jpe_magics.panel.controller") is None:
            yield Figure(f"after {panels} panels", "", why="skipped: there is no panel yet")
            return
        points = repeat(one, "%export_pipeline", panels, closing=_CLOSED)
    with kernel(python, bench.folder, values) as one:
        plain = repeat(one, "1 + 1", panels)
    yield Figure("after the first panel", more(points[0], before), goal="none")
    yield Figure(f"after {panels} panels", more(points[-1], before), goal="none")
    left, bare = (left_behind(found, "resident", panels) for found in (points, plain))
    what, goal = "bytes that each further panel leaves behind", f"≤ {MOST_LEFT:,} more than a bare cell"
    yield Figure(what, f"{left:,.0f}", "`1 + 1`", f"{bare:,.0f}", goal=goal, ok=left - bare <= MOST_LEFT, aim=True)
    left, bare = (left_behind(found, "objects", panels) for found in (points, plain))
    what, goal = "objects that each further panel leaves behind", "≤ 1 more than a bare cell"
    yield Figure(what, f"{left:.2f}", "`1 + 1`", f"{bare:.2f}", goal=goal, ok=left - bare <= 1)
    for name in ("widgets", "threads"):
        first, last = (count(point[name]) for point in (points[0], points[-1]))
        what = f"{name} after the first and the last panel is closed"
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
