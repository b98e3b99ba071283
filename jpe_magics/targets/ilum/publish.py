"""How a module gets to Ilum, as a job, a service or a schedule, and is run there: the whole story."""

from __future__ import annotations

from collections.abc import Sequence

from jpe_magics.core.flow import Flow, Made, State, Surroundings, Tell
from jpe_magics.core.run_note import run_note
from jpe_magics.errors import PublishError
from jpe_magics.model.artifact import Artifact
from jpe_magics.model.option import Request
from jpe_magics.model.planned import Planned
from jpe_magics.model.progress import Progress
from jpe_magics.model.publication import Published
from jpe_magics.targets.ilum.api import Api, Steps
from jpe_magics.targets.ilum.decide import wants_run
from jpe_magics.targets.ilum.follow import follow
from jpe_magics.targets.ilum.job import WatchedJob
from jpe_magics.targets.ilum.make import make
from jpe_magics.targets.ilum.plan import Job, job_of, plan
from jpe_magics.targets.ilum.requests import SERVICE_PACKAGE, own_image
from jpe_magics.targets.ilum.resources import JOB, SERVICE, Kind
from jpe_magics.targets.ilum.standing import Standing, check_cluster, check_free, what_stands
from jpe_magics.targets.ilum.start import Asked, run_service

#: The note of what was made and is gone again.
TAKEN_BACK = "taken back"


def publish(artifact: Artifact, request: Request, around: Surroundings) -> Flow:
    """Submit the job, or make the service or schedule; start a run of it where one is wanted.

    All that can be refused is looked at before anything is sent.
    """
    run = wants_run(request)
    if not plan(artifact, request, around):  # what can't be written is refused here
        return
    job, api = job_of(artifact, request, around), Api(around)
    yield Tell(Progress("asking Ilum how it is"))
    yield from check_cluster(api, job.options)
    forms = job.forms(around.id, request.run_parameters)
    if job.options["mode"] == "single":
        yield from submit(api, job, request.run_parameters, wait=request.wait)
        return
    name = str(job.options["name"])
    found = []
    for kind, _ in forms:
        found.append((yield from what_stands(api, kind, name)))
    if not request.replace:
        check_free(api, found, name)
    made = yield from _make_all(api, forms, found, own_image(job.options, around.setting("spark_images")))
    yield from _stop_old(api, name, made, found)
    if not run:
        return
    if SERVICE in made:
        execute = bool(job.options["execute"])
        asked = Asked(made[SERVICE], job.main_class, request.run_parameters, around.id, execute)
        yield from run_service(api, asked, record=around.id, wait=request.wait)
    else:
        yield from submit(api, job, request.run_parameters, wait=request.wait)


def submit(
    api: Api, job: Job, values: Sequence[tuple[str, object]], *, wait: bool, record: str = "", beside: str = ""
) -> Steps[None]:
    """Run the module once, as a job of its own; follow it with `wait`.

    `record` is the history's id where that is another than the tag's, `beside` names its jobs that go on.
    """
    export = api.around.id
    made = yield from make(api, JOB, job.single(export, values), export, record)
    note = run_note("created", values) + (f"; still going on beside it: {beside}" if beside else "")
    yield Made(Published("job", made, api.link(JOB, made), note))
    yield State("submitted")
    if wait:
        yield from follow(WatchedJob(api, made, record or export, script=job.file, fresh=True), record or export)


def _make_all(
    api: Api, forms: Sequence[tuple[Kind, Planned]], found: Sequence[Standing], image: str
) -> Steps[dict[Kind, str]]:
    """Return the ids of what was made, by kind.  Where one can't be made, those before it are taken back.

    `image` is one that may lack what a service needs, "" for none.
    """
    made: dict[Kind, str] = {}
    stopped: list[str] = []
    for (kind, planned), standing in zip(forms, found, strict=True):
        try:
            made[kind] = yield from _make_beside(api, kind, planned, standing, stopped)
        except PublishError as error:
            name = dict(planned.form.fields)["name"]
            raise (yield from _take_back(api, name, made, stopped, error)) from None
        note = "; ".join(filter(None, (_note(standing, image), planned.note)))
        yield Made(Published(kind.name, made[kind], api.link(kind, made[kind]), note))
    return made


def _make_beside(api: Api, kind: Kind, planned: Planned, standing: Standing, stopped: list[str]) -> Steps[str]:
    """Return the id of what was made while the old ones still stand.

    Where Ilum wants the name for one alone, they are stopped first, for there is no other way: `stopped` then gets
    their names.
    """
    try:
        return (yield from make(api, kind, planned, api.around.id))
    except PublishError as error:
        if error.code != "JPE502" or not standing.same:
            raise
    why = "Ilum wants its name for one alone"
    for one in standing.same:
        yield Tell(Progress(f"stopping the {kind.name} {one.id}, which is replaced", why))
        yield from api.stop(kind, one.id)
        stopped.append(f"{kind.name} {one.id}")
        yield Made(Published(kind.name, one.id, "", f"stopped: {why}"))
    return (yield from make(api, kind, planned, api.around.id))


def _note(found: Standing, image: str) -> str:
    note = "created" + (f", in place of {', '.join(one.id for one in found.same)}" if found.same else "")
    if found.alike:
        names = ", ".join(found.alike)
        note += f"; its module has the same name as that of {names}, so tell them apart by their ids"
    if image and found.kind is SERVICE:
        note += f"; the image {image} must have the package {SERVICE_PACKAGE} in it"
    return note


def _take_back(
    api: Api, name: str, made: dict[Kind, str], stopped: Sequence[str], error: PublishError
) -> Steps[PublishError]:
    """Delete what was made, and return the error that says so, and what was `stopped` for it."""
    told = [error.message]
    for kind, one in made.items():
        yield Tell(Progress(f"taking the {kind.name} {one} back"))
        try:
            yield from api.stop(kind, one)
            yield from api.delete(kind, one)
        except PublishError as failed:
            told.append(f"the {kind.name} {one} stands, and could not be taken back: {failed.message}")
            continue
        told.append(f"the {kind.name} {one} was taken back")
        yield Made(Published(kind.name, one, "", TAKEN_BACK))
    told += [f"the old {one} was stopped for it" for one in stopped]
    hint = error.hint
    if stopped:
        kinds = " and no ".join(dict.fromkeys(one.partition(" ")[0] for one in stopped))
        hint = f"no {kinds} of the name {name} is left: correct what Ilum says and export again with --replace"
    return PublishError("; ".join(told), code=error.code, where=error.where, hint=hint)


def _stop_old(api: Api, name: str, made: dict[Kind, str], found: Sequence[Standing]) -> Steps[None]:
    """Stop what the new ones replace; name both where that fails."""
    left, failed = [], None
    for kind, one in ((standing.kind, one) for standing in found for one in standing.same):
        try:
            now = yield from api.find(kind, one.id)
            if now is None or now.state not in kind.standing:
                continue  # stopped already, for its name
            yield Tell(Progress(f"stopping the {kind.name} {one.id}, which is replaced"))
            yield from api.stop(kind, one.id)
        except PublishError as error:
            failed = error
            left.append(f"the old {kind.name} {one.id}")
        else:
            yield Made(Published(kind.name, one.id, "", f"stopped: {made[kind]} is in its place"))
    if failed is not None:
        new = " and ".join(f"the {kind.name} {one}" for kind, one in made.items())
        were = "was" if len(made) == 1 else "were"
        raise PublishError(
            f"{new} {were} made, but {' and '.join(left)} of the name {name} could not be stopped: {failed.message}",
            code=failed.code,
            where=failed.where,
            hint=f"stop {' and '.join(left)} in Ilum: both run until then",
        )
