"""Airflow's REST API as steps: Airflow 3's `/api/v2`, and what of it Airflow 2's `/api/v1` does otherwise.

Each method yields its requests and returns what was told; an answer that can't be used raises a
`PublishError` that says why.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar
from urllib.parse import quote

from jpe_magics.core.flow import Answer, Call, Step, Surroundings
from jpe_magics.core.flow.received import text
from jpe_magics.errors import PublishError
from jpe_magics.targets.airflow.links import link_2, link_3
from jpe_magics.targets.airflow.logs import Line, lines_of_2, lines_of_3
from jpe_magics.targets.airflow.refusals import refusal, refusal_of_2
from jpe_magics.targets.airflow.resources import Dag, ImportFailure, Part, Run, TaskInstance, rows

T = TypeVar("T")
#: A part of a flow that returns something.
Steps = Generator[Step, Any, T]

#: The most that a page may hold (Airflow's own limit); the default is 50.
PAGE = 100
_MOST_PAGES = 100


@dataclass(frozen=True)
class Api:
    """Airflow 3.  `version` is the server's, "" where it does not tell."""

    around: Surroundings
    version: str = ""
    root: ClassVar[str] = "/api/v2"
    health_path: ClassVar[str] = "/monitor/health"
    #: Whether a look at any DAG of a bundle shows Airflow the bundle's new files too.
    one_shows_all: ClassVar[bool] = True
    #: What the server needs beside what makes a run ours.
    _run_body: ClassVar[Mapping[str, Any]] = {"logical_date": None}
    _newest_first: ClassVar[str] = "-run_after"

    def link(self, dag: str, run: str = "", task: str = "") -> str:
        """Return the address of a web page, "" where that can't be known."""
        return link_3(self.around.setting("airflow_ui_url"), dag, run, task)

    def refuse(self, answer: Answer, doing: str) -> PublishError:
        """Return the error that says what the answer means."""
        return refusal(answer, doing, self.around)

    def health(self) -> Steps[tuple[Part, Part]]:
        """Return how the scheduler and the DAG processor are."""
        told = yield from self._get(self.health_path, "to ask for its health")
        return Part.of("scheduler", told or {}), Part.of("dag_processor", told or {})

    def dag(self, dag_id: str) -> Steps[Dag | None]:
        """Return the DAG, None where Airflow does not know it."""
        told = yield from self._get(_path("dags", dag_id), f"to see the DAG {dag_id}")
        return None if told is None else Dag.of(told)

    def dags(self) -> Steps[tuple[Dag, ...]]:
        """Return the first page of Airflow's DAGs."""
        told = yield from self._get("/dags", "to see the DAGs", limit=str(PAGE))
        return tuple(Dag.of(one) for one in rows(told, "dags"))

    def source(self, dag: Dag) -> Steps[str | None]:
        """Return the text of the DAG's file as Airflow has read it; None where it has none, or shows none."""
        answer = yield Call("airflow", "GET", self.root + self._source_path(dag))
        if answer.status in (403, 404):
            return None
        told = self._object(answer, f"to read the code of {dag.id}")
        content = told.get("content")
        return content.replace("\r\n", "\n") if isinstance(content, str) else None

    def task_ids(self, dag_id: str) -> Steps[frozenset[str] | None]:
        """Return the ids of the tasks that a run would have now; None where Airflow does not show them."""
        answer = yield Call("airflow", "GET", self.root + _path("dags", dag_id, "tasks"))
        return frozenset(text(one.get("task_id")) for one in rows(answer.json, "tasks")) if answer.ok else None

    def import_failures(self, path: str) -> Steps[tuple[ImportFailure, ...]]:
        """Return why Airflow can't import the file at `path`; nothing where it can, or where we may not know."""
        query = self._known({"filename_pattern": path.rpartition("/")[2]})
        listed = yield from self._pages("/importErrors", "import_errors", "to see import errors", query, hidden=403)
        return tuple(one for one in map(ImportFailure.of, listed) if one.is_of(path))

    def look_again(self, token: str) -> Steps[None]:
        """Have Airflow look at the file of that token soon; that it can't is no reason to stop."""
        limit = float(self.around.setting("request_timeout"))
        yield Call("airflow", "PUT", self.root + _path("parseDagFile", token), repeat=True, limit=limit)

    def unpause(self, dag_id: str) -> Steps[Dag]:
        """Unpause the DAG and return it as it is then."""
        answer = yield Call(
            "airflow",
            "PATCH",
            self.root + _path("dags", dag_id),
            {"update_mask": "is_paused"},
            body={"is_paused": False},
            repeat=True,
        )
        return Dag.of(self._object(answer, f"to unpause the DAG {dag_id}"))

    def newest_runs(self, dag_id: str) -> Steps[tuple[Run, ...]]:
        """Return the DAG's runs, the newest first: a page of them."""
        query = {"limit": "20", "order_by": self._newest_first}
        told = yield from self._get(_path("dags", dag_id, "dagRuns"), f"to see the runs of {dag_id}", **query)
        return tuple(Run.of(one) for one in rows(told, "dag_runs"))

    def check_right(self, dag_id: str) -> Steps[None]:
        """Raise JPE506 where we may not start runs; nothing is started.

        Airflow 3 looks at the right before it looks at the body, and no version of it can take this body.
        """
        body = {"logical_date": "never", "conf": "none"}
        answer = yield Call("airflow", "POST", self.root + _path("dags", dag_id, "dagRuns"), body=body, repeat=True)
        if answer.status in (401, 403):
            raise self.refuse(answer, f"to start a run of {dag_id}")

    def post_run(self, dag_id: str, run_id: str, conf: Mapping[str, Any]) -> Steps[Answer]:
        """Ask for a run and return the bare answer; raises `NoAnswer` too."""
        body = {**self._run_body, "dag_run_id": run_id, "conf": dict(conf)}
        answer: Answer = yield Call("airflow", "POST", self.root + _path("dags", dag_id, "dagRuns"), body=body)
        return answer

    def run(self, dag_id: str, run_id: str) -> Steps[Run | None]:
        """Return the run, None where it is not there (any more)."""
        told = yield from self._get(_path("dags", dag_id, "dagRuns", run_id), f"to see the run {run_id}")
        return None if told is None else Run.of(told)

    def tasks(self, dag_id: str, run_id: str) -> Steps[tuple[TaskInstance, ...]]:
        """Return all tasks of a run; that they are not there (404) is an error, for a run is judged by them."""
        path = _path("dags", dag_id, "dagRuns", run_id, "taskInstances")
        listed = yield from self._pages(path, "task_instances", f"to see the tasks of the run {run_id}")
        return tuple(map(TaskInstance.of, listed))

    def log(self, dag_id: str, run_id: str, task_id: str, tries: int) -> Steps[Sequence[Line]]:
        """Return what a try of a task has logged; nothing where there is no such log, or it can't be had.

        We may not be allowed to see it, and it may be too large; how the run ended is known all the same.
        """
        path = _path("dags", dag_id, "dagRuns", run_id, "taskInstances", task_id, "logs", str(tries))
        try:
            answer = yield Call("airflow", "GET", self.root + path, {"full_content": "true"})
        except PublishError:
            return ()
        return self._lines(answer.json, dag_id) if answer.ok else ()

    def fail_run(self, dag_id: str, run_id: str) -> Steps[Run | None]:
        """Mark a run failed, which ends its tasks, and return it; None where it is not there."""
        path = self.root + _path("dags", dag_id, "dagRuns", run_id)
        answer = yield Call("airflow", "PATCH", path, body={"state": "failed"}, repeat=True)
        return None if answer.status == 404 else Run.of(self._object(answer, f"to stop the run {run_id}"))

    def _source_path(self, dag: Dag) -> str:
        return _path("dagSources", dag.id)

    def _known(self, query: Mapping[str, str]) -> Mapping[str, str]:
        """Return the part of a query that this version knows."""
        return query

    def _lines(self, told: Any, dag_id: str) -> Sequence[Line]:  # noqa: ARG002 - Airflow 2 needs it
        return lines_of_3(told)

    def _get(self, path: str, doing: str, **query: str) -> Steps[Mapping[str, Any] | None]:
        answer = yield Call("airflow", "GET", self.root + path, query)
        return None if answer.status == 404 else self._object(answer, doing)

    def _pages(
        self, path: str, name: str, doing: str, query: Mapping[str, str] | None = None, hidden: int = 0
    ) -> Steps[list[Mapping[str, Any]]]:
        """Return the rows of all pages; the status `hidden` means that there are none that we may see.

        A server may have smaller pages than we ask for (`[api] maximum_page_limit`), so what it counts decides.
        """
        found: list[Mapping[str, Any]] = []
        for _ in range(_MOST_PAGES):
            page = {"limit": str(PAGE), "offset": str(len(found)), **(query or {})}
            answer = yield Call("airflow", "GET", self.root + path, page)
            if answer.status == hidden:
                break
            told = self._object(answer, doing)
            listed, total = rows(told, name), told.get("total_entries")
            found += listed
            last = len(found) >= total if isinstance(total, int) else len(listed) < PAGE
            if last or not listed:
                break
        return found

    def _object(self, answer: Answer, doing: str) -> Mapping[str, Any]:
        if not answer.ok:
            raise self.refuse(answer, doing)
        if not isinstance(answer.json, Mapping):
            where = self.around.setting("airflow_api_url")
            hint = (
                "does AIRFLOW_API_URL (setting airflow_api_url) name Airflow's API server, or a login page before it?"
            )
            message = f"what answers when we ask {doing} is not Airflow's API"
            raise PublishError(message, code="JPE508", where=where, hint=hint)
        return answer.json


@dataclass(frozen=True)
class Api2(Api):
    """Airflow 2.10 and 2.11."""

    root = "/api/v1"
    health_path = "/health"
    one_shows_all = False  # it knows no bundles: a new file is found when its folder is listed the next time
    _run_body = {}  # noqa: RUF012 - logical_date may be left out, but not be null
    _newest_first = "-execution_date"

    def link(self, dag: str, run: str = "", task: str = "") -> str:
        """Return the address of a web page, "" where that can't be known."""
        return link_2(self.around.setting("airflow_ui_url"), dag, run, task)

    def refuse(self, answer: Answer, doing: str) -> PublishError:
        """Return the error that says what the answer means."""
        return refusal_of_2(answer, doing, self.around)

    def check_right(self, dag_id: str) -> Steps[None]:  # noqa: ARG002
        """Do nothing: Airflow 2 looks at the body first."""
        yield from ()

    def _source_path(self, dag: Dag) -> str:
        return _path("dagSources", dag.token)

    def _known(self, query: Mapping[str, str]) -> Mapping[str, str]:
        return {name: value for name, value in query.items() if name != "filename_pattern"}

    def _lines(self, told: Any, dag_id: str) -> Sequence[Line]:
        return lines_of_2(told, f"{dag_id}.py")


def _path(*parts: str) -> str:
    return "".join(f"/{quote(part, safe='')}" for part in parts)
