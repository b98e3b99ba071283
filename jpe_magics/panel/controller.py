"""The panel without its views: actions in, states out, and the threads between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from jpe_magics.core.form import Value
from jpe_magics.core.summary.progress import Steps
from jpe_magics.errors import JpeError, NotebookError, OptionError
from jpe_magics.model.notebook import Snapshot
from jpe_magics.panel import current
from jpe_magics.panel.actions import Listener
from jpe_magics.panel.board import Board
from jpe_magics.panel.cards import bare_cards, cards, probe
from jpe_magics.panel.counting import count, last_options
from jpe_magics.panel.draft import Draft
from jpe_magics.panel.effort import Effort
from jpe_magics.panel.exporting import Asked, export, last_target, preview
from jpe_magics.panel.faults import bare, in_our_words
from jpe_magics.panel.lanes import Lanes
from jpe_magics.panel.past import close_record, open_record, read_rows
from jpe_magics.panel.sheet import Sheet
from jpe_magics.panel.state import PanelState, Work
from jpe_magics.session import Session
from jpe_magics.targets import get_target

#: Seconds after the last keystroke before its preview or search is made.
DEBOUNCE = 0.15
#: Seconds after a cell has run, or the notebook was edited, before its preview is made.
FOLLOW = 0.6

_TITLES = {"run": "Run", "stop": "Stop", "status": "Refresh"}
_LANES = {
    "preview": "making the preview",
    "work": "working",
    "front": "asking the front end",
    "past": "reading the history",
    "probe": "looking for backends",
}


class Panel:
    """The panel of one notebook; fits `Actions`.

    Each lane of `_LANES` is a thread that begins with its first job, so that a long export is not in the way of a
    preview, nor a preview in the way of the history.  What is filled in (`_sheet`) changes only together with the
    state, inside of `Board.change`.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._board = Board()
        self._sheet = Sheet()
        self._snapshot: Snapshot | None = None
        self._last: dict[str, Mapping[str, Any]] = {}
        self._by_hand = False
        self._watches = False
        self._asked: Asked | None = None
        self._effort: Effort | None = None
        self._trouble: JpeError | None = None  # of the last preview
        self._lanes = Lanes(self._fail)

    @property
    def state(self) -> PanelState:
        """The state of now."""
        return self._board.state

    def listen(self, listener: Listener) -> None:
        """Tell `listener` every state from now on."""
        self._board.listen(listener)

    # --- actions

    def open(self) -> None:
        """Show the cards and the form as far as they are known at once, and begin with what takes time."""
        self._attempt("opening the panel", self._show_form)
        self._attempt("opening the panel", self._show_cards)
        self._lanes.do("preview", self._begin, key="preview")
        self._lanes.do("past", self._read_rows, key="find")
        self._lanes.do("probe", self._probe)
        self._lanes.do("front", self._look_again)
        if self._session.live is not None:
            self._watches = True
            self._session.live.watch(self._follow_notebook)

    def choose(self, target: str) -> None:
        """Choose a card; what was filled in for another one is kept there."""
        if target != self.state.target:
            self._attempt("choosing the target", partial(self._choose, target, by_hand=True))
            self._preview_soon(0.0)

    def set(self, name: str, value: Value) -> None:
        """Put a value into a field."""
        self._attempt("filling in the form", lambda: self._fill_in(lambda sheet: sheet.typed(name, value)))

    def set_parameter(self, name: str, value: str, *, this_run: bool = False) -> None:
        """Put a text over a parameter's default."""
        self._fill_in(lambda sheet: sheet.with_parameter(name, value, this_run=this_run))

    def preview(self) -> None:
        """Make the preview anew, of what the front end shows now."""
        self._board.change(_afresh)
        self._lanes.do("front", self._ask_and_preview, key="ask")

    def export(self) -> None:
        """Do what the form says; where it is not complete, it says so itself."""
        self._attempt("beginning the export", self._press)

    def answer(self, yes: bool) -> None:
        """Do what was asked about, with the flag that allows it; or leave it."""
        answered: list[Asked] = []

        def take(state: PanelState) -> PanelState:
            if state.question is not None and self._asked is not None:
                answered.append(self._asked.allowing(state.question.option))
            return _afresh(state)

        self._board.change(take)
        if yes and answered:  # else it was answered already, or what it was about has changed
            self._publish(*answered)

    def stop(self) -> None:
        """End the work that goes on at its next wait."""
        effort = self._effort
        if effort is not None:
            effort.stop.set()
            self._board.change(lambda state: _working(state, stopping=True))

    def save(self) -> None:
        """Ask the front end to save the notebook, and preview what it has saved."""
        self._board.change(_afresh)
        self._lanes.do("front", self._save, key="save")

    def find(self, search: str, target: str = "") -> None:
        """Show the newest rows of the history that match."""
        self._board.change(lambda state: replace(state, past=replace(state.past, search=search, target=target)))
        self._lanes.do("past", self._read_rows, key="find", after=DEBOUNCE)

    def show(self, record: str) -> None:
        """Open a record of the history; "" closes the one that is open."""
        if record:
            self._lanes.do("past", partial(self._open_record, record), key="open")
        else:
            self._lanes.do("past", _nothing, key="open")  # what was asked for before is not wanted any more
            self._board.change(close_record)

    def act(self, action: str, record: str, values: Mapping[str, str] | None = None) -> None:
        """Run what a record published once more, stop its run, or ask for its state."""
        given = dict(values or {})
        self._start(_TITLES.get(action, action), lambda effort: self._act(action, record, given, effort))

    def close(self, limit: float = 0.0) -> None:
        """End all work and all threads; wait for `limit` seconds at most until they have ended.

        The kernel's own threads should not wait.  A thread that waits for a server's answer ends by itself when its
        request times out, and tells nobody.
        """
        effort = self._effort
        if effort is not None:
            effort.stop.set()
        if self._watches and self._session.live is not None:
            self._watches = False
            self._session.live.watch(None)
        self._lanes.close()
        self._board.close()
        current.forget(self)
        self._lanes.join(limit)
        self._effort = None
        self._sheet, self._snapshot, self._asked, self._last = Sheet(), None, None, {}

    # --- the form

    def _show_form(self) -> None:
        self._board.change(bare_cards)
        first = next((row.name for row in self.state.targets if row.available), "")
        if first:
            self._choose(first)

    def _show_cards(self) -> None:
        self._board.change(cards(self._session))

    def _choose(self, target: str, *, by_hand: bool = False) -> None:
        """Choose a target; what the user has chosen, nothing else takes away."""
        chosen = get_target(target)
        draft = Draft(chosen, self._session.counting(chosen, self._snapshot))

        def choose(state: PanelState) -> PanelState:
            if self._by_hand and not by_hand:
                return state
            self._by_hand = by_hand
            sheet = self._sheet.with_draft(self._sheet.drafts.get(target, draft))
            return replace(self._put(sheet, _afresh(state)), preview=None, before=None, done=None)

        self._board.change(choose)

    def _fill_in(self, change: Callable[[Sheet], Sheet]) -> None:
        def fill_in(state: PanelState) -> PanelState:
            self._by_hand = True  # who fills in a form has chosen it
            return self._put(change(self._sheet), _afresh(state))

        self._board.change(fill_in)
        self._preview_soon(DEBOUNCE)

    def _put(self, sheet: Sheet, state: PanelState) -> PanelState:
        """Take over the sheet and return the state that shows it; only inside of `Board.change`."""
        if sheet is self._sheet:
            return state
        stale = state.stale or sheet.asks != self._sheet.asks
        self._sheet = sheet
        return replace(sheet.drawn(state), stale=stale)

    # --- the preview

    def _follow_notebook(self) -> None:
        """Make the preview anew some time after a cell has run, or was edited."""
        self._preview_soon(FOLLOW)

    def _preview_soon(self, after: float) -> None:
        self._lanes.do("preview", self._preview, key="preview", after=after)

    def _begin(self) -> None:
        self._snapshot = snapshot = self._session.snapshot(exporting=False)
        target = last_target(self._session, snapshot)
        if target and target != self._sheet.target:
            self._choose(target)
        self._preview(snapshot)

    def _preview(self, snapshot: Snapshot | None = None) -> None:
        """Make the preview of what is filled in now, and show it if that still stands so when it is made."""
        if self._sheet.draft is None:
            return  # the history alone is shown
        self._snapshot = snapshot = snapshot or self._session.snapshot(exporting=False)
        self._count(snapshot)
        sheet = self._sheet
        if not sheet.ready:
            return
        try:
            done, before = preview(self._session, sheet, snapshot)
        except OptionError as error:
            self._refuse(error)
            return

        def show(state: PanelState) -> PanelState:
            if self._sheet.asks != sheet.asks:
                return state
            shown = self._put(self._sheet.refused(None).with_types(done.report), state)
            notice = None if shown.notice is self._trouble else shown.notice
            return replace(shown, preview=done, before=before, stale=False, notice=notice)

        self._board.change(show)

    def _count(self, snapshot: Snapshot) -> None:
        """Bring the form up to date with what counts in the notebook as it is now."""
        draft = self._sheet.draft
        if draft is None:
            return
        name = draft.target.name
        if name not in self._last:
            self._last[name] = last_options(self._session, draft.target, snapshot)
        counted = count(self._session, draft.target, snapshot, self._last[name])
        can_save = self._session.live is not None and self._session.live.can_save

        def put(state: PanelState) -> PanelState:
            now = self._sheet.draft
            if now is not None and now.target.name == name:
                state = self._put(self._sheet.over(now.counted(counted.values, counted.proposed)), state)
            return state if state.can_save == can_save else replace(state, can_save=can_save)

        self._board.change(put)

    def _refuse(self, error: OptionError) -> None:
        self._board.change(lambda state: self._put(self._sheet.refused(error), state))

    def _look_again(self) -> None:
        if self._session.live is not None and self._session.live.refresh():
            self._lanes.do("preview", self._begin, key="preview")

    def _ask_and_preview(self) -> None:
        if self._session.live is not None:
            self._session.live.refresh()
        self._preview_soon(0.0)

    def _save(self) -> None:
        if self._session.live is None:
            raise NotebookError("no front end can be asked to save", code="JPE102", hint="save the notebook yourself")
        self._session.live.save()
        self._preview_soon(0.0)

    # --- the work

    def _press(self) -> None:
        def press(state: PanelState) -> PanelState:
            self._by_hand = True
            return self._put(self._sheet.pressed(), _afresh(state))

        self._board.change(press)
        if self._sheet.ready:
            self._publish(Asked(self._sheet))

    def _publish(self, asked: Asked) -> None:
        draft = asked.sheet.draft
        self._start(draft.button if draft is not None else "", lambda effort: self._export(asked, effort))

    def _export(self, asked: Asked, effort: Effort) -> Mapping[str, Any]:
        self._asked = asked
        try:
            outcome = export(self._session, asked, effort)
        except OptionError as error:
            self._refuse(error)
            return {}
        if outcome.done is not None and isinstance(outcome.done.error, OptionError):
            self._refuse(outcome.done.error)
        return {"done": outcome.done, "question": outcome.question}

    def _act(self, action: str, record: str, values: Mapping[str, str], effort: Effort) -> Mapping[str, Any]:
        done = self._session.act(action, record, values, tell=effort.tell, stop=effort.stop)
        if done.error is not None:
            bare(done.error)
        return {"done": done}

    def _start(self, title: str, work: Callable[[Effort], Mapping[str, Any]]) -> None:
        """Do long work, unless some goes on already; `work` returns what it changes in the state."""

        def show(steps: Steps) -> None:  # that comes late: other work may go on by then
            self._board.change(lambda state: _working(state, steps=steps) if self._effort is effort else state)

        effort = Effort(show, lambda job, after: self._lanes.do("past", job, key="steps", after=after))

        def begin(state: PanelState) -> PanelState:
            if state.work is not None:
                return state
            self._effort = effort
            return replace(_afresh(state), work=Work(title, began=effort.began), done=None)

        self._board.change(begin)
        if self._effort is effort:
            self._lanes.do("work", partial(self._carry_out, title, work, effort))

    def _carry_out(self, title: str, work: Callable[[Effort], Mapping[str, Any]], effort: Effort) -> None:
        try:
            outcome = work(effort)
        except BaseException as error:  # noqa: BLE001 - a plugin may even exit: the panel must say so and go on
            outcome = {"notice": in_our_words(error, title)}

        def end(state: PanelState) -> PanelState:
            self._effort = None
            return replace(state, work=None, **outcome)

        self._board.change(end)
        self._lanes.do("past", self._read_rows, key="find")
        self._lanes.do("past", self._open_again, key="again")
        self._preview_soon(0.0)

    # --- the history and the backends

    def _read_rows(self) -> None:
        self._board.change(read_rows(self._session.history, self.state.past))

    def _open_record(self, record: str) -> None:
        self._board.change(open_record(self._session.history, record))

    def _open_again(self) -> None:
        record = self.state.past.record
        if record is not None:
            self._open_record(record.id)

    def _probe(self) -> None:
        probe(self._session, self._board.change)

    # --- threads, and what goes wrong on them

    def _attempt(self, doing: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - front ends swallow what a callback raises: the panel must say it
            self._notice(in_our_words(error, doing))

    def _fail(self, lane: str, error: BaseException) -> None:
        notice = in_our_words(error, _LANES[lane])
        if lane == "preview":
            self._trouble = notice
        self._notice(notice)

    def _notice(self, notice: JpeError) -> None:
        self._board.change(lambda state: replace(state, notice=notice))


def _afresh(state: PanelState) -> PanelState:
    """Return the state without what was said about the action before."""
    if state.question is None and state.notice is None:
        return state
    return replace(state, question=None, notice=None)


def _working(state: PanelState, **changes: Any) -> PanelState:
    return state if state.work is None else replace(state, work=replace(state.work, **changes))


def _nothing() -> None:
    """Do nothing, in the place of a job that is not wanted any more."""
