"""A front end without a screen: a kernel, all messages that come from it, and the widgets that they make."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jupyter_client

#: What a cell says when it is asked for every widget of its kernel.
STATES = """
import json as _json
from ipywidgets import Widget as _Widget
from ipywidgets.widgets import widget as _module
print(_json.dumps({key: one.get_state() for key, one in _module._instances.items()}, default=repr))
"""


class FrontEnd:
    """Runs cells in a kernel of its own, presses buttons, and types.

    `messages` is all that the kernel told, each with the id of the widget that it was for ("": none).  `states` are the
    widgets as a front end knows them, which is what it saves with a notebook; `outputs` is what stands below the cells.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._manager = jupyter_client.KernelManager(kernel_name="python3")
        self._manager.start_kernel(cwd=str(folder), env=dict(environ))
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)
        self.messages: list[tuple[str, str]] = []
        self.states: dict[str, dict[str, Any]] = {}
        self.outputs: list[dict[str, Any]] = []
        self.stream = ""

    def run(self, code: str) -> str:
        """Run a cell, and return what it printed."""
        self.stream = ""
        self._client.execute_interactive(code, timeout=60, allow_stdin=True, output_hook=self._hear)
        return self.stream

    def all_states(self) -> str:
        """Return the state of every widget that the kernel holds."""
        return self.run(STATES)

    def listen(self, true: Callable[[], Any], limit: float = 30.0) -> Any:
        """Return what `true` returns as soon as that is true; hear the kernel meanwhile."""
        end = time.monotonic() + limit
        while not (found := true()):
            if time.monotonic() > end:
                raise TimeoutError("it has not come")
            try:
                self._hear(self._client.get_iopub_msg(timeout=0.2))
            except queue.Empty:
                continue
        return found

    def press(self, *classes: str, description: str = "") -> None:
        """Click the newest button of these classes."""
        self._send(self.widget(*classes, description=description), method="custom", content={"event": "click"})

    def put(self, *classes: str, description: str = "", **state: Any) -> None:
        """Put a value into the newest widget of these classes."""
        comm = self.widget(*classes, description=description)
        self.states[comm].update(state)
        self._send(comm, method="update", state=state, buffer_paths=[])

    def widget(self, *classes: str, description: str = "") -> str:
        """Return the id of the newest widget that has these classes, and that description where one is given."""
        return str(self.listen(lambda: self.find(*classes, description=description)))

    def find(self, *classes: str, description: str = "") -> str | None:
        """Return the id as `widget` does, None where there is none."""
        for comm, state in reversed(self.states.items()):
            same = not description or state.get("description") == description
            if same and set(classes) <= set(state.get("_dom_classes", ())):
                return comm
        return None

    def texts(self) -> str:
        """Return what all widgets show."""
        return json.dumps(self.states)

    def saved(self, sources: list[str]) -> str:
        """Return the notebook as a front end saves it with its widgets."""
        kept = {
            comm: {"model_name": state.get("_model_name"), "model_module": state.get("_model_module"), "state": state}
            for comm, state in self.states.items()
        }
        metadata = {"widgets": {"application/vnd.jupyter.widget-state+json": {"version_major": 2, "state": kept}}}
        rows = [{"cell_type": "code", "source": one, "metadata": {}, "outputs": self.outputs} for one in sources]
        return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": rows})

    def close(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def _send(self, comm: str, **data: Any) -> None:
        self._client.shell_channel.send(self._client.session.msg("comm_msg", {"comm_id": comm, "data": data}))

    def _hear(self, message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        told = json.dumps([content, message["metadata"]], default=repr)
        self.messages.append((content.get("comm_id", ""), told))
        if kind == "comm_open":
            self.states[content["comm_id"]] = dict(content["data"].get("state", {}))
        elif kind == "comm_msg" and content["data"].get("method") in ("update", "echo_update"):
            self.states.setdefault(content["comm_id"], {}).update(content["data"]["state"])
        elif kind == "comm_close":
            self.states.pop(content["comm_id"], None)
        elif kind in ("display_data", "execute_result", "error", "update_display_data"):
            self.outputs.append({"output_type": kind, **content})
        elif kind == "stream":
            self.stream += content["text"]
            self.outputs.append({"output_type": kind, **content})
