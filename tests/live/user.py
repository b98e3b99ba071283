"""A user of one Airflow: a notebook, a kernel, a shell, and the history that both write."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

SECONDS = 300
_OTHERS = ("JPE_", "JPY_", "GITEA_", "AIRFLOW_", "ILUM_")
Act = Callable[[], object]


@dataclass
class Ran:
    """What came of a cell: its error as (name, what is shown), and all that was displayed, the newest last."""

    error: tuple[str, str] = ("", "")
    shown: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """What stands there in the end."""
        return self.shown[-1] if self.shown else ""

    def ok(self) -> Ran:
        assert self.error == ("", ""), self.error[1] + "\n" + "\n".join(self.shown[-2:])
        return self


class Kernel:
    """A kernel of another interpreter, asked as a front end does."""

    def __init__(self, python: Path, folder: Path, environ: Mapping[str, str]) -> None:
        self._manager = KernelManager()
        command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}", "--IPKernelApp.log_level=40"]
        self._manager._kernel_spec = KernelSpec(argv=command, display_name="Spark", language="python")
        self._manager.start_kernel(cwd=str(folder), env=dict(environ))
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=90)

    def run(self, code: str, on: str = "", act: Act | None = None) -> Ran:
        """Run a cell; as soon as it shows the text `on`, do `act`, once."""
        ran, acts = Ran(), [act] if act else []

        def hear(message: Mapping[str, Any]) -> None:
            kind, content = message["msg_type"], message["content"]
            if kind == "error":
                ran.error = content["ename"], "\n".join(content["traceback"])
            elif kind in ("display_data", "update_display_data", "execute_result"):
                ran.shown.append(str(content["data"].get("text/plain", "")))
            elif kind == "stream":
                ran.shown.append(content["text"])
            if acts and ran.shown and on in ran.shown[-1]:
                acts.pop()()

        self._client.execute_interactive(code, timeout=SECONDS, allow_stdin=False, output_hook=hear)
        assert not acts, f"{on!r} was never shown: {ran}"
        return ran

    def interrupt(self) -> None:
        """Press the stop button."""
        self._manager.interrupt_kernel()

    def close(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


class User:
    """Works in `folder`, with `settings` (environment variables) that say where Airflow and its DAGs are."""

    def __init__(self, python: Path, folder: Path, settings: Mapping[str, str]) -> None:
        self.python, self.folder, self.settings = python, folder, dict(settings)
        self.folder.mkdir(parents=True)

    def notebook(self, dag_id: str, cells: Sequence[str | tuple[str, ...]]) -> list[str]:
        """Write `<dag_id>.ipynb` with a source, or a source and its tags, a cell; return the sources."""
        rows = [(one,) if isinstance(one, str) else one for one in cells]
        made = [
            {
                "cell_type": "code",
                "id": f"c{number}",
                "metadata": {"tags": list(tags)},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
            for number, (source, *tags) in enumerate(rows)
        ]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        content = {"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
        self.path(dag_id).write_text(json.dumps(content))
        return [one[0] for one in rows]

    def path(self, dag_id: str) -> Path:
        return self.folder / f"{dag_id}.ipynb"

    def environ(self, **more: str) -> dict[str, str]:
        """Return an environment in which nothing of this machine's user counts."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
        places = {"HOME": home, "IPYTHONDIR": home, "JUPYTER_CONFIG_DIR": home, "JUPYTER_RUNTIME_DIR": home}
        own = {
            "JPE_AUDIT_LOG": str(self.folder / "audit.jsonl"),
            "JPE_PROBE_TIMEOUT": "0.2",
            "PYSPARK_PYTHON": str(self.python),
            "PYSPARK_SUBMIT_ARGS": "--master local[1] --conf spark.ui.enabled=false pyspark-shell",
        }
        return {**kept, **{name: str(place) for name, place in places.items()}, **own, **self.settings, **more}

    @contextmanager
    def kernel(self, dag_id: str, **more: str) -> Iterator[Kernel]:
        """A kernel for that notebook, with the extension loaded."""
        kernel = Kernel(self.python, self.folder, self.environ(JPE_NOTEBOOK_PATH=str(self.path(dag_id)), **more))
        try:
            kernel.run("%load_ext jpe_magics").ok()
            yield kernel
        finally:
            kernel.close()

    def jpe(self, *words: str | Path, on: str = "", number: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
        """Run the shell command; send it the signal `number` when its error stream says `on`."""
        out, error = self.folder / "out.txt", self.folder / "error.txt"
        with out.open("w") as one, error.open("w") as other:
            command = [sys.executable, "-m", "jpe_magics", *map(str, words)]
            process = subprocess.Popen(command, stdout=one, stderr=other, env=self.environ(**more), cwd=self.folder)
        with process:
            try:
                deadline = time.monotonic() + SECONDS
                while on and on not in error.read_text():
                    assert time.monotonic() < deadline, error.read_text()
                    assert process.poll() is None, error.read_text()
                    time.sleep(0.05)
                if on:
                    process.send_signal(signal.Signals(number))
                code = process.wait(SECONDS)
            finally:
                process.kill()
        return subprocess.CompletedProcess(command, code, out.read_text(), error.read_text())

    def export(self, dag_id: str, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run `jpe export` for that notebook."""
        return self.jpe("export", self.path(dag_id), "airflow", "--dag-id", dag_id, *words, **more)

    def record(self, dag_id: str) -> dict[str, Any]:
        """Return the newest record of that DAG, as the history has it."""
        listed = json.loads(self.jpe("history", "--json").stdout)
        found = next(one["id"] for one in listed if one["name"] == dag_id)
        return dict(json.loads(self.jpe("history", found, "--json").stdout))
