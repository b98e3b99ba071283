"""What the history does with a record: run it once more, stop it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jpe_magics.core.flow import Flow, State, Surroundings, Tell
from jpe_magics.errors import PublishError
from jpe_magics.model.progress import Progress
from jpe_magics.model.record import Record
from jpe_magics.targets.ilum.api import Api, Steps
from jpe_magics.targets.ilum.jobs import living_jobs, started_jobs, stop_jobs, stop_single
from jpe_magics.targets.ilum.lookup import found_by_tag, id_of
from jpe_magics.targets.ilum.publish import submit
from jpe_magics.targets.ilum.recorded import job_of, knows_tags, made, nothing, options_of
from jpe_magics.targets.ilum.requests import service_class
from jpe_magics.targets.ilum.resources import SCHEDULE, SERVICE
from jpe_magics.targets.ilum.run import trouble
from jpe_magics.targets.ilum.standing import check_cluster
from jpe_magics.targets.ilum.start import Asked, run_service
from jpe_magics.targets.ilum.view import module_name


def again(record: Record, values: Mapping[str, Any], wait: bool, around: Surroundings) -> Flow:
    """Run the record's pipeline once more, with `values` for its parameters; follow it with `wait`.

    A service runs it without an upload, that of a schedule too.  Where there is no service the record's code is
    submitted as a single job, as it was; jobs of the record that have not ended are named, for they go on.
    """
    options, api, given = options_of(record), Api(around), tuple(values.items())
    if options["mode"] == "single" or options["schedule_only"]:
        job = job_of(record, around)
        yield Tell(Progress("asking Ilum how it is"))
        yield from check_cluster(api, options)
        beside = ", ".join((yield from living_jobs(api, record)))
        if beside:
            yield Tell(Progress("submitting another job", f"still going on beside it: {beside}"))
        yield from submit(api, job, given, wait=wait, record=record.id, beside=beside)
        return
    service = yield from _service(api, record)
    yield from _check_service(api, service, record)
    main_class = service_class(module_name(options["name"]))
    tag = around.id if knows_tags(record) else ""
    asked = Asked(service, main_class, given, tag, bool(options["execute"]), quiet=record.secrets_allowed)
    yield from run_service(api, asked, record=record.id, wait=wait)


def stop(record: Record, around: Surroundings) -> Flow:
    """Stop what the record made and still goes on: its jobs, its service and its schedule."""
    mode, api = options_of(record)["mode"], Api(around)
    if mode == "single":
        yield from stop_single(api, record)
        return
    stopped = []
    for kind in (SCHEDULE, SERVICE):
        one = yield from id_of(api, kind, record)
        found = (yield from api.surely(kind, one)) if one else None
        if found is None or found.state not in kind.standing:
            continue
        yield Tell(Progress(f"stopping the {kind.name} {one}"))
        yield from api.stop(kind, one)
        stopped.append(f"{kind.name} {one}")
    stopped += yield from stop_jobs(api, record)
    if not stopped:
        raise nothing(f"nothing that {record.id} made can be stopped: it is not there, or was stopped already", record)
    yield Tell(Progress("stopped", " and ".join(stopped)))
    left = yield from started_jobs(api, record)
    yield State("stopped", detail=_left(stopped, left))


def _left(stopped: Sequence[str], left: Sequence[str]) -> str:
    """Return what is to be said of jobs that a schedule had started before it was stopped, "" where all is over."""
    if not left:
        return ""
    one = len(left) == 1
    jobs, goes_on = ("job", "goes on to its end: stop it") if one else ("jobs", "go on to their ends: stop them")
    return f"stopped the {' and the '.join(stopped)}; the {jobs} {', '.join(left)}, which it started, {goes_on} in Ilum"


def _service(api: Api, record: Record) -> Steps[str]:
    return made(record, SERVICE.name) or (yield from found_by_tag(api, SERVICE, record))


def _check_service(api: Api, service: str, record: Record) -> Steps[None]:
    """Raise JPE515 where the service can't run anything."""
    found = yield from api.surely(SERVICE, service)
    why, hint = trouble(found)
    if why:
        where = api.link(SERVICE, service) or f"service {service}"
        raise PublishError(f"no run was started: {why}", code="JPE515", where=where, hint=hint.format(record=record.id))
