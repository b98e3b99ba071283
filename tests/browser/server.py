"""A Jupyter server for tests: JupyterLab 4, Notebook 7 and nbclassic at once, with no trace in the user's home."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.browser.harness import poll
from tools.environments import KERNEL_629, LIVE

#: A cell: its source, or its source and its tags.
GivenCell = str | tuple[str, Sequence[str]]

#: Runs in every kernel at its start: what a cell returns as its export is told to the test, unseen by the notebook.
TELL = """
def _tell_exports(shell):
    import json, os, pathlib
    from ipykernel.connect import get_connection_file

    told = pathlib.Path(os.environ["TEST_TOLD"], pathlib.Path(get_connection_file()).stem + ".jsonl")

    def tell(result):
        export = getattr(result, "result", None)
        if type(export).__name__ == "Export":
            line = {**export.report.to_json(), "code": export.code}
            with told.open("a") as out:
                out.write(json.dumps(line) + "\\n")

    shell.events.register("post_run_cell", tell)

_tell_exports(get_ipython())
del _tell_exports
"""

#: As in a kernel whose environment has no anywidget.
MISSING = 'raise ModuleNotFoundError("No module named \'anywidget\'", name="anywidget")\n'

_KERNEL_6 = Path(os.environ.get(KERNEL_629.variable) or LIVE / KERNEL_629.name / "bin" / "python")
#: An interpreter with ipykernel 6, None where there is none: `python -m tools.live` makes it.
KERNEL_6 = _KERNEL_6 if _KERNEL_6.exists() else None

#: Without this a dialog about news covers a corner of the page.
QUIET = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}


class JupyterServer:
    """The server; a context manager.  `root` is its folder, `home` its user's.

    Kernels: `python3`, `no-anywidget`, in which anywidget can't be imported, and `ipykernel-6` where there is one.
    """

    def __init__(self, work: Path, environment: Mapping[str, str] | None = None) -> None:
        self.root, self.home = work / "root", work / "home"
        self._told = work / "told"
        for folder in (self.root, self.home, self._told):
            folder.mkdir(parents=True)
        self._configure()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.token = secrets.token_hex(12)
        self.base = f"http://127.0.0.1:{port}"
        self.log = self.home / "server.log"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER_", "JPY_", "IPYTHON", "JPE_"))}
        kept |= {
            "HOME": str(self.home),
            "JUPYTER_CONFIG_DIR": str(self.home / "config"),
            "JUPYTER_DATA_DIR": str(self.home / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.home / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(self.home / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self.home / "workspaces"),
            "IPYTHONDIR": str(self.home / "ipython"),
            "TEST_TOLD": str(self._told),
            **(environment or {}),
        }
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
        command += [f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}"]
        command += [f"--ServerApp.root_dir={self.root}"]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                command, env=kept, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )

    def __enter__(self) -> JupyterServer:  # noqa: PYI034
        def up() -> bool:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended:\n{self.log.read_text()[-2000:]}")
            return bool(self.api("/api/status"))

        try:
            poll("server start", up, 120, 0.2)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)  # only the group started above
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(15)

    def _configure(self) -> None:
        startup = self.home / "ipython" / "profile_default" / "startup"
        without = self.home / "without"
        for folder in (startup, without):
            folder.mkdir(parents=True)
        self.setting("@jupyterlab/apputils-extension/notification", QUIET)
        (startup / "tell.py").write_text(TELL)
        (without / "anywidget.py").write_text(MISSING)
        path = os.pathsep.join(filter(None, (str(without), os.environ.get("PYTHONPATH"))))
        self._add_kernel("no-anywidget", sys.executable, {"PYTHONPATH": path})
        if KERNEL_6 is not None:
            self._add_kernel("ipykernel-6", str(KERNEL_6), {})

    def _add_kernel(self, name: str, python: str, environment: Mapping[str, str]) -> None:
        folder = self.home / "data" / "kernels" / name
        folder.mkdir(parents=True)
        argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": name, "language": "python", "env": dict(environment)}
        (folder / "kernel.json").write_text(json.dumps(spec))

    def setting(self, plugin: str, values: Mapping[str, Any]) -> None:
        """Set what the user chose in a plugin ("@jupyterlab/apputils-extension/themes") of pages opened from now on."""
        file = self.home / "settings" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))

    def theme(self, name: str) -> None:
        """Have JupyterLab and Notebook 7 pages that are opened from now on be "Light" or "Dark"."""
        self.setting("@jupyterlab/apputils-extension/themes", {"theme": f"JupyterLab {name}"})

    def api(self, path: str, method: str = "GET") -> Any:
        """Return what the server's API answers."""
        request = urllib.request.Request(
            self.base + path, method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            body = reply.read()
        return json.loads(body) if body else None

    def exports(self, kernel_id: str) -> list[dict[str, Any]]:
        """Return the reports of the exports that ran in the kernel so far, each with its `code`."""
        told = self._told / f"kernel-{kernel_id}.jsonl"
        return [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []

    def write_notebook(
        self, name: str, cells: Sequence[GivenCell], *, kernel: str = "python3", metadata: Any = None, heading: str = ""
    ) -> Path:
        """Write a notebook of code cells, their ids c0, c1, …; below a Markdown cell, if there is a `heading`."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        named = {"name": kernel, "display_name": kernel, "language": "python"}
        about = {"kernelspec": named, "language_info": {"name": "python"}, **(metadata or {})}
        given = [(one, ()) if isinstance(one, str) else one for one in cells]
        told = [_cell(f"c{place}", source, tags) for place, (source, tags) in enumerate(given)]
        if heading:
            told.insert(0, {"cell_type": "markdown", "id": "heading", "source": heading, "metadata": {}})
        path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": told}))
        return path

    def read_notebook(self, name: str) -> dict[str, Any]:
        """Return the notebook on disk; the server writes in place, and a reader can meet half of it."""
        return poll("a readable notebook", lambda: json.loads((self.root / name).read_text()), 5)


def _cell(name: str, source: str, tags: Sequence[str]) -> dict[str, Any]:
    metadata = {"tags": list(tags)} if tags else {}
    content = {"source": source, "outputs": [], "execution_count": None, "metadata": metadata}
    return {"id": name, "cell_type": "code", **content}
