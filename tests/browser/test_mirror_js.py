"""The front-end half of the mirror in node, with objects shaped like JupyterLab's and the classic Notebook's."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.resources import files

import pytest

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="needs node")

RIG = """
import mirror from %s;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const signal = () => {
  const slots = new Set();
  const emit = () => slots.forEach((slot) => slot());
  return { connect: (slot) => slots.add(slot), disconnect: (slot) => slots.delete(slot), emit, slots };
};
const sent = [];
const handlers = new Set();
const model = {
  send: (message) => sent.push(message),
  on: (name, handler) => handlers.add(handler),
  off: (name, handler) => handlers.delete(handler),
};
const tell = (message) => handlers.forEach((handler) => handler(message));
const labCell = (id, source, metadata = {}) => ({
  id, type: "code", sharedModel: { getSource: () => source, getMetadata: () => metadata },
});
const cells = [labCell("c0", "a = 1", { tags: ["t"], collapsed: true }), labCell("c1", "b = 2")];
const context = {
  path: "etl.ipynb", ready: Promise.resolve(), pathChanged: signal(), saved: 0,
  async save() { this.saved += 1; },
  model: {
    dirty: true, contentChanged: signal(), metadataChanged: signal(),
    cells: { get length() { return cells.length; }, get: (place) => cells[place] },
    sharedModel: { getMetadata: () => ({ kernelspec: { name: "python3" }, widgets: { big: 1 } }) },
  },
};
const classic = {
  notebook_path: "sub/etl.ipynb", dirty: false, _fully_loaded: true, metadata: { kernelspec: { name: "python3" } },
  get_cells: () => [{ cell_type: "code", get_text: () => "x = 1", metadata: { tags: ["t"] } }],
  events: {
    handlers: [],
    on(names, handler) { this.handlers.push(handler); },
    off(names, handler) { this.handlers = this.handlers.filter((one) => one !== handler); },
  },
  async save_notebook() {},
};
"""


def run(script: str) -> object:
    source = files("jpe_magics.adapters.live").joinpath("mirror.js").read_text(encoding="utf-8")
    from urllib.parse import quote

    rig = RIG % json.dumps("data:text/javascript," + quote(source))
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-"],
        input=rig + script,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_lab():
    first, second, answered, saved, stopped = run("""
model.widget_manager = { context };
const stop = mirror.initialize({ model });
await sleep(10);
context.model.contentChanged.emit();            // outputs only: nothing new
await sleep(300);
cells.reverse();
for (let i = 0; i < 10; i += 1) { context.model.contentChanged.emit(); await sleep(30); }
const early = sent.length;                      // pushed although changes went on
tell({ type: "ask", id: "q1" });
tell({ type: "save", id: "q2" });
await sleep(300);
stop();
context.model.contentChanged.emit();
tell({ type: "ask", id: "q3" });
await sleep(300);
const [first, second, answered, saved] = sent;
const stopped = [sent.length, early, context.saved, context.model.contentChanged.slots.size, handlers.size];
console.log(JSON.stringify([first, second, answered, saved, stopped]));
""")
    assert (first["type"], first["protocol"], first["revision"], first["id"]) == ("snapshot", 1, 1, None)
    assert (first["front"], first["path"], first["dirty"]) == ("lab", "etl.ipynb", True)
    assert first["notebook"] == {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3"}},
        "cells": [
            {"cell_type": "code", "id": "c0", "source": "a = 1", "metadata": {"tags": ["t"]}},
            {"cell_type": "code", "id": "c1", "source": "b = 2", "metadata": {}},
        ],
    }
    assert [cell["id"] for cell in second["notebook"]["cells"]] == ["c1", "c0"]
    assert (answered["type"], answered["id"], answered["revision"]) == ("snapshot", "q1", 3)
    assert (saved["type"], saved["id"]) == ("saved", "q2")
    assert stopped == [4, 2, 1, 0, 0]


def test_what_was_typed_is_told_before_the_key_or_click_that_may_run_it():
    told, gone, left = run("""
const heard = {};
globalThis.window = {
  addEventListener: (name, handler) => { heard[name] = handler; },
  removeEventListener: (name, handler) => { if (heard[name] === handler) delete heard[name]; },
};
context.sessionContext = { session: { kernel: { clientId: "tab-1" } } };
model.widget_manager = { context };
const stop = mirror.initialize({ model });
await sleep(10);
sent.length = 0;
cells.reverse();
context.model.contentChanged.emit();            // not yet pushed
heard.keydown({ type: "keydown", key: "Enter" });  // a new line runs nothing
const early = sent.length;
heard.keydown({ type: "keydown", key: "Enter", ctrlKey: true });
heard.pointerdown({ type: "pointerdown" });
const told = [early, ...sent.map((one) => [one.type, one.client, one.notebook?.cells[0].id])];
await sleep(300);
const after = sent.length;
heard.pagehide({ type: "pagehide" });
heard.pointerdown({ type: "pointerdown" });
const gone = [after, ...sent.slice(after).map((one) => one.type)];
stop();
console.log(JSON.stringify([told, gone, Object.keys(heard)]));
""")
    assert told == [0, ["snapshot", "tab-1", "c1"], ["here", None, None], ["here", None, None]]
    assert gone == [3, "gone", "snapshot", "here"]
    assert left == []


def test_classic():
    sent = run("""
model.widget_manager = { notebook: classic };
const stop = mirror.initialize({ model });
await sleep(10);
classic.metadata.jpe = { dag_id: "etl" };
classic.events.handlers.forEach((f) => f());
await sleep(300);
stop();
console.log(JSON.stringify([...sent, classic.events.handlers.length]));
""")
    first, second, left = sent
    assert (first["front"], first["path"], first["dirty"]) == ("classic", "sub/etl.ipynb", False)
    assert first["notebook"]["cells"] == [{"cell_type": "code", "source": "x = 1", "metadata": {"tags": ["t"]}}]
    assert second["notebook"]["metadata"]["jpe"] == {"dag_id": "etl"}
    assert left == 0


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ("model.widget_manager = undefined;", "manager"),
        ("model.widget_manager = {};", "document"),
        ("delete cells[0].sharedModel; model.widget_manager = { context };", "read"),
        ("cells[0].sharedModel.getSource = () => 3; model.widget_manager = { context };", "read"),
        ("cells[0].sharedModel.getSource = () => 'x'.repeat(5000001); model.widget_manager = { context };", "size"),
        ("delete context.path; model.widget_manager = { context };", "path"),
        ("context.ready = Promise.reject(new Error('gone')); model.widget_manager = { context };", "front end"),
        ("context.isDisposed = true; model.widget_manager = { context };", "closed"),
        ("classic._fully_loaded = false; model.widget_manager = { notebook: classic };", "ready"),
    ],
)
def test_every_step_that_is_missing_is_told(change, step):
    (told,) = run(
        change
        + "const stop = mirror.initialize({ model }); await sleep(20); stop(); console.log(JSON.stringify(sent));"
    )
    assert (told["type"], told["step"], told["id"]) == ("error", step, None)


def test_a_save_that_fails_is_told():
    told = run("""
context.save = async () => { throw new Error("read-only"); };
model.widget_manager = { context };
const stop = mirror.initialize({ model });
await sleep(10);
tell({ type: "save", id: "q1" });
await sleep(10);
stop();
console.log(JSON.stringify(sent.at(-1)));
""")
    assert (told["type"], told["id"], told["step"], told["message"]) == ("error", "q1", "save", "read-only")
