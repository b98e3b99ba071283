"""How a DAG gets to where Airflow reads it, and is run there: the whole story."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jpe_magics.core.flow import Flow, Made, State, Surroundings, Tell
from jpe_magics.core.flow.dags import put_file
from jpe_magics.errors import PublishError
from jpe_magics.model.artifact import Artifact, File
from jpe_magics.model.option import Request
from jpe_magics.model.progress import Progress
from jpe_magics.model.publication import Published
from jpe_magics.targets.airflow.decide import wants_run

if TYPE_CHECKING:
    from jpe_magics.targets.airflow.api import Api
    from jpe_magics.targets.airflow.resources import Dag
    from jpe_magics.targets.airflow.visible import Before


def publish(artifact: Artifact, request: Request, around: Surroundings) -> Flow:
    """Put the DAG where Airflow reads it, and start a run of it where one is wanted.

    Airflow's health, the login and the right to start runs are looked at before anything is pushed, so that a
    wrong token loses nothing.
    """
    file = artifact.files[0]  # a DAG is one file
    wanted = wants_run(request, around)
    if not wanted.run:
        if request.push:
            yield from put_file(file, request.replace, around)
            yield State("exported", detail=wanted.why)
        return
    # Who only writes the file waits for none of these.
    from jpe_magics.targets.airflow.follow import follow
    from jpe_magics.targets.airflow.server import find_server
    from jpe_magics.targets.airflow.start import Asked, is_unused, start_run
    from jpe_magics.targets.airflow.visible import remember, wait_until_visible

    dag_id = str(request.options["dag_id"])
    yield Tell(Progress("asking Airflow how it is"))
    api = yield from find_server(around)
    before = yield from remember(api, dag_id, file)
    if request.push:
        _check_it_is_no_other_files(api, dag_id, file, before)
    yield from api.check_right(dag_id)
    if request.push:
        kept = yield from put_file(file, request.replace, around)
        dag = yield from wait_until_visible(api, dag_id, file, kept, before)
        note = "updated" if before.known and kept.changed else "unchanged" if before.known else "new"
    else:
        dag, note = _standing(api, dag_id, file, before), "as it stands there"
    yield Made(Published("dag", dag_id, api.link(dag_id), note))
    asked = Asked(
        run_id=f"jpe__{around.id}",
        conf=dict(request.run_parameters),
        new=not before.known or (yield from is_unused(api, dag)),
        unpause=bool(request.options.get("unpause")),
        scheduled=request.options.get("schedule") is not None,
        record=around.id,
    )
    run = yield from start_run(api, dag, asked)
    if request.wait:
        yield from follow(api, dag_id, run, around.id)


def _check_it_is_no_other_files(api: Api, dag_id: str, file: File, before: Before) -> None:
    """Raise JPE502 where Airflow has the DAG from a file of another name, or from an archive.

    Of two files with one DAG it would show either at each look.  In which folder its file stands does not count: a path
    in Airflow says nothing of the one in a repository.
    """
    dag = before.seen.dag
    *folders, name = dag.file.split("/") if dag is not None and not dag.stale else [""]
    stands = "/".join([*(one for one in folders if one.endswith(".zip")), name])
    if stands and stands != file.path.rpartition("/")[2]:
        raise PublishError(
            f"Airflow has a DAG {dag_id} already, from another file: {stands}",
            code="JPE502",
            where=f"{api.around.setting('airflow_api_url')}, DAG {dag_id}",
            hint="choose another --dag-id, or take that file away first and wait until Airflow has noticed",
        )


def _standing(api: Api, dag_id: str, file: File, before: Before) -> Dag:
    """Return the DAG that Airflow shows without a push; raise where it is not the one of this export."""
    from jpe_magics.targets.airflow.visible import import_error, what_is_missing

    if before.seen.failures:
        raise import_error(before.seen.failures[0], file)
    missing = what_is_missing(before.seen, file)
    if missing or before.seen.dag is None:
        raise PublishError(
            f"the DAG of this export does not stand in Airflow, and --no-push pushes none: {missing}",
            code="JPE515",
            where=f"{api.around.setting('airflow_api_url')}, DAG {dag_id}",
            hint="leave --no-push out, or wait until Airflow shows what you pushed",
        )
    return before.seen.dag
