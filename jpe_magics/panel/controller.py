"""The panel without its views: actions in, states out, and the threads between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from jpe_magics.core.form import Value
from jpe_magics.core.form_words import DEEDS
from jpe_magics.errors import JpeError, OptionError
from jpe_magics.panel import current
from jpe_magics.panel.actions import Listener
from jpe_magics.panel.board import Board
from jpe_magics.panel.cards import bare_cards, cards, probe
from jpe_magics.panel.choosing import Choosing
from jpe_magics.panel.effort import Effort
from jpe_magics.panel.exporting import Asked, export, left_as_it_is
from jpe_magics.panel.faults import bare, in_our_words
from jpe_magics.panel.filling import Filling, afresh
from jpe_magics.panel.lanes import Lanes
from jpe_magics.panel.looking_back import LookingBack
from jpe_magics.panel.previewing import Previewing
from jpe_magics.panel.sheet import Sheet
from jpe_magics.panel.spare import give_back
from jpe_magics.panel.state import PanelState
from jpe_magics.panel.wording import in_its_words, in_panel
from jpe_magics.panel.working import Working
from jpe_magics.session import Session

#: Seconds after the last keystroke before its preview is made.
DEBOUNCE = 0.15
#: Seconds after a cell has run, or the notebook was edited, before its preview is made.
FOLLOW = 0.6

_LANES = {
    "preview": "making the preview",
    "work": "working",
    "front": "asking the front end",
    "past": "reading the history",
    "runs": "asking for runs",
    "probe": "looking for backends",
}


class Panel:
    """The panel of one notebook; fits `Actions`.

    Each lane of `_LANES` is a thread that begins with its first job, so that a long export is not in the way of a
    preview, nor a preview in the way of the history.  The parts share the board, which holds the state: what is
    filled in (`Filling`), which card is chosen (`Choosing`), the preview, the work, and the history.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._board = Board()
        self._lanes = Lanes(self._fail, give_back)
        self._filling = Filling(self._board)
        self._choosing = Choosing(session, self._board, self._filling)
        self._previewing = Previewing(session, self._board, self._filling, self._choosing, self._lanes)
        self._past = LookingBack(session, self._board, self._lanes)
        self._working = Working(self._board, self._lanes, self._worked)
        self._prepared = self._watches = False
        self._asked: Asked | None = None

    @property
    def state(self) -> PanelState:
        """The state of now."""
        return self._board.state

    def listen(self, listener: Listener) -> None:
        """Tell `listener` every state from now on."""
        self._board.listen(listener)

    # --- opening and closing

    def prepare(self) -> None:
        """Show the cards and the form as far as they are known at once; `open` begins with what takes time."""
        if not self._prepared:
            self._prepared = True
            self._attempt("opening the panel", self._show_form)
            self._attempt("opening the panel", self._show_cards)
            self._board.change(lambda state: replace(state, reading=True))

    def open(self, drawn: float = 0.0) -> None:
        """Begin with what takes time, `drawn` seconds from now.

        The threads that do it and the one that sends the view share one interpreter, and the view is waited for.
        """
        self.prepare()
        self._previewing.begin(drawn)
        self._past.read(drawn)
        self._lanes.do("probe", self._probe, after=drawn)
        self._lanes.do("front", self._previewing.look_again, after=drawn)
        if self._session.live is not None:
            self._watches = True
            self._session.live.watch(partial(self._previewing.soon, FOLLOW))

    def close(self, limit: float = 0.0, *, because: str = "") -> None:
        """End all work and all threads; wait for `limit` seconds at most until they have ended.

        The kernel's own threads should not wait.  A thread that waits for a server's answer ends by itself when its
        request times out, and tells nobody.  Where its cell runs again nobody sees the view any more: it is closed
        when what the cell shows now has been sent.
        """
        self._working.stop()
        self._past.close()
        if self._watches and self._session.live is not None:
            self._watches = False
            self._session.live.watch(None)
        self._lanes.close()
        self._board.close(because, self._lanes.at_last if because == current.RERUN else None)
        current.forget(self)
        self._lanes.join(limit)
        for part in (self._working, self._filling, self._previewing):
            part.forget()
        self._asked = None

    # --- the form and the preview

    def choose(self, target: str) -> None:
        """Choose a card; what was filled in for another one is kept there."""
        if target != self.state.target:
            self._attempt("choosing the target", partial(self._choosing.choose, target, by_hand=True))
            self._previewing.soon()

    def set(self, name: str, value: Value) -> None:
        """Put a value into a field."""
        self._attempt("filling in the form", lambda: self._fill_in(lambda sheet: sheet.typed(name, value)))

    def set_parameter(self, name: str, value: str, *, this_run: bool = False) -> None:
        """Put a text over a parameter's default."""
        self._fill_in(lambda sheet: sheet.with_parameter(name, value, this_run=this_run))

    def preview(self) -> None:
        """Make the preview anew, of what the front end shows now."""
        self._board.change(afresh)
        self._lanes.do("front", self._previewing.ask_and_make, key="ask")

    def save(self) -> None:
        """Ask the front end to save the notebook, and preview what it has saved."""
        self._board.change(afresh)
        self._lanes.do("front", self._previewing.save, key="save")

    # --- the work

    def export(self, target: str = "") -> None:
        """Do what the form of that target says; where it is not complete, it says so itself."""
        self._attempt("beginning the export", partial(self._press, target))

    def answer(self, yes: bool) -> None:
        """Do what was asked about, with the flag that allows it; or leave it and say that nothing was changed."""
        answered: list[Asked] = []

        def take(state: PanelState) -> PanelState:
            if state.question is not None and self._asked is not None:
                answered.append(self._asked.allowing(state.question.option))
                state = state if yes else replace(state, done=left_as_it_is(state.done))
            return afresh(state)

        self._board.change(take)
        if yes and answered:  # else it was answered already, or what it was about has changed
            self._publish(*answered)

    def stop(self) -> None:
        """End the work that goes on at its next wait."""
        self._working.stop()

    def act(self, action: str, record: str, values: Mapping[str, str] | None = None) -> None:
        """Run what a record published once more, stop its run, or ask for its state."""
        given = dict(values or {})
        self._working.start(DEEDS.get(action, action), lambda effort: self._act(action, record, given, effort))

    # --- the history

    def find(self, search: str, target: str = "") -> None:
        """Show the newest rows of the history that match."""
        self._past.find(search, target)

    def show(self, record: str) -> None:
        """Open a record of the history; "" closes the one that is open."""
        self._past.show(record)

    # --- what the actions begin

    def _show_form(self) -> None:
        self._board.change(bare_cards)
        self._choosing.settle()

    def _show_cards(self) -> None:
        self._board.change(cards(self._session))

    def _probe(self) -> None:
        probe(self._session, self._board.change)
        before = self._filling.sheet.target
        self._choosing.settle()
        if self._filling.sheet.target != before:
            self._previewing.soon()

    def _fill_in(self, change: Callable[[Sheet], Sheet]) -> None:
        self._filling.fill_in(change)
        self._previewing.soon(DEBOUNCE)

    def _press(self, target: str) -> None:
        if self._filling.press(target):
            self._publish(Asked(self._filling.sheet))
        elif self.state.preview is None:
            self._previewing.soon()

    def _publish(self, asked: Asked) -> None:
        draft = asked.sheet.draft
        self._working.start(draft.button if draft is not None else "", partial(self._export, asked))

    def _export(self, asked: Asked, effort: Effort) -> Mapping[str, Any]:
        self._asked = asked
        try:
            outcome = export(self._session, asked, effort)
        except OptionError as error:
            self._filling.refuse(error)
            return {}
        if outcome.done is not None and isinstance(outcome.done.error, OptionError):
            self._filling.refuse(outcome.done.error)
        done = None if outcome.done is None else in_its_words(outcome.done, self.state.fields)
        return {"done": done, "question": outcome.question}

    def _act(self, action: str, record: str, values: Mapping[str, str], effort: Effort) -> Mapping[str, Any]:
        done = self._session.act(action, record, values, tell=effort.tell, stop=effort.stop)
        if done.error is not None:
            bare(done.error)
        return {"done": in_its_words(done, self.state.fields)}

    def _worked(self) -> None:
        self._past.news()
        self._previewing.soon()

    # --- what goes wrong

    def _attempt(self, doing: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - front ends swallow what a callback raises: the panel must say it
            self._notice(in_our_words(error, doing))

    def _fail(self, lane: str, error: BaseException) -> None:
        notice = self._notice(in_our_words(error, _LANES[lane]))
        if lane == "preview":
            self._previewing.trouble = notice

    def _notice(self, error: JpeError) -> JpeError:
        notice = in_panel(error, self.state.fields)
        self._board.change(lambda state: replace(state, notice=notice))
        return notice
