"""Starts a run of a service, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from jpe_magics.core.flow import Answer, Made, State, Tell, Wait
from jpe_magics.core.run_note import run_note
from jpe_magics.errors import NoAnswer, PublishError
from jpe_magics.model.planned import Planned
from jpe_magics.model.progress import Progress
from jpe_magics.model.publication import Published
from jpe_magics.targets.ilum.api import EXECUTE, Api, Steps
from jpe_magics.targets.ilum.follow import Quiet, end, follow
from jpe_magics.targets.ilum.plan import texts
from jpe_magics.targets.ilum.recorded import lost_run
from jpe_magics.targets.ilum.requests import run_request
from jpe_magics.targets.ilum.resources import SERVICE, Run
from jpe_magics.targets.ilum.run import WatchedRun, trouble

#: Seconds before each try to start a run; what is tried again surely started none.
TRIES = (0.0, 0.5, 1.0, 2.0, 4.0)
#: Seconds for which a service may refuse runs because its driver is starting, and those between two tries.
STARTING, AGAIN = 300.0, 2.0
#: Seconds before each look for a run whose start was not answered.
LOOKS = (0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True)
class Asked:
    """Which run is asked for: of the service with that id, with `values` for its parameters.

    `tag` is what the run is found again by, "" where the service's module would take it for a parameter.  `execute`
    uses the call that waits for the run's end; `quiet` tells nothing of what it says (see `Quiet`).
    """

    service: str
    main_class: str
    values: Sequence[tuple[str, Any]] = ()
    tag: str = ""
    execute: bool = False
    quiet: bool = False

    @property
    def planned(self) -> Planned:
        """What Ilum is sent."""
        path = quote(self.service, safe="")
        return run_request(path, self.main_class, texts(self.values), execute=self.execute, tag=self.tag)

    @property
    def note(self) -> str:
        """What the history says of the run."""
        return run_note("started", self.values)


def run_service(api: Api, asked: Asked, *, record: str, wait: bool) -> Steps[None]:
    """Start a run of a service, and follow it with `wait`; raise `RunFailed` where it is known to have failed."""
    detail = "Ilum answers when it has ended" if asked.execute else ""
    yield Tell(Progress(f"starting a run of the service {asked.service}", detail))
    answer = yield from _asked(api, asked, record)
    run = answer if isinstance(answer, Run) else _run_of(answer)
    if not run.id:
        run = yield from _look_for(api, asked, record, "the answer names no run")
    link = api.link(SERVICE, asked.service)
    yield Made(Published("run", run.id, link, asked.note))
    watched = WatchedRun(api, asked.service, run.id, record)
    quiet = Quiet(watched) if asked.quiet else None
    if run.ended:
        seen = yield from watched.ended(run)
        seen = quiet.hushed(seen) if quiet is not None else seen
        yield from end(watched, seen)
    else:
        yield State("submitted")
        if not (wait or asked.execute):
            return
        seen = yield from follow(quiet or watched, record)
    if seen.result:
        yield Made(Published("run", run.id, link, f"returned {seen.result}"))


def _run_of(answer: Answer) -> Run:
    """Return the run of an answer: its id alone, or with `execute` how it ended too."""
    return Run.of(answer.json) if isinstance(answer.json, dict) else Run("")


def _asked(api: Api, asked: Asked, record: str) -> Steps[Answer | Run]:
    """Return Ilum's answer to the request for a run; or the run, found by its tag, where the answer was lost.

    Ilum does not say whether it lists runs before their end, so that one which is not found may go on all the same:
    a request whose answer was lost is never sent again, only one that surely started nothing.
    """
    where = api.link(SERVICE, asked.service) or f"service {asked.service}"
    began = yield Wait(0)
    tries, starting = list(TRIES), True
    while tries:
        now = yield Wait(tries.pop(0))
        try:
            answer = yield from api.start(asked.planned, limit=EXECUTE if asked.execute else 0)
        except NoAnswer as error:
            failed: PublishError = error
            if not error.arrived:
                continue
            return (yield from _look_for(api, asked, record, error.message))
        if answer.ok:
            return answer
        failed = api.refuse(answer, f"to start a run of the service {asked.service}")
        if answer.status >= 500:
            return (yield from _look_for(api, asked, record, failed.message))
        if answer.status == 429:
            continue
        if answer.status not in (404, 409):
            raise failed
        failed = PublishError(failed.message, code="JPE515", where=where, hint="look at the service in Ilum")
        starting = yield from _is_starting(api, asked, failed, record, starting)
        tries = [AGAIN] if now - began < STARTING else []
    raise failed


def _is_starting(api: Api, asked: Asked, failed: PublishError, record: str, before: bool) -> Steps[bool]:
    """Tell whether the service's driver is starting, which is why Ilum may refuse a run.

    Raises where it is refused for another reason.  `before` tells whether the driver may have become ready since
    the run was refused.
    """
    service = yield from api.find(SERVICE, asked.service)
    why, hint = trouble(service)
    if why:
        hint = hint.format(record=record)
        raise PublishError(f"no run was started: {why}", code="JPE515", where=failed.where, hint=hint)
    starting = service is not None and any(one.state in ("SUBMITTED", "STARTING") for one in service.drivers)
    if not starting and not before:
        raise failed
    yield Tell(Progress(f"starting a run of the service {asked.service}", "its driver is starting"))
    return starting


def _look_for(api: Api, asked: Asked, record: str, why: str) -> Steps[Run]:
    """Return the run that was asked for, found by its tag.

    Where it is not found JPE517 is raised, and the record names the tag, so that its status can be asked for.
    """
    link = api.link(SERVICE, asked.service)
    try:
        for pause in LOOKS if asked.tag else ():
            yield Tell(Progress(f"looking for the run of the service {asked.service}", "the answer was lost"))
            yield Wait(pause)
            found = yield from api.tagged_run(asked.service, asked.tag)
            if found is not None:
                return found
    except PublishError as error:
        why = f"{why}; and when it was looked for: {error.message}"
    hint = "look at the service's results in Ilum before you start another"
    unknown = f"it is not known whether a run of the service {asked.service} was started"
    if asked.tag:
        yield Made(Published("run", lost_run(asked.tag), link, run_note("asked for", asked.values)))
        yield State("unknown", unknown)
        hint = f"%jpe_history {record} --status looks for it again, by its tag; do that before you start another"
    raise PublishError(f"{unknown}: {why}", code="JPE517", where=link or f"service {asked.service}", hint=hint)
