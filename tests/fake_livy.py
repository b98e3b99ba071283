"""A Livy for tests: its rules, on 127.0.0.1, with Python statements really run in one namespace a session.

What Livy's REST API does and a client can trip over is here: 500 for a statement before the session is
idle, a failed statement that is `available`, 400 for a name that is taken and for unknown fields, 400
without `X-Requested-By`, 404 for what is gone, pages, and only the newest statements kept.  `faults` make
single requests fail.
"""

from __future__ import annotations

import ast
import contextlib
import ctypes
import io
import json
import queue
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

FIELDS = {
    *("kind", "name", "proxyUser", "queue", "conf", "jars", "pyFiles", "files", "archives"),
    *("driverMemory", "driverCores", "executorMemory", "executorCores", "numExecutors"),
}


class Fault:
    """What happens to the next `times` requests that match: `how` is "drop" (not processed, no answer), "lose"
    (processed, no answer), "late" (no answer, and processed before the next request but one), an HTTP status or
    "html"; it lasts as long as `lasts` says instead, where that is given."""

    def __init__(
        self, method: str, path: str, how: str | int, times: int = 1, lasts: Callable[[], bool] | None = None
    ) -> None:
        self.method, self.path, self.how, self.times, self.lasts = method, re.compile(path), how, times, lasts

    def hits(self, method: str, path: str) -> bool:
        if method != self.method or not self.path.fullmatch(path):
            return False
        if self.lasts is not None:
            return self.lasts()
        self.times -= 1
        return self.times >= 0


class Session:
    def __init__(
        self, number: int, body: dict[str, Any], start_looks: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.clock = clock
        self.id, self.name, self.kind = number, body.get("name"), body.get("kind")
        self.body = body
        self.state = "starting"
        self.start_looks = start_looks
        self.statements: list[dict[str, Any]] = []
        self.count = 0
        self.namespace: dict[str, Any] = {}
        self.touched = 0
        self.active = clock()  # the last post, touch or change of state; plain looks don't count
        self.thread: threading.Thread | None = None
        self._queue: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def look(self) -> dict[str, Any]:
        if self.state == "starting":
            self.start_looks -= 1
            if self.start_looks < 0:
                self.state = "idle"
                self.active = self.clock()
        return {"id": self.id, "name": self.name, "kind": self.kind, "state": self.state, "log": ["one", "two"]}

    def submit(self, body: dict[str, Any], retained: int) -> dict[str, Any]:
        statement = {"id": self.count, "code": body["code"], "state": "waiting", "output": None, "progress": 0.0}
        statement["_kind"] = body.get("kind") or self.kind
        self.count += 1
        self.active = self.clock()
        self.statements = [*self.statements, statement][-retained:]
        if self.thread is None:
            self.thread = threading.Thread(target=self._work, daemon=True)
            self.thread.start()
        self._queue.put(statement)
        return statement

    def cancel(self, statement: dict[str, Any]) -> None:
        if statement["state"] == "waiting":
            statement["state"] = "cancelled"
        elif statement["state"] == "running":
            statement["state"] = "cancelling"
            ident = self.thread.ident if self.thread else 0
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident or 0), ctypes.py_object(KeyboardInterrupt))

    def close(self) -> None:
        self.state = "dead"
        self._queue.put(None)
        for statement in self.statements:
            self.cancel(statement)

    def _work(self) -> None:
        while True:
            statement = self._queue.get()
            if statement is None:
                return
            if statement["state"] != "waiting":
                continue
            statement["state"] = "running"
            statement["progress"] = 0.5
            try:
                output = self._run(statement)
            except KeyboardInterrupt:
                output = None
            statement["progress"] = 1.0
            statement["output"] = output
            statement["state"] = "available" if output is not None and statement["state"] == "running" else "cancelled"
            self.active = self.clock()

    def _run(self, statement: dict[str, Any]) -> dict[str, Any]:
        if statement["_kind"] == "spark":
            return {"status": "ok", "execution_count": 1, "data": {"text/plain": f"scala: {statement['code']}"}}
        printed = io.StringIO()
        try:
            with _stdout(printed):
                body = ast.parse(statement["code"]).body
                for node in body[:-1]:  # Livy's shell: one by one, the last as at a prompt
                    exec(compile(ast.Module([node], []), "<stdin>", "exec", dont_inherit=True), self.namespace)
                exec(compile(ast.Interactive(body[-1:]), "<stdin>", "single", dont_inherit=True), self.namespace)
        except Exception as error:  # noqa: BLE001  whatever the cell raises is its output
            lines = traceback.format_exception(type(error), error, error.__traceback__)[2:]
            told = {"ename": type(error).__name__, "evalue": str(error), "traceback": ["Traceback:\n", *lines]}
            return {"status": "error", "execution_count": 1, **told}
        return {"status": "ok", "execution_count": 1, "data": {"text/plain": printed.getvalue()}}


class _Redirected:
    """`sys.stdout` that writes each thread's text where it belongs."""

    def __init__(self, before: Any) -> None:
        self.before, self.mine = before, threading.local()

    def write(self, text: str) -> int:
        return int(getattr(self.mine, "out", self.before).write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.before, name)


@contextlib.contextmanager
def _stdout(out: io.StringIO) -> Any:
    if not isinstance(sys.stdout, _Redirected):
        sys.stdout = _Redirected(sys.stdout)
    redirected = sys.stdout
    redirected.mine.out = out
    try:
        yield
    finally:
        del redirected.mine.out


class FakeLivy:
    """The server; a context manager.  `url` is where it listens."""

    def __init__(self, *, start_looks: int = 2, retained: int = 100, names: bool = True, page: int = 100) -> None:
        self.sessions: dict[int, Session] = {}
        self.made: list[Session] = []
        self.requests: list[tuple[str, str, dict[str, Any]]] = []
        self.faults: list[Fault] = []
        self.start_looks, self.retained, self.names, self.page = start_looks, retained, names, page
        self.refuses_dead = False  # as Livy does once it has noticed that the driver has died
        self.idle_timeout = 3600.0  # seconds of `clock`; Livy ends busy sessions too
        self.clock: Callable[[], float] = time.monotonic
        self.given: dict[str, Any] = {}  # names that every new session has
        self.late: tuple[int, tuple[str, str, dict[str, str], dict[str, Any]]] | None = None  # before which request
        self.lock = threading.RLock()

    def __enter__(self) -> FakeLivy:  # noqa: PYI034
        livy = self

        class Handler(_Handler):
            server_livy = livy

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()
        for session in self.made:
            session.close()
            if session.thread:
                session.thread.join(5)
        if isinstance(sys.stdout, _Redirected):
            sys.stdout = sys.stdout.before

    def count(self, method: str, path: str) -> int:
        """How many requests matched."""
        return sum(1 for one, where, _ in self.requests if one == method and re.fullmatch(path, where.split("?")[0]))

    def catch_up(self) -> None:
        """Process a request that is late, where its turn has come."""
        if self.late is not None and len(self.requests) >= self.late[0]:
            _, request = self.late
            self.late = None
            self.answer(*request)

    def kill(self, session: int) -> None:
        """Lose a session, as when its driver dies and Livy has forgotten it."""
        self.sessions.pop(session).close()

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        for number in [one.id for one in self.sessions.values() if self.clock() - one.active > self.idle_timeout]:
            self.kill(number)
        parts = [unquote(one) for one in path.split("/") if one]
        if parts == ["sessions"]:
            return self._all(query) if method == "GET" else self._create(body)
        session = self._find(parts[1])
        if session is None:
            return 404, {"msg": f"Session '{parts[1]}' not found."}
        if parts[2:3] == ["statements"] and session.state == "dead" and self.refuses_dead:
            if method == "POST":
                return 500, {"msg": "java.lang.IllegalStateException: Session is in state dead"}
            return 400, {"msg": "requirement failed: Session isn't active."}
        match method, parts[2:]:
            case "GET", []:
                return 200, self._shown(session.look())
            case "DELETE", []:
                session.close()
                del self.sessions[session.id]
                return 200, {"msg": "deleted"}
            case "GET", ["log"]:
                return 200, {"id": session.id, "from": 0, "total": 2, "log": ["stdout: ", "YARN says no"]}
            case "POST", ["connect"]:
                session.touched += 1
                session.active = self.clock()
                return 200, self._shown(session.look())
            case "GET", ["statements"]:
                return 200, _paged("statements", "total_statements", session.statements, query, self.page)
            case "POST", ["statements"]:
                if session.state != "idle":
                    return 500, {"msg": "java.lang.IllegalStateException: Session is in state starting"}
                return 201, _public(session.submit(body, self.retained))
        found = next((one for one in session.statements if str(one["id"]) == parts[3]), None)
        if found is None:
            return 404, {"msg": "Statement not found"}
        if method == "POST" and parts[4:] == ["cancel"]:
            session.cancel(found)
            return 200, {"msg": "canceled"}
        return 200, _public(found)

    def _all(self, query: dict[str, str]) -> tuple[int, dict[str, Any]]:
        return 200, _paged(
            "sessions", "total", [self._shown(one.look()) for one in self.sessions.values()], query, self.page
        )

    def _create(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        unknown = set(body) - FIELDS
        if unknown:
            return 400, {"msg": f"Unrecognized field {sorted(unknown)}"}
        if self.names and any(one.name == body.get("name") for one in self.sessions.values()):
            return 400, {"msg": f"Duplicate session name: {body.get('name')}"}
        session = Session(len(self.made), body, self.start_looks, self.clock)
        session.namespace.update(self.given)
        self.made.append(session)
        self.sessions[session.id] = session
        return 201, self._shown(session.look())

    def _find(self, key: str) -> Session | None:
        return next((one for one in self.sessions.values() if str(one.id) == key or one.name == key), None)

    def _shown(self, told: dict[str, Any]) -> dict[str, Any]:
        return told if self.names else {**told, "name": None}


def _public(statement: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if not key.startswith("_")}


def _paged(key: str, total: str, items: list[dict[str, Any]], query: dict[str, str], most: int) -> dict[str, Any]:
    first, size = int(query.get("from", 0)), min(int(query.get("size", most)), most)
    return {"from": first, total: len(items), key: [_public(one) for one in items[first : first + size]]}


class _Handler(BaseHTTPRequestHandler):
    server_livy: FakeLivy
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        livy = self.server_livy
        where = urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        with livy.lock:
            livy.requests.append((self.command, self.path, body))
            livy.catch_up()
            fault = next((one for one in livy.faults if one.hits(self.command, where.path)), None)
            how = fault.how if fault else ""
            if how == "drop":
                self.close_connection = True
                return
            if isinstance(how, int):
                self._write(how, json.dumps({"msg": "a fault"}).encode())
                return
            if how == "html":
                self._write(200, b"<html>Please log in</html>", "text/html")
                return
            if self.command != "GET" and not self.headers.get("X-Requested-By"):
                self._write(400, b'{"msg": "Missing Required Header for CSRF protection."}')
                return
            query = {key: values[-1] for key, values in parse_qs(where.query).items()}
            if how == "late":
                livy.late = len(livy.requests) + 2, (self.command, where.path, query, body)
                self.close_connection = True
                return
            status, answer = livy.answer(self.command, where.path, query, body)
        if how == "lose":
            self.close_connection = True
            return
        self._write(status, json.dumps(answer).encode())

    def _write(self, status: int, data: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = _serve

    def log_message(self, *_: object) -> None:
        pass
