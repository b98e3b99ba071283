"""Follows a run to its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jpe_magics.core.flow import State, Tell, Wait
from jpe_magics.errors import PublishError, RunFailed
from jpe_magics.model.progress import Progress, TaskState
from jpe_magics.targets.airflow.api import Api, Steps
from jpe_magics.targets.airflow.judge import Verdict, judge
from jpe_magics.targets.airflow.logs import remote_error
from jpe_magics.targets.airflow.resources import ENDED, Run, TaskInstance

#: Seconds between two looks at a run; grows from the one to the other.
FIRST_LOOK, LAST_LOOK = 0.5, 5.0
#: Seconds after which a run that is still queued makes us look whether its DAG was paused.
_QUEUED = 10.0
#: Seconds before a second look at a run that is said not to be there: a gateway says so while its server starts.
_SECOND_LOOK = 0.5


@dataclass(frozen=True)
class Now:
    """A run and its tasks at one moment."""

    run: Run
    tasks: tuple[TaskInstance, ...]

    @property
    def states(self) -> tuple[TaskState, ...]:
        """The tasks' states alone."""
        return tuple(one.state for one in self.tasks)


def follow(api: Api, dag_id: str, run: Run, record: str, *, quiet: bool = False) -> Steps[None]:
    """Tell how the run goes until it has ended; raise `RunFailed` where it did not succeed.

    There is no limit on how long it takes.  Where Airflow stops answering the run's end is not known, and the
    error says how to ask for it.  `quiet`: see `state_of`.
    """
    last = run.state
    started = now = yield Wait(0)
    pause, waiting = FIRST_LOOK, ""
    while True:
        seen = yield from _look(api, dag_id, run.id, record)
        if seen.run.ended:
            yield from _end(api, dag_id, seen, quiet)
            return
        if seen.run.state != last:
            last = seen.run.state
            yield State(last, tasks=seen.states)
        if last == "queued" and now - started > _QUEUED:
            waiting = yield from _why_queued(api, dag_id)
        yield Tell(progress_of(seen, waiting))
        now = yield Wait(pause)
        pause = min(pause * 1.2, LAST_LOOK)


def state_of(api: Api, dag_id: str, run_id: str, record: str, *, quiet: bool = False) -> Steps[State]:
    """Return the state of a run as it is now; of one that has ended it is our own judgement.

    With `quiet` nothing of its log is told: a notebook that was exported with a secret in it may say it, and only
    its export knew which that is.
    """
    seen = yield from _look(api, dag_id, run_id, record)
    if not seen.run.ended:
        return State(seen.run.state, tasks=seen.states)
    verdict = judge(seen.run, seen.tasks)
    return State(verdict.state, (yield from _why(api, dag_id, seen.run, verdict, quiet)), seen.states)


def progress_of(seen: Now, waiting: str = "") -> Progress:
    """Return how far a run is: the tasks that have ended of all."""
    states = seen.states
    done = sum(one.state in ENDED for one in states)
    running = [one for one in states if one.state in ("running", "up_for_retry", "restarting", "deferred")]
    told = [f"{one.id} is {one.state}" + (f", try {one.tries}" if one.tries > 1 else "") for one in running]
    if seen.run.state == "queued":
        told = [waiting or "the run is queued"]
    detail = f"{done} of {len(states)} tasks" if states else ""
    fraction = done / len(states) if states else None
    return Progress(f"following the run {seen.run.id}", "; ".join(filter(None, (detail, *told[:3]))), fraction, states)


def _look(api: Api, dag_id: str, run_id: str, record: str) -> Steps[Now]:
    again = f"%jpe_history {record} --status asks again"
    try:
        run = yield from api.run(dag_id, run_id)
        if run is None:
            yield Wait(_SECOND_LOOK)
            run = yield from api.run(dag_id, run_id)
        tasks = (yield from api.tasks(dag_id, run_id)) if run is not None else ()
    except PublishError as error:
        message = f"how the run {run_id} goes on is not known: {error.message}"
        hint = f"the run itself goes on without us; {again}" + (f"; {error.hint}" if error.hint else "")
        raise type(error)(message, code=error.code, where=error.where, hint=hint) from None
    if run is None:
        where = api.link(dag_id) or dag_id
        message = f"Airflow does not know the run {run_id} any more"
        raise PublishError(message, code="JPE515", where=where, hint="was it, or the DAG, deleted in Airflow?")
    return Now(run, tasks)


def _why_queued(api: Api, dag_id: str) -> Steps[str]:
    try:
        dag = yield from api.dag(dag_id)
    except PublishError:  # it is only asked for a hint
        dag = None
    if dag is not None and dag.paused:
        return f"the DAG {dag_id} was paused, and the run waits until somebody unpauses it"
    return "the run is queued: Airflow starts it when an earlier run of the DAG is over and a worker is free"


def _end(api: Api, dag_id: str, seen: Now, quiet: bool) -> Steps[None]:
    """Say how the run ended; raise `RunFailed` where it did not succeed."""
    verdict = judge(seen.run, seen.tasks)
    yield Tell(progress_of(seen))
    said = yield from _why(api, dag_id, seen.run, verdict, quiet)
    yield State(verdict.state, said, seen.states)
    if verdict.state == "success":
        return
    raise RunFailed(said, where=_place(dag_id, seen, verdict.task), hint=_hint(api, dag_id, seen, verdict.task))


def _why(api: Api, dag_id: str, run: Run, verdict: Verdict, quiet: bool) -> Steps[str]:
    """Return why a run ended as it did, with what the log of the task that failed says, where there is one."""
    task = verdict.task
    if task is None or task.state.state != "failed":
        return verdict.why
    if quiet:
        return f"{verdict.why}, and its log may say the secret that it was exported with: see it in Airflow"
    lines = yield from api.log(dag_id, run.id, task.state.id, max(1, task.state.tries))
    remote = remote_error(lines, run.values)
    return f"{verdict.why}{': ' if remote.error else chr(10)}{remote}".rstrip()


def _place(dag_id: str, seen: Now, task: TaskInstance | None) -> str:
    run = f"run {seen.run.id} of {dag_id}"
    return f"task {task.state.id}, try {max(1, task.state.tries)}, {run}" if task is not None else run


def _hint(api: Api, dag_id: str, seen: Now, task: TaskInstance | None) -> str:
    link = api.link(dag_id, seen.run.id, task.state.id if task is not None else "")
    others = _count(seen.states, task)
    return f"{others}its log: {link}" if link else f"{others}look at it in Airflow"


def _count(states: Sequence[TaskState], task: TaskState | TaskInstance | None) -> str:
    failed = sum(one.state == "failed" for one in states) - (task is not None)
    return f"{failed} more tasks failed; " if failed > 1 else "one more task failed; " if failed == 1 else ""
