"""Repeats a request while another try may help, and says so where that takes longer than a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jpe_magics.adapters.http import Reply, Unanswered

if TYPE_CHECKING:
    from tenacity import RetryCallState

#: Seconds for which a connection is asked for at a host that has not answered yet: its address may be wrong.
FIRST = 5.0
#: Seconds after which people are told that a request is tried again.
QUIET = 2.0


@dataclass
class Patience:
    """Repeats requests to one server for `seconds`, before their last outcome is handed over.

    `title` names the server.  `pause` waits so many seconds, or raises where the user stops it.  `tell` hears why a
    request is tried again, "" when it is no more.
    """

    title: str
    seconds: float
    pause: Callable[[float], None]
    tell: Callable[[str], None]
    answered: bool = field(default=False, init=False)

    def tried(self, attempt: Callable[[], Reply], repeat: bool) -> Reply:
        """Return the reply of `attempt`, repeated while it may pass.

        With `repeat` that is an error of the server, or no answer; without it only "too many requests", which says
        that nothing was done.  What another try can't mend (`Unanswered.final`) is never repeated.
        """
        from tenacity import Retrying, retry_if_exception, retry_if_result

        told = False

        def before_sleep(state: RetryCallState) -> None:
            nonlocal told
            if (state.seconds_since_start or 0) + state.upcoming_sleep >= QUIET:
                told = True
                self.tell(f"{self.title} {_said(state)}")

        retrying = Retrying(
            sleep=self.pause,
            stop=self._is_over,
            wait=_wait,
            retry=(
                retry_if_exception(_may_be_lost) | retry_if_result(_may_pass) if repeat else retry_if_result(_too_many)
            ),
            before_sleep=before_sleep,
            retry_error_callback=_last,
        )
        try:
            return retrying(self._noted, attempt)
        finally:
            if told:
                self.tell("")

    def _noted(self, attempt: Callable[[], Reply]) -> Reply:
        try:
            reply = attempt()
        except Unanswered as error:
            self.answered = self.answered or error.arrived
            raise
        self.answered = True
        return reply

    def _is_over(self, state: RetryCallState) -> bool:
        from tenacity import stop_before_delay

        seconds = self.seconds if self.answered else min(self.seconds, FIRST)
        return stop_before_delay(seconds)(state)


def _may_be_lost(error: BaseException) -> bool:
    return isinstance(error, Unanswered) and not error.final


def _too_many(reply: Reply) -> bool:
    """Tell whether the server is too busy to do anything of what was asked (RFC 6585)."""
    return reply.answer.status == 429


def _may_pass(reply: Reply) -> bool:
    """Tell whether another try may get another answer: the server is busy, or fails."""
    return _too_many(reply) or reply.answer.status >= 500


def _wait(state: RetryCallState) -> float:
    """Return the seconds before the next try: 0.25, 0.5, 1 … 5 and some by chance, or what the server asks for."""
    from tenacity import wait_exponential, wait_random

    asked = 0.0 if state.outcome is None or state.outcome.failed else state.outcome.result().retry_after
    return max(asked, (wait_exponential(multiplier=0.25, max=5) + wait_random(0, 0.25))(state))


def _said(state: RetryCallState) -> str:
    """Return what came of the last try, to follow the server's name."""
    assert state.outcome is not None
    error = state.outcome.exception()
    return f"gives no answer: {error}" if error is not None else f"answers with {state.outcome.result().answer.status}"


def _last(state: RetryCallState) -> Any:
    assert state.outcome is not None
    return state.outcome.result()
