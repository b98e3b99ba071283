"""What can be done with a DAG of the history: run it again, stop its run, ask for its state."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from jpe_magics.core.flow import Flow, State, Surroundings, Tell
from jpe_magics.errors import OptionError, PublishError
from jpe_magics.model.artifact import File
from jpe_magics.model.progress import Progress
from jpe_magics.model.record import Record
from jpe_magics.targets.airflow.api import Api, Steps
from jpe_magics.targets.airflow.follow import follow, state_of
from jpe_magics.targets.airflow.resources import Dag
from jpe_magics.targets.airflow.server import find_server
from jpe_magics.targets.airflow.start import Asked, start_run
from jpe_magics.targets.airflow.visible import import_error


def again(record: Record, values: Mapping[str, Any], wait: bool, around: Surroundings) -> Flow:
    """Start another run of the record's DAG, with `values` for its parameters; follow it with `wait`.

    The DAG must stand in Airflow as it was exported, and not be paused.  One that is paused and has never run
    is new: its export ended before it was seen there, and it is unpaused.
    """
    dag_id = _dag_id(record)
    api = yield from find_server(around)
    dag = yield from _standing(api, dag_id, record)
    new = dag.paused and not (yield from api.newest_runs(dag_id))
    asked = Asked(
        run_id=f"jpe__{around.id}",
        conf=values,
        new=new,
        scheduled=record.options.get("schedule") is not None,
        record=record.id,
    )
    run = yield from start_run(api, dag, asked)
    if wait:
        yield from follow(api, dag_id, run, record.id)


def stop(record: Record, around: Surroundings) -> Flow:
    """Mark the record's last run failed: Airflow then ends its tasks, and they cancel what runs in Livy."""
    dag_id, run_id = _dag_id(record), _last_run(record)
    if not run_id:
        raise _nothing(f"{record.id} has started no run that could be stopped", record)
    api = yield from find_server(around, healthy=False)
    run = yield from api.run(dag_id, run_id)
    if run is None or run.ended:
        state = yield from state_of(api, dag_id, run_id, record.id)
        yield state
        raise _nothing(f"the run {run_id} has ended already, as {state.status}", record)
    yield Tell(Progress(f"stopping the run {run_id}", "its tasks cancel what they run in Livy"))
    stopped = yield from api.fail_run(dag_id, run_id)
    if stopped is None or stopped.state != "failed":
        found = "does not know it any more" if stopped is None else f"shows it as {stopped.state}"
        raise PublishError(
            f"Airflow was asked to stop the run {run_id}, and {found}",
            code="JPE508",
            where=api.link(dag_id, run_id) or dag_id,
            hint=f"%jpe_history {record.id} --status asks again",
        )
    tasks = yield from api.tasks(dag_id, run_id)
    yield State("failed", "stopped by hand", tuple(one.state for one in tasks))


def status(record: Record, around: Surroundings) -> Flow:
    """Ask for the state of the record's last run; of a record without one, whether Airflow shows its DAG."""
    dag_id, run_id = _dag_id(record), _last_run(record)
    api = yield from find_server(around, healthy=False)
    if run_id:
        yield (yield from state_of(api, dag_id, run_id, record.id))
        return
    detail, failed = yield from _shown(api, dag_id)
    yield Tell(Progress(f"the DAG {dag_id}", detail))
    yield State("exported", failed)


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
    return not digests or hashlib.sha256(source.encode(errors="surrogatepass")).hexdigest() in digests


def _shown(api: Api, dag_id: str) -> Steps[tuple[str, str]]:
    """Return what Airflow shows of a DAG, and why it can't import it ("" where it can)."""
    dag = yield from api.dag(dag_id)
    failures = yield from api.import_failures(f"{dag_id}.py")
    broken = f"Airflow can't import it: {failures[0].sentence}" if failures and (dag is None or dag.broken) else ""
    if dag is None:
        return broken or "Airflow does not show it", broken
    if dag.stale:
        return "Airflow shows it as gone: its file is not there any more", broken
    return broken or ("visible, paused" if dag.paused else "visible, not paused"), broken
