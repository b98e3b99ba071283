"""Unpauses a DAG that may be unpaused, and starts a run of it, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jpe_magics.core.flow import Answer, Made, State, Tell, Wait
from jpe_magics.core.run_note import run_note
from jpe_magics.errors import NoAnswer, PublishError
from jpe_magics.model.progress import Progress
from jpe_magics.model.publication import Published
from jpe_magics.targets.airflow.api import Api, Steps
from jpe_magics.targets.airflow.refusals import detail_of
from jpe_magics.targets.airflow.resources import Dag, Run

#: Seconds before each try to start the run; what is tried again is an error of the server, or no answer.
TRIES = (0.0, 0.5, 1.0, 2.0, 4.0)
#: Seconds to wait for a scheduled run that is due.
DUE = 10.0
_LOOK = 0.5


@dataclass(frozen=True)
class Asked:
    """Which run is asked for.

    `new`: nobody has had a say on the DAG yet, so it may be unpaused, and its schedule may start a run itself.
    `unpause`: it may be unpaused whoever paused it.  `scheduled` tells whether it has a schedule.  `conf` are the
    run's parameters.  `record` is the history's id, for hints.
    """

    run_id: str
    conf: Mapping[str, Any] = field(default_factory=dict)
    new: bool = False
    unpause: bool = False
    scheduled: bool = False
    record: str = ""


def start_run(api: Api, dag: Dag, asked: Asked) -> Steps[Run]:
    """Return the run that was started: by us, or by the schedule when the DAG was unpaused.

    Raises `PublishError` JPE515 where none could be.
    """
    if dag.paused and not (asked.new or asked.unpause):
        raise PublishError(
            f"somebody paused the DAG {dag.id}, so no run was started",
            code="JPE515",
            where=api.link(dag.id) or dag.id,
            hint="unpause it in Airflow, or export with --unpause",
        )
    scheduled = None
    if asked.scheduled and (dag.paused or asked.new):
        known = frozenset() if asked.new else _ids((yield from api.newest_runs(dag.id)))
        if dag.paused:
            yield from _unpause(api, dag.id)
        scheduled = yield from _scheduled_run(api, dag.id, known)
    elif dag.paused:
        yield from _unpause(api, dag.id)
    if scheduled is not None:
        note = "started by the schedule" if not asked.conf else "started by the schedule, beside the one asked for"
        yield Made(Published("run", scheduled.id, api.link(dag.id, scheduled.id), note))
        if not asked.conf:
            # how a run ended is for its tasks to say
            yield State("running" if scheduled.ended else scheduled.state or "queued")
            return scheduled
    yield Tell(Progress(f"starting the run {asked.run_id} of {dag.id}"))
    yield from _trigger(api, dag.id, asked)
    note = run_note("started", asked.conf.items()) + (f"; it may wait for {scheduled.id}" if scheduled else "")
    yield Made(Published("run", asked.run_id, api.link(dag.id, asked.run_id), note))
    yield State("queued")
    return Run(asked.run_id, "queued", "manual")


def is_unused(api: Api, dag: Dag) -> Steps[bool]:
    """Tell whether the DAG is as Airflow makes a new one: paused, and without any run.

    So it is where an export ended before it was seen there, or started no run; it may be unpaused as a new one.
    """
    return dag.paused and not (yield from api.newest_runs(dag.id))


def _unpause(api: Api, dag_id: str) -> Steps[None]:
    yield Tell(Progress(f"unpausing {dag_id}"))
    dag = yield from api.unpause(dag_id)
    if dag.paused:
        raise PublishError(
            f"Airflow was asked to unpause {dag_id}, and shows it paused",
            code="JPE515",
            where=api.link(dag_id) or dag_id,
            hint="unpause it in Airflow; a run of a paused DAG would stay queued",
        )


def _scheduled_run(api: Api, dag_id: str, known: frozenset[str]) -> Steps[Run | None]:
    """Return the run that the schedule starts because the DAG is not paused any more; None where none is due.

    That is read off the DAG's next run and the scheduler's heartbeat: both times are the server's.  The DAG is
    read before the runs, so that a run which was made between is found.
    """
    started = now = yield Wait(0)
    while True:
        dag = yield from api.dag(dag_id)
        runs = yield from api.newest_runs(dag_id)
        found = next((run for run in runs if run.type == "scheduled" and run.id not in known), None)
        if found is not None or dag is None or now - started >= DUE:
            return found
        scheduler, _ = yield from api.health()
        if not is_due(dag.next_run, scheduler.heartbeat):
            return None
        yield Tell(Progress("waiting for the run that the schedule starts", fraction=(now - started) / DUE, limit=DUE))
        now = yield Wait(_LOOK)


def is_due(next_run: str, now: str) -> bool:
    """Tell whether a moment has come; times are ISO 8601 with an offset, and one that can't be read never comes.

    >>> is_due("2026-01-01T00:00:00Z", "2026-01-02T00:00:00.5+00:00")
    True
    """
    one, other = _moment(next_run), _moment(now)
    return one is not None and other is not None and one <= other


def _moment(said: str) -> datetime | None:
    text = said.replace("Z", "+00:00")
    if "." in text:  # Python 3.10 takes three digits or six
        whole, _, rest = text.partition(".")
        text = whole + rest.lstrip("0123456789")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _ids(runs: tuple[Run, ...]) -> frozenset[str]:
    return frozenset(run.id for run in runs)


def _trigger(api: Api, dag_id: str, asked: Asked) -> Steps[None]:
    """Start the run, once: its id is our own, so that a 409 says that an earlier try has made it."""
    unclear = False
    for pause in TRIES:
        if pause:
            yield Wait(pause)
        try:
            answer = yield from api.post_run(dag_id, asked.run_id, asked.conf)
        except NoAnswer as error:
            unclear = unclear or error.arrived
            failed: PublishError = error
            continue
        if answer.ok:
            return
        if answer.status < 500 and answer.status not in (409, 429):
            failed = _not_started(api, dag_id, answer)
            if unclear:  # an earlier try may have started it, whatever is said of this one
                break
            raise failed
        unclear = unclear or answer.status >= 500
        failed = api.refuse(answer, f"to start a run of {dag_id}")
        if answer.status in (409, 429):  # the driver has tried the second long enough
            break
    if (yield from _is_there(api, dag_id, asked.run_id)):
        return
    raise PublishError(
        f"the run {asked.run_id} could not be started: {failed.message}",
        code="JPE515",
        where=api.link(dag_id) or failed.where,
        hint=f"%jpe_history {asked.record} --run starts one when Airflow is well again",
    )


def _is_there(api: Api, dag_id: str, run_id: str) -> Steps[bool]:
    """Tell whether the run was made, although nobody said so."""
    try:
        return (yield from api.run(dag_id, run_id)) is not None
    except PublishError as error:
        raise PublishError(
            f"it is not known whether the run {run_id} was started: {error.message}",
            code="JPE515",
            where=api.link(dag_id, run_id) or error.where,
            hint="look at the DAG's runs in Airflow before you start another",
        ) from None


def _not_started(api: Api, dag_id: str, answer: Answer) -> PublishError:
    """Return the error for a run that Airflow does not want to start."""
    said = detail_of(answer)
    if answer.status in (400, 422):
        reason = said.partition(" Failed validating ")[0]  # what follows is the schema's own wording of it
        message, hint = f"Airflow does not take the run's parameters: {reason}", "correct --run-param"
    elif answer.status == 404:
        message = f"Airflow can't run {dag_id}: {said}"
        hint = "its file is gone or can't be imported any more: look at the DAG in Airflow"
    else:
        return api.refuse(answer, f"to start a run of {dag_id}")
    return PublishError(message, code="JPE515", where=api.link(dag_id) or dag_id, hint=hint)
