"""Follows a job, or a run of a service, to its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from jpe_magics.core.flow import State, Tell, Wait
from jpe_magics.errors import NoAnswer, PublishError, RunFailed
from jpe_magics.model.progress import Progress
from jpe_magics.targets.ilum.api import Steps

#: Seconds between two looks; grows from the one to the other.
FIRST_LOOK, LAST_LOOK = 0.5, 5.0


@dataclass(frozen=True)
class Seen:
    """How a job or run is: `state` in a record's words, `detail` the last that is known of it.

    `ended` tells whether it stays so.  `why` says in full why it did not succeed, `hint` what to do then.  `result`
    is what a service's run returned.
    """

    state: str
    detail: str = ""
    ended: bool = False
    why: str = ""
    hint: str = ""
    result: str = ""

    @property
    def said(self) -> State:
        """What a record keeps of it."""
        return State(self.state, self.why)


class Watched(Protocol):
    """What is followed."""

    @property
    def what(self) -> str:
        """Return its name in a sentence: "the job x"."""

    @property
    def where(self) -> str:
        """Return the address of its page, or its name."""

    def look(self, now: float) -> Steps[Seen]:
        """Return how it is; `now` are the seconds of a clock that only goes forward."""


@dataclass(frozen=True)
class Quiet:
    """Watches, and tells nothing of what it says.

    A pipeline that was exported with a secret in it may say it; only its export knew which that is.
    """

    watched: Watched

    @property
    def what(self) -> str:
        """Return its name in a sentence."""
        return self.watched.what

    @property
    def where(self) -> str:
        """Return the address of its page, or its name."""
        return self.watched.where

    def look(self, now: float) -> Steps[Seen]:
        """Return how it is, without its words."""
        return self.hushed((yield from self.watched.look(now)))

    def hushed(self, seen: Seen) -> Seen:
        """Return what was seen without its words."""
        why = f"{self.what} failed, and may say the secret that it was exported with: see what it says in Ilum"
        return replace(seen, detail="", result="", why=why if seen.state == "failed" else seen.why)


def follow(watched: Watched, record: str) -> Steps[Seen]:
    """Tell how it goes, and return how it ended; raise `RunFailed` where it did not succeed.

    There is no limit on how long it takes.  `record` is the history's id, for hints.
    """
    step = f"following {watched.what}"
    state, told, pause = "submitted", "", FIRST_LOOK
    now = yield Wait(0)
    while True:
        seen = yield from look(watched, now, record)
        if seen.ended:
            yield Tell(Progress(step, seen.state, 1.0))
            yield from end(watched, seen)
            return seen
        if seen.state != state:
            state = seen.state
            yield State(state)
        detail = "; ".join(filter(None, (seen.state, seen.detail)))
        if detail != told:
            told = detail
            yield Tell(Progress(step, detail))
        now = yield Wait(pause)
        pause = min(pause * 1.2, LAST_LOOK)


def look(watched: Watched, now: float, record: str) -> Steps[Seen]:
    """Return how it is; where Ilum does not say so (JPE515 says that it is gone), the error tells that it goes on."""
    try:
        return (yield from watched.look(now))
    except PublishError as error:
        if error.code == "JPE515":
            raise
        unknown = f"how {watched.what} goes on is not known: {error.message}"
        goes_on = f"it goes on without us; %jpe_history {record} --status asks again"
        if isinstance(error, NoAnswer):
            raise NoAnswer(unknown, where=error.where, hint=goes_on) from None
        hint = f"{goes_on}; {error.hint}" if error.hint else goes_on
        raise PublishError(unknown, code=error.code, where=error.where, hint=hint) from None


def end(watched: Watched, seen: Seen) -> Steps[None]:
    """Say how it ended; raise `RunFailed` where it did not succeed."""
    yield seen.said
    if seen.state != "success":
        raise RunFailed(seen.why, where=watched.where, hint=seen.hint)
