"""VS Code, as far as it is the kernel's: its requests and its variable, and only widgets that it brings along.

VS Code shows the controls of ipywidgets by itself; another package's widget is an error there.  It sends cell ids
that are URIs, keeps the notebook's path in a variable, and no widget can reach its document.
"""

from __future__ import annotations

import ast
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

from jpe_magics.widgets.parts import DOUBLE
from tests.integration.test_recorder import LIMIT, PYTHONS, Kernel, vscode

PACKAGE = Path(__file__).parents[2] / "jpe_magics"
#: What the bundle of VS Code's Jupyter extension holds, and we use.
BUNDLED = {"@jupyter-widgets/base", "@jupyter-widgets/controls"}
#: What has a docstring; and an attribute that is a handler of events, as a text of markup or a name of one.
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)
HANDLER = re.compile(r"(?:^|[\s\"'])on[a-z]+\s*=|^on(?:click|error|load|focus|blur|toggle|mouse\w+|key\w+)$", re.I)
CONTROLS = {
    *("Box", "Button", "Checkbox", "Combobox", "Dropdown", "HBox", "HTML", "IntProgress", "Layout", "Tab", "Text"),
    *("Textarea", "ToggleButtons", "VBox", "Widget", "DOMWidget"),
}
#: A tag with a handler of events, or with an address that is a script.
SCRIPT = re.compile(r"<[^>]*\s(?:on\w+\s*=|\w+\s*=\s*[\"']?\s*javascript:)", re.IGNORECASE)
CELLS = ("%load_ext jpe_magics", "rows = 1", "more = 2", "%export_pipeline")


class Widgets:
    """The widgets that a kernel has made, as a front end knows them: their states by the id of their comm."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.states: dict[str, dict[str, Any]] = {}
        self.closed: set[str] = set()

    def read(self, timeout: float) -> None:
        """Take over the next message of the kernel."""
        try:
            message = self.kernel.client.get_iopub_msg(timeout=timeout)
        except Empty:
            self.kernel.nudge()
            return
        self.hear(message)

    def hear(self, message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        assert kind != "error", content["traceback"]
        if kind == "comm_open":
            self.states[content["comm_id"]] = content["data"]["state"]
        elif kind == "comm_msg" and content["data"].get("method") in ("update", "echo_update"):
            self.states[content["comm_id"]].update(content["data"]["state"])
        elif kind == "comm_close":
            self.closed.add(content["comm_id"])

    def run(self, code: str, metadata: dict[str, Any]) -> None:
        """Run a cell as VS Code does."""
        sent = self.kernel.send(code, metadata)
        _, others = self.kernel.wait(sent)
        for message in others:
            self.hear(message)

    def until(self, what: str, check: Any) -> Any:
        """Read messages until `check` returns something true, and return that."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            found = check()
            if found:
                return found
            self.read(0.2)
        raise TimeoutError(what)

    def by_class(self, name: str) -> str:
        """Return the id of the one widget with that class; of its child that can be set where it only holds one."""
        (found,) = [key for key, state in self.states.items() if name in state.get("_dom_classes", ())]
        children = [one.removeprefix("IPY_MODEL_") for one in self.states[found].get("children", ())]
        return next((one for one in children if isinstance(self.states[one].get("value"), str)), found)

    def all_by_class(self, name: str) -> list[str]:
        """Return the ids of the open widgets with that class, in the order in which they were made."""
        states = self.states.items()
        return [key for key, state in states if name in state.get("_dom_classes", ()) and key not in self.closed]

    def texts(self) -> str:
        """Return all that HTML widgets show now."""
        live = (state for key, state in self.states.items() if key not in self.closed)
        return "\n".join(str(state.get("value")) for state in live if state.get("_model_name") == "HTMLModel")

    def send(self, comm: str, data: dict[str, Any]) -> None:
        client = self.kernel.client
        client.shell_channel.send(client.session.msg("comm_msg", {"comm_id": comm, "data": data}))

    def type(self, comm: str, value: str) -> None:
        self.send(comm, {"method": "update", "state": {"value": value}, "buffer_paths": []})

    def click(self, comm: str) -> None:
        self.send(comm, {"method": "custom", "content": {"event": "click"}})


@pytest.fixture(params=PYTHONS, ids=[Path(one).parent.parent.name for one in PYTHONS])
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Kernel]:
    for name in ("AIRFLOW_API_URL", "ILUM_API_URL", "GITEA_API_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    (tmp_path / "kernel").mkdir()
    started = Kernel(request.param, tmp_path / "kernel")
    yield started
    started.close()


def test_the_panel_is_made_of_vs_codes_own_controls_and_exports_what_ran(kernel: Kernel, tmp_path: Path) -> None:
    file, dags = tmp_path / "etl.ipynb", tmp_path / "dags"
    told = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**told, "id": f"c{place}", "source": source} for place, source in enumerate(CELLS)]
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    file.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": spec, "cells": cells}))
    settings = {"JPE_GIT_PROVIDER": "local", "JPE_LOCAL_DAGS_FOLDER": str(dags), "JPE_AIRFLOW_ENABLED": "false"}
    kernel.run(f"import os; os.environ.update({settings!r}); __vsc_ipynb_file__ = {str(file)!r}", silent=True)
    widgets = Widgets(kernel)
    widgets.run(CELLS[0], vscode(file, 0))
    widgets.run("rows = 1", vscode(file, 1))
    widgets.run("rows = 111", vscode(file, 1, "task:rows"))
    assert not widgets.states, "a widget was made before the panel: the mirror, which VS Code can't show"
    widgets.run(CELLS[3], vscode(file, 3))

    widgets.until("the preview", lambda: "executed edit" in widgets.texts())
    assert "111" in widgets.texts()
    widgets.type(widgets.by_class("jpe-field-dag_id"), "from_vscode")
    widgets.until("the new preview", lambda: "--dag-id from_vscode" in widgets.texts())
    pressed = time.monotonic()
    widgets.click(widgets.by_class("jpe-export"))
    widgets.until("the result", lambda: "Exported" in widgets.texts() and (dags / "from_vscode.py").exists())
    exported = (dags / "from_vscode.py").read_text()
    assert "rows = 111" in exported
    assert "more = 2" in exported

    # a file that somebody else wrote is asked about, and kept until the answer
    other = dags / "by_hand.py"
    other.write_text("mine = 1\n")
    widgets.type(widgets.by_class("jpe-field-dag_id"), "by_hand")
    widgets.until("the new preview", lambda: "--dag-id by_hand" in widgets.texts())
    widgets.until("a press that is no double one", lambda: time.monotonic() > pressed + 2 * DOUBLE)
    widgets.click(widgets.by_class("jpe-export"))
    widgets.until("the question", lambda: "Overwrite it?" in widgets.texts())
    assert other.read_text() == "mine = 1\n"
    widgets.click(widgets.by_class("jpe-yes"))
    widgets.until("the file", lambda: "rows = 111" in other.read_text())

    # what was exported stands in the history, and its record can be opened
    (pages,) = widgets.all_by_class("jpe-pages")
    widgets.send(pages, {"method": "update", "state": {"selected_index": 4}, "buffer_paths": []})
    widgets.until("the row", lambda: "from_vscode" in widgets.texts() and len(widgets.all_by_class("jpe-row")) >= 2)
    widgets.click(widgets.all_by_class("jpe-row")[0])
    widgets.until("the record", lambda: "--dag-id" in widgets.texts() and "Digest" in widgets.texts())

    assert not SCRIPT.search(widgets.texts())
    made = [(state["_model_module"], state.get("_view_module")) for state in widgets.states.values()]
    assert {one for pair in made for one in pair if one} == BUNDLED
    widgets.click(widgets.by_class("jpe-close"))
    widgets.until("the end of all widgets", lambda: widgets.closed >= set(widgets.states))


def shown_modules() -> list[Path]:
    return sorted([*(PACKAGE / "widgets").rglob("*.py"), *(PACKAGE / "magics").rglob("*.py")])


def markup_modules() -> list[Path]:
    return [*shown_modules(), *sorted((PACKAGE / "core" / "summary").rglob("*.py"))]


@pytest.mark.parametrize("module", shown_modules(), ids=lambda one: str(one.relative_to(PACKAGE)))
def test_only_core_controls_are_used(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    plain = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    names = {name.name for node in imported if node.module == "ipywidgets" for name in node.names}
    assert names <= CONTROLS
    packages = {str(node.module).partition(".")[0] for node in imported} | {one.partition(".")[0] for one in plain}
    assert not packages & {"anywidget", "ipyevents", "ipyvuetify", "ipycytoscape", "bqplot"}
    assert "ipywidgets" not in plain, "a star of names hides which control is used"
    assert not [node.module for node in imported if str(node.module).startswith("ipywidgets.")]


@pytest.mark.parametrize("module", markup_modules(), ids=lambda one: str(one.relative_to(PACKAGE)))
def test_nothing_is_fetched_and_no_script_is_sent(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    for text in texts:
        if any(text == ast.get_docstring(one, clean=False) for one in ast.walk(tree) if isinstance(one, DOCUMENTED)):
            continue
        assert not any(
            one in text.lower() for one in ("<script", "javascript:", "@import", "url(http", "<link", "src=")
        ), text
        assert not HANDLER.search(text), text
    attributes = [one.arg for call in ast.walk(tree) if isinstance(call, ast.Call) for one in call.keywords if one.arg]
    assert not [one for one in attributes if re.fullmatch(r"on[a-z]+|src|srcdoc", one)]
