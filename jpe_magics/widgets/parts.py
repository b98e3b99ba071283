"""What the parts of a view are made with: widgets of one pool, and callbacks that never fail unseen."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ipywidgets import HTML, Box, Button, HBox, VBox, Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary.document import Leaf, Note
from jpe_magics.core.summary.error import error_blocks
from jpe_magics.errors import JpeError
from jpe_magics.panel.actions import Actions
from jpe_magics.widgets.pool import Pool

_log = logging.getLogger(__name__)

W = TypeVar("W", bound=Widget)

#: Seconds after a click in which another one on the same button is taken for its double.
DOUBLE = 0.4

#: Shows what went wrong in a callback, and nothing for no block.
Tell = Callable[[tuple[Leaf, ...]], None]


class Clicks:
    """The clicks on one button, or on several that stand in the same place one after the other."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._last = clock, -math.inf

    def is_double(self) -> bool:
        """Hear of a click; return whether it is another one's double."""
        before, self._last = self._last, self._clock()
        return self._last - before < DOUBLE


class Parts:
    """Makes the widgets of one view; `actions` is what its callbacks may ask of the panel.

    Front ends drop a callback's exception: each one is caught here and shown through `tell`.  Callbacks come on any
    thread.  One that asks for an action holds no lock, for the panel tells what came of it on
    a thread of its own; one that changes the view itself (`local`) and the panel's news take turns.
    """

    def __init__(self, actions: Actions, clock: Callable[[], float] = time.monotonic) -> None:
        self.actions = actions
        self.clock = clock
        self.pool = Pool()
        self.lock = threading.RLock()
        self.tell: Tell = _tell_log
        self._failed = False

    def make(self, kind: type[W], *classes: str, **traits: Any) -> W:
        """Return a widget of the view's pool."""
        return self.pool.make(kind, *classes, **traits)

    def html(self, value: str = "", *classes: str, ours: bool = False) -> HTML:
        """Return a place for markup; `ours` where it says nothing of the notebook yet, nor of what was typed."""
        made = self.make(HTML, *classes, value=value)
        return self.pool.ours(made) if ours else made

    def column(self, *children: Widget, classes: tuple[str, ...] = ()) -> VBox:
        """Return children one below the other."""
        return self.make(VBox, *classes, children=children)

    def row(self, *children: Widget, classes: tuple[str, ...] = ()) -> HBox:
        """Return children side by side; they wrap."""
        return self.make(HBox, *classes, children=children)

    def button(
        self, text: str, act: Callable[[], None], name: str, tooltip: str = "", *, local: bool = False, **traits: Any
    ) -> Button:
        """Return a button with the class `name`; `local` where it only changes the view."""
        return self._button(text, self.guarded(lambda _button: act(), local=local), name, tooltip, traits)

    def deed(
        self,
        text: str,
        act: Callable[[], None],
        name: str,
        tooltip: str = "",
        *,
        clicks: Clicks | None = None,
        **traits: Any,
    ) -> Button:
        """Return a button for what must not be done twice by a double click; `clicks` are shared with other buttons.

        That it is disabled while it works comes too late for the second click, and work may be quicker than that.
        """
        guarded, heard = self.guarded(lambda _button: act()), clicks or Clicks(self.clock)

        def once(button: Button) -> None:
            if not heard.is_double():
                guarded(button)

        return self._button(text, once, name, tooltip, traits)

    def _button(
        self, text: str, pressed: Callable[[Button], None], name: str, tooltip: str, traits: Mapping[str, Any]
    ) -> Button:
        made = self.make(Button, name, description=text, tooltip=tooltip or text, **traits)
        made.on_click(pressed)
        return made

    def guarded(self, act: Callable[..., None], *, local: bool = False) -> Callable[..., None]:
        """Return a callback that shows what went wrong in it."""

        def called(*words: Any) -> None:
            try:
                if local:
                    with self.lock:
                        act(*words)
                else:
                    act(*words)
                if self._failed:
                    self._say((), failed=False)
            except Exception as error:  # noqa: BLE001 - whatever it is, the front end would drop it
                _log.debug("a callback failed: %s", type(error).__name__)
                self._say(fault_blocks(error), failed=True)

        return called

    def _say(self, blocks: tuple[Leaf, ...], *, failed: bool) -> None:
        with self.lock:
            self._failed = failed
            self.tell(blocks)


def replace_children(box: Box, *children: Widget) -> None:
    """Show these children, if they aren't shown already."""
    if box.children != children:
        box.children = children


def fault_blocks(error: Exception) -> tuple[Leaf, ...]:
    """Return what is to be said of an exception; of one that isn't ours no text, for it may hold anything."""
    if isinstance(error, JpeError):
        return error_blocks(error)
    return (
        Note("bad", f"This did not work: {type(error).__name__} in jpe_magics. Close the panel and open it again."),
    )


def _tell_log(blocks: tuple[Leaf, ...]) -> None:
    _log.warning("nobody shows: %s", blocks)
