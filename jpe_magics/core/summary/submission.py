"""The view of what was done with a record: run again, stopped, asked for its state."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from jpe_magics.core.flow import State
from jpe_magics.core.form_words import DEEDS
from jpe_magics.core.summary.document import Block, Document, Facts, Mono, Note
from jpe_magics.core.summary.error import error_blocks, error_line, failed_note, one_line, told_elsewhere
from jpe_magics.core.summary.export import made_facts
from jpe_magics.core.summary.history import published_facts
from jpe_magics.core.summary.run import run_blocks, run_outcome
from jpe_magics.core.summary.status import level, status_mark
from jpe_magics.errors import Interrupted, JpeError, RunFailed
from jpe_magics.model.publication import Published
from jpe_magics.model.record import Record


class Submitted(Protocol):
    """What a view must know of a submission (`jpe_magics.results.Submission`)."""

    @property
    def action(self) -> str:
        """What was asked for: "run", "stop" or "status"."""

    @property
    def record(self) -> Record:
        """The record as it is now."""

    @property
    def published(self) -> Sequence[Published]:
        """What was made outside."""

    @property
    def states(self) -> Sequence[State]:
        """The states that were seen."""

    @property
    def notices(self) -> Sequence[str]:
        """What went wrong beside it."""

    @property
    def error(self) -> JpeError | None:
        """What went wrong, None where nothing did."""


def submission_view(done: Submitted, *, where: str = "") -> Document:
    """Return what came of what was done with a record: the banner, what was made and where, the run's tasks.

    Its error is told in one line if `where` ("the error that is raised") tells it in full, "" for nowhere else.
    """
    banner, *whole = said_first = _banner(done)
    blocks = [banner, *(Note("warn", text) for text in done.notices)]
    made = list(made_facts(done.published))
    status = done.states[-1].status if done.states else done.record.status
    rows = (
        *(made or published_facts(done.record)),
        ("Status", status_mark(status)),
        ("History", (Mono(done.record.id), " (shown by ", Mono("%jpe_history"), ")")),
    )
    said = [done.error.message if done.error else "", done.states[-1].detail if done.states else ""]
    blocks += [Facts(rows), *whole, *run_blocks(done.states, "\n".join(said))]
    title = " · ".join(filter(None, (done.record.target, done.record.name))) or done.record.id
    document = Document(title, tuple(blocks))
    failed = submission_failed(done, where) if where else None
    return told_elsewhere(document, said_first, failed) if failed else document


def submission_failed(done: Submitted, where: str) -> Note | None:
    """Return in one line that it failed, and that `where` tells why; None where it did not fail."""
    return None if done.error is None else failed_note(done.error, _failed_as(done.action, done.error), where)


def submission_line(done: Submitted, actions: Collection[str] = ()) -> Note:
    """Return in one line what came of it, and what to do then.

    `actions` are those of "run", "stop" and "status" that have a button beside the line.
    """
    error = done.error
    if error is None or isinstance(error, Interrupted):
        sign, text = _outcome(done)
        return Note(sign, " ".join(filter(None, (one_line(text), _further(done, sign, actions)))))
    return error_line(error, _failed_as(done.action, error))


def _further(done: Submitted, sign: str, actions: Collection[str]) -> str:
    """Return what the next step is where the run has not ended well, "" for none."""
    if done.error is not None:  # somebody stopped it, and knows
        return ""
    if sign == "bad":
        return "“Details” below tells what failed."
    if done.states:
        goes_on = level(done.states[-1].status) == "info"
        then, what = ("status" if goes_on else "", "to ask again")
    elif _started(done):
        then, what = "status", "to see how far it is"
    else:
        then, what = ("run" if done.action == "status" else "", "to start one")
    return f"Press “{DEEDS[then]}” {what}." if then in actions else ""


def _failed_as(action: str, error: JpeError) -> str:
    if isinstance(error, RunFailed):
        return "The run failed"
    return "Not known" if error.code == "JPE517" else _FAILED.get(action, "Failed")


def _banner(done: Submitted) -> tuple[Block, ...]:
    if done.error is not None and not isinstance(done.error, Interrupted):
        return error_blocks(done.error, f"{_failed_as(done.action, done.error)}: ")
    return (Note(*_outcome(done)),)


def _outcome(done: Submitted) -> tuple[str, str]:
    """Return the level and the sentence of what did not fail, or was interrupted."""
    if isinstance(done.error, Interrupted):
        return "warn", str(done.error)
    outcome = run_outcome(done.states, _started(done))
    if done.states and done.states[-1].detail:
        return "bad" if done.states[-1].error else "info", done.states[-1].detail
    if done.action == "stop" and outcome != "good":
        return "good", "Stopped."
    if outcome in ("good", "bad"):
        return outcome, f"The run {'succeeded' if outcome == 'good' else 'failed'}."
    if done.action == "run":
        return ("good", "Started.") if _started(done) else ("warn", "No run was started.")
    if not done.states:
        return "warn", "Nothing is known of a run."
    status = status_mark(done.states[-1].status)
    return status.level, f"The run is {status.text}."


def _started(done: Submitted) -> bool:
    return any(one.kind in ("run", "job") for one in done.published)


_FAILED = {"run": "Not run", "stop": "Not stopped", "status": "Not known"}
