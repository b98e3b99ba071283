"""Displays what a magic found, wherever it runs, and only once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from jpe_magics.adapters.live.request import current_request
from jpe_magics.magics.views import ShownViews

if TYPE_CHECKING:
    from jpe_magics.core.summary import Document
    from jpe_magics.magics.progress import ShownProgress
    from jpe_magics.progress_text import ProgressListener

#: Types of results that magics return; named, so that none is imported before it is needed.
RECORD = "jpe_magics.model.record.Record"
RESULTS = (
    "jpe_magics.results.Export",
    "jpe_magics.results.Submission",
    RECORD,
    "jpe_magics.magics.show.Results",
)

#: Where a magic's failure is told in full: every front end, nbclient and papermill show what was raised, and keep it.
#: Not "below": a cell may catch it, and show it elsewhere.
ERROR = "the error that is raised"

T = TypeVar("T")

#: Shows another document, in HTML of its own where that is shorter, in place of the one before.
Update = Callable[["Document"], None]


class Results(tuple[T, ...]):
    """Rows that a magic returns: a tuple whose display is the magic's own."""

    document: Document
    thing: str

    @classmethod
    def of(cls, rows: tuple[T, ...], thing: str, document: Document) -> Results[T]:
        """Return `rows`, each of them a `thing` ("record"), shown as `document`."""
        made = cls(rows)
        made.document, made.thing = document, thing
        return made

    def __repr__(self) -> str:
        from jpe_magics.core.summary.document import count

        return f"<{count(len(self), self.thing)}>"

    def _repr_html_(self) -> str:
        from jpe_magics.core.summary import to_html

        return to_html(self.document)


class Display:
    """Shows results in one IPython shell.

    A terminal gets text.  A kernel gets the widget view where someone sits in front who can use it, and
    in any case a static summary as an output of its own, which is what a saved notebook keeps.  What was
    shown is not shown again as the cell's `Out`, but is by `r` in a later cell.
    """

    def __init__(self, shell: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._shell = shell
        self._clock = clock
        self._shown: tuple[object, int] = (None, 0)
        self._progress: tuple[ShownProgress | None, int] = (None, 0)
        self.views = ShownViews()

    def register(self) -> None:
        """Have the cell's `Out` passed by where its value was shown already, and views end with their cells."""
        formatter = self._shell.display_formatter.ipython_display_formatter
        for name in RESULTS:
            formatter.for_type(name, self._pass_by)
        # the model knows nothing of HTML
        self._shell.display_formatter.formatters["text/html"].for_type(RECORD, _record_html)
        self._shell.events.register("pre_run_cell", self._before_cell)

    def unregister(self) -> None:
        """Undo `register`, and close every view."""
        formatter = self._shell.display_formatter.ipython_display_formatter
        for name in RESULTS:
            formatter.pop(name, None)
        self._shell.display_formatter.formatters["text/html"].pop(RECORD, None)
        if self._before_cell in self._shell.events.callbacks["pre_run_cell"]:
            self._shell.events.unregister("pre_run_cell", self._before_cell)
        self.views.close()

    @property
    def cell_id(self) -> str:
        """The id of the cell that runs, "" where the front end tells none."""
        request = current_request(self._shell)
        return (request.cell_id or "") if request is not None else ""

    def has_front_end(self) -> bool:
        """Tell whether widgets can be shown: a kernel, someone who sits in front, and ipywidgets is installed."""
        from importlib.util import find_spec

        from jpe_magics.adapters.live.locate import is_headless

        if not self._has_kernel():
            return False
        request = current_request(self._shell)
        return not (request and is_headless(request, os.environ)) and find_spec("ipywidgets") is not None

    def progress(self, *, quiet: bool = False) -> ProgressListener:
        """Return what is to be told how far a magic's work is, used as a context around that work.

        In a kernel the place where it was shown is then the summary's (`show`), so that one output
        remains.
        """
        from jpe_magics.progress_text import ProgressListener, TextProgress

        self._progress = (None, 0)
        if quiet:
            return ProgressListener()
        if not self._has_kernel():
            return TextProgress(print, self._clock)
        from jpe_magics.magics.progress import ShownProgress

        shown = ShownProgress(_publish, self._clock)
        self._progress = (shown, self._shell.execution_count)
        return shown

    def show(
        self,
        document: Document,
        result: object = None,
        view: Callable[[], Any] | None = None,
        brief: Callable[[], Document] | None = None,
    ) -> None:
        """Show a document, and beside it the widget that `view` makes; `result` is what the magic returns.

        Beside a widget the HTML is that of `brief`, for there everything else is shown already.
        """
        from jpe_magics.core.summary import to_html, to_text

        if not self._has_kernel():
            print(to_text(document))
            return
        widget = view() if view is not None and self.has_front_end() else None
        if widget is not None:
            self.views.add(widget, self.cell_id)
            _display(widget)
        # not in the widget's bundle: a front end that can't show the widget would show neither
        shown = brief() if widget is not None and brief is not None else document
        _publish(to_text(document), to_html(shown), self._place_of_progress())
        self.hide(result)

    def show_live(self, widget: Any, document: Document) -> Update:
        """Show a widget that goes on living, and beside it a summary; return what shows another one in its place.

        That may be called on any thread, also when the cell has long ended.
        """
        from jpe_magics.core.summary import to_html, to_text

        _display(widget)
        place = _publish(to_text(document), to_html(document), self._place_of_progress())
        self._progress = (None, 0)
        return partial(_replace, self._shell.display_pub, place)

    def hide(self, result: object) -> None:
        """Keep `result` from being shown as the `Out` of the running cell."""
        if self._has_kernel():
            self._shown = (result, self._shell.execution_count)
            self._progress = (None, 0)

    def _place_of_progress(self) -> str:
        """Return the display id of the progress that this cell showed before its result, "" for none."""
        progress, cell = self._progress
        return progress.place if progress is not None and cell == self._shell.execution_count else ""

    def _has_kernel(self) -> bool:
        return hasattr(self._shell, "kernel")

    def _before_cell(self, info: Any) -> None:
        """Close what the cell showed before: its output goes as it runs again."""
        if info.store_history and not info.silent and (cell := self.cell_id):
            self.views.close(cell)
            from jpe_magics.panel.current import close_if_rerun

            close_if_rerun(cell)

    def _pass_by(self, result: object) -> None:
        shown, cell = self._shown
        if shown is not result or cell != self._shell.execution_count:
            raise NotImplementedError  # IPython's word for "not mine": the usual display follows


def _display(widget: Any) -> None:
    from IPython.display import display

    display(widget)  # type: ignore[no-untyped-call]


def _replace(publisher: Any, place: str, document: Document) -> None:
    """Show a document in place of the display with the id `place`, through the publisher that showed that one.

    The shell's own may be another by now: that of a cell which captures its outputs, and none of ours.
    """
    from jpe_magics.core.summary import to_html, to_text

    publisher.publish(_bundle(to_text(document), to_html(document)), transient={"display_id": place}, update=True)


def _publish(text: str, html: str, place: str = "") -> str:
    """Show a summary in place of the display with the id `place`, "" for a new one; return the display's id."""
    from uuid import uuid4

    from IPython.display import display

    shown = place or uuid4().hex
    display(_bundle(text, html), raw=True, display_id=shown, update=bool(place))  # type: ignore[no-untyped-call]
    return shown


def _bundle(text: str, html: str) -> dict[str, str]:
    return {"text/plain": text, "text/html": html}


def _record_html(record: Any) -> str:
    from jpe_magics.core.summary import record_html

    return record_html(record)
