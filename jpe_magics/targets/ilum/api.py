"""Ilum's REST API as steps (OpenAPI 1.5.3).

Each method yields its requests and returns what was told; an answer that can't be used raises a
`PublishError` that says why.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from jpe_magics.core.flow import Answer, Call, Step, Surroundings, Wait
from jpe_magics.core.flow.received import text
from jpe_magics.errors import PublishError
from jpe_magics.model.planned import Planned
from jpe_magics.targets.ilum.links import page
from jpe_magics.targets.ilum.refusals import not_ilum, refusal
from jpe_magics.targets.ilum.requests import EXPORT_TAG
from jpe_magics.targets.ilum.resources import Kind, Run, Workload, log_lines, rows, word

T = TypeVar("T")
#: A part of a flow that returns something.
Steps = Generator[Step, Any, T]

#: Seconds that a submission may take: Ilum stores the module before it answers.
UPLOAD = 60.0
#: Seconds that the call may take that waits for a run's end.
EXECUTE = 24 * 3600.0
#: Lines of a log that are asked for at once (Ilum gives 25,000 at most).
LOG_LINES = 2000
#: Seconds before a second look at what is said not to be there: a gateway says so while its server starts.
SECOND_LOOK = 0.5
_PAGE = 100
_MOST_PAGES = 20


@dataclass(frozen=True)
class Api:
    """The Ilum at `ilum_api_url`."""

    around: Surroundings

    def link(self, kind: Kind, id: str) -> str:  # noqa: A002 - it is one
        """Return the address of a web page, "" where that can't be known."""
        return page(self.around.setting("ilum_ui_url"), kind, id)

    def refuse(self, answer: Answer, doing: str) -> PublishError:
        """Return the error that says what the answer means."""
        return refusal(answer, doing, self.around)

    def clusters(self) -> Steps[tuple[str, ...]]:
        """Return the clusters' names."""
        doing = "to list its clusters"
        answer = yield Call("ilum", "GET", "/cluster/names")
        if answer.status == 404:
            raise not_ilum(doing, self.around)
        names = self._object(answer, doing).get("names")
        if not isinstance(names, list):
            raise not_ilum(doing, self.around)
        return tuple(filter(None, map(text, names)))

    def create(self, planned: Planned) -> Steps[Answer]:
        """Send a form and return the bare answer; raises `NoAnswer` too."""
        answer: Answer = yield Call("ilum", planned.method, planned.path, form=planned.form, limit=UPLOAD)
        return answer

    def find(self, kind: Kind, id: str) -> Steps[Workload | None]:  # noqa: A002
        """Return a job, service or schedule by its id, None where Ilum does not know it."""
        return (yield from self._one(kind, _path(kind, id), f"to see the {kind.name} {id}"))

    def surely(self, kind: Kind, id: str) -> Steps[Workload | None]:  # noqa: A002
        """Return the same; None where Ilum says twice, a moment apart, that it does not know it."""
        found = yield from self.find(kind, id)
        if found is None:
            yield Wait(SECOND_LOOK)
            found = yield from self.find(kind, id)
        return found

    def named(self, kind: Kind, name: str) -> Steps[Workload | None]:
        """Return a service or schedule by its name, in whatever state it is."""
        return (yield from self._one(kind, _path(kind, "name", name), f"to see the {kind.name} {name}"))

    def listed(self, kind: Kind, states: Sequence[str], **query: str) -> Steps[tuple[Workload, ...]]:
        """Return those in one of `states`, up to 2,000."""
        found: list[Workload] = []
        asked = {kind.filter: ",".join(states), "size": str(_PAGE), **query}
        for number in range(_MOST_PAGES):
            answer = yield Call("ilum", "GET", kind.path, {**asked, "page": str(number)})
            told = self._object(answer, f"to list its {kind.name}s")
            listed = rows(told)
            found += [Workload.of(kind, one) for one in listed]
            if not listed or told.get("last") is not False:
                break
        return tuple(found)

    def exported(self, kind: Kind, export: str, name: str) -> Steps[tuple[Workload, ...]]:
        """Return what the export of that id made, finished ones too; not what a schedule made of it.

        How `tags` is to be written is documented by an example alone: where it finds nothing, the name is searched
        for, and the tags are read here.  Raises where it can't be told whose something of that name is.
        """
        unclear: list[Workload] = []
        for query in ({"tags": f"{EXPORT_TAG}={export}"}, {"search": name}):
            found = [one for one in (yield from self.listed(kind, kind.states, **query)) if not one.schedule]
            ours = tuple(one for one in found if one.is_of(export))
            if ours and all(one.id for one in ours):
                return ours
            unclear += [*ours, *(one for one in found if one.may_be_of(name))]
        if unclear:
            raise PublishError(
                f"Ilum has a {kind.name} {name} (id {unclear[0].id or 'unknown'}), and does not say who made it",
                code="JPE508",
                where=self.link(kind, unclear[0].id) or self.around.setting("ilum_api_url"),
                hint="look at it in Ilum",
            )
        return ()

    def stop(self, kind: Kind, id: str) -> Steps[bool]:  # noqa: A002
        """Stop it; return whether Ilum knew it.

        A 409 may say that an earlier try has stopped it already, whose answer was lost.  A 404 is believed where it is
        not shown either; of what is shown it is asked for once more, and is an error then (JPE508).
        """
        doing, shown = f"to stop the {kind.name} {id}", ""
        for _ in range(2):
            answer = yield Call("ilum", "POST", f"{_path(kind, id)}/stop", repeat=True)
            if answer.status not in (404, 409):
                return self._done(answer, doing)
            found = yield from self.surely(kind, id)
            if found is None or found.state not in kind.standing:
                return found is not None or answer.status == 409
            shown = word(found.state)
        if answer.status == 409:
            raise self.refuse(answer, doing)
        raise PublishError(
            f"Ilum says that it does not know the {kind.name} {id} when asked {doing}, and shows it as {shown}",
            code="JPE508",
            where=self.link(kind, id) or self.around.setting("ilum_api_url"),
            hint="try it once more, or stop it in Ilum",
        )

    def delete(self, kind: Kind, id: str) -> Steps[bool]:  # noqa: A002
        """Delete it; return whether Ilum knew it."""
        answer = yield Call("ilum", "DELETE", _path(kind, id), repeat=True)
        return self._done(answer, f"to delete the {kind.name} {id}")

    def log(self, job: str, start: int) -> Steps[list[str]]:
        """Return lines of a job's driver from line `start` on; none where there are none, or we may not see them.

        It is asked for once: a log is worth no wait.
        """
        query = {"logSize": str(LOG_LINES), "from": str(start)}
        limit = float(self.around.setting("request_timeout"))
        answer = yield Call("ilum", "GET", f"/job/{quote(job, safe='')}/logs", query, limit=limit)
        return log_lines(answer.json) if answer.ok else []

    def start(self, planned: Planned, *, limit: float = 0) -> Steps[Answer]:
        """Ask for a run of a service and return the bare answer, after `limit` seconds at most; raises `NoAnswer` too.

        Zero: the driver's own limit.
        """
        answer: Answer = yield Call("ilum", planned.method, planned.path, body=planned.body, limit=limit)
        return answer

    def run(self, service: str, run: str) -> Steps[Run | None]:
        """Return a run of a service, None where Ilum does not tell of it (yet)."""
        listed, _ = yield from self._results(service, {"search": run}, f"to see the run {run}")
        return next((one for one in listed if one.id == run), None)

    def tagged_run(self, service: str, tag: str) -> Steps[Run | None]:
        """Return the run of a service whose parameters carry the tag, None where Ilum does not tell of it (yet).

        It is looked for among 2,000 runs.
        """
        for number in range(_MOST_PAGES):
            listed, last = yield from self._results(service, {"page": str(number)}, f"to list the runs of {service}")
            found = next((one for one in listed if one.id and one.tag == tag), None)
            if found is not None or last or not listed:
                return found
        return None

    def _results(self, service: str, query: Mapping[str, str], doing: str) -> Steps[tuple[list[Run], bool]]:
        """Return a page of a service's runs, and whether it is the last one."""
        path = f"/group/{quote(service, safe='')}/job/result"
        answer = yield Call("ilum", "GET", path, {**query, "size": str(_PAGE)})
        if answer.status == 404:
            return [], True
        told = self._object(answer, doing)
        return [Run.of(one) for one in rows(told)], told.get("last") is not False

    def _one(self, kind: Kind, path: str, doing: str) -> Steps[Workload | None]:
        answer = yield Call("ilum", "GET", path)
        if answer.status == 404 and "html" not in answer.content_type:
            return None
        found = Workload.of(kind, self._object(answer, doing))
        if not (found.id or found.state):
            raise not_ilum(doing, self.around)
        return found

    def _done(self, answer: Answer, doing: str) -> bool:
        if answer.status == 404:
            return False
        if not answer.ok:
            raise self.refuse(answer, doing)
        if "html" in answer.content_type:  # a login page or a proxy's
            raise not_ilum(doing, self.around)
        return True

    def _object(self, answer: Answer, doing: str) -> Mapping[str, Any]:
        if not answer.ok:
            raise self.refuse(answer, doing)
        if not isinstance(answer.json, Mapping):
            raise not_ilum(doing, self.around)
        return answer.json


def _path(kind: Kind, *parts: str) -> str:
    return kind.path + "".join(f"/{quote(part, safe='')}" for part in parts)
