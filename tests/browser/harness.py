"""Drive JupyterLab 4, Notebook 7 and classic Notebook (nbclassic) with headless Chromium.

One server serves all three.  The environment says where things are: `JPE_CHROMIUM` is the browser
(default: `chromium` on PATH); Jupyter is the one beside this interpreter.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, sync_playwright

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def poll(what: str, check: Callable[[], Any], timeout: float, step: float = 0.05) -> Any:
    """Call `check` until it returns something true and return that; its last error is in the message."""
    end, last = time.monotonic() + timeout, None
    while time.monotonic() < end:
        try:
            found = check()
            if found:
                return found
            last = found
        except Exception as error:  # noqa: BLE001 - the page may be between two states
            last = error
        time.sleep(step)
    raise TimeoutError(f"{what}: not within {timeout:g} s (last: {last!r})")


class Server:
    """A Jupyter server of its own, which leaves no trace in the user's home."""

    def __init__(self, work: Path) -> None:
        self.root, self.home = work / "root", work / "home"
        for folder in (self.root, self.home):
            folder.mkdir(parents=True, exist_ok=True)
        settings = self.home / "settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        # without this a dialog about news covers a corner of the page
        (settings / "notification.jupyterlab-settings").write_text(
            json.dumps({"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True})
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.token = secrets.token_hex(12)
        self.base = f"http://127.0.0.1:{port}"
        self.log = self.home / "server.log"
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER_", "JPY_", "IPYTHON", "JPE_"))}
        environment |= {
            "HOME": str(self.home),
            "JUPYTER_CONFIG_DIR": str(self.home / "config"),
            "JUPYTER_DATA_DIR": str(self.home / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.home / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(self.home / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self.home / "workspaces"),
            "IPYTHONDIR": str(self.home / "ipython"),
        }
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
        command += [f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}"]
        command += [f"--ServerApp.root_dir={self.root}"]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                command, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )

    def __enter__(self) -> Server:
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

    def api(self, path: str, method: str = "GET") -> Any:
        request = urllib.request.Request(
            self.base + path, method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            body = reply.read()
        return json.loads(body) if body else None

    def write_notebook(self, name: str, sources: Sequence[str]) -> Path:
        """Write a notebook of code cells; their ids are c0, c1, …"""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cells = [
            {
                "id": f"c{i}",
                "cell_type": "code",
                "source": source,
                "outputs": [],
                "execution_count": None,
                "metadata": {},
            }
            for i, source in enumerate(sources)
        ]
        kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
        metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
        path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}))
        return path


@dataclass(frozen=True)
class FrontEnd:
    """Where things are on the page of one front end."""

    url: str
    cell: str
    editor: str
    prompt: str
    output: str


_LAB = {
    "cell": '.jp-Notebook .jp-Cell[data-windowed-list-index="{i}"]',
    "editor": ".cm-content",
    "prompt": ".jp-InputPrompt",
    "output": ".jp-Cell-outputArea",
}
FRONT_ENDS = {
    "lab": FrontEnd(url="/lab/tree/{path}?reset&token={token}", **_LAB),
    "notebook": FrontEnd(url="/notebooks/{path}?token={token}", **_LAB),
    "classic": FrontEnd(
        url="/nbclassic/notebooks/{path}?token={token}",
        cell="#notebook-container > .cell >> nth={i}",
        editor=".CodeMirror",
        prompt=".input_prompt",
        output=".output_wrapper",
    ),
}


class NotebookPage:
    """A notebook opened in one front end."""

    def __init__(self, context: BrowserContext, server: Server, name: str, path: str) -> None:
        self.server, self.name, self.path = server, name, path
        self.front_end = FRONT_ENDS[name]
        self.page: Page = context.new_page()
        self.page.on("dialog", lambda dialog: dialog.accept())
        url = self.front_end.url.format(path=urllib.parse.quote(path), token=server.token)
        self.page.goto(server.base + url)
        self.cell(0).wait_for(timeout=60_000)
        if name == "classic":
            # Its widget extension loads on its own and first asks the kernel for live widgets; what is shown
            # meanwhile may stay empty.  Replies come in order: asking the same again tells when it is through.
            self.page.wait_for_function(
                "() => window.Jupyter?.notebook?._fully_loaded && Jupyter.notebook.kernel?.is_connected()"
                " && Jupyter.notebook.kernel.widget_manager",
                timeout=60_000,
            )
            self.page.evaluate(
                "() => new Promise(done => Jupyter.notebook.kernel.comm_info("
                "'jupyter.widget', () => setTimeout(done, 300)))"
            )
        poll("idle kernel", lambda: (self.kernel() or {}).get("execution_state") == "idle", 60, 0.1)

    def kernel(self) -> dict[str, Any] | None:
        """The session's kernel as the server sees it: the same for every front end."""
        return next((one["kernel"] for one in self.server.api("/api/sessions") if one["path"] == self.path), None)

    def cell(self, index: int) -> Locator:
        return self.page.locator(self.front_end.cell.format(i=index))

    def output(self, index: int) -> str:
        return self.cell(index).locator(self.front_end.output).first.inner_text()

    def type_source(self, index: int, source: str) -> None:
        """Replace a cell's source in the editor only: nothing is saved or run."""
        self.cell(index).locator(self.front_end.editor).first.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    def run(self, index: int, timeout: float = 60) -> None:
        """Run a cell and wait until it shows a new number."""
        prompt = self.cell(index).locator(self.front_end.prompt).first
        before = prompt.inner_text()
        self.cell(index).locator(self.front_end.editor).first.click()
        self.page.keyboard.press("Control+Enter")
        numbered = re.compile(r"\[\s*\d+\s*\]")
        poll(f"cell {index}", lambda: prompt.inner_text() != before and numbered.search(prompt.inner_text()), timeout)

    def close(self) -> None:
        kernel = self.kernel()
        self.page.close(run_before_unload=False)
        if kernel:
            self.server.api(f"/api/kernels/{kernel['id']}", "DELETE")


@contextlib.contextmanager
def browser() -> Iterator[BrowserContext]:
    binary = os.environ.get("JPE_CHROMIUM") or shutil.which("chromium")
    if not binary:
        raise RuntimeError("Chromium is needed (on Debian: apt-get install chromium), or JPE_CHROMIUM")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=binary, headless=True, args=list(CHROMIUM_FLAGS))
        context = chromium.new_context(viewport={"width": 1280, "height": 1000})
        try:
            yield context
        finally:
            context.close()
            chromium.close()
