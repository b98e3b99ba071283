"""What the last work came to, what is asked, and what went wrong in the panel itself."""

from __future__ import annotations

from functools import partial

from ipywidgets import Widget  # type: ignore[import-untyped]

from jpe_magics.core.summary import download_view, fragment, outcome_view, submission_view, with_short_tables
from jpe_magics.core.summary.document import Block, Leaf, Note
from jpe_magics.core.summary.error import error_blocks
from jpe_magics.core.summary.html import Html, element
from jpe_magics.panel.state import PanelState, Question
from jpe_magics.results import Export, Submission
from jpe_magics.widgets.files import downloads
from jpe_magics.widgets.form import shown_names
from jpe_magics.widgets.parts import Parts, replace_children
from jpe_magics.widgets.pool import put
from jpe_magics.widgets.remedy import ticked


class Banner:
    """The outcome in green, amber or red, with links; a question with its two buttons.

    Its places are made when there is first something to say.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._notice: tuple[Leaf, ...] = ()
        self._blocks: tuple[Leaf, ...] = ()
        self._places: Places | None = None
        self.root = parts.column()
        self.roots: tuple[Widget, ...] = (self.root,)

    def update(self, state: PanelState, before: PanelState | None) -> None:
        """Show what the state tells."""
        if before is None or _seen(state) != _seen(before):
            outcome = _html("status", _outcome(state), class_="jpe-outcome")
            if outcome or self._places is not None:
                put(self._made().told, value=outcome)
        self._notice = error_blocks(state.notice) if state.notice else ()
        self._show_faults()
        if state.question is not None or self._places is not None:
            self._made().ask(state.question, first=before is None or before.question is None)

    def tell(self, blocks: tuple[Leaf, ...]) -> None:
        """Show what went wrong in a callback, until one goes well; nothing for no block."""
        self._blocks = blocks
        self._show_faults()

    def _show_faults(self) -> None:
        faults = _html("alert", (*self._notice, *self._blocks))
        if faults or self._places is not None:
            put(self._made().fault, value=faults)

    def _made(self) -> Places:
        if self._places is None:
            self._places = Places(self._parts)
            replace_children(self.root, *self._places.all)
        return self._places


class Places:
    """Where faults, outcomes and questions stand."""

    def __init__(self, parts: Parts) -> None:
        self.fault = parts.html("", "jpe-fault")
        self.told = parts.html("", "jpe-banner")
        self._asked = parts.html()
        self._no = parts.button("No", partial(parts.actions.answer, False), "jpe-no")
        self._yes = parts.deed("Yes", partial(parts.actions.answer, True), "jpe-yes")
        self._answers = parts.row(self._no, self._yes, classes=("jpe-row-of-buttons",))
        self._question = parts.column(classes=("jpe-question",))
        self.all: tuple[Widget, ...] = (self.fault, self.told, self._question)

    def ask(self, asked: Question | None, *, first: bool) -> None:
        """Ask, or take the question away; the `first` time what changes nothing gets the cursor."""
        if asked is not None:
            put(self._asked, value=element("div", asked.text, role="alert", dir="auto"))
            look = "danger" if asked.destroys else "warning"
            put(self._yes, description=asked.button, tooltip=asked.button, button_style=look)
            put(self._no, description=asked.safe, tooltip=asked.safe)
        replace_children(self._question, *([self._asked, self._answers] if asked is not None else []))
        if asked is not None and first:
            self._no.focus()  # what an Enter does then is what changes nothing


def _outcome(state: PanelState) -> tuple[Block, ...]:
    names = shown_names(state)
    elsewhere = ("param", "run_param")
    homeless = [text for name, text in state.errors.items() if text and name not in names and name not in elsewhere]
    return (*_blocked(state), *(_again(state) or _done(state.done)), *(Note("bad", text) for text in homeless))


def _blocked(state: PanelState) -> tuple[Block, ...]:
    """Return which of the fields that a press of the button found wrong still are."""
    if state.blocked is None:
        return ()
    names = state.blocked.fields
    wrong = [one.label for one in state.fields if one.option.name in names and one.option.name in state.errors]
    wrong += [f"the parameter {name}" for name in state.blocked.parameters if name in state.parameter_errors]
    if not wrong:
        return ()
    told = ", ".join(wrong[:-1]) + " and " + wrong[-1] if len(wrong) > 1 else wrong[0]
    return (Note("bad", f"Nothing was done yet: mend {told} first."),)


def _again(state: PanelState) -> tuple[Block, ...]:
    """Return that the next press does what was refused, where what the refusal asked to be ticked is ticked by now."""
    labels = [f"“{field.label}”" for field in ticked(state)]
    if not labels:
        return ()
    told = f"{' and '.join(labels)} {'is' if len(labels) == 1 else 'are'} ticked now"
    return (Note("info", f"Nothing was exported yet.  {told}: press “{state.button}” again."),)


def _done(done: Export | Submission | None) -> tuple[Block, ...]:
    if done is None:
        return ()
    if isinstance(done, Submission):
        document = submission_view(done)
    else:
        document = download_view(done, downloads(done)) if done.preview else outcome_view(done)
    return with_short_tables(document.blocks)


def _seen(state: PanelState) -> tuple[object, ...]:
    return ticked(state), state.button, state.done, state.errors, state.fields, state.blocked, state.parameter_errors


def _html(role: str, blocks: tuple[Block, ...], **attributes: str) -> Html:
    return element("div", fragment(blocks), role=role, **attributes) if blocks else Html()
