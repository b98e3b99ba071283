"""Starts a run of a service, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jpe_magics.core.flow import Answer, Made, State, Tell, Wait
from jpe_magics.errors import NoAnswer, PublishError
from jpe_magics.model.progress import Progress
from jpe_magics.model.publication import Published
from jpe_magics.targets.ilum.api import Api, Steps
from jpe_magics.targets.ilum.follow import Quiet, Seen, end, follow
from jpe_magics.targets.ilum.plan import texts
from jpe_magics.targets.ilum.resources import SERVICE, Run, ident
from jpe_magics.targets.ilum.run import WatchedRun, trouble

#: Seconds before each try to start a run; what is tried again surely started none.
TRIES = (0.0, 0.5, 1.0, 2.0, 4.0)
#: Seconds for which a service may refuse runs because its driver is starting, and those between two tries.
STARTING, AGAIN = 300.0, 2.0


@dataclass(frozen=True)
class Asked:
    """Which run is asked for: of the service with that id, with `values` for its parameters.

    `execute` uses the call that waits for the run's end; `quiet` tells nothing of what it says (see `Quiet`).
    """

    service: str
    main_class: str
    values: Sequence[tuple[str, Any]] = ()
    execute: bool = False
    quiet: bool = False

    @property
    def body(self) -> Mapping[str, Any]:
        """What Ilum is sent; `jobConfig` is here the dict that `run` gets, texts all, as it documents."""
        return {
            "type": "interactive_job_execute",
            "jobClass": self.main_class,
            "jobConfig": dict(texts(self.values)),
        }


def run_service(api: Api, asked: Asked, *, record: str, wait: bool) -> Steps[None]:
    """Start a run of a service, and follow it with `wait`; raise `RunFailed` where it is known to have failed."""
    if asked.execute:
        yield from _execute(api, asked, record)
        return
    run = yield from _start(api, asked, record)
    link = api.link(SERVICE, asked.service)
    yield Made(Published("run", run, link, "started"))
    yield State("submitted")
    if wait:
        watched = WatchedRun(api, asked.service, run, record)
        seen = yield from follow(Quiet(watched) if asked.quiet else watched, record)
        yield from _returned(run, link, seen)


def _execute(api: Api, asked: Asked, record: str) -> Steps[None]:
    """Run with the call that answers when the run has ended."""
    yield Tell(Progress(f"running the service {asked.service}", "Ilum answers when it has ended"))
    answer = yield from _asked(api, asked, record)
    told = answer.json if isinstance(answer.json, Mapping) else {}
    run, link = Run.of(told), api.link(SERVICE, asked.service)
    if not run.id:
        raise _unknown(asked, "the answer names no run", link or asked.service)
    yield Made(Published("run", run.id, link, "started"))
    watched = WatchedRun(api, asked.service, run.id, record)
    seen = Quiet(watched).hushed(watched.ended(run)) if asked.quiet else watched.ended(run)
    yield from end(watched, seen)
    yield from _returned(run.id, link, seen)


def _returned(run: str, link: str, seen: Seen) -> Steps[None]:
    if seen.result:
        yield Made(Published("run", run, link, f"returned {seen.result}"))


def _start(api: Api, asked: Asked, record: str) -> Steps[str]:
    yield Tell(Progress(f"starting a run of the service {asked.service}"))
    answer = yield from _asked(api, asked, record)
    run = ident(answer.json.get("jobInstanceId")) if isinstance(answer.json, dict) else ""
    if not run:
        raise _unknown(asked, "the answer names no run", api.link(SERVICE, asked.service) or asked.service)
    return run


def _asked(api: Api, asked: Asked, record: str) -> Steps[Answer]:
    """Return Ilum's answer to the request for a run.

    A run carries no tag by which it could be found again, and Ilum does not say whether it lists runs before
    their end: so a request whose answer was lost is never sent again, only one that surely started nothing.
    """
    where = api.link(SERVICE, asked.service) or f"service {asked.service}"
    send = api.execute_run if asked.execute else api.submit_run
    began = yield Wait(0)
    tries, starting = list(TRIES), True
    while tries:
        now = yield Wait(tries.pop(0))
        try:
            answer = yield from send(asked.service, asked.body)
        except NoAnswer as error:
            if error.arrived:
                raise _unknown(asked, error.message, where) from None
            failed: PublishError = error
            continue
        if answer.ok:
            return answer
        failed = api.refuse(answer, f"to start a run of the service {asked.service}")
        if answer.status >= 500:
            raise _unknown(asked, failed.message, where)
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


def _unknown(asked: Asked, why: str, where: str) -> PublishError:
    return PublishError(
        f"it is not known whether a run of the service {asked.service} was started: {why}",
        code="JPE515",
        where=where,
        hint="look at the service's results in Ilum before you start another",
    )
