"""What the history does with a record: run it once more, stop it, ask for its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jpe_magics.core.flow import Flow, Made, State, Surroundings, Tell
from jpe_magics.errors import PublishError
from jpe_magics.model.progress import Progress
from jpe_magics.model.publication import Published
from jpe_magics.model.record import Record
from jpe_magics.targets.ilum.api import Api, Steps
from jpe_magics.targets.ilum.follow import Quiet, Watched, look
from jpe_magics.targets.ilum.job import WatchedJob
from jpe_magics.targets.ilum.logs import brief
from jpe_magics.targets.ilum.publish import submit
from jpe_magics.targets.ilum.recorded import job_of, last, made, nothing, options_of
from jpe_magics.targets.ilum.requests import service_class
from jpe_magics.targets.ilum.resources import JOB, SCHEDULE, SERVICE, Kind, Workload, word
from jpe_magics.targets.ilum.run import WatchedRun, trouble
from jpe_magics.targets.ilum.standing import check_cluster
from jpe_magics.targets.ilum.start import Asked, run_service
from jpe_magics.targets.ilum.view import module_name

_NOTHING = "{} has made nothing on Ilum"


def again(record: Record, values: Mapping[str, Any], wait: bool, around: Surroundings) -> Flow:
    """Run the record's pipeline once more, with `values` for its parameters; follow it with `wait`.

    A service runs it without an upload, that of a schedule too.  Where there is no service the record's code is
    submitted as a single job, as it was.
    """
    options, api, given = options_of(record), Api(around), tuple(values.items())
    if options["mode"] == "single" or options["schedule_only"]:
        job = job_of(record, around)
        yield Tell(Progress("asking Ilum how it is"))
        yield from check_cluster(api, options)
        yield from submit(api, job, given, wait=wait, record=record.id)
        return
    service = yield from _service(api, record)
    yield from _check_service(api, service, record)
    main_class = service_class(module_name(options["name"]))
    asked = Asked(service, main_class, given, bool(options["execute"]), quiet=record.secrets_allowed)
    yield from run_service(api, asked, record=record.id, wait=wait)


def stop(record: Record, around: Surroundings) -> Flow:
    """Stop the record's last job; of a service or schedule, the service and the schedule themselves."""
    mode, api = options_of(record)["mode"], Api(around)
    if mode == "single":
        yield from _stop_job(api, record)
        return
    stopped = []
    for kind in (SCHEDULE, SERVICE):
        one = yield from _id_of(api, kind, record)
        found = (yield from api.find(kind, one)) if one else None
        if found is None or found.state not in kind.standing:
            continue
        yield Tell(Progress(f"stopping the {kind.name} {one}"))
        yield from api.stop(kind, one)
        stopped.append(f"{kind.name} {one}")
    if not stopped:
        raise nothing(f"nothing that {record.id} made can be stopped: it is not there, or was stopped already", record)
    yield Tell(Progress("stopped", " and ".join(stopped)))
    yield State("stopped")


def status(record: Record, around: Surroundings) -> Flow:
    """Ask how what the record made is now; the last state is that of its last run, where it has one.

    Its detail says how the service and the schedule are: where there is no run to tell of, and for a schedule always,
    for that starts runs of its own.
    """
    mode, api = options_of(record)["mode"], Api(around)
    if mode == "single":
        job = made(record, "job") or (yield from _found(api, JOB, record))
        yield (yield from _state(_watched(api, job, record), record))
        return
    states = []
    for kind in (SERVICE, SCHEDULE):
        one = yield from _id_of(api, kind, record)
        if one:
            states.append((yield from _standing(api, kind, one, record)))
    if not states:
        raise nothing(_NOTHING.format(record.id), record)
    detail = "; ".join(one.detail for one in states)
    state = next((one for one in states if one.status != "exported" or one.error), states[-1])
    watched = _last_run(api, record)
    if watched is None:
        yield replace(state, detail=detail)
        return
    run = yield from _state(watched, record)
    scheduled = "schedule" in _wanted(record)
    detail = f"{watched.what} is {run.status}; {detail}" if scheduled else ""
    # what keeps the next run from starting is worth a word beside a run that went well
    yield replace(run, error=run.error or state.error, detail=detail)


def _last_run(api: Api, record: Record) -> Watched | None:
    """Return the last run that was started by hand, None where there was none."""
    kind_of, run = last(record, "run", "job")
    if kind_of == "run" and made(record, "service"):
        watched = WatchedRun(api, made(record, "service"), run, record.id, patience=0)
        return Quiet(watched) if record.secrets_allowed else watched
    return _watched(api, run, record) if kind_of == "job" else None


def _watched(api: Api, job: str, record: Record) -> Watched:
    return Quiet(WatchedJob(api, job)) if record.secrets_allowed else WatchedJob(api, job)


def _wanted(record: Record) -> tuple[str, ...]:
    """Return the kinds of things that the record's export makes."""
    options = options_of(record)
    if options["mode"] == "service":
        return ("service",)
    return ("schedule",) if options["schedule_only"] else ("service", "schedule")


def _id_of(api: Api, kind: Kind, record: Record) -> Steps[str]:
    """Return the id of the record's service or schedule, "" where it has none; without an answer it may be made."""
    one = made(record, kind.name)
    if one or kind.name not in _wanted(record):
        return one
    return (yield from _found(api, kind, record, needed=False))


def _state(watched: Watched, record: Record) -> Steps[State]:
    seen = yield from look(watched, 0, record.id)
    yield Tell(Progress(f"{watched.what} is {seen.state}", seen.result or seen.detail))
    return seen.said


def _found(api: Api, kind: Kind, record: Record, *, needed: bool = True) -> Steps[str]:
    """Return the id of what the record's export made without an answer that said so, found by its tag."""
    found = yield from api.exported(kind, record.id, str(record.options.get("name")))
    if found:
        one = found[0].id
        yield Made(Published(kind.name, one, api.link(kind, one), "found by its tag"))
        return one
    if needed:
        raise nothing(_NOTHING.format(record.id), record)
    return ""


def _service(api: Api, record: Record) -> Steps[str]:
    return made(record, SERVICE.name) or (yield from _found(api, SERVICE, record))


def _check_service(api: Api, service: str, record: Record) -> Steps[None]:
    """Raise JPE515 where the service can't run anything."""
    found = yield from api.find(SERVICE, service)
    why, hint = trouble(found)
    if why:
        where = api.link(SERVICE, service) or f"service {service}"
        raise PublishError(f"no run was started: {why}", code="JPE515", where=where, hint=hint.format(record=record.id))


def _stop_job(api: Api, record: Record) -> Steps[None]:
    job = made(record, "job") or (yield from _found(api, JOB, record))
    seen = yield from look(_watched(api, job, record), 0, record.id)
    if seen.ended:
        yield seen.said
        raise nothing(f"the job {job} has ended already, as {seen.state}", record)
    yield Tell(Progress(f"stopping the job {job}"))
    yield from api.stop(JOB, job)
    yield State("cancelled", "stopped by hand")


def _standing(api: Api, kind: Kind, one: str, record: Record) -> Steps[State]:
    """Return how a service or schedule is: "exported" while it can run something, with the trouble that it has."""
    found = yield from api.find(kind, one)
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
    return State("paused" if found.state == "PAUSED" else "exported", why, detail=f"{step}, {how}")


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
