"""What the panel has the session make: previews, exports, and questions about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from jpe_magics.answers import last_before
from jpe_magics.core.options import COMMON, Given
from jpe_magics.errors import HistoryError, JpeError
from jpe_magics.model.notebook import Snapshot
from jpe_magics.model.record import Record
from jpe_magics.panel.declared import only_makes_a_file
from jpe_magics.panel.effort import Effort
from jpe_magics.panel.faults import bare, declined, question_about, question_about_doubt
from jpe_magics.panel.past import last_of
from jpe_magics.panel.sheet import Sheet
from jpe_magics.panel.state import Question
from jpe_magics.results import Export, Submission
from jpe_magics.session import Session
from jpe_magics.targets import targets


@dataclass(frozen=True)
class Asked:
    """An export as it was asked for, with the flags that were allowed since by answering questions."""

    sheet: Sheet
    flags: Mapping[str, bool] = field(default_factory=dict)

    def allowing(self, option: str) -> Asked:
        """Return the same with one more flag."""
        return replace(self, flags={**self.flags, option: True})


@dataclass(frozen=True)
class Outcome:
    """What came of an export: what was done, and what is asked about it; None for nothing."""

    done: Export | None = None
    question: Question | None = None


def preview(session: Session, sheet: Sheet, snapshot: Snapshot) -> tuple[Export, Record | None]:
    """Return the preview of what the sheet asks for, and the last record of that pipeline; touches nothing outside."""
    done = _bared(session.run(sheet.given(preview=True), snapshot=snapshot))
    return done, last_before(session, done)


def export(session: Session, asked: Asked, effort: Effort) -> Outcome:
    """Export the notebook as the front end shows it now.

    Where a yes is needed first, nothing is done yet and the question is returned; where something failed that a
    yes would allow, it is returned beside the failure.  A target that only makes a file writes none unless the form
    says where: what was done is then a preview, whose file is for downloading.
    """
    if session.live is not None:
        session.live.refresh()
    snapshot = session.snapshot(exporting=False)
    given = asked.sheet.given(**asked.flags)
    question = None if given.values.get("allow_unsaved") else question_about_doubt(snapshot)
    if question is not None and preview(session, asked.sheet, snapshot)[0].ok:
        return Outcome(question=question)
    draft = asked.sheet.drafts[asked.sheet.target]
    if only_makes_a_file(draft.target) and not given.values.get("output"):
        given = Given(given.target, {**given.values, "preview": True})
    done = _bared(session.run(given, effort.tell, effort.stop, snapshot=snapshot))
    return Outcome(done, question_about(done.error, [one.name for one in (*draft.target.options, *COMMON)]))


def left_as_it_is(done: Export | Submission | None) -> Export | Submission | None:
    """Return what was done once its question was answered with no: what was in the way stays, by choice."""
    if not isinstance(done, Export) or done.error is None:
        return done
    return replace(done, error=declined(done.error, made=bool(done.published)))


def last_target(session: Session, snapshot: Snapshot) -> str:
    """Return the target of the notebook's last export, "" where there is none, or it can't be used any more."""
    try:
        record = last_of(session.history, snapshot.notebook)
    except HistoryError:
        return ""  # the history's own tab says so
    known = targets().get(record.target) if record is not None else None
    return known.name if known is not None and known.available else ""


def _bared(done: Export) -> Export:
    if isinstance(done.error, JpeError):
        bare(done.error)
    return done
