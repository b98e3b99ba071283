"""The preview again after an edit: what somebody waits for who types."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks import notebooks, peers
from benchmarks.kernels import Kernel, kernel
from benchmarks.measure import Bench, Figure, environ, median, slope, told

TITLE = "Preview again"
#: Code cells, and the most seconds; the slope is that of the three largest.
GOALS = {100: 0.02, 1_000: 0.2, 3_000: 0.6, 10_000: 2.0}
MOST_SLOPE = 1.05
HOW = (
    "one cell of the file is edited, then `%export_pipeline airflow --dag-id bench --preview --notebook FILE` in "
    "a kernel that has made previews of this notebook before; `;` at its end keeps it from being shown.  Each size has "
    "a kernel of its own, as each notebook has, and they take turns; times are CPU seconds, which is what a machine "
    "that does nothing else takes by the clock"
)

_EDIT = """
import json
with open({path!r}) as file:
    content = json.load(file)
cells = [one for one in content["cells"] if one["cell_type"] == "code"]
cells[len(cells) // 2]["source"] += "\\nedited_{round} = {round}"
with open({path!r}, "w") as file:
    json.dump(content, file)
"""
_PREVIEW = """
wall, start = time.perf_counter(), time.thread_time()
result = get_ipython().run_line_magic("export_pipeline", "airflow --dag-id bench --preview --notebook {path}{end}")
took = time.thread_time() - start, time.perf_counter() - wall
assert "edited_{round}" in result.artifact.files[0].text
_told(took)
"""


def rows(bench: Bench) -> Iterator[Figure]:
    """Yield a line for each size, and one for the slope."""
    python = peers.python_of(peers.JPE)
    paths = {size: notebooks.write(bench.folder / f"{size}.ipynb", notebooks.sources(size)) for size in GOALS}
    silent: dict[int, list[tuple[float, float]]] = {size: [] for size in GOALS}
    shown: dict[int, list[tuple[float, float]]] = {size: [] for size in GOALS}
    with ExitStack() as opened:
        kernels = {size: opened.enter_context(kernel(python, bench.folder, environ(bench.folder))) for size in GOALS}
        for size, path in paths.items():
            kernels[size].run("%load_ext jpe_magics")
            preview(kernels[size], path, 0, ";")
        for number in range(1, bench.rounds + 1):
            for size, path in paths.items():
                silent[size].append(preview(kernels[size], path, number, ";"))
        for number in range(1, max(2, bench.rounds // 3) + 1):
            for size, path in paths.items():
                shown[size].append(preview(kernels[size], path, 1000 + number, ""))
    for size, goal in GOALS.items():
        took, wall = cpu(silent[size]), median([wall for _, wall in silent[size]])
        text = f"{told(took)} (by the clock {told(wall)}; with its HTML {told(cpu(shown[size]))})"
        yield Figure(f"preview again, {size:,} cells", text, goal=f"≤ {told(goal)}", ok=took <= goal, aim=True)
    large = sorted(GOALS)[1:]
    found = slope(large, [cpu(silent[size]) for size in large])
    what = f"slope of the log-log curve, {large[0]:,} to {large[-1]:,} cells"
    yield Figure(what, f"{found:.2f}", goal=f"≤ {MOST_SLOPE}", ok=found <= MOST_SLOPE)


def cpu(times: list[tuple[float, float]]) -> float:
    """Return the median of the CPU seconds."""
    return median([spent for spent, _ in times])


def preview(one: Kernel, path: Path, number: int, end: str) -> tuple[float, float]:
    """Return the CPU seconds of a preview after an edit, of the thread that makes it, and those of the clock."""
    one.run(_EDIT.format(path=str(path), round=number))
    spent, wall = one.ask(_PREVIEW.format(path=path, round=number, end=end))
    return float(spent), float(wall)
