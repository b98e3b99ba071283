"""The preview, and what counts for the form in the notebook as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jpe_magics.errors import JpeError, NotebookError, OptionError
from jpe_magics.model.notebook import Snapshot
from jpe_magics.panel.board import Board
from jpe_magics.panel.choosing import Choosing
from jpe_magics.panel.counting import count, last_options
from jpe_magics.panel.destination import places
from jpe_magics.panel.exporting import last_target, preview
from jpe_magics.panel.filling import Filling
from jpe_magics.panel.lanes import Lanes
from jpe_magics.panel.state import PanelState
from jpe_magics.panel.wording import in_its_words
from jpe_magics.session import Session


class Previewing:
    """Makes previews on a lane of its own, one at a time, and only of what was asked for last.

    `trouble` is what kept the last preview from being made.
    """

    def __init__(self, session: Session, board: Board, filling: Filling, choosing: Choosing, lanes: Lanes) -> None:
        self._session, self._board, self._filling, self._lanes = session, board, filling, lanes
        self._choosing = choosing
        self._last: dict[str, Mapping[str, Any]] = {}
        self._begun, self._first = True, 0.0
        self.trouble: JpeError | None = None

    def begin(self, after: float = 0.0) -> None:
        """Have the notebook read, its last target chosen, and the first preview made, `after` seconds from now."""
        self._begun, self._first = False, after
        self.soon(after)

    def soon(self, after: float = 0.0) -> None:
        """Have the preview made, `after` seconds from now if nothing else is asked for meanwhile."""
        # what is asked for before the first one has begun must not take its place, nor put it off
        self._lanes.do("preview", self._next, key="preview", after=after if self._begun else min(after, self._first))

    def look_again(self) -> None:
        """Ask the front end for the notebook of now, and begin anew if it is another one."""
        if self._session.live is not None and self._session.live.refresh():
            self.begin()

    def ask_and_make(self) -> None:
        """Ask the front end for the notebook of now, and have the preview made."""
        if self._session.live is not None:
            self._session.live.refresh()
        self.soon()

    def save(self) -> None:
        """Have the front end save the notebook, and the preview made of that."""
        if self._session.live is None:
            raise NotebookError("no front end can be asked to save", code="JPE102", hint="save the notebook yourself")
        self._session.live.save()
        self.soon()

    def forget(self) -> None:
        """Keep nothing heavy alive."""
        self._last = {}

    def _next(self) -> None:
        if self._begun:
            self._make()
        else:
            self._begun = True
            try:
                self._begin()
            finally:
                self._board.change(_has_read)

    def _begin(self) -> None:
        self._filling.snapshot = snapshot = self._session.snapshot(exporting=False)
        self._choosing.used_last(last_target(self._session, snapshot))
        self._make(snapshot)

    def _make(self, snapshot: Snapshot | None = None) -> None:
        """Make the preview of what is filled in now, and show it if that still stands so when it is made."""
        if self._filling.sheet.draft is None:
            return  # the history alone is shown
        self._filling.snapshot = snapshot = snapshot or self._session.snapshot(exporting=False)
        self._count(snapshot)
        sheet = self._filling.sheet
        if not sheet.ready:
            return
        try:
            done, before = preview(self._session, sheet, snapshot)
        except OptionError as error:
            self._filling.refuse(error)
            return

        def show(state: PanelState) -> PanelState:
            if self._filling.sheet.asks != sheet.asks:
                return state
            shown = self._filling.put(self._filling.sheet.refused(None).with_types(done.report), state)
            notice = None if shown.notice is self.trouble else shown.notice
            told = in_its_words(done, shown.fields)
            return replace(shown, preview=told, before=before, stale=False, notice=notice)

        self._board.change(show)

    def _count(self, snapshot: Snapshot) -> None:
        """Bring the form up to date with what counts in the notebook as it is now."""
        draft = self._filling.sheet.draft
        if draft is None:
            return
        name = draft.target.name
        if name not in self._last:
            self._last[name] = last_options(self._session, draft.target, snapshot)
        counted = count(self._session, draft.target, snapshot, self._last[name])
        can_save = self._session.live is not None and self._session.live.can_save
        known = places(self._session)  # a cell that has run since may have set others, or changed the working folder

        def put(state: PanelState) -> PanelState:
            sheet = self._filling.sheet
            now = sheet.draft
            if now is not None and now.target.name == name:
                state = self._filling.put(sheet.over(now.counted(counted.values, counted.proposed)), state)
            same = (state.can_save, state.places) == (can_save, known)
            return state if same else replace(state, can_save=can_save, places=known)

        self._board.change(put)


def _has_read(state: PanelState) -> PanelState:
    """Return the state in which the notebook was read, or could not be."""
    return replace(state, reading=False) if state.reading else state
