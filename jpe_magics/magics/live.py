"""Opens the views that go on living: the panel, and the history."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from jpe_magics.core.summary import (
    brief_view,
    download_view,
    error_view,
    failed_line,
    folded,
    submission_failed,
    submission_view,
    targets_view,
)
from jpe_magics.core.summary.document import Document, Mono, Note
from jpe_magics.core.summary.error import failed_note
from jpe_magics.panel.controller import Panel
from jpe_magics.panel.current import RERUN, UNLOADED, take_over
from jpe_magics.panel.state import PanelState
from jpe_magics.results import Export, Submission
from jpe_magics.widgets.files import downloads
from jpe_magics.widgets.panel import history_view, panel_view

if TYPE_CHECKING:
    from jpe_magics.magics.show import Display
    from jpe_magics.session import Session

#: Seconds that a front end is given to draw a new panel, before the kernel works on the first preview (measured with
#: notebooks of 500 cells).
DRAWN = 0.2

_REST = "Where the pipeline can go, and what answers"
_MADE = "What was made, read and taken out"
_WHY = "Why, and what was made, read and taken out"

#: Where the summary tells a failure in full, whether the panel stands there or not: folded away, below the line.
_BELOW = "what is folded below"


def open_panel(session: Session, display: Display) -> None:
    """Show the panel; the one that was open before is closed, and says so in its place."""
    panel = Panel(session)
    waiting = _waiting(panel.state)
    update = display.show_live(panel_view(panel), waiting)
    take_over(panel, display.cell_id)
    panel.listen(beside(update, waiting, "%export_pipeline"))
    panel.open(drawn=DRAWN)


def open_history(session: Session, display: Display, document: Document) -> None:
    """Show the history, and beside it `document`; another view of it is closed, a panel stays as it is."""
    panel = Panel(session)
    listed = folded(document, "The newest records")
    update = display.show_live(history_view(panel), listed)
    take_over(panel, display.cell_id, "history")
    panel.listen(beside(update, listed, "%jpe_history"))
    panel.find("", "")


def beside(show: Callable[[Document], None], shown: Document, again: str) -> Callable[[PanelState, PanelState], None]:
    """Return a listener that keeps the summary beside the panel up to date: what was done last stays there.

    While the panel stands there it says everything itself, so that the summary folds all but the outcome away.
    `shown` is what stands there first; when the panel has closed it says so, and that `again` opens it.
    """
    last: Document | None = None

    def told(state: PanelState, before: PanelState) -> None:
        nonlocal last
        done = state.done
        if state.because == RERUN:
            return  # nobody will see it
        if state.closed:
            left = _cut_short(before.work.title) if before.work is not None else last or shown
            show(_closed(left, state.because, again))
        elif done is not None and done is not before.done:
            last, failed = _done(done), _failed(done)
            show(folded(last, _WHY if failed else _MADE, failed))
        elif last is not None:
            return
        elif state.notice is not None and state.notice is not before.notice:
            show(folded(error_view(state.notice), "Why", failed_note(state.notice, "Failed", _BELOW)))
        elif state.notice is None and (before.notice is not None or _answers(state, before)):
            show(_waiting(state))

    return told


def _answers(state: PanelState, before: PanelState) -> bool:
    """Tell whether it has just become known what answers."""
    return bool(state.targets and state.operating) and state.operating != before.operating


def _done(done: Export | Submission) -> Document:
    if isinstance(done, Submission):
        return submission_view(done)
    return download_view(done, downloads(done), brief=True) if done.preview else brief_view(done)


def _failed(done: Export | Submission) -> Note | None:
    return submission_failed(done, _BELOW) if isinstance(done, Submission) else failed_line(done, _BELOW)


def _closed(document: Document, because: str, again: str) -> Document:
    """Return what stands where a view was: that it is closed, how it is opened again, and what it left."""
    why = f" because {because}" if because else ""
    load = (Mono("%load_ext jpe_magics"), " and ") if because == UNLOADED else ()
    told = Note("info", (f"This view was closed{why}.  Open it again with ", *load, Mono(again), "."))
    return Document(document.title, (told, *document.blocks))


def _cut_short(work: str) -> Document:
    """Return what stands where a panel was that closed while work went on."""
    where = (
        Mono("%jpe_history"),
        " tells what became of it, and ",
        Mono("%jpe_history ID --status"),
        " asks the servers",
    )
    told = Note("warn", f"The panel was closed while this went on: {work}.  What was done by then stays done.")
    return Document("Export this notebook", (told, Note("info", where)))


def _waiting(state: PanelState) -> Document:
    """Return what stands beside the panel before anything was done."""
    notes = (f"Operating mode: {state.operating}",) if state.operating else ()
    document = targets_view(state.targets, notes)
    told = folded(document, _REST) if state.targets else Document(document.title, ())
    again = Note("info", ("Where no panel stands above, ", Mono("%export_pipeline"), " opens it anew."))
    return Document(told.title, (again, *told.blocks))
