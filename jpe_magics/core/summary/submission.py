"""The view of what was done with a record: run again, stopped, asked for its state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from jpe_magics.core.flow import State
from jpe_magics.core.summary.document import Block, Document, Facts, Mono, Note
from jpe_magics.core.summary.error import error_blocks, failed_note, told_elsewhere
from jpe_magics.core.summary.export import made_facts
from jpe_magics.core.summary.history import published_facts
from jpe_magics.core.summary.run import run_blocks, run_outcome
from jpe_magics.core.summary.status import status_mark
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


def _failed_as(action: str, error: JpeError) -> str:
    if isinstance(error, RunFailed):
        return "The run failed"
    return "Not known" if error.code == "JPE517" else _FAILED.get(action, "Failed")


def _banner(done: Submitted) -> tuple[Block, ...]:
    if isinstance(done.error, Interrupted):
        return (Note("warn", str(done.error)),)
    if done.error is not None:
        return error_blocks(done.error, f"{_failed_as(done.action, done.error)}: ")
    started = any(one.kind in ("run", "job") for one in done.published)
    outcome = run_outcome(done.states, started)
    if done.states and done.states[-1].detail:
        return (Note("bad" if done.states[-1].error else "info", done.states[-1].detail),)
    if done.action == "stop" and outcome != "good":
        return (Note("good", "Stopped."),)
    if outcome in ("good", "bad"):
        return (Note(outcome, f"The run {'succeeded' if outcome == 'good' else 'failed'}."),)
    if done.action == "run":
        return (Note("good", "Started.") if started else Note("warn", "No run was started."),)
    if not done.states:
        return (Note("warn", "Nothing is known of a run."),)
    status = status_mark(done.states[-1].status)
    return (Note(status.level, f"The run is {status.text}."),)


_FAILED = {"run": "Not run", "stop": "Not stopped", "status": "Not known"}
