"""Has Ilum make a job, a service or a schedule: once, though answers may get lost."""

from __future__ import annotations

import re

from jpe_magics.core.flow import Answer, Made, Tell, Wait
from jpe_magics.errors import NoAnswer, PublishError
from jpe_magics.model.planned import Planned
from jpe_magics.model.progress import Progress
from jpe_magics.model.publication import Published
from jpe_magics.targets.ilum.api import Api, Steps
from jpe_magics.targets.ilum.refusals import not_ilum, said_by, too_large
from jpe_magics.targets.ilum.requests import EXPORT_TAG
from jpe_magics.targets.ilum.resources import Kind, ident

#: Seconds before each try.
TRIES = (0.0, 1.0, 4.0)
#: How a refusal reads that is about the name alone: the API calls names unique, and says no more.
_TAKEN = re.compile(r"\b(exists|already exist|unique|duplicated?|(already|is) (taken|used|in use))\b", re.IGNORECASE)
#: How one reads that misses something: no old service may be stopped for that.
_MISSING = re.compile(r"\b(no|not|none|never)\b[^.;]*\bexists\b", re.IGNORECASE)
#: Seconds before each look for what a try may have made: a server that is busy may do it late.
LOOKS = (0.5, 1.0, 2.0, 4.0)


def make(api: Api, kind: Kind, planned: Planned, export: str, record: str = "") -> Steps[str]:
    """Return the id of what was made of the form, whose tag carries `export`.

    `record` is the history's id where that is another than the tag's.
    Where the server fails or its answer is lost, what the try may have made is looked for by that tag, and only
    if it is not there the form is sent again.  Raises `PublishError`, JPE502 where Ilum says that the name is taken.
    """
    name = dict(planned.form.fields)["name"]
    failed: PublishError | None = None
    for pause in TRIES:
        if pause:
            yield Wait(pause)
        yield Tell(Progress(f"sending the {kind.name} {name} to Ilum", "" if failed is None else failed.message))
        try:
            answer = yield from api.create(planned)
        except NoAnswer as error:
            failed = error
            if not error.arrived:
                continue
        else:
            made = _id_of(answer, kind)
            if made:
                yield from _stop_others(api, kind, name, export, made if failed is not None else "")
                return made
            lost, failed = failed, _refusal(api, kind, planned, answer)
            final = not answer.ok and answer.status < 500 and answer.status != 429
            if final and not (lost is not None and failed.code == "JPE502"):  # else it may be ours that has the name
                raise failed
        found = yield from _made_already(api, kind, name, export, record)
        if found:
            return found
    assert failed is not None
    raise PublishError(
        f"the {kind.name} {name} could not be made: {failed.message}",
        code=failed.code,
        where=failed.where,
        hint=failed.hint or "export again when Ilum is well",
    )


def _id_of(answer: Answer, kind: Kind) -> str:
    """Return the id in the answer to a creation, which is 200 and not 201; "" where there is none."""
    return ident(answer.json.get(kind.key)) if answer.ok and isinstance(answer.json, dict) else ""


def _made_already(api: Api, kind: Kind, name: str, export: str, record: str) -> Steps[str]:
    """Return the id of what a try has made although nobody said so, "" where it has made nothing."""
    try:
        for pause in LOOKS:
            yield Tell(Progress(f"looking whether Ilum has the {kind.name} {name}", "the answer was lost"))
            yield Wait(pause)
            found = yield from api.exported(kind, export, name)
            if found:
                return found[0].id
    except PublishError as error:
        raise PublishError(
            f"it is not known whether Ilum has made the {kind.name} {name}: {error.message}",
            code=error.code,
            where=error.where,
            hint=_how_to_find(kind, export, record),
        ) from None
    return ""


def _how_to_find(kind: Kind, export: str, record: str) -> str:
    tag = f"{EXPORT_TAG}={export}"
    if record in ("", export):
        return f"%jpe_history {export} --status looks for it by its tag {tag}; do that before you export again"
    return f"look in Ilum for a {kind.name} with the tag {tag} before you run {record} again"


def _stop_others(api: Api, kind: Kind, name: str, export: str, made: str) -> Steps[None]:
    """Stop what an earlier try has made all the same, later than we looked for it; `made` is "" where none was lost."""
    if not made:
        return
    try:
        found = yield from api.exported(kind, export, name)
    except PublishError as error:
        raise PublishError(
            f"Ilum has made the {kind.name} {name} as {made}; whether an earlier try has made another is not known: "
            f"{error.message}",
            code=error.code,
            where=error.where,
            hint=f"look in Ilum for a second one with the tag {EXPORT_TAG}={export}",
        ) from None
    for one in found:
        if one.id == made or one.ended:
            continue
        try:
            yield from api.stop(kind, one.id)
        except PublishError as error:
            raise PublishError(
                f"Ilum has made the {kind.name} {name} twice, as {made} and {one.id}: {error.message}",
                code=error.code,
                where=error.where,
                hint=f"stop {one.id} in Ilum",
            ) from None
        yield Made(Published(kind.name, one.id, "", f"stopped: it was made twice, {made} stays"))


def _refusal(api: Api, kind: Kind, planned: Planned, answer: Answer) -> PublishError:
    doing = f"to make the {kind.name} {dict(planned.form.fields)['name']}"
    if answer.ok:
        return not_ilum(doing, api.around)
    if answer.status == 413:
        (_, file), *_ = planned.form.files
        return too_large(file.path, len(file.text.encode()), api.around)
    error = api.refuse(answer, doing)
    said = said_by(answer)
    if answer.status == 409 and _TAKEN.search(said) and not _MISSING.search(said):
        hint = "--replace stops what has the name; or choose another --name"
        return PublishError(error.message, code="JPE502", where=error.where, hint=hint)
    return error
