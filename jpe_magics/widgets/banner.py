"""What the last work came to, what is asked, and what went wrong in the panel itself."""

from __future__ import annotations

from functools import partial

from jpe_magics.core.summary import fragment, outcome_view, submission_view
from jpe_magics.core.summary.document import Block, Leaf, Note
from jpe_magics.core.summary.error import error_blocks
from jpe_magics.core.summary.html import Html, element
from jpe_magics.panel.state import PanelState
from jpe_magics.results import Export, Submission
from jpe_magics.widgets.form import shown_names
from jpe_magics.widgets.parts import Parts, replace_children
from jpe_magics.widgets.pool import put


class Banner:
    """The outcome in green, amber or red, with links; a question with its two buttons."""

    def __init__(self, parts: Parts) -> None:
        self._notice: tuple[Leaf, ...] = ()
        self._blocks: tuple[Leaf, ...] = ()
        self._fault = parts.html("", "jpe-fault")
        self._told = parts.html("", "jpe-banner")
        self._asked = parts.html()
        self._yes = parts.deed("Yes", partial(parts.actions.answer, True), "jpe-yes")
        self._no = parts.button("No", partial(parts.actions.answer, False), "jpe-no")
        self._answers = parts.row(self._yes, self._no, classes=("jpe-row-of-buttons",))
        self._question = parts.column(classes=("jpe-question",))
        self.root = parts.column(self._fault, self._told, self._question)

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show what the state tells."""
        if before is None or (state.done, state.errors, state.fields) != (before.done, before.errors, before.fields):
            put(self._told, value=_html("status", _outcome(state)))
        self._notice = error_blocks(state.notice) if state.notice else ()
        self._show_faults()
        asked = state.question
        if asked is not None:
            put(self._asked, value=element("div", asked.text, role="alert", dir="auto"))
            put(self._yes, description=asked.button, tooltip=asked.button)
        replace_children(self._question, *([self._asked, self._answers] if asked is not None else []))

    def tell(self, blocks: tuple[Leaf, ...]) -> None:
        """Show what went wrong in a callback, until one goes well; nothing for no block."""
        self._blocks = blocks
        self._show_faults()

    def _show_faults(self) -> None:
        put(self._fault, value=_html("alert", (*self._notice, *self._blocks)))


def _outcome(state: PanelState) -> tuple[Block, ...]:
    names = shown_names(state)
    elsewhere = ("param", "run_param")
    homeless = [text for name, text in state.errors.items() if text and name not in names and name not in elsewhere]
    return (*_done(state.done), *(Note("bad", text) for text in homeless))


def _done(done: Export | Submission | None) -> tuple[Block, ...]:
    if done is None:
        return ()
    return (outcome_view(done) if isinstance(done, Export) else submission_view(done)).blocks


def _html(role: str, blocks: tuple[Block, ...]) -> Html:
    return element("div", fragment(blocks), role=role) if blocks else Html()
