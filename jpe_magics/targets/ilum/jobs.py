"""The jobs of a record: those that go on, and how they are stopped."""

from __future__ import annotations

from collections.abc import Sequence

from jpe_magics.core.flow import State, Tell
from jpe_magics.errors import PublishError
from jpe_magics.model.progress import Progress
from jpe_magics.model.record import Record
from jpe_magics.targets.ilum.api import Api, Steps
from jpe_magics.targets.ilum.follow import Quiet, Watched, look
from jpe_magics.targets.ilum.job import WatchedJob
from jpe_magics.targets.ilum.lookup import found_by_tag
from jpe_magics.targets.ilum.recorded import all_made, made, nothing, script_of
from jpe_magics.targets.ilum.resources import JOB, Workload


def watched_job(api: Api, job: str, record: Record) -> Watched:
    """Return a job of the record, to be watched; of one that may say a secret, no words are told."""
    if record.secrets_allowed:
        return Quiet(WatchedJob(api, job, record.id))
    return WatchedJob(api, job, record.id, script=script_of(record))


def living_jobs(api: Api, record: Record) -> Steps[tuple[str, ...]]:
    """Return the ids of the jobs that the record submitted and that have not ended, none where that can't be asked."""
    own = all_made(record, "job")
    found = (yield from _living(api, record)) if own else ()
    return tuple(one.id for one in found if one.id in own)


def started_jobs(api: Api, record: Record) -> Steps[tuple[str, ...]]:
    """Return the ids of the jobs that the record's schedule started and that have not ended, as `living_jobs`."""
    schedule = made(record, "schedule")
    found = (yield from _living(api, record)) if schedule else ()
    return tuple(one.id for one in found if one.schedule == schedule)


def _living(api: Api, record: Record) -> Steps[tuple[Workload, ...]]:
    try:
        return (yield from api.listed(JOB, JOB.standing, search=str(record.options.get("name"))))
    except PublishError:
        return ()  # they are a word to the user, and stop nothing


def stop_single(api: Api, record: Record) -> Steps[None]:
    """Stop every job of the record that has not ended; say how the last one is where all have."""
    own = all_made(record, "job") or ((yield from found_by_tag(api, JOB, record)),)
    stopped = yield from stop_jobs(api, record, own)
    if not stopped:
        seen = yield from look(watched_job(api, own[-1], record), 0, record.id)
        yield seen.said
        if not seen.ended:
            raise PublishError(
                f"the job {own[-1]} is {seen.state}, and was not stopped: Ilum did not know it a moment ago",
                code="JPE508",
                where=api.link(JOB, own[-1]) or f"job {own[-1]}",
                hint=f"%jpe_history {record.id} --stop tries it once more",
            )
        raise nothing(f"the job {own[-1]} has ended already, as {seen.state}", record)
    yield State("cancelled", "stopped by hand", detail=f"stopped the {_and(stopped)}" if len(stopped) > 1 else "")


def stop_jobs(api: Api, record: Record, jobs: Sequence[str] | None = None) -> Steps[list[str]]:
    """Stop those of the record's jobs that have not ended, and return their names; `jobs` are their ids, if known.

    Where one can't be stopped, the error names those that were.
    """
    stopped: list[str] = []
    for job in all_made(record, "job") if jobs is None else jobs:
        try:
            found = yield from api.surely(JOB, job)
            if found is None or found.ended:
                continue
            yield Tell(Progress(f"stopping the job {job}"))
            yield from api.stop(JOB, job)
        except PublishError as error:
            if not stopped:
                raise
            were = "was" if len(stopped) == 1 else "were"
            message = f"the {_and(stopped)} {were} stopped, and then: {error.message}"
            raise PublishError(message, code=error.code, where=error.where, hint=error.hint) from None
        stopped.append(f"job {job}")
    return stopped


def _and(names: Sequence[str]) -> str:
    return " and the ".join(names)
