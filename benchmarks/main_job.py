"""What a user waits for: loading, previewing, exporting, measured beside the tools that people use today.

    python benchmarks/main_job.py [ROUNDS]      (`make bench` makes the environment)

Times are of the machine that it runs on; what can be compared are the ratios of one run, whose rounds take
turns.  CPU seconds are those of the whole process, children included.
"""

from __future__ import annotations

import json
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from jupyter_client.manager import start_new_kernel

CELLS = 100
HEAVY = ("httpx", "ipywidgets", "nbformat", "jinja2", "sqlite3", "anywidget")
SOURCES = (
    "%matplotlib inline\nimport csv\nfrom collections import Counter",
    'rows = [{{"region": "EU", "amount": i * 1.5}} for i in range({n})]\nprint(len(rows))',
    'total = 0.0\nfor row in rows:\n    total += row["amount"]\n    print("so far", total)',
    'QUERY = """\nSELECT region, sum(amount)\nFROM orders_{n}\nGROUP BY region\n"""\nqueries = [QUERY] * {n}',
    "def clean_{n}(row):\n    if not row:\n        return None\n    return {{**row, 'n': {n}}}\n\nclean_{n}(rows)",
    "!ls -l\ncounts_{n} = Counter(len(query) for query in queries)\ndisplay(counts_{n})",
)


def notebook(folder: Path) -> Path:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{n}",
            "metadata": {},
            "source": SOURCES[n % len(SOURCES)].format(n=n) if "{" in SOURCES[n % len(SOURCES)] else SOURCES[0],
            "outputs": [],
            "execution_count": None,
        }
        for n in range(CELLS)
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path = folder / "hundred.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}))
    return path


KERNEL = """
import sys, time
before = set(sys.modules)
start = time.perf_counter()
get_ipython().extension_manager.load_extension("jpe_magics")
load = time.perf_counter() - start
heavy = sorted(set({heavy!r}) & (set(sys.modules) - before))
times = []
for _ in range(3):
    start = time.perf_counter()
    get_ipython().find_line_magic("export_pipeline")("airflow --dag-id bench --preview --notebook {path};")
    times.append(time.perf_counter() - start)
import json
print("MEASURED " + json.dumps([load, heavy, times]))
"""


def in_kernel(path: Path) -> tuple[float, list[str], list[float]]:
    """Return the seconds of loading, what it imported of `HEAVY`, and the seconds of three previews."""
    manager, client = start_new_kernel(kernel_name="python3", extra_arguments=["--IPKernelApp.log_level=40"])
    said: list[str] = []

    def hear(message: Any) -> None:
        content = message["content"]
        said.append(content.get("text", "") or "\n".join(content.get("traceback", [])))

    try:
        client.execute_interactive("import json, os, re", timeout=60)  # the kernel is warm
        client.execute_interactive(KERNEL.format(heavy=HEAVY, path=path), timeout=120, output_hook=hear)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    text = "".join(said)
    lines = [line for line in text.splitlines() if line.startswith("MEASURED ")]
    if not lines:
        raise SystemExit(text)
    load, heavy, times = json.loads(lines[0].removeprefix("MEASURED "))
    return load, heavy, times


def process(command: list[str]) -> tuple[float, float]:
    """Return the wall and CPU seconds of a whole process."""
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - start, spent


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as pip leaves a package: compiled once, not in every round
        os.environ |= {"JPE_AUDIT_LOG": f"{folder}/audit.jsonl", "IPYTHONDIR": f"{folder}/ipython"}
        path = notebook(Path(folder))
        kernels = [in_kernel(path) for _ in range(rounds)]
        print(f"%load_ext in a warm kernel      {middle([one[0] for one in kernels]) * 1000:6.0f} ms")
        print(f"  of {', '.join(HEAVY)} it imports: {', '.join(kernels[0][1]) or 'none'}")
        for place, name in enumerate(("first", "second", "third")):
            print(f"{name + ' preview of 100 cells':<32}{middle([one[2][place] for one in kernels]) * 1000:6.0f} ms")

        here = Path(sys.executable).parent
        commands = {
            "jpe export": [str(here / "jpe"), "export", str(path), "airflow", "--dag-id", "bench", "--preview"],
            "jupytext": [str(here / "jupytext"), "--to", "py", "-o", f"{folder}/o.py", str(path)],
            "nbconvert": [str(here / "jupyter"), "nbconvert", "--to", "script", "--output", f"{folder}/o", str(path)],
        }
        runs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                runs[name].append(process(command))
        ours = middle([cpu for _, cpu in runs["jpe export"]])
        for name, measured in runs.items():
            wall, cpu = (middle([one[at] for one in measured]) for at in (0, 1))
            ratio = ours / cpu
            print(
                f"{name:<12} whole process, {CELLS} cells  {wall:5.2f} s wall  {cpu:5.2f} s CPU  ours/this {ratio:4.2f}"
            )


middle = statistics.median

if __name__ == "__main__":
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
    except queue.Empty:
        raise SystemExit("the kernel did not answer in time") from None
