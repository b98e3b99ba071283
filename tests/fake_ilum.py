"""An Ilum core for tests: the documented rules of its REST API over real HTTP on 127.0.0.1, with nothing behind it.

What a client can trip over is here: multipart forms with their required fields, 200 for what was made, 402, 404
and 409 with a `message`, lists that hide what has ended, pages, `PYTHON` that must be said, the two meanings of
`jobConfig`, runs that fail with 200, tokens.  What the documentation leaves open is as little help as it may be:
names are not unique, a run is not listed before its end, `search` finds parts of texts.  Nothing happens by the
clock: a job or run goes one step on each time somebody looks at it.  `faults` make single requests fail.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

ROOT = "/api/v1"
STEPS = ("SUBMITTED", "STARTING", "READY", "BUSY")
_COMMON = {
    *("name", "clusterName", "language", "jobConfig", "tags", "pyRequirements", "packages"),
    *("executors", "driverCores", "executorCores", "driverMemory", "executorMemory"),
    *("dynamicAllocation", "initialExecutors", "minExecutors", "maxExecutors"),
}
FIELDS = {
    "job": _COMMON | {"jobClass", "args", "maxRetries"},
    "group": _COMMON | {"description", "kind", "scale", "autoPause"},
    "schedule": _COMMON | {"jobClass", "args", "maxRetries", "description", "cron", "startTime", "endTime"},
}
REQUIRED = {"job": (), "group": (), "schedule": ("cron", "jobClass")}
#: What a list holds that says nothing of states.
DEFAULT_STATES = {
    "job": ("SUBMITTED", "STARTING", "READY", "BUSY"),
    "group": ("ACTIVE", "ARCHIVED"),
    "schedule": ("ENABLED",),
}
ID = {"job": "jobId", "group": "id", "schedule": "id"}


class Fault:
    """What happens to the next `times` matching requests: "drop" (not done, no answer), "lose" (done, no answer),
    "late" (no answer, and done when the next form is sent), an HTTP status (not done), or "html" (a proxy's page)."""

    def __init__(self, method: str, path: str, how: str | int, times: int = 1, told: Any = None) -> None:
        self.method, self.path, self.how, self.times = method, re.compile(path), how, times
        self.told = {"message": "it failed"} if told is None else told

    def hits(self, method: str, path: str) -> bool:
        if method != self.method or not self.path.fullmatch(path) or self.times <= 0:
            return False
        self.times -= 1
        return True


@dataclass
class Thing:
    """A job, group or schedule: its form, and what became of it."""

    kind: str
    id: str
    form: dict[str, str]
    files: dict[str, bytes]
    state: str
    error: str | None = None
    looks: int = 0
    schedule: str | None = None
    began: int = 0
    drivers: list[Thing] = field(default_factory=list)


@dataclass
class Run:
    id: str
    job: str
    body: dict[str, Any]
    looks: int = 0


class FakeIlum:
    """The server; a context manager.  `url` is its API's address.

    `outcome` says how jobs and runs end: None for well, else the error; `trace` is that of runs.  `log` is the driver's
    log of all jobs.  `token` is the one that is wanted, None for none.  `upload` is the size of forms that is taken.
    """

    def __init__(self) -> None:
        self.clusters = ["default", "gpu"]
        self.token: str | None = None
        self.refusal = "Unauthorized"
        self.upload = 10**6
        self.outcome: str | None = None
        self.trace = ""
        self.result: str | None = '{"status": "ok"}'
        self.log: list[str] = ["starting", "working"]
        self.tags_as: type | None = str  # None: they are not told
        self.tags_filter = "text"  # or "nothing": what is asked for in that way is never found; or "ignored"
        self.numbered = False  # whether ids are numbers
        self.drivers_told = True
        self.unique = False  # whether a name is for one alone that is not stopped
        self.start_state = "READY"
        self.requests: list[tuple[str, str, Any]] = []
        self.faults: list[Fault] = []
        self.made: list[Thing] = []
        self.runs: dict[str, list[Run]] = {}
        self._late: list[Thing] = []
        self._number = 0
        self.lock = threading.RLock()

    def __enter__(self) -> FakeIlum:  # noqa: PYI034
        ilum = self

        class Handler(_Handler):
            fake = ilum

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = False
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}{ROOT}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    def count(self, method: str, path: str) -> int:
        """How many requests matched; `path` stands below the API's address."""
        return sum(1 for one, where, _ in self.requests if one == method and re.fullmatch(path, where))

    def of(self, kind: str) -> list[Thing]:
        return [one for one in self.made if one.kind == kind]

    def add(self, kind: str, name: str, state: str = "", tags: str = "", schedule: str | None = None) -> Thing:
        """Have something stand there already, whoever made it."""
        self._number += 1
        state = state or {"job": "SUBMITTED", "group": "ACTIVE", "schedule": "ENABLED"}[kind]
        form = {"name": name, **({"tags": tags} if tags else {})}
        id = str(self._number) if self.numbered else f"{kind}-{self._number}"
        thing = Thing(kind, id, form, {}, state, schedule=schedule, began=self._number)
        if kind == "group":
            thing.drivers.append(Thing("job", f"driver-{self._number}", form, {}, self.start_state))
        self.made.append(thing)
        return thing

    # --- what is asked

    def answer(self, method: str, path: str, query: dict[str, str], body: Any, login: str) -> tuple[int, Any]:
        if self.token is not None and login != f"Bearer {self.token}":
            return 401, {"message": self.refusal}
        parts = [unquote(part) for part in path.split("/") if part]
        match method, parts:
            case "GET", ["cluster", "names"]:
                return 200, {"names": self.clusters}
            case "POST", ["job", "submit"]:
                return self._make("job", body)
            case "POST", [("group" | "schedule") as kind]:
                return self._make(kind, body)
            case "GET", [("job" | "group" | "schedule") as kind]:
                return self._list(kind, query)
            case "GET", [("group" | "schedule") as kind, "name", name]:
                found = next((one for one in self.of(kind) if one.form["name"] == name), None)
                return (200, self._told(found)) if found else _missing(kind, name)
            case _, [("job" | "group" | "schedule") as kind, id, *rest]:
                thing = next((one for one in self.made if one.kind == kind and one.id == id), None)
                if kind == "job" and thing is None:
                    thing = next((one for group in self.of("group") for one in group.drivers if one.id == id), None)
                return self._one(method, thing, rest, query, body) if thing else _missing(kind, id)
        return 404, {"message": "No static resource"}

    def _make(self, kind: str, form: Any) -> tuple[int, Any]:
        if not isinstance(form, _Form):
            return 415, {"message": "Content type not supported"}
        if form.size > self.upload:
            return 413, None
        wrong = [name for name in form.fields if name not in FIELDS[kind]]
        missing = [name for name in ("name", "clusterName", *REQUIRED[kind]) if not form.fields.get(name)]
        if wrong or missing:
            return 409, {"message": f"unknown {wrong}, missing {missing}"}
        if form.fields["clusterName"] not in self.clusters:
            return 409, {"message": "Cluster does not exist"}
        if form.fields.get("language", "SCALA") != "PYTHON" or set(form.files) != {"pyFiles"}:
            return 409, {"message": "a Scala job needs jars"}
        living = [one for one in self.of(kind) if one.state in ("ACTIVE", "ENABLED", "PAUSED")]
        if self.unique and any(one.form["name"] == form.fields["name"] for one in living):
            return 409, {"message": f"{kind} with name {form.fields['name']} already exists"}
        self.show_late()
        thing = self.add(kind, form.fields["name"])
        thing.form, thing.files = form.fields, form.files
        if kind == "group":
            thing.drivers[0].form = form.fields
        return 200, {{"job": "jobId", "group": "groupId", "schedule": "scheduleId"}[kind]: self._id(thing)}

    def show_late(self) -> None:
        self.made += self._late
        self._late = []

    def make_late(self) -> None:
        """Hide what was made last until the next form is sent."""
        self._late.append(self.made.pop())

    def _list(self, kind: str, query: dict[str, str]) -> tuple[int, Any]:
        states = query.get(f"{kind}States", ",".join(DEFAULT_STATES[kind])).split(",")
        asked = [one for one in query.get("tags", "").split(";") if one]
        tags = {"text": asked, "nothing": asked and ["misread"], "ignored": []}[self.tags_filter]
        search = query.get("search", "")
        found = [
            self._told(one)
            for one in self.of(kind)
            if one.state in states
            and all(tag in one.form.get("tags", "").split(";") for tag in tags)
            and search in one.form["name"]
        ]
        return 200, _page(found, query)

    def _one(self, method: str, thing: Thing, rest: list[str], query: dict[str, str], body: Any) -> tuple[int, Any]:
        match method, rest:
            case "GET", []:
                self._step(thing)
                return 200, self._told(thing)
            case "DELETE", []:
                self.made.remove(thing)
                return 200, None
            case "POST", ["stop"]:
                stopped = {"job": "CANCELED", "group": "ARCHIVED", "schedule": "DISABLED"}[thing.kind]
                if thing.state == stopped:
                    return 409, {"message": "it is stopped already"}
                thing.state = stopped
                return 200, None
            case "GET", ["logs"] if thing.kind == "job":
                start, size = int(query.get("from", 0)), int(query.get("logSize", 100))
                lines = self.log[start : start + size]
                driver = {"name": "driver", "role": "DRIVER", "from": start, "logSize": size, "log": lines}
                return 200, [{"name": "exec-1", "role": "EXECUTOR", "log": ["executor's own"]}, driver]
            case "POST", ["job", ("submit" | "execute") as way] if thing.kind == "group":
                return self._run(thing, way, body)
            case "GET", ["job", "result"] if thing.kind == "group":
                return self._results(thing, query)
        return 404, {"message": "No static resource"}

    def _step(self, thing: Thing) -> None:
        """Go a step on."""
        if thing.kind != "job" or thing.state not in STEPS:
            return
        place = STEPS.index(thing.state) + 1
        thing.state = STEPS[place] if place < len(STEPS) else "FAILED" if self.outcome else "FINISHED"
        thing.error = self.outcome if thing.state == "FAILED" else None

    def _run(self, group: Thing, way: str, body: Any) -> tuple[int, Any]:
        if group.state != "ACTIVE":
            return 409, {"message": "Group is not active"}
        if not isinstance(body, dict) or body.get("type") != "interactive_job_execute" or not body.get("jobClass"):
            return 409, {"message": "type and jobClass are required"}
        if not isinstance(body.get("jobConfig"), dict):
            return 409, {"message": "jobConfig must be an object"}
        driver = group.drivers[0]
        if driver.state == "STARTING":
            driver.looks += 1
            driver.state = "READY" if driver.looks > 2 else "STARTING"
            return 409, {"message": "No job of the group is ready"}
        self._number += 1
        run = Run(f"run-{self._number}", driver.id, body)
        self.runs.setdefault(group.id, []).append(run)
        if way == "execute":
            return 200, self._told_run(group, run)
        return 200, {"jobInstanceId": run.id}

    def _results(self, group: Thing, query: dict[str, str]) -> tuple[int, Any]:
        found = []
        for run in self.runs.get(group.id, []):
            if query.get("search", "") not in run.id:
                continue
            run.looks += 1
            if run.looks > 2 and group.drivers[0].state != "FAILED":
                found.append(self._told_run(group, run))
        return 200, _page(found, query)

    def _told_run(self, group: Thing, run: Run) -> dict[str, Any]:
        error = {"message": self.outcome, "stackTrace": self.trace} if self.outcome else None
        return {
            "jobInstanceId": run.id,
            "jobId": run.job,
            "groupId": group.id,
            "startTime": 1,
            "endTime": 2,
            "jobClass": run.body["jobClass"],
            "jobConfig": run.body["jobConfig"],
            "result": None if error else self.result,
            "error": error,
        }

    def _told(self, thing: Thing) -> dict[str, Any]:
        tags = thing.form.get("tags")
        told: dict[str, Any] = {
            ID[thing.kind]: self._id(thing),
            "jobName" if thing.kind == "job" else "name": thing.form["name"],
            "state": thing.state,
            "tags": dict(one.split("=", 1) for one in tags.split(";"))
            if tags and self.tags_as is dict
            else tags
            if self.tags_as
            else None,
        }
        if thing.kind == "job":
            told |= {"error": thing.error, "scheduleId": thing.schedule, "submitTime": thing.began}
        if thing.kind == "group":
            told["jobs"] = [self._told(one) if self.drivers_told else one.id for one in thing.drivers]
        return told

    def _id(self, thing: Thing) -> str | int:
        return int(thing.id) if self.numbered and thing.id.isdecimal() else thing.id


def _page(found: list[Any], query: Mapping[str, str]) -> dict[str, Any]:
    number, size = int(query.get("page", 0)), int(query.get("size", 10))
    content = found[number * size : (number + 1) * size]
    last = (number + 1) * size >= len(found)
    return {"page": {"number": number, "size": size}, "totalElements": len(found), "last": last, "content": content}


def _missing(kind: str, key: str) -> tuple[int, Any]:
    return 404, {"message": f"{kind} {key} not found"}


@dataclass(frozen=True)
class _Form:
    fields: dict[str, str]
    files: dict[str, bytes]
    size: int


def read_form(kind: str, raw: bytes) -> _Form:
    """Return what is in a body of that Content-Type; a field that comes twice is an error."""
    message = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + raw)
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for part in message.get_payload():
        assert not isinstance(part, str)
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        assert name not in fields
        assert name not in files
        if part.get_filename() is None:
            fields[name] = content.decode()
        else:
            files[name] = content
    return _Form(fields, files, len(raw))


class _Handler(BaseHTTPRequestHandler):
    fake: FakeIlum
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _do(self) -> None:
        fake, parts = self.fake, urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = self.headers.get("Content-Type", "")
        body = read_form(kind, raw) if kind.startswith("multipart/form-data") else json.loads(raw) if raw else None
        path = parts.path.removeprefix(ROOT) if parts.path.startswith(ROOT + "/") else "/nowhere"
        with fake.lock:
            fault = next((one for one in fake.faults if one.hits(self.command, path)), None)
            fake.requests.append((self.command, path, body))
            how = fault.how if fault is not None else None
            if how == "drop":
                self.close_connection = True
                return
            if fault is not None and isinstance(how, int):
                status, told = how, fault.told
                if self.command == "POST":
                    fake.show_late()
            elif how == "html":
                status, told = 200, "<html>Sign in</html>"
            else:
                login = self.headers.get("Authorization", "")
                status, told = fake.answer(self.command, path, dict(parse_qsl(parts.query)), body, login)
                if how == "late":
                    fake.make_late()
        if how in ("lose", "late"):
            self.close_connection = True
            return
        html = isinstance(told, str)
        content = told.encode() if html else b"" if told is None else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if html else "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _do

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
