"""An Airflow for tests: the rules of its REST API over real HTTP on 127.0.0.1, with nothing behind it.

What a client can trip over is here, as it was measured on 2.11 and 3.0 to 3.3: 404 until a file was parsed, the
old text until it was parsed again, import errors, `is_stale`, 409 for a run id that is taken, lists as `detail`,
pages of at most 100, runs of paused DAGs that stay queued, a run at a time, the run that a schedule starts when
its DAG is unpaused, tokens and what is said about wrong ones.  Nothing happens by the clock: files are parsed
when a look is forced or after `parse_every` questions for a DAG, and a run goes one step on each time somebody
looks at it.  `faults` make single requests fail.
"""

from __future__ import annotations

import ast
import base64
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

TYPES: dict[str, type | tuple[type, ...]] = {
    "integer": int,
    "string": str,
    "boolean": bool,
    "array": list,
    "number": (int, float),
}
TIME = "2026-11-21T03:00:{:02d}.{:06d}+00:00"
USERS = {"admin": "admin", "view": "view"}


class Fault:
    """What happens to the next `times` matching requests: "drop" (not done, no answer), "lose" (done, no answer),
    an HTTP status (not done), or "html" (a proxy's page)."""

    def __init__(self, method: str, path: str, how: str | int, times: int = 1) -> None:
        self.method, self.path, self.how, self.times = method, re.compile(path), how, times

    def hits(self, method: str, path: str) -> bool:
        if method != self.method or not self.path.fullmatch(path) or self.times <= 0:
            return False
        self.times -= 1
        return True


@dataclass
class Run:
    id: str
    type: str
    conf: dict[str, Any]
    tasks: list[dict[str, Any]]
    state: str = "queued"


@dataclass
class Dag:
    id: str
    file: str
    text: str
    tasks: list[str]
    schedule: str | None
    params: dict[str, Any]
    paused: bool = True
    stale: bool = False
    broken: bool = False
    commit: str = ""
    parsed: str = ""
    due: bool = False
    runs: list[Run] = field(default_factory=list)


class FakeAirflow:
    """The server; a context manager.  `url` is where it listens.

    `read` gives what lies in the DAGs folder now: a commit ("" for a plain folder) and texts by path; by default
    the files of `folder`.  `outcomes` says how tasks end ("failed"; else "success"), `logs` what they log.
    """

    most_rows = 100  # of a page (`[api] maximum_page_limit`)

    def __init__(
        self, folder: Path, *, version: str = "3.3.2", secret: str = "s" * 64, parse_every: int = 1000
    ) -> None:
        self.folder, self.version, self.secret, self.parse_every = folder, version, secret, parse_every
        self.read: Callable[[], tuple[str, Mapping[str, str]]] = lambda: (
            "",
            {one.name: one.read_text() for one in sorted(folder.glob("*.py"))},
        )
        self.root = "/api/v1" if version.startswith("2") else "/api/v2"
        self.dags: dict[str, Dag] = {}
        self.errors: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, str, Any]] = []
        self.faults: list[Fault] = []
        self.outcomes: dict[str, str] = {}
        self.logs: dict[str, list[dict[str, Any]]] = {}
        self.health = {"scheduler": "healthy", "dag_processor": "healthy"}
        self.unpausing_works = True
        self.stale_tasks: list[str] = []  # what /tasks shows once more, as within min_serialized_dag_update_interval
        self.missed_by_stop = ""  # a task that the scheduler takes up while its run is marked failed
        self.call_it_success = False  # the run's own state, whatever its tasks did
        self._looks = self._clock = 0
        self.lock = threading.RLock()

    def __enter__(self) -> FakeAirflow:  # noqa: PYI034
        airflow = self

        class Handler(_Handler):
            fake = airflow

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = False
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    def count(self, method: str, path: str) -> int:
        """How many requests matched."""
        return sum(1 for one, where, _ in self.requests if one == method and re.fullmatch(path, where))

    def now(self) -> str:
        self._clock += 1
        return TIME.format(self._clock // 1000 % 60, self._clock % 1000)

    # --- what Airflow does by itself

    def parse(self) -> None:
        """Read the folder, as the DAG processor does."""
        commit, files = self.read()
        for path, text in files.items():
            self._parse_file(path, text, commit)
        for dag in self.dags.values():
            dag.stale = dag.file not in files

    def _parse_file(self, path: str, text: str, commit: str) -> None:
        now = self.now()
        try:
            found = _dags_of(path, text)
        except (SyntaxError, ImportError) as error:
            trace = (
                f'Traceback (most recent call last):\n  File "{path}", line 1\n{type(error).__name__}: {error.msg}\n'
            )
            known = self.errors.get(path, {"import_error_id": len(self.errors) + 1})
            self.errors[path] = {**known, "timestamp": now, "filename": self._name(path), "stack_trace": trace}
            for dag in self.dags.values():
                dag.broken = dag.broken or dag.file == path
            return
        self.errors.pop(path, None)
        for new in found:
            old = self.dags.get(new.id)
            if old is not None:
                new.paused, new.runs, new.due = old.paused, old.runs, old.due
            new.parsed, new.commit = now, commit
            self.dags[new.id] = new

    def schedule(self) -> None:
        """Start the run that is due for each DAG with a schedule that is not paused, as the scheduler does."""
        for dag in self.dags.values():
            if dag.due and not dag.paused:
                dag.due = False
                dag.runs.append(self._run(dag, "scheduled__2026-11-20T00:00:00+00:00", "scheduled", {}))

    def advance(self, dag: Dag) -> None:
        """Take the oldest run that has not ended one step on; a paused DAG starts none (`max_active_runs=1`)."""
        run = next((one for one in dag.runs if one.state in ("queued", "running")), None)
        if run is None or (run.state == "queued" and dag.paused):
            return
        if run.state == "queued":
            run.state = "running"
            return
        open_tasks = [one for one in run.tasks if one["state"] in (None, "running")]
        failed = any(one["state"] == "failed" for one in run.tasks)
        for task in open_tasks[:1]:
            task["try_number"] = 1
            if failed and task["task_id"] != "livy_cleanup":
                task.update(state="upstream_failed", try_number=0)
            elif task["state"] is None:
                task["state"] = "running"
                return
            else:
                task["state"] = self.outcomes.get(task["task_id"], "success")
            task["end_date"] = self.now()
            task["duration"] = 0.5
        if not [one for one in run.tasks if one["state"] in (None, "running")]:
            bad = any(one["state"] != "success" for one in run.tasks if one["task_id"] != "livy_cleanup")
            run.state = "failed" if bad and not self.call_it_success else "success"

    def _run(self, dag: Dag, run_id: str, kind: str, conf: dict[str, Any]) -> Run:
        tasks = [
            {"task_id": one, "state": None, "try_number": 0, "end_date": None, "duration": None} for one in dag.tasks
        ]
        return Run(run_id, kind, conf, tasks)

    def _name(self, path: str) -> str:
        return f"/opt/airflow/dags/{path}" if self.old else path

    @property
    def old(self) -> bool:
        return self.version.startswith("2")

    # --- the API

    def answer(self, method: str, path: str, query: dict[str, str], body: Any, login: str) -> tuple[int, Any]:
        if path == "/auth/token" and not self.old:
            return self._token(body)
        if not path.startswith(self.root + "/"):
            return 404, "<html>404</html>" if self.old else {"error": "/api/v1 has been removed in Airflow 3"}
        path = path[len(self.root) :]
        if path in ("/monitor/health", "/health") and (path == "/health") == self.old:
            return 200, self._health()
        if path == "/version":
            return 200, {"version": self.version, "git_version": None}
        refused = self._refuse(method, login)
        if refused is not None:
            return refused
        parts = [unquote(one) for one in path.strip("/").split("/")]
        match method, parts:
            case "GET", ["dags"]:
                return 200, _page("dags", [self._shown(one) for one in self.dags.values() if not one.stale], query)
            case "GET", ["importErrors"]:
                found = list(self.errors.values())
                if not self.old:
                    found = [one for one in found if query.get("filename_pattern", "") in one["filename"]]
                return 200, _page("import_errors", found, query)
            case "GET", ["dagSources", key]:
                dag = next((one for one in self.dags.values() if key == (_token(one) if self.old else one.id)), None)
                return (200, {"content": dag.text}) if dag else _missing("dagSource", key)
            case "PUT", ["parseDagFile", token]:
                if token not in [_token(one) for one in self.dags.values()]:
                    return 404, {"detail": "File not found"}
                if self.old:  # one file alone, and it must be there already
                    self.parse_one(token)
                else:
                    self.parse()
                return 201, None
            case _, ["dags", dag_id, *rest]:
                return self._dag(method, dag_id, rest, query, body)
        return 404, {"detail": "Not Found"}

    def parse_one(self, token: str) -> None:
        commit, files = self.read()
        path = next(one.file for one in self.dags.values() if _token(one) == token)
        if path in files:
            self._parse_file(path, files[path], commit)

    def _health(self) -> dict[str, Any]:
        told: dict[str, Any] = {"metadatabase": {"status": "healthy"}}
        for part, status in self.health.items():
            told[part] = {
                "status": status,
                f"latest_{part}_heartbeat": "2026-11-21T03:30:00.5+00:00" if status else None,
            }
        return told

    def _token(self, body: Any) -> tuple[int, Any]:
        if USERS.get(body.get("username", "")) != body.get("password"):
            return 401, {"detail": "Invalid credentials"}
        import jwt

        claims = {"sub": body["username"], "role": "admin", "aud": "apache-airflow", "exp": time.time() + 300}
        times = {"iat": time.time(), "nbf": time.time()}
        return 201, {"access_token": jwt.encode({**claims, **times}, self.secret, algorithm="HS512")}

    def _refuse(self, method: str, login: str) -> tuple[int, Any] | None:
        scheme, _, given = login.partition(" ")
        if self.old:
            pair = base64.b64decode(given).decode() if scheme == "Basic" else ""
            good = pair and USERS.get(pair.partition(":")[0]) == pair.partition(":")[2]
            return None if good else (401, {"detail": None, "status": 401, "title": "Unauthorized"})
        if scheme != "Bearer":
            return 401, {"detail": "Not authenticated"}
        import jwt

        try:
            claims = jwt.decode(
                given,
                self.secret,
                algorithms=["HS512"],
                audience="apache-airflow",
                leeway=10,
                options={"require": ["sub"]},
            )
        except jwt.ExpiredSignatureError:
            return 401, {"detail": "Token Expired"}
        except jwt.InvalidTokenError:
            return 403, {"detail": "Invalid JWT token"}
        if claims.get("role") == "viewer" and method != "GET":
            return 403, {"detail": "Forbidden"}
        return None

    def _dag(self, method: str, dag_id: str, rest: list[str], query: dict[str, str], body: Any) -> tuple[int, Any]:
        if (method, rest) == ("GET", []):
            self._looks += 1
            if self._looks % self.parse_every == 0:
                self.parse()
        if (method, rest) == ("POST", ["dagRuns"]) and not self.old and body.get("logical_date", "") is not None:
            return 422, {"detail": [{"type": "missing", "loc": ["body", "logical_date"], "msg": "Field required"}]}
        dag = self.dags.get(dag_id)
        if dag is None:
            return _missing("Dag", dag_id)
        match method, rest:
            case "GET", []:
                return 200, self._shown(dag)
            case "GET", ["tasks"]:
                ids, self.stale_tasks = self.stale_tasks or dag.tasks, []
                return 200, {"tasks": [{"task_id": one} for one in ids], "total_entries": len(ids)}
            case "PATCH", []:
                if set(body) != {"is_paused"}:
                    return 422, {"detail": [{"type": "extra_forbidden", "loc": ["body"], "msg": "Extra inputs"}]}
                if self.unpausing_works:
                    dag.paused = body["is_paused"]
                return 200, self._shown(dag)
            case "GET", ["dagRuns"]:
                shown = [_run(one) for one in reversed(dag.runs)]
                self.schedule()  # it comes a moment later than the unpausing
                return 200, _page("dag_runs", shown, query)
            case "POST", ["dagRuns"]:
                return self._post_run(dag, body)
            case _, ["dagRuns", run_id, *more]:
                return self._dag_run(method, dag, run_id, more, query, body)
        return 404, {"detail": "Not Found"}

    def _post_run(self, dag: Dag, body: dict[str, Any]) -> tuple[int, Any]:
        if self.old and body.get("logical_date", "now") is None:
            return 400, {"title": "Bad Request", "detail": "{'logical_date': ['Field may not be null.']}"}
        if not isinstance(body.get("conf"), dict):
            return 422, {"detail": [{"type": "dict_type", "loc": ["body", "conf"], "msg": "should be a dictionary"}]}
        if not re.fullmatch(r"[A-Za-z0-9_.~:+-]+", body["dag_run_id"]):
            return 400, {"detail": "The run_id provided does not match"}
        if dag.stale or dag.broken:
            return 404, {"detail": f"Dag with dag_id: '{dag.id}' not found"}
        if any(one.id == body["dag_run_id"] for one in dag.runs):
            return 409, {"detail": {"reason": "Unique constraint violation", "statement": "hidden"}}
        for name, value in body["conf"].items():
            kind = dag.params.get(name)
            if kind in TYPES and (not isinstance(value, TYPES[kind]) or isinstance(value, bool) != (kind == "boolean")):
                why = f"{value!r} is not of type {kind!r}\n\nFailed validating 'type' in schema:\n    {{}}"
                return 400, {"detail": f"Invalid input for param {name}: {why}"}
        run = self._run(dag, body["dag_run_id"], "manual", body["conf"])
        dag.runs.append(run)
        return 200, _run(run)

    def _dag_run(
        self, method: str, dag: Dag, run_id: str, rest: list[str], query: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        run = next((one for one in dag.runs if one.id == run_id), None)
        if run is None:
            return 404, {"detail": f"The DagRun with dag_id: `{dag.id}` and run_id: `{run_id}` was not found"}
        match method, rest:
            case "GET", []:
                shown = _run(run)
                self.advance(dag)
                return 200, shown
            case "PATCH", []:
                ended = {"running": "failed", None: "skipped"}
                for task in run.tasks:
                    if task["task_id"] not in ("livy_cleanup", self.missed_by_stop):  # a teardown is left to run
                        task["state"] = ended.get(task["state"], task["state"])
                self.missed_by_stop = ""
                if not any(one["state"] in ended for one in run.tasks):
                    run.state = body["state"]
                return 200, _run(run)
            case "GET", ["taskInstances"]:
                return 200, _page("task_instances", [dict(one) for one in run.tasks], query)
            case "GET", ["taskInstances", task, "logs", tries]:
                if not any(one["task_id"] == task and str(one["try_number"]) == tries for one in run.tasks):
                    return 404, {"detail": "TaskInstance not found"}
                return 200, {"content": self._log(task), "continuation_token": None}
        return 404, {"detail": "Not Found"}

    def _log(self, task: str) -> Any:
        events = [{"event": "::group::Log message source details"}, *self.logs.get(task, [])]
        if not self.old:
            return events
        stamp = "[2026-11-21T02:56:12.949+0000] "
        lines = [
            f"{stamp}{{{one.get('file', 'logging_mixin.py')}:1}} {one.get('level', 'info').upper()} - {one['event']}"
            for one in events
        ]
        return repr([("host", "\n".join(lines))])

    def _shown(self, dag: Dag) -> dict[str, Any]:
        told = {
            "dag_id": dag.id,
            "is_paused": dag.paused,
            "has_import_errors": dag.broken,
            "last_parsed_time": dag.parsed,
            "fileloc": self._name(dag.file),
            "file_token": _token(dag),
        }
        when = None if dag.schedule is None else f"2026-11-2{0 if dag.due else 2}T00:00:00Z"
        if self.old:
            return {**told, "is_active": not dag.stale, "next_dagrun_create_after": when}
        told |= {"bundle_name": "git" if dag.commit else "dags-folder", "bundle_version": dag.commit or None}
        return {**told, "is_stale": dag.stale, "relative_fileloc": dag.file, "next_dagrun_run_after": when}


def _dags_of(path: str, text: str) -> list[Dag]:
    """Return the DAGs of a file, found in its text: nothing is run, but what a module's `raise` says is raised."""
    found: list[Dag] = []
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, ast.Raise):
            raise ImportError(ast.unparse(node.exc) if node.exc else "")
    for call in _calls(tree, "DAG"):
        schedule = _constant(call, "schedule")
        tasks = [str(_constant(one, "task_id")) for one in _calls(tree, "PythonOperator")]
        params = {
            key.value: _constant(value, "type")
            for node in call.keywords
            if node.arg == "params" and isinstance(node.value, ast.Dict)
            for key, value in zip(node.value.keys, node.value.values, strict=True)
            if isinstance(key, ast.Constant) and isinstance(value, ast.Call)
        }
        found.append(Dag(str(_constant(call, "dag_id")), path, text, tasks, schedule, params, due=schedule is not None))
    return found


def _calls(tree: ast.AST, name: str) -> Iterable[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def _constant(call: ast.Call, name: str) -> Any:
    return next(
        (one.value.value for one in call.keywords if one.arg == name and isinstance(one.value, ast.Constant)), None
    )


def _token(dag: Dag) -> str:
    return f"signed.{dag.file}"


def _run(run: Run) -> dict[str, Any]:
    return {"dag_run_id": run.id, "state": run.state, "run_type": run.type, "conf": run.conf}


def _page(name: str, listed: list[Any], query: dict[str, str]) -> dict[str, Any]:
    limit, offset = min(int(query.get("limit", 50)), FakeAirflow.most_rows), int(query.get("offset", 0))
    return {name: listed[offset : offset + limit], "total_entries": len(listed)}


def _missing(kind: str, key: str) -> tuple[int, Any]:
    return 404, {"detail": f"The {kind} with ID: `{key}` was not found"}


class _Handler(BaseHTTPRequestHandler):
    fake: FakeAirflow
    protocol_version = "HTTP/1.1"

    def _do(self) -> None:
        fake, parts = self.fake, urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(raw) if raw else None
        with fake.lock:
            fault = next((one for one in fake.faults if one.hits(self.command, parts.path)), None)
            fake.requests.append((self.command, parts.path, body))
            if fault is not None and fault.how == "drop":
                self.close_connection = True
                return
            if fault is not None and isinstance(fault.how, int):
                status, told = fault.how, {"detail": "Database error"}
            elif fault is not None and fault.how == "html":
                status, told = 200, "<html>Sign in</html>"
            else:
                query = dict(parse_qsl(parts.query))
                login = self.headers.get("Authorization", "")
                status, told = fake.answer(self.command, parts.path, query, body, login)
        if fault is not None and fault.how == "lose":
            self.close_connection = True
            return
        content = told.encode() if isinstance(told, str) else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if isinstance(told, str) else "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _do

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
