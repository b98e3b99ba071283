"""Opens the views that go on living: the panel, and the history."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jpe_magics.core.summary import brief_view, error_view, folded, submission_view, targets_view
from jpe_magics.core.summary.document import Document, Mono, Note
from jpe_magics.panel.controller import Panel
from jpe_magics.panel.current import take_over
from jpe_magics.panel.state import PanelState
from jpe_magics.results import Export
from jpe_magics.widgets.panel import history_view, panel_view

if TYPE_CHECKING:
    from jpe_magics.magics.show import Display
    from jpe_magics.session import Session

_REST = "Where the pipeline can go, and what answers"


def open_panel(session: Session, display: Display) -> None:
    """Show the panel; the one that was open before is closed."""
    panel = Panel(session)
    _show(panel, panel_view(panel), display, _waiting(panel.state))
    panel.open()


def open_history(session: Session, display: Display, document: Document) -> None:
    """Show the history, and beside it `document`; a panel that was open before is closed."""
    panel = Panel(session)
    _show(panel, history_view(panel), display, folded(document, "The newest records"))
    panel.find("", "")


def _show(panel: Panel, view: Any, display: Display, document: Document) -> None:
    take_over(panel, display.cell_id)
    panel.listen(beside(display.show_live(view, document)))


def beside(show: Callable[[Document], None]) -> Callable[[PanelState, PanelState], None]:
    """Return a listener that keeps the summary beside the panel up to date: what was done last stays there.

    While the panel stands there it says everything itself, so that the summary folds all but the outcome away.
    """
    last: Document | None = None

    def told(state: PanelState, before: PanelState) -> None:
        nonlocal last
        done = state.done
        if state.closed:
            if before.work is not None:
                show(_cut_short(before.work.title))
            elif last is not None:
                show(last)
        elif done is not None and done is not before.done:
            last = brief_view(done) if isinstance(done, Export) else submission_view(done)
            show(folded(last, "What was made, read and taken out"))
        elif last is not None:
            return
        elif state.notice is not None and state.notice is not before.notice:
            show(error_view(state.notice))
        elif state.targets and state.operating and state.operating != before.operating:
            show(_waiting(state))

    return told


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
    nothing = Note("info", ("Nothing was exported yet.  The panel opens again with ", Mono("%export_pipeline"), "."))
    return Document(told.title, (nothing, *told.blocks))
