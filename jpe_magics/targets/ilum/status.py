"""How what a record made is now: its job, its service, its schedule, its last run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from jpe_magics.core.flow import Flow, Made, State, Surroundings, Tell
from jpe_magics.model.progress import Progress
from jpe_magics.model.publication import Published
from jpe_magics.model.record import Record
from jpe_magics.targets.ilum.api import Api, Steps
from jpe_magics.targets.ilum.follow import Quiet, Seen, Watched, look
from jpe_magics.targets.ilum.jobs import watched_job
from jpe_magics.targets.ilum.logs import brief
from jpe_magics.targets.ilum.lookup import NOTHING, found_by_tag, id_of, wanted
from jpe_magics.targets.ilum.recorded import last, made, nothing, options_of, tag_of
from jpe_magics.targets.ilum.resources import JOB, SCHEDULE, SERVICE, Kind, Workload, word
from jpe_magics.targets.ilum.run import WatchedRun, trouble


def status(record: Record, around: Surroundings) -> Flow:
    """Ask how what the record made is now.

    A service or schedule that can't run anything any more says the state; else the last run does, where there is
    one.  The detail says how they are: where there is no run to tell of, where there is trouble, and for a schedule
    always, for that starts runs of its own.
    """
    mode, api = options_of(record)["mode"], Api(around)
    if mode == "single":
        job = made(record, "job") or (yield from found_by_tag(api, JOB, record))
        yield (yield from _state(watched_job(api, job, record), record))
        return
    states = []
    for kind in (SERVICE, SCHEDULE):
        one = yield from id_of(api, kind, record)
        if one:
            states.append((yield from _standing(api, kind, one, record)))
    if not states:
        raise nothing(NOTHING.format(record.id), record)
    detail = "; ".join(one.detail for one in states)
    leading = next((one for one in states if one.status not in ("exported", "paused")), None)
    watched = yield from _last_run(api, record)
    if watched is None:
        state = leading or next((one for one in states if one.status != "exported"), states[-1])
        yield replace(state, detail=detail)
        return
    run = yield from _state(watched, record)
    said = f"{watched.what} is {run.status}"
    if leading is not None:
        failed = leading.status == "failed"
        yield replace(leading, error=(failed and run.error) or leading.error, detail=f"{detail}; {said}")
        return
    told = "schedule" in wanted(record) or run.status == "unknown"
    yield replace(run, detail=f"{said}; {detail}" if told else "")


def _last_run(api: Api, record: Record) -> Steps[Watched | None]:
    """Return the last run that was started by hand, None where there was none.

    One of which the record knows the tag alone, for the answer was lost, is looked for.
    """
    kind_of, run = last(record, "run", "job")
    service = made(record, "service")
    if kind_of == "job":
        return watched_job(api, run, record)
    if kind_of != "run" or not service:
        return None
    if tag_of(run):
        found = yield from api.tagged_run(service, tag_of(run))
        if found is None:
            return UnknownRun(tag_of(run))
        link = api.link(SERVICE, service)
        yield Made(Published("run", run, "", f"found as {found.id}"))
        yield Made(Published("run", found.id, link, "found by its tag"))
        run = found.id
    watched = WatchedRun(api, service, run, record.id, patience=0)
    return Quiet(watched) if record.secrets_allowed else watched


@dataclass(frozen=True)
class UnknownRun:
    """A run that was asked for and got no answer, and of which Ilum does not tell: `tag` is all that is known."""

    tag: str

    @property
    def what(self) -> str:
        """Return its name in a sentence."""
        return f"the run with the tag {self.tag}"

    where = what

    def look(self, now: float) -> Steps[Seen]:  # noqa: ARG002
        """Return that it is not known."""
        yield from ()
        return Seen("unknown", why=f"Ilum tells nothing of {self.what}: it was not started, or has not ended yet")


def _state(watched: Watched, record: Record) -> Steps[State]:
    seen = yield from look(watched, 0, record.id)
    yield Tell(Progress(f"{watched.what} is {seen.state}", seen.result or seen.detail))
    return seen.said


def _standing(api: Api, kind: Kind, one: str, record: Record) -> Steps[State]:
    """Return how a service or schedule is: "exported" while it can run something, "failed" where its driver died."""
    found = yield from api.surely(kind, one)
    if found is None:
        why = f"Ilum does not know the {kind.name} {one} any more"
        yield Tell(Progress(f"the {kind.name} {one}", "Ilum does not know it any more"))
        return State("removed", why, detail=why)
    if kind is SERVICE:
        why, hint = trouble(found)
        how = f"{why}; {hint.format(record=record.id)}" if why else _drivers(found)
    else:
        why, how = "", (yield from _fires(api, found))
    step = f"the {kind.name} {one} is {found.state.lower()}"
    yield Tell(Progress(step, how))
    if found.state not in kind.standing:
        return State("stopped", detail=step)
    if why:
        return State("failed", why, detail=how)
    return State("paused" if found.state == "PAUSED" else "exported", detail=f"{step}, {how}")


def _drivers(service: Workload) -> str:
    living = [f"{one.id} is {word(one.state)}" if one.state else one.id for one in service.drivers if not one.ended]
    return f"its driver {', '.join(living)}" if living else "no driver runs: Ilum starts one when a run comes"


def _fires(api: Api, schedule: Workload) -> Steps[str]:
    """Return what became of the last job that a schedule started."""
    listed = yield from api.listed(JOB, JOB.states, search=schedule.name)
    jobs = sorted((one for one in listed if one.schedule == schedule.id), key=lambda one: one.began)
    if not jobs:
        return "it has started no job yet"
    latest, link = jobs[-1], api.link(JOB, jobs[-1].id)
    said = brief(latest.error)
    return (
        f"its last job {latest.id} is {word(latest.state)}"
        + (f" ({said})" if said else "")
        + (f", {link}" if link else "")
    )
