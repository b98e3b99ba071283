"""Carries out the steps of a flow, for all targets alike."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from jpe_magics.adapters.dags_folder import place
from jpe_magics.adapters.redacted import Redact, redact_error, redacted
from jpe_magics.core.flow import Answer, Call, Flow, Made, Place, Push, Pushed, State, Step, Tell, Wait
from jpe_magics.errors import Interrupted, JpeError, NoAnswer
from jpe_magics.model.progress import Progress
from jpe_magics.model.publication import Published

if TYPE_CHECKING:
    from jpe_magics.adapters.backends import Gives
    from jpe_magics.adapters.calls import Calls

#: Seconds for which a request that may be repeated is, before its last outcome is handed over.
PATIENCE = 30.0
#: Seconds that git may take to fetch, commit and push.
_GIT_LIMIT = 120.0
#: Seconds after which the last progress is told again while something is waited for, so that its clock goes on.
_PULSE = 1.0


class Watch(Protocol):
    """Who is told what happens while a flow runs: the history, the progress display."""

    def made(self, published: Published) -> None:
        """Something was made outside."""
        ...

    def state(self, state: State) -> None:
        """The record is in this state now."""
        ...

    def tell(self, progress: Progress) -> None:
        """This is how far it is."""
        ...


@dataclass(frozen=True)
class Outside:
    """What flows are carried out with.

    `stop` is set, from any thread, by who wants it to end.  `redact` returns a text without the secrets that are
    known; credentials that the driver itself sends are taken out beside it.  `user` is the name that tokens are for
    where no setting says another.  `patience`: see `PATIENCE`.
    """

    settings: Gives
    stop: threading.Event
    redact: Redact
    user: str = ""
    patience: float = PATIENCE

    def pause(self, seconds: float) -> None:
        """Wait so long; raise `Interrupted` as soon as `stop` is set."""
        if self.stop.wait(min(max(seconds, 0.0), threading.TIMEOUT_MAX)):
            raise Interrupted("stopped on the way", hint="run it again when you like")


def drive(flow: Flow, outside: Outside, watch: Watch) -> None:
    """Run `flow` to its end; tell `watch` what happens as it happens, so that a failure loses nothing.

    A step's `JpeError` is thrown into the flow, which may have another way; if it has none, it is raised.  Where
    `outside.stop` is set, in a wait or before a step that does anything, `Interrupted` is raised and the flow closed
    without being asked; so it is on a KeyboardInterrupt, which becomes an `Interrupted` where something was asked for
    that may be made all the same (`unclear`).  What `watch` is told and what is raised holds no secret that
    `outside.redact` or the driver knows.
    """

    def redact(text: str) -> str:
        return calls.redact(outside.redact(text))

    told = _Redacted(watch, redact)
    pause = partial(_pause, outside=outside, pulse=told.pulse)
    calls = _Asked(outside, pause, told.trouble)
    try:
        with closing(calls), closing(flow):
            _run(flow, outside, partial(_carry_out, outside=outside, calls=calls, pause=pause, watch=told))
        return
    except JpeError as error:
        failed = error
    # Raised outside of the handler, so that it leads to no other error.
    redact_error(failed, redact)
    raise failed


class _Asked:
    """The calls of one flow.  What they take (HTTP, TLS) is imported for the first: many a flow only writes files."""

    def __init__(self, outside: Outside, pause: Callable[[float], None], tell: Callable[[str], None]) -> None:
        self._outside, self._pause, self._tell = outside, pause, tell
        self._calls: Calls | None = None

    def ask(self, call: Call) -> Answer:
        """Return the answer to `call` (see `Calls.ask`)."""
        if self._calls is None:
            from jpe_magics.adapters.calls import Calls

            around = self._outside
            self._calls = Calls(around.settings, self._pause, around.user, around.patience, self._tell)
        return self._calls.ask(call)

    def redact(self, text: str) -> str:
        """Return `text` without any of the credentials that were sent."""
        return text if self._calls is None else self._calls.redact(text)

    def close(self) -> None:
        """Close the connections."""
        if self._calls is not None:
            self._calls.close()


def _run(flow: Flow, outside: Outside, carry_out: Callable[[Step], Any]) -> None:
    go_on: Callable[[], Step] = partial(next, flow)
    unclear = False  # whether something was asked for that may be made, though the flow has not said so
    try:
        while True:
            try:
                step = go_on()
            except StopIteration:
                return
            if not isinstance(step, _WORDS):
                outside.pause(0)
            before, unclear = unclear, unclear or _makes(step)
            try:
                done = carry_out(step)
            except Interrupted:
                raise
            except JpeError as error:
                go_on = partial(flow.throw, error)
                unclear = before or (unclear and isinstance(error, NoAnswer) and error.arrived)
            else:
                go_on = partial(flow.send, done)
                refused = isinstance(done, Answer) and done.status < 500 and not done.ok
                unclear = before if refused else unclear and not isinstance(step, (Made, Push))
    except (Interrupted, KeyboardInterrupt):
        if not unclear:
            raise
    stopped = Interrupted("stopped on the way", hint="look first whether what was under way is done")
    stopped.unclear = True
    raise stopped


#: Steps that only say something: who has made a thing may say so even when it is to stop.
_WORDS = (Made, State, Tell)


def _makes(step: Step) -> bool:
    """Tell whether a step that is broken off may be done all the same, and doing it twice is not once."""
    return isinstance(step, Push) or (isinstance(step, Call) and step.method != "GET" and not step.repeat)


class _Redacted:
    """A watch that is told everything without secrets, and how far it is once a second, whatever blocks."""

    def __init__(self, watch: Watch, redact: Redact) -> None:
        self._watch, self._redact = watch, redact
        self._last: Progress | None = None
        self._trouble: Progress | None = None
        self._told = 0.0

    def made(self, published: Published) -> None:
        self._watch.made(redacted(published, self._redact))

    def state(self, state: State) -> None:
        self._watch.state(redacted(state, self._redact))

    def tell(self, progress: Progress) -> None:
        self._last = progress
        self._show(progress)

    def trouble(self, why: str) -> None:
        """Tell that a request is tried again and why; "" where it is no more, and what was told last counts again."""
        self._trouble = Progress(f"trying again: {why}") if why else None
        if self._trouble is not None:
            self._show(self._trouble)

    def pulse(self) -> None:
        """Tell again what counts now, where it was told a while ago."""
        now = self._trouble or self._last
        if now is not None and time.monotonic() - self._told >= _PULSE:
            self._show(now)

    def _show(self, progress: Progress) -> None:
        self._told = time.monotonic()
        self._watch.tell(redacted(progress, self._redact))


def _pause(seconds: float, outside: Outside, pulse: Callable[[], None]) -> None:
    pulse()
    while seconds > _PULSE:
        outside.pause(_PULSE)
        pulse()
        seconds -= _PULSE
    outside.pause(seconds)


def _carry_out(step: Step, outside: Outside, calls: _Asked, pause: Callable[[float], None], watch: _Redacted) -> Any:
    """Do one step and return what the flow is sent for it."""
    match step:
        case Place():
            done = place(Path(step.folder), step.file, replace=step.replace, others=step.others)
            watch.made(done)
            return done
        case Push():
            pushed = _push(step, outside, watch)
            watch.made(pushed.published)
            return pushed
        case Call():
            return calls.ask(step)
        case Wait():
            pause(step.seconds)
            return time.monotonic()
        case Tell():
            watch.tell(step.progress)
        case Made():
            watch.made(step.published)
        case State():
            watch.state(step)
    return None


def _push(step: Push, outside: Outside, watch: _Redacted) -> Pushed:
    from jpe_magics.adapters.backends import git_login
    from jpe_magics.adapters.git import push

    username, password = git_login(outside.settings)
    return push(
        step,
        username=username,
        password=password,
        ca_bundle=outside.settings.get("ca_bundle"),
        limit=_GIT_LIMIT,
        stop=outside.stop,
        pulse=watch.pulse,
        tell=watch.trouble,
    )
