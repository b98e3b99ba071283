"""A session: a worker, its states, and the queue of statements in front of it."""

from __future__ import annotations

import shutil
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from jpe_magics.local.options import LivyOptions, spark_conf, worker_environment
from jpe_magics.local.process import WorkerProcess
from jpe_magics.local.protocol import (
    Kind,
    LivyError,
    SessionRequest,
    SessionState,
    StatementRequest,
    StatementState,
    bad_request,
    illegal_state,
)
from jpe_magics.local.statement import Statement, died

_LOG_LINES = 1000
_LOG_LINES_IN_VIEW = 10


class Session:
    """One interpreter with its Spark.  Safe to use from several threads.

    Statements wait here and go to the worker one at a time, so that cancelling one that waits is
    immediate.  Times inside are `time.monotonic` seconds.
    """

    def __init__(self, number: int, request: SessionRequest, options: LivyOptions, *, keeps_catalog: bool) -> None:
        self.number = number
        self.name = request.name
        self.kind = request.kind
        self.keeps_catalog = keeps_catalog
        self.state = SessionState.STARTING
        self._request = request
        self._options = options
        self._lock = threading.RLock()
        self._statements: dict[int, Statement] = {}
        self._next_statement = 0
        self._running: Statement | None = None
        self._cancel_asked = 0.0
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._app: dict[str, str | None] = {"appId": None, "sparkUiUrl": None}
        self._made = self._active = self._heard = time.monotonic()
        self._ended: float | None = None
        self._state_at_end = SessionState.DEAD
        self._folder = options.session_folder(number)
        self._folder.mkdir(parents=True, mode=0o700)
        if options.spark and not keeps_catalog:
            self._log.append(
                "jpe livy: tables made here are not kept: another session has the catalog, or conf chose it"
            )
        self._process = WorkerProcess(
            options.python,
            worker_environment(options),
            on_message=self._hear,
            on_line=self._log.append,
            on_end=self._worker_ended,
        )
        conf = spark_conf(options, request, number, catalog_is_free=keeps_catalog)
        self._process.send({"do": "start", "spark": options.spark, "conf": conf})

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    # What clients ask for

    def post(self, request: StatementRequest) -> dict[str, Any]:
        """Queue a statement; return Livy's JSON for it."""
        with self._lock:
            self._must_run()
            kind = request.kind or self.kind
            if kind is Kind.SHARED:
                raise bad_request("Code type should be specified if session kind is shared")
            statement = Statement(self._next_statement, request.code, kind)
            self._next_statement += 1
            self._statements[statement.number] = statement
            self._forget_old_statements()
            self._run_next()
            return statement.view()

    def cancel(self, number: int) -> None:
        """Cancel a statement; one that has ended, or was never there, is left alone, as Livy does."""
        with self._lock:
            self._must_run()
            self._active = time.monotonic()
            statement = self._statements.get(number)
            if statement is None:
                return
            if statement.state is StatementState.WAITING:
                statement.finish(None, _now())
            elif statement.state is StatementState.RUNNING:
                statement.state = StatementState.CANCELLING
                self._cancel_asked = time.monotonic()
                self._process.send({"do": "cancel", "id": number})

    def statement(self, number: int) -> dict[str, Any]:
        """Return Livy's JSON for a statement; 404 for one that is forgotten or was never there."""
        with self._lock:
            self._must_show_statements()
            if number not in self._statements:
                raise LivyError(404, "Statement not found")
            return self._statements[number].view()

    def statements(self) -> list[dict[str, Any]]:
        """Return Livy's JSON for all statements that are kept, the oldest first."""
        with self._lock:
            self._must_show_statements()
            return [statement.view() for statement in self._statements.values()]

    def connect(self) -> None:
        """Keep the session from idling out."""
        with self._lock:
            self._active = time.monotonic()

    def heartbeat(self) -> None:
        """A client asked something about this session."""
        with self._lock:
            self._heard = time.monotonic()

    def log(self) -> Sequence[str]:
        """Return the last lines that the worker and its JVM wrote."""
        return self._log.copy()  # threads append: a deque must not be walked meanwhile

    def view(self) -> dict[str, Any]:
        """Return Livy's JSON for the session."""
        with self._lock:
            return {
                "id": self.number,
                "name": self.name,
                "appId": self._app["appId"],
                "owner": None,
                "proxyUser": None,
                "state": self.state.value,
                "kind": self.kind.value,
                "appInfo": {"driverLogUrl": None, "sparkUiUrl": self._app["sparkUiUrl"]},
                "log": list(self.log())[-_LOG_LINES_IN_VIEW:],
            }

    def end(self, state: SessionState = SessionState.DEAD) -> None:
        """End the worker and all its processes; return when none is left."""
        with self._lock:
            if not self.state.is_finished:
                self.state = SessionState.SHUTTING_DOWN
                self._state_at_end = state
        self._process.end()

    # What time brings

    def expired(self) -> str | None:
        """Return why the session is over, or has been kept long enough; None where it is not.

        As in Livy, a busy session idles out too: only posts, `connect` and changes of state count.
        """
        now = time.monotonic()
        with self._lock:
            idle_timeout = self._request.idle_timeout or self._options.idle_timeout
            heartbeat_timeout = self._request.heartbeat_timeout
            if self._ended is not None:
                return "it has ended" if now - self._ended > self._options.kept_after_end else None
            if self._request.ttl is not None and now - self._made > self._request.ttl:
                return "its ttl is over"
            if 0 < heartbeat_timeout < now - self._heard:
                return "its heartbeat stopped"
            return "it was idle" if now - self._active > idle_timeout else None

    def give_up_cancelling(self) -> None:
        """Call a statement cancelled that has not reacted for `cancel_timeout` seconds; it may still run."""
        with self._lock:
            running = self._running
            overdue = time.monotonic() - self._cancel_asked > self._options.cancel_timeout
            if running is not None and running.state is StatementState.CANCELLING and overdue:
                running.finish(None, _now())

    # What the worker says

    def _hear(self, message: dict[str, Any]) -> None:
        with self._lock:
            if message["event"] == "ready":
                self._app = {"appId": message["appId"], "sparkUiUrl": message["sparkUiUrl"]}
                self._run_next()
            elif self._running is None or message["id"] != self._running.number:
                return
            elif message["event"] == "progress":
                self._running.progress = message["progress"]
            else:
                self._running.finish(message["output"], _now())
                self._running = None
                self._run_next()

    def _worker_ended(self, code: int) -> None:
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        with self._lock:
            asked_for = self.state is SessionState.SHUTTING_DOWN
            if not asked_for:
                self._log.append(f"jpe livy: the worker process ended {how}")
            self.state = self._state_at_end
            if self._running is not None:
                # As in Livy: an interpreter that dies in a statement leaves a session in state `error`, which
                # still tells what became of the statement.
                self._running.finish(died(self._running.number, list(self.log())[-_LOG_LINES_IN_VIEW:]), _now())
                self.state = self._state_at_end if asked_for else SessionState.ERROR
            self._running = None
            for statement in self._statements.values():
                if not statement.is_finished:
                    statement.finish(None, _now())
            self._ended = time.monotonic()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run_next(self) -> None:
        self._active = time.monotonic()
        if self._running is None and self.state is not SessionState.SHUTTING_DOWN:
            waiting = (one for one in self._statements.values() if one.state is StatementState.WAITING)
            self._running = next(waiting, None)
            if self._running is None:
                self.state = SessionState.IDLE
                return
            one = self._running
            one.start(_now())
            self.state = SessionState.BUSY
            self._process.send({"do": "execute", "id": one.number, "kind": one.kind.value, "code": one.code})

    def _forget_old_statements(self) -> None:
        finished = [one.number for one in self._statements.values() if one.is_finished]
        surplus = len(self._statements) - self._options.kept_statements
        for number in finished[: max(0, surplus)]:
            del self._statements[number]

    def _must_run(self) -> None:
        if not self.state.is_running:
            raise illegal_state(self.state)

    def _must_show_statements(self) -> None:
        if not self.state.shows_statements:
            raise bad_request("requirement failed: Session isn't active.")


def _now() -> int:
    return time.time_ns() // 1_000_000
