"""The panel as a user meets it: in JupyterLab in a browser, on notebooks of three sizes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from benchmarks import peers
from benchmarks.measure import Bench, Figure, at_most, environ, median, ratio, told
from tools.environments import ROOT, Environment

TITLE = "The panel in a browser"
SIZES = (10, 100, 500)
LEAST = 5
#: Seconds: what a user takes for "at once", for a panel and for the answer to a key.
PANEL, PREVIEW = 0.5, 0.5
#: What an opening, a keystroke and an export may send in all, both ways.
OPENING, KEY, EXPORT = 400, 12, 40
#: Bytes that an export may send beside the notebook, whose live text comes once, and its code, shown once in colours.
BESIDE = 100_000
#: The code in colours is so many times as long as the plain one.
COLOURED = 4
HOW = (
    "JupyterLab 4 in headless Chromium, a notebook with a heading, a page and a kernel of its own for each round."
    "  From the key that runs `%export_pipeline` to the frame in which the panel's cards, form and buttons have "
    "been painted, the first time in a new kernel and page and again, the extension loaded by a cell a second "
    "before.  Beside it one empty `ipywidgets.Button()` by the same road, ipywidgets imported by a cell before: "
    "what JupyterLab itself takes to run a cell of this notebook and show its widget.  From a key in the field "
    "*DAG id* to the frame with its preview.  Messages and bytes are those of the kernel's websocket (shell and "
    "iopub, both ways) until a second is silent: of one opening, one keystroke, and one export to a folder, the "
    "most of all rounds; no backend answers"
)
BROWSER = Environment("bench-browser", "", ("-e", f"{ROOT}[browser]"), peers.NEWEST)


def rows(bench: Bench, sizes: Sequence[int] = SIZES) -> Iterator[Figure]:
    """Yield the times and the counts for each size."""
    subprocess.run(["sh", str(ROOT / "tools" / "debian.sh"), "chromium", "chromium"], check=True, capture_output=True)
    python = peers.python_of(BROWSER)
    bench.versions.update(
        peers.version(BROWSER, one) for one in ("jupyterlab", "ipykernel", "ipywidgets", "playwright")
    )
    command = [str(python), "-m", "benchmarks.panel_page", str(bench.folder), str(max(bench.rounds, LEAST))]
    done = subprocess.run(
        [*command, *map(str, sizes)], capture_output=True, text=True, env=environ(bench.folder), cwd=ROOT, check=False
    )
    if done.returncode:
        raise RuntimeError(f"no panel was measured:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("FOUND ")]
    for found in json.loads(line.removeprefix("FOUND ")):
        yield from figures(found)


def figures(found: Mapping[str, Any]) -> Iterator[Figure]:
    """Yield the lines of one size."""
    cells = f"{found['cells']} cells"
    for what, ours, theirs in (("first", "first", "button"), ("another", "again", "button_again")):
        took, beside = median(found[ours]), median(found[theirs])
        line = at_most(f"{what} panel, {cells}", took, PANEL, against=f"{what} button")
        yield replace(line, theirs=told(beside), ratio=ratio(found[ours], found[theirs]))
    yield at_most(f"key to preview, {cells}", median(found["preview"]), PREVIEW)
    for what, name, most in (
        ("an opening", "opening", OPENING),
        ("a keystroke", "typing", KEY),
        ("an export", "exporting", EXPORT),
    ):
        count = max(sum(one["messages"].values()) for one in found[name])
        yield Figure(f"messages of {what}, {cells}", f"{count}", goal=f"≤ {most}", ok=count <= most)
    allowed = 2 * found["size"] + COLOURED * found["artifact"] + BESIDE
    for what, name in (("a keystroke", "typing"), ("an export", "exporting")):
        size = max(sum(one["bytes"].values()) for one in found[name])
        goal = f"≤ {allowed:,} (sources twice, file {COLOURED} times, {BESIDE:,})"
        yield Figure(f"bytes of {what}, {cells}", f"{size:,}", goal=goal, ok=size <= allowed)
    size = max(sum(one["bytes"].values()) for one in found["opening"])
    yield Figure(f"bytes of an opening, {cells}", f"{size:,}", goal="none")
