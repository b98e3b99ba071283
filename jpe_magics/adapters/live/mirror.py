"""The kernel's half of the mirror: the front end's live document, pushed by an invisible anywidget.

Messages are described in `mirror.js`.  They may arrive on any thread (ipykernel 7 has one for widgets), also
while a cell runs, or only after it (ipykernel 6): everything is kept under one lock, and nothing here
waits for the front end unless `ask` is called, which a running cell must never do.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

from jpe_magics.core.read import notebook_from_cells
from jpe_magics.errors import NotebookError
from jpe_magics.model.notebook import Notebook

#: The protocol's version, the seconds that an answer may take, and the characters of one push.
PROTOCOL, LIMIT, SIZE = 1, 1.5, 8_000_000

#: Steps at which it shows that a front end has no document for us (a console): no fault, just no mirror.
NO_DOCUMENT = ("manager", "document")

#: Pages (tabs, reloads of a tab) that are remembered.
PAGES = 8


class Channel(Protocol):
    """What the mirror needs of a widget."""

    def on_msg(self, callback: Callable[[Any, Any, Any], None]) -> None:
        """Have custom messages handed to `callback`."""

    def send(self, content: Any) -> None:
        """Send a custom message."""

    def close(self) -> None:
        """End it, on both sides."""


@dataclass(frozen=True)
class MirrorState:
    """The live document at its last push.

    `path` is relative to the server's folder.  `taken` is the time of the push on the page's own clock,
    `received` on the kernel's, both in seconds since the epoch.  `front` is "lab" or "classic".
    `client` is the session id that the page's requests to the kernel bear, "" for an unknown one.
    """

    notebook: Notebook
    path: str
    taken: float
    received: float
    revision: int
    page: str
    front: str
    dirty: bool
    client: str = ""


class Mirror:
    """Keeps the latest state of the live document; `open` starts and `close` ends it.

    `fault` tells why there is no state ("" while there may be one).  `heard` is called after the document's cells
    became others; outputs alone are none of its business.
    """

    def __init__(self, make: Callable[[], Channel] | None = None, clock: Callable[[], float] = time.time) -> None:
        self._make = make or _widget
        self._clock = clock
        self._channel: Channel | None = None
        self._changed = threading.Condition()
        self._states: dict[str, MirrorState] = {}
        self._answers: dict[str, bool | None] = {}
        self._ids = (f"q{number}" for number in count(1))
        self.fault = ""
        self.heard: Callable[[], None] = _nobody

    def open(self) -> None:
        """Make the widget.  Opening its comm is enough to have the document pushed; it is never displayed."""
        if self._channel is None:
            channel = self._make()
            channel.on_msg(lambda _widget, content, _buffers: self._on_message(content))
            self._channel = channel

    def close(self) -> None:
        """End the mirror on both sides and forget what it said."""
        channel, self._channel = self._channel, None
        with self._changed:
            self._states.clear()
            self._changed.notify_all()
        if channel is not None:
            channel.close()

    def latest(self, cell_id: str | None = None, client: str = "") -> MirrorState | None:
        """Return the newest state, None where nothing was pushed.  Never waits.

        Where several pages tell of a document, the one whose requests bear the id `client` comes first, then
        one that holds the cell `cell_id`; among these the page where the user did something last.
        """
        with self._changed:
            states = list(self._states.values())
        asking = [one for one in states if client and one.client == client]
        holding = [one for one in states if cell_id and any(cell.id == cell_id for cell in one.notebook.cells)]
        found = asking or holding or states
        return found[-1] if found else None

    def others(self, state: MirrorState) -> int:
        """Return how many other pages show the same notebook with another content."""
        with self._changed:
            states = list(self._states.values())
        digest = state.notebook.digest
        return sum(one.path == state.path and one.notebook.digest != digest for one in states)

    def ask(self, timeout: float = LIMIT) -> MirrorState | None:
        """Ask for the state of now and return the newest one that is there after at most `timeout` seconds.

        For worker threads only: on the kernel's main thread, or on the one that serves widgets, the
        answer could not arrive while this waits; there, what was pushed last is returned at once.
        """
        self._wait_for("ask", timeout)
        return self.latest()

    def save(self, timeout: float = 5 * LIMIT) -> bool:
        """Have the front end save the notebook; return whether it told that it has.

        Where `ask` may not wait, this does not either: it sends the request and returns False.
        """
        return self._wait_for("save", timeout)

    def _wait_for(self, what: str, timeout: float) -> bool:
        channel = self._channel
        if channel is None:
            return False
        question = next(self._ids)
        patient = _may_wait()
        if patient:
            with self._changed:
                self._answers[question] = None
        channel.send({"type": what, "id": question})
        if not patient:
            return False
        with self._changed:
            self._changed.wait_for(lambda: self._answers[question] is not None or self._channel is None, timeout)
            return self._answers.pop(question) is True

    def _on_message(self, content: Any) -> None:
        """Take one message of the front end; one that we do not understand is named, not raised."""
        if not isinstance(content, Mapping) or content.get("protocol") != PROTOCOL:
            return
        page, kind, question = str(content.get("page")), content.get("type"), content.get("id")
        question = question if isinstance(question, str) else None
        state: MirrorState | None = None
        fault = ""
        if kind == "snapshot":
            try:
                state = _state(content, page, self._clock())
            except (NotebookError, TypeError, ValueError, KeyError, OverflowError) as error:
                fault = f"the front end's answer can't be read ({type(error).__name__})"
        elif kind == "error" and content.get("step") in NO_DOCUMENT:
            pass
        elif kind == "error":
            fault = f"{str(content.get('message'))[:200]} ({str(content.get('step'))[:40]})"
        news = False
        with self._changed:
            if state is not None:
                news = self._keep(state)
            elif fault or kind == "gone":
                # what was pushed before may be out of date by now
                self._states.pop(page, None)
                self.fault = fault or self.fault
            if page in self._states and question is None:  # a page that is asked answers without its user
                self._states[page] = self._states.pop(page)
            if question in self._answers:
                self._answers[question] = not fault
                self._changed.notify_all()
        if news:
            self.heard()  # outside of the lock: it may ask for the state

    def _keep(self, state: MirrorState) -> bool:
        """Keep the state, unless it is an old one; return whether its cells are others than the page's before."""
        before = self._states.get(state.page)
        if before is not None and before.revision >= state.revision:
            return False
        self._states[state.page] = state
        while len(self._states) > PAGES:
            del self._states[next(iter(self._states))]
        self.fault = ""
        return before is None or before.notebook.digest != state.notebook.digest


def _nobody() -> None:
    """Nobody wants to hear of changes."""


def _state(content: Mapping[str, Any], page: str, received: float) -> MirrorState:
    told = content["notebook"]
    if sum(len(cell["source"]) for cell in told["cells"]) > SIZE:
        raise ValueError("too large")
    path = content["path"]
    if not isinstance(path, str):
        raise TypeError("path")
    stem = path.rpartition("/")[2].removesuffix(".ipynb")
    notebook = notebook_from_cells(told["cells"], name=stem, path=path, metadata=told.get("metadata"))
    return MirrorState(
        notebook=notebook,
        path=path,
        taken=float(content["taken"]) / 1000,
        received=received,
        revision=int(content["revision"]),
        page=page,
        front=str(content.get("front")),
        dirty=content.get("dirty") is True,
        client=str(content.get("client") or ""),
    )


def _may_wait() -> bool:
    """Tell whether the front end's answer could arrive while this thread waits."""
    thread = threading.current_thread()
    return thread is not threading.main_thread() and not thread.name.startswith("subshell")


def _widget() -> Channel:
    """Return the invisible widget; raises ImportError where anywidget is not installed."""
    from importlib.resources import files

    import anywidget

    # a text, and never a path: anywidget would watch a file for changes
    source = files("jpe_magics.adapters.live").joinpath("mirror.js").read_text(encoding="utf-8")

    class Invisible(anywidget.AnyWidget):
        """The front end's half; a widget's layout is a widget too, which its own closing leaves open."""

        _esm = source

        def close(self) -> None:
            layout = self.layout
            super().close()
            layout.close()

    widget: Channel = Invisible()
    return widget
