"""A kernel of any interpreter, asked as a front end does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

LIMIT = 600.0  # seconds
_TOLD = "application/x-jpe-benchmark+json"
#: Every kernel has this from the beginning, so that it costs nobody anything later.
_BEFORE = f"""
import json, os, re, sys, time
def _told(value):
    get_ipython().display_pub.publish({{{_TOLD!r}: json.dumps(value)}})
"""


class Kernel:
    """A kernel that has come up; `ask` runs cells in it."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client

    def run(self, code: str, *, cell: str = "", front_end: bool = False) -> list[Mapping[str, Any]]:
        """Run a cell and return the messages that it sent; raise where it fails.

        With `front_end` it looks as if somebody sat in front, who is shown widgets; `cell` is the cell's id.
        """
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        content |= {"allow_stdin": front_end, "stop_on_error": True}
        message = self._client.session.msg("execute_request", content)
        message["metadata"] = {"cellId": cell} if cell else {}
        self._client.shell_channel.send(message)
        heard, wanted = [], message["header"]["msg_id"]
        while True:
            said = self._client.get_iopub_msg(timeout=LIMIT)
            if said["parent_header"].get("msg_id") != wanted:
                continue
            if said["msg_type"] == "status" and said["content"]["execution_state"] == "idle":
                break
            heard.append(said)
        answer = self._client.get_shell_msg(timeout=LIMIT)
        while (
            answer["parent_header"].get("msg_id") != wanted
        ):  # a kernel that began slowly was asked twice if it is ready
            answer = self._client.get_shell_msg(timeout=LIMIT)
        reply = answer["content"]
        if reply["status"] != "ok":
            raise RuntimeError(f"{code[:200]}\n{reply.get('ename')}: {reply.get('evalue')}")
        return heard

    def ask(self, code: str, *, front_end: bool = False) -> Any:
        """Run a cell that calls `_told`, and return what it told."""
        (found,) = [
            json.loads(data)
            for message in self.run(code, front_end=front_end)
            if (data := message["content"].get("data", {}).get(_TOLD)) is not None
        ]
        return found


@contextmanager
def kernel(python: Path, folder: Path, environ: Mapping[str, str]) -> Iterator[Kernel]:
    """A kernel of that interpreter, warm: what IPython does for the first cell of all is done."""
    manager = KernelManager()
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}", "--IPKernelApp.log_level=40"]
    manager._kernel_spec = KernelSpec(argv=command, display_name="Python", language="python")
    manager.start_kernel(cwd=str(folder), env=dict(environ))
    try:
        client = manager.blocking_client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=LIMIT)
            made = Kernel(client)
            made.run(_BEFORE)
            made.run("%lsmagic")  # nobody's magics are the first ones
            yield made
        finally:
            client.stop_channels()
    finally:
        manager.shutdown_kernel(now=True)
