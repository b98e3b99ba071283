"""The REST API: each route's rules, as a function of the request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from tools.servers.ilum_core.access import Access
from tools.servers.ilum_core.forms import Form, read_form
from tools.servers.ilum_core.groups import Groups
from tools.servers.ilum_core.http import Answer, Asked
from tools.servers.ilum_core.jobs import Jobs
from tools.servers.ilum_core.multipart import parts
from tools.servers.ilum_core.pages import found, number, page, tags_wanted, wanted
from tools.servers.ilum_core.records import Definition, Group, Instance, Job, Schedule, new_id
from tools.servers.ilum_core.refusal import Refusal, not_found
from tools.servers.ilum_core.schedules import Schedules
from tools.servers.ilum_core.state import State

ACTIVE = ("SUBMITTED", "STARTING", "READY", "BUSY")
PREFIX = "/api/v1"


class Api:
    """Answers requests below `PREFIX`, and the health question beside it."""

    def __init__(self, state: State, jobs: Jobs, groups: Groups, schedules: Schedules, access: Access) -> None:
        self._state, self._jobs, self._groups, self._schedules = state, jobs, groups, schedules
        self._access = access

    def answer(self, asked: Asked) -> Answer:
        """Return the answer of a request with status 200; raise `Refusal` for another one."""
        if asked.path == "/actuator/health":
            return {"status": "UP"}
        if not asked.path.startswith(PREFIX + "/"):
            raise Refusal(404, f"No static resource {asked.path}")
        self._access.check(asked)
        self._groups.let_idle_ones_rest()
        path, known = asked.path.removeprefix(PREFIX), False
        for method, pattern, function in ROUTES:
            if match := re.fullmatch(pattern, path):
                known = True
                if method == asked.method:
                    return function(self, asked, *match.groups())
        raise Refusal(405, f"Method {asked.method} is not supported") if known else not_found("Resource", path)

    # --- jobs

    def submit_job(self, asked: Asked) -> Answer:
        return {"jobId": self._jobs.submit(self._definition("job", asked)).id}

    def list_jobs(self, asked: Asked) -> Answer:
        types, states = wanted(asked.query, "jobTypes"), wanted(asked.query, "jobStates", ACTIVE)
        jobs = [one for one in self._all(self._state.jobs) if not types or one.kind in types]
        rows = [one.info(self._state.readings) for one in jobs if one.state in states and self._fits(one, asked)]
        return page([row for row in rows if found(row, asked.query, ("jobId", "jobName"))], asked.query)

    def get_job(self, _: Asked, key: str) -> Answer:
        with self._state.changed:
            return self._jobs.get(key).info(self._state.readings)

    def delete_job(self, _: Asked, key: str) -> Answer:
        self._jobs.delete(self._jobs.get(key))

    def stop_job(self, _: Asked, key: str) -> Answer:
        self._jobs.stop(self._jobs.get(key))

    def job_logs(self, asked: Asked, key: str) -> Answer:
        start, size = number(asked.query, "from", 0), number(asked.query, "logSize", 100)
        return self._jobs.logs(self._jobs.get(key), start, size)

    def job_updates(self, asked: Asked) -> Answer:
        return self._stream("job", asked, lambda row: row)

    # --- groups

    def create_group(self, asked: Asked) -> Answer:
        return {"groupId": self._groups.create(self._definition("group", asked)).id}

    def list_groups(self, asked: Asked) -> Answer:
        states, kinds = wanted(asked.query, "groupStates"), wanted(asked.query, "groupKinds")
        rows = [
            self._group(one, wanted(asked.query, "jobStates", ACTIVE))
            for one in self._all(self._state.groups)
            if (not states or one.state in states) and self._fits(one, asked)
        ]
        rows = [row for row in rows if not kinds or row["kind"] in kinds]
        return page([row for row in rows if found(row, asked.query, ("id", "name"))], asked.query)

    def get_group(self, _: Asked, key: str) -> Answer:
        return self._group(self._groups.get(key))

    def get_group_named(self, _: Asked, name: str) -> Answer:
        return self._group(self._groups.named(name))

    def update_group(self, asked: Asked, key: str) -> Answer:
        self._groups.update(self._groups.get(key), self._form("group update", asked).typed())

    def delete_group(self, _: Asked, key: str) -> Answer:
        self._groups.delete(self._groups.get(key))

    def act_on_group(self, _: Asked, key: str, action: str) -> Answer:
        group = self._groups.get(key)
        if action == "stop":
            self._groups.stop(group)
        elif action == "pause":
            self._groups.rest(group)
        else:
            self._groups.resume(group, anew=action == "restart")

    def rescale_group(self, _: Asked, key: str, scale: str) -> Answer:
        self._groups.rescale(self._groups.get(key), int(scale))

    def execute(self, asked: Asked, key: str) -> Answer:
        instance = self._groups.execute(self._groups.get(key), _json(asked))
        with self._state.changed:
            while instance.ended_at is None and not asked.gone():
                self._state.changed.wait(0.1)
            return instance.info()

    def submit_execution(self, asked: Asked, key: str) -> Answer:
        return {"jobInstanceId": self._groups.execute(self._groups.get(key), _json(asked)).id}

    def results(self, asked: Asked, key: str) -> Answer:
        group = self._state.groups.get(key)  # an unknown one has no results: the API knows no 404 here
        told = [one.info() for one in (group.instances if group else ()) if self._listed(one)]
        return page([row for row in told if found(row, asked.query, ("jobInstanceId", "jobClass"))], asked.query)

    def result_updates(self, asked: Asked) -> Answer:
        return self._stream("instance", asked, self._with_group)

    # --- schedules

    def create_schedule(self, asked: Asked) -> Answer:
        return {"scheduleId": self._schedules.create(self._definition("schedule", asked)).id}

    def list_schedules(self, asked: Asked) -> Answer:
        states, crons = wanted(asked.query, "scheduleStates", ("ENABLED",)), asked.query.get("scheduleCrons")
        rows = [
            self._schedule(one, wanted(asked.query, "jobStates", ACTIVE))
            for one in self._all(self._state.schedules)
            if one.state in states and self._fits(one, asked) and (not crons or one.definition.get("cron") in crons)
        ]
        return page([row for row in rows if found(row, asked.query, ("id", "name"))], asked.query)

    def get_schedule(self, _: Asked, key: str) -> Answer:
        return self._schedule(self._schedules.get(key))

    def get_schedule_named(self, _: Asked, name: str) -> Answer:
        return self._schedule(self._schedules.named(name))

    def update_schedule(self, asked: Asked, key: str) -> Answer:
        self._schedules.update(self._schedules.get(key), self._form("schedule update", asked).typed())

    def delete_schedule(self, _: Asked, key: str) -> Answer:
        self._schedules.delete(self._schedules.get(key))

    def act_on_schedule(self, _: Asked, key: str, action: str) -> Answer:
        states = {"pause": "PAUSED", "resume": "ENABLED", "stop": "DISABLED"}
        self._schedules.set(self._schedules.get(key), states[action])

    # --- the rest

    def cluster_names(self, _: Asked) -> Answer:
        return {"names": list(self._access.clusters)}

    def list_clusters(self, asked: Asked) -> Answer:
        rows = [{"id": name, "name": name, "type": "local", "threads": 2} for name in self._access.clusters]
        return page([row for row in rows if found(row, asked.query, ("name",))], asked.query)

    def get_cluster(self, _: Asked, key: str) -> Answer:
        if key not in self._access.clusters:
            raise not_found("Cluster", key)
        return {"id": key, "name": key, "type": "local", "threads": 2}

    def licence(self, _: Asked) -> Answer:
        return {"status": "RED" if self._access.licence_expired else "GREEN", "expire": "2030-01-01"}

    # --- what they share

    def _form(self, kind: str, asked: Asked) -> Form:
        return read_form(kind, parts(asked.headers.get("Content-Type", ""), asked.body))

    def _definition(self, kind: str, asked: Asked) -> Definition:
        form = self._form(kind, asked)
        if form.texts["clusterName"] not in self._access.clusters:
            raise not_found("Cluster", form.texts["clusterName"])
        return Definition.made(form, self._state.folder(new_id()))

    def _all(self, kept: dict[str, Any]) -> list[Any]:
        with self._state.changed:
            return list(kept.values())

    def _fits(self, one: Job | Group | Schedule, asked: Asked) -> bool:
        clusters = wanted(asked.query, "clusterNames")
        tags = one.definition.tags.items()
        return tags_wanted(asked.query) <= tags and (not clusters or one.definition.get("clusterName") in clusters)

    def _group(self, group: Group, states: frozenset[str] = frozenset()) -> dict[str, Any]:
        with self._state.changed:
            return group.info(self._state.readings, [job for job in group.jobs if not states or job.state in states])

    def _schedule(self, schedule: Schedule, states: frozenset[str] = frozenset()) -> dict[str, Any]:
        with self._state.changed:
            jobs = [job for job in self._state.jobs.values() if job.schedule == schedule.id]
            return schedule.info(self._state.readings, [job for job in jobs if not states or job.state in states])

    def _listed(self, instance: Instance) -> bool:
        return self._state.readings.unfinished_results or instance.ended_at is not None

    def _stream(self, kind: str, asked: Asked, whole: Callable[[dict[str, Any]], dict[str, Any]]) -> Iterator[Any]:
        """Yield what changes from now on, and fits; `whole` gives a row the fields that are filtered by."""
        state, filters = self._state, {}
        for name, key in (("jobIds", "jobId"), ("groupIds", "groupId"), ("clusterNames", "clusterName")):
            filters[key] = wanted(asked.query, name)
        filters["name"] = wanted(asked.query, "groupNames")
        tags = tags_wanted(asked.query)
        start = len(state.feed)
        return self._rows(kind, asked, start, lambda row: _matches(whole(row), filters, tags))

    def _rows(
        self, kind: str, asked: Asked, start: int, fits: Callable[[dict[str, Any]], bool]
    ) -> Iterator[list[dict[str, Any]]]:
        state = self._state
        while not asked.gone():
            with state.changed:
                if len(state.feed) == start:
                    state.changed.wait(0.1)
                rows, start = state.feed.since(start, kind), len(state.feed)
            yield [row for row in rows if fits(row)]

    def _with_group(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return an instance with what its group says of itself."""
        group = self._state.groups.get(row["groupId"])
        return {**(group.info(self._state.readings, []) if group else {"tags": {}}), **row}


def _matches(row: dict[str, Any], filters: dict[str, frozenset[str]], tags: set[tuple[str, str]]) -> bool:
    kept = row["tags"] if isinstance(row["tags"], dict) else dict(one.split("=", 1) for one in row["tags"].split(";"))
    return tags <= kept.items() and all(not values or row.get(key) in values for key, values in filters.items())


def _json(asked: Asked) -> Any:
    if asked.headers.get_content_type() != "application/json":
        raise Refusal(415, f"Content type '{asked.headers.get_content_type()}' not supported")
    try:
        return json.loads(asked.body)
    except ValueError:
        raise Refusal(400, "the body is not JSON") from None


_ID = "([^/]+)"
#: Method, path and function; fixed words stand before the ids that would take them.
ROUTES: list[tuple[str, str, Callable[..., Answer]]] = [
    ("POST", "/job/submit", Api.submit_job),
    ("GET", "/job/updates", Api.job_updates),
    ("GET", "/job", Api.list_jobs),
    ("GET", f"/job/{_ID}", Api.get_job),
    ("DELETE", f"/job/{_ID}", Api.delete_job),
    ("POST", f"/job/{_ID}/stop", Api.stop_job),
    ("GET", f"/job/{_ID}/logs", Api.job_logs),
    ("POST", "/group", Api.create_group),
    ("GET", "/group", Api.list_groups),
    ("GET", "/group/job/result/updates", Api.result_updates),
    ("GET", f"/group/name/{_ID}", Api.get_group_named),
    ("GET", f"/group/{_ID}", Api.get_group),
    ("PUT", f"/group/{_ID}", Api.update_group),
    ("DELETE", f"/group/{_ID}", Api.delete_group),
    ("POST", f"/group/{_ID}/(stop|pause|resume|restart)", Api.act_on_group),
    ("POST", f"/group/{_ID}/rescale/([0-9]+)", Api.rescale_group),
    ("POST", f"/group/{_ID}/job/execute", Api.execute),
    ("POST", f"/group/{_ID}/job/submit", Api.submit_execution),
    ("GET", f"/group/{_ID}/job/result", Api.results),
    ("POST", "/schedule", Api.create_schedule),
    ("GET", "/schedule", Api.list_schedules),
    ("GET", f"/schedule/name/{_ID}", Api.get_schedule_named),
    ("GET", f"/schedule/{_ID}", Api.get_schedule),
    ("PUT", f"/schedule/{_ID}", Api.update_schedule),
    ("DELETE", f"/schedule/{_ID}", Api.delete_schedule),
    ("POST", f"/schedule/{_ID}/(pause|resume|stop)", Api.act_on_schedule),
    ("GET", "/cluster/names", Api.cluster_names),
    ("GET", "/cluster", Api.list_clusters),
    ("GET", f"/cluster/{_ID}", Api.get_cluster),
    ("GET", "/license", Api.licence),
]
