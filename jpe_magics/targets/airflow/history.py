"""What can be done with a DAG of the history: run it again, stop its run, ask for its state."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from jpe_magics.core.flow import Flow, State, Surroundings, Tell, Wait
from jpe_magics.errors import OptionError, PublishError
from jpe_magics.model.artifact import File
from jpe_magics.model.progress import Progress
from jpe_magics.model.record import Record
from jpe_magics.targets.airflow.api import Api, Steps
from jpe_magics.targets.airflow.follow import follow, state_of
from jpe_magics.targets.airflow.judge import CLEANUP
from jpe_magics.targets.airflow.resources import ENDED, Dag, TaskInstance
from jpe_magics.targets.airflow.server import find_server
from jpe_magics.targets.airflow.start import Asked, is_unused, start_run
from jpe_magics.targets.airflow.visible import import_error

#: Seconds before each try to stop a run.
STOP_TRIES = (0.0, 0.5, 1.0, 2.0)


def again(record: Record, values: Mapping[str, Any], wait: bool, around: Surroundings) -> Flow:
    """Start another run of the record's DAG, with `values` for its parameters; follow it with `wait`.

    The DAG must stand in Airflow as it was exported, and not be paused.  One that is paused and has never run
    is new: its export ended before it was seen there, and it is unpaused.
    """
    dag_id = _dag_id(record)
    api = yield from find_server(around)
    dag = yield from _standing(api, dag_id, record)
    asked = Asked(
        run_id=f"jpe__{around.id}",
        conf=values,
        new=(yield from is_unused(api, dag)),
        scheduled=record.options.get("schedule") is not None,
        record=record.id,
    )
    run = yield from start_run(api, dag, asked)
    if wait:
        yield from follow(api, dag_id, run, record.id, quiet=record.secrets_allowed)


def stop(record: Record, around: Surroundings) -> Flow:
    """Mark the record's last run failed: Airflow ends its tasks, they cancel what runs in Livy, and the cleanup
    closes the session."""
    dag_id, run_id = _dag_id(record), _last_run(record)
    if not run_id:
        raise _nothing(f"{record.id} has started no run that could be stopped", record)
    api = yield from find_server(around, healthy=False)
    run = yield from api.run(dag_id, run_id)
    if run is None or run.ended:
        state = yield from state_of(api, dag_id, run_id, record.id, quiet=record.secrets_allowed)
        yield state
        if state.status in ("success", "failed"):  # else it is there after all
            raise _nothing(f"the run {run_id} has ended already, as {state.status}", record)
    yield Tell(Progress(f"stopping the run {run_id}", "its tasks cancel what they run in Livy"))
    tasks = yield from _end_tasks(api, dag_id, run_id, record)
    yield State("failed", "stopped by hand", tuple(one.state for one in tasks))


def _end_tasks(api: Api, dag_id: str, run_id: str, record: Record) -> Steps[tuple[TaskInstance, ...]]:
    """Mark a run failed and return its tasks when none but the cleanup is left to run; raise JPE508 where one is.

    The run itself is "failed" only after its cleanup, a teardown: until then Airflow leaves it "running" (measured
    on 3.3, the same in the code of 2.10 to 3.1).  A task that the scheduler takes up at that moment may be missed.
    """
    found = "does not know it any more"
    for pause in STOP_TRIES:
        if pause:
            yield Wait(pause)
        run = yield from api.fail_run(dag_id, run_id)
        if run is None:
            break
        tasks = yield from api.tasks(dag_id, run_id)
        left = [one.state for one in tasks if one.state.state not in ENDED and one.state.id != CLEANUP]
        if not left:
            return tasks
        found = f"shows {left[0].id} as {left[0].state or 'still to be run'}"
    raise PublishError(
        f"Airflow was asked to stop the run {run_id}, and {found}",
        code="JPE508",
        where=api.link(dag_id, run_id) or dag_id,
        hint=f"%jpe_history {record.id} --status asks again",
    )


def status(record: Record, around: Surroundings) -> Flow:
    """Ask for the state of the record's last run; of a record without one, whether Airflow shows its DAG."""
    dag_id, run_id = _dag_id(record), _last_run(record)
    api = yield from find_server(around, healthy=False)
    if run_id:
        yield (yield from state_of(api, dag_id, run_id, record.id, quiet=record.secrets_allowed))
        return
    yield (yield from _shown(api, dag_id, record))


def _dag_id(record: Record) -> str:
    """Return the id of the record's DAG; raise `OptionError` where nothing was ever made outside."""
    dag_id = record.options.get("dag_id")
    if not isinstance(dag_id, str) or not dag_id:
        raise _nothing(f"{record.id} names no DAG", record)
    if record.status == "refused":
        raise _nothing(f"{record.id} was refused, so there is no DAG of it", record)
    return dag_id


def _nothing(message: str, record: Record) -> OptionError:
    hint = f"%jpe_history {record.id} shows what became of it"
    return OptionError(message, code="JPE516", where=f"record {record.id}", hint=hint)


def _last_run(record: Record) -> str:
    runs = [str(row.get("place") or "") for row in record.published if row.get("kind") == "run"]
    return runs[-1] if runs else ""


def _standing(api: Api, dag_id: str, record: Record) -> Steps[Dag]:
    """Return the record's DAG as it stands in Airflow; raise where there is none, or another one."""
    dag = yield from api.dag(dag_id)
    where = f"{api.around.setting('airflow_api_url')}, DAG {dag_id}"
    path = _path(record, dag_id)
    failures = yield from api.import_failures(path)
    if failures and (dag is None or dag.broken):
        raise import_error(failures[0], File(path, ""))
    if dag is None or dag.stale:
        raise PublishError(
            f"Airflow does not show the DAG {dag_id}" + ("" if dag is None else " any more: its file is gone"),
            code="JPE515",
            where=where,
            hint="it may need some time to find the file; else export again",
        )
    source = yield from api.source(dag)
    if source is not None and not _is_of(record, source):
        raise PublishError(
            f"the DAG {dag_id} in Airflow is another than {record.id} exported",
            code="JPE515",
            where=where,
            hint="run the record of the newest export, start it in Airflow, or export again; "
            "right after an export Airflow may still show the version before",
        )
    return dag


def _path(record: Record, dag_id: str) -> str:
    names = [name for file in record.files if isinstance(name := file.get("path"), str)]
    return names[0] if names else f"{dag_id}.py"


def _is_of(record: Record, source: str) -> bool:
    """Tell whether a DAG's text is the one that the record exported; its digest is of the text with its secrets."""
    digests = {file.get("sha256") for file in record.files if file.get("sha256")}
    texts = (source, source.rstrip("\n") + "\n")  # the end of its last line may get lost on the way
    return not digests or any(
        hashlib.sha256(one.encode(errors="surrogatepass")).hexdigest() in digests for one in texts
    )


def _shown(api: Api, dag_id: str, record: Record) -> Steps[State]:
    """Return what Airflow shows of the DAG of a record that has no run.

    The record's own state stays; but where the DAG is the very one that it exported, it is exported, however that
    ended.
    """
    dag = yield from api.dag(dag_id)
    failures = yield from api.import_failures(_path(record, dag_id))
    if failures and (dag is None or dag.broken):
        broken = f"Airflow can't import it: {failures[0].sentence}"
        return State(record.status, broken, detail=f"Airflow shows an import error of the DAG {dag_id}.")
    if dag is None or dag.stale:
        gone = "" if dag is None else " any more: its file is gone"
        return State(record.status, detail=f"Airflow does not show the DAG {dag_id}{gone}.")
    source = yield from api.source(dag)
    paused = "paused" if dag.paused else "not paused"
    if source is not None and not _is_of(record, source):
        return State(record.status, detail=f"Airflow shows the DAG {dag_id} of another export, {paused}.")
    return State("exported", detail=f"Airflow shows the DAG {dag_id}, {paused}; {record.id} has started no run.")
