"""The panel in JupyterLab in headless Chromium: times to its paints, and what goes over its comm.

    python -m benchmarks.panel_page FOLDER ROUNDS SIZE …

prints what it measured as one line of JSON.  It runs in an environment with JupyterLab and Playwright, for
`benchmarks.panel_browser`.
"""

from __future__ import annotations

import json
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, WebSocket

from benchmarks import notebooks
from tests.browser.harness import chromium, poll
from tests.browser.pages import JupyterLab
from tests.browser.panel import PanelOnPage
from tests.browser.server import JupyterServer

#: Seconds without a message after which nothing more is expected.
QUIET = 1.0
#: The cells in front of those that are exported, below a heading: one loads what is measured, one shows it.
LOAD, OPEN = 1, 2
FIRST = ("%load_ext jpe_magics", "%export_pipeline")
#: The least that a front end can show of ipywidgets, instead of a panel.
BUTTON = ("import ipywidgets", "button = ipywidgets.Button()\nbutton.add_class('jpe-bare')\nbutton")

#: A panel that can be used: its cards, form and buttons.
PANEL, PARTS = ".jpe-panel", (".jpe-choose", ".jpe-form input", ".jpe-export")

#: Tells the milliseconds from the last key that was pressed to the frame in which something has been painted: a new
#: widget with all its parts, or a text in the preview of the one that is there.
_WATCH = """([widget, parts, text]) => {
  if (!text) for (const old of document.querySelectorAll(widget)) old.dataset.before = "";
  const there = () => {
    const shown = document.querySelector(`${widget}:not([data-before])`);
    if (!shown) return false;
    if (text) return shown.querySelector(".jpe-preview .jpe-code")?.textContent.includes(text);
    return parts.every((part) => shown.querySelector(part));
  };
  window.jpePainted = new Promise((done) => {
    let began = null;
    const press = (event) => { if (event.key !== "Shift") began = event.timeStamp; };
    addEventListener("keydown", press, { capture: true });
    new MutationObserver((_, observer) => {
      if (began === null || !there()) return;
      observer.disconnect();
      removeEventListener("keydown", press, { capture: true });
      requestAnimationFrame(() => {
        const painted = new MessageChannel();
        painted.port1.onmessage = () => done(performance.now() - began);
        painted.port2.postMessage(null);
      });
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}"""


@dataclass
class Traffic:
    """What went over the kernel's websocket: counts and bytes from (`in`) and to (`out`) the kernel, and by type."""

    messages: dict[str, int] = field(default_factory=lambda: {"in": 0, "out": 0})
    bytes: dict[str, int] = field(default_factory=lambda: {"in": 0, "out": 0})
    types: dict[str, int] = field(default_factory=dict)


@dataclass
class Found:
    """What was measured of a notebook of `cells` code cells of `size` characters in all; times in seconds.

    `artifact` is the size of the file that was exported.  `button` and `button_again` are the times of one button
    instead of a panel, in pages and kernels of its own.  `opening`, `typing` and `exporting` are the traffic of a
    panel that is opened, of one keystroke in it, and of an export to a folder.
    """

    cells: int
    size: int
    artifact: int = 0
    first: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    button: list[float] = field(default_factory=list)
    button_again: list[float] = field(default_factory=list)
    preview: list[float] = field(default_factory=list)
    opening: list[Traffic] = field(default_factory=list)
    typing: list[Traffic] = field(default_factory=list)
    exporting: list[Traffic] = field(default_factory=list)


class Wire:
    """Listens to the websockets of a page; `record` begins to count anew."""

    def __init__(self, page: Page) -> None:
        self.record()
        page.on("websocket", self._attach)

    def record(self) -> None:
        """Forget what was counted."""
        self._traffic, self._last = Traffic(), time.monotonic()

    def quiet(self) -> Traffic:
        """Wait until nothing has been said for a while, and return what was counted."""
        poll("silence", lambda: time.monotonic() - self._last > QUIET, 60)
        return self._traffic

    def _attach(self, socket: WebSocket) -> None:
        if "/channels" in socket.url:
            socket.on("framesent", lambda frame: self._count("out", frame))
            socket.on("framereceived", lambda frame: self._count("in", frame))

    def _count(self, way: str, frame: bytes | str) -> None:
        channel, kind = message(frame)
        if channel in ("shell", "iopub"):
            traffic, self._last = self._traffic, time.monotonic()
            traffic.messages[way] += 1
            traffic.bytes[way] += len(frame)
            traffic.types[f"{way} {kind}"] = traffic.types.get(f"{way} {kind}", 0) + 1


def message(frame: bytes | str) -> tuple[str, str]:
    """Return the channel and the type of a message, in either of the two forms that Jupyter servers speak.

    >>> message('{"channel": "shell", "header": {"msg_type": "comm_msg"}}')
    ('shell', 'comm_msg')
    """
    if isinstance(frame, str):
        told = json.loads(frame)
        return str(told["channel"]), str(told["header"]["msg_type"])
    # v1.kernel.websocket.jupyter.org: how many offsets, the offsets, the channel, the message's parts
    (count,) = struct.unpack_from("<Q", frame)
    offsets = struct.unpack_from(f"<{count}Q", frame, 8)
    header = json.loads(frame[offsets[1] : offsets[2]])
    return frame[offsets[0] : offsets[1]].decode(), str(header["msg_type"])


def measure(browser: Browser, server: JupyterServer, dags: Path, cells: int, rounds: int) -> Found:
    """Return what that many pages, each with a kernel of its own, measured; `dags` is the folder of the exports."""
    sources = notebooks.sources(cells)
    found = Found(cells, sum(map(len, sources)))
    for number in range(rounds):
        with _page(browser, server, f"button-{cells}-{number}", (*BUTTON, *sources)) as (lab, wire):
            for times in (found.button, found.button_again):
                times.append(_shown(lab, ".jpe-bare"))
                wire.quiet()
        with _page(browser, server, f"{cells}-{number}", (*FIRST, *sources)) as (lab, wire):
            _use(lab, wire, found, dags, f"bench_{cells}_{number}")
    return found


@contextmanager
def _page(
    browser: Browser, server: JupyterServer, name: str, sources: Sequence[str]
) -> Iterator[tuple[JupyterLab, Wire]]:
    """Open a notebook in a page of its own, and run the cell that loads."""
    path = f"bench/{name}.ipynb"
    server.write_notebook(path, sources, heading="# A pipeline")
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    lab = JupyterLab(context, server, path)
    try:
        wire = Wire(lab.page)
        lab.open()  # anew, with its websockets heard
        lab.run(LOAD)
        wire.quiet()
        yield lab, wire
    finally:
        lab.close()
        context.close()


def _use(lab: JupyterLab, wire: Wire, found: Found, dags: Path, name: str) -> None:
    """Open a panel twice, type in it, and export."""
    for times in (found.first, found.again):
        times.append(_shown(lab, PANEL, *PARTS))
        PanelOnPage(lab).previewed("dag_id=")
        wire.quiet()
    wire.record()
    lab.run(OPEN)
    panel = PanelOnPage(lab)
    panel.previewed("dag_id=")
    found.opening.append(wire.quiet())
    panel.fill("dag_id", name)
    panel.tick("trigger", False)
    panel.previewed(f'dag_id="{name}"')
    wire.quiet()
    wire.record()
    panel.field("dag_id").focus()
    lab.page.keyboard.press("End")
    found.preview.append(_typed(lab.page, "x", f'dag_id="{name}x"'))
    found.typing.append(wire.quiet())
    wire.record()
    panel.press()
    panel.done("Exported")
    found.exporting.append(wire.quiet())
    found.artifact = (dags / f"{name}x.py").stat().st_size


def _shown(lab: JupyterLab, widget: str, *parts: str) -> float:
    lab.cell(OPEN).locator(lab.editor).first.click()
    lab.page.evaluate(_WATCH, [widget, parts, ""])
    lab.page.keyboard.press("Shift+Enter")
    return _painted(lab.page)


def _typed(page: Page, key: str, text: str) -> float:
    page.evaluate(_WATCH, [PANEL, (), text])
    page.keyboard.press(key)
    return _painted(page)


def _painted(page: Page) -> float:
    return float(page.evaluate("window.jpePainted")) / 1000


def main(words: list[str]) -> int:
    """Measure notebooks of each of these sizes, and print what was found."""
    folder, rounds, *sizes = words
    dags = Path(folder, "dags")
    dead = "http://127.0.0.1:9"
    environment: dict[str, Any] = {
        "AIRFLOW_API_URL": dead,
        "ILUM_API_URL": dead,
        "GITEA_API_URL": f"{dead}/api/v1",
        "JPE_GIT_PROVIDER": "local",
        "JPE_LOCAL_DAGS_FOLDER": str(dags),
    }
    with JupyterServer(Path(folder, "jupyter"), environment) as server, chromium() as browser:
        found = [measure(browser, server, dags, int(size), int(rounds)) for size in sizes]
    print("FOUND " + json.dumps([asdict(one) for one in found]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
