"""A session: a worker, its states, and the statements in front of it."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path
from typing import Any

from jpe_magics.local.bodies import CompletionRequest, SessionRequest, StatementRequest
from jpe_magics.local.log import Log
from jpe_magics.local.options import LivyOptions, spark_conf, worker_environment
from jpe_magics.local.places import Place
from jpe_magics.local.process import WorkerProcess
from jpe_magics.local.protocol import Kind, LivyError, SessionState, bad_request, driver_error, illegal_state
from jpe_magics.local.questions import Questions
from jpe_magics.local.statement import died
from jpe_magics.local.statements import Statements
from jpe_magics.local.upload import Upload
from jpe_magics.local.views import session_view
from jpe_magics.local.worker import JVM_ENDED

_COMPLETION_SECONDS = 5.0
_ADD_SECONDS = 60.0


class Session:
    """One interpreter with its Spark.  Safe to use from several threads.

    Times inside are `time.monotonic` seconds.
    """

    def __init__(self, number: int, request: SessionRequest, options: LivyOptions, place: Place) -> None:
        self.number = number
        self.name = request.name
        self.kind = request.kind
        self.state = SessionState.STARTING
        self.log = Log(is_stderr=True)
        self._request = request
        self._options = options
        self._place = place
        self._lock = threading.RLock()
        self._statements = Statements(options.kept_statements)
        self._app: dict[str, str | None] = {"appId": None, "sparkUiUrl": None}
        self._made = self._active = self._heard = time.monotonic()
        self._ended: float | None = None
        self._state_at_end = SessionState.DEAD
        self._folder = options.folder(str(number))
        self._folder.mkdir(parents=True, mode=0o700)
        if options.spark and not place.keeps_catalog:
            self.log.add("jpe livy: tables made here are not kept: another session has the catalog, or conf chose it")
        self._questions = Questions()
        self._process = WorkerProcess(
            options.python,
            worker_environment(options),
            module="main",
            on_message=self._hear,
            on_line=self.log.add,
            on_end=self._worker_ended,
        )
        app_name = f"livy-session-{number}"
        conf = spark_conf(options, request.conf, self._folder, app_name=app_name, keeps_catalog=place.keeps_catalog)
        start = {"do": "start", "spark": options.spark, "conf": conf, "folder": str(self._folder)}
        self._process.send(start)

    # What clients ask for

    def post(self, request: StatementRequest) -> dict[str, Any]:
        """Queue a statement; return Livy's JSON for it."""
        with self._lock:
            self._must_run()
            statement = self._statements.add(request.code, self._kind(request.kind))
            self._run_next()
            return statement.view()

    def cancel(self, number: int) -> None:
        """Cancel a statement; one that has ended, or was never there, is left alone, as Livy does."""
        with self._lock:
            self._must_run()
            self._active = time.monotonic()
            if self._statements.cancel(number):
                self._process.send({"do": "cancel", "id": number})

    def statement(self, number: int) -> dict[str, Any]:
        """Return Livy's JSON for a statement; 404 for one that is forgotten or was never there."""
        with self._lock:
            self._must_be_active()
            statement = self._statements.find(number)
            if statement is None:
                raise LivyError(404, "Statement not found")
            return statement.view()

    def statements(self) -> list[dict[str, Any]]:
        """Return Livy's JSON for all statements that are kept, the oldest first."""
        with self._lock:
            self._must_be_active()
            return [statement.view() for statement in self._statements.all()]

    def complete(self, request: CompletionRequest) -> list[str]:
        """Return the names that may stand at the cursor; none in time are none at all."""
        with self._lock:
            self._must_run()
            self._active = time.monotonic()
            if self._kind(request.kind) is not Kind.PYSPARK:
                return []
        question = {"do": "complete", "code": request.code, "cursor": request.cursor}
        answer = self._questions.ask(self._process.send, question, seconds=_COMPLETION_SECONDS) or {}
        return list(answer.get("candidates", ()))

    def keep_upload(self, upload: Upload) -> Path:
        """Write an uploaded file into the session's folder; return its path."""
        with self._lock:
            self._must_be_active()
            folder = self._folder / "uploads"
            folder.mkdir(mode=0o700, exist_ok=True)
            path = folder / upload.name
            path.write_bytes(upload.content)
            return path

    def add(self, what: str, path: str) -> None:
        """Give the session's Spark a file (`file`) or Python module (`pyfile`); 500 where it does not take it."""
        with self._lock:
            self._must_be_active()
            self._active = time.monotonic()
        question = {"do": "add", "what": what, "path": path}
        answer = self._questions.ask(self._process.send, question, seconds=_ADD_SECONDS)
        error = "the session gave no answer" if answer is None else answer.get("error")
        if error is not None:
            raise driver_error(error)

    def connect(self) -> None:
        """Keep the session from idling out."""
        with self._lock:
            self._active = time.monotonic()

    def heartbeat(self) -> None:
        """A client asked something about this session."""
        with self._lock:
            self._heard = time.monotonic()

    def view(self) -> dict[str, Any]:
        """Return Livy's JSON for the session."""
        with self._lock:
            return session_view(self.number, self.state, self._request, self._app, self.log.tail())

    def end(self, state: SessionState = SessionState.DEAD) -> None:
        """End the worker and all its processes; return when none is left."""
        with self._lock:
            if not self.state.is_finished:
                self.state = SessionState.SHUTTING_DOWN
                self._state_at_end = state
        self._process.end()

    # What time brings

    def tick(self) -> str | None:
        """Do what is due; return why the session is over, or has been kept long enough, None where it is not.

        As in Livy, a busy session idles out too: only posts, `connect` and changes of state count.
        """
        now = time.monotonic()
        with self._lock:
            self._statements.give_up_cancelling(self._options.cancel_timeout)
            idle_timeout = self._options.idle_timeout
            if self._request.idle_timeout is not None:
                idle_timeout = self._request.idle_timeout
            if self._ended is not None:
                return "it has ended" if now - self._ended > self._options.kept_after_end else None
            if self._request.ttl is not None and now - self._made > self._request.ttl:
                return "its ttl is over"
            if 0 < self._request.heartbeat_timeout < now - self._heard:
                return "its heartbeat stopped"
            return "it was idle" if now - self._active > idle_timeout else None

    # What the worker says

    def _hear(self, message: dict[str, Any]) -> None:
        if message["event"] == "answer":
            self._questions.answered(message)
            return
        with self._lock:
            running = self._statements.running
            if message["event"] == "ready":
                self._app = {"appId": message["appId"], "sparkUiUrl": message["sparkUiUrl"]}
                self._run_next()
            elif running is None or message["id"] != running.number:
                return
            elif message["event"] == "progress":
                running.progress = message["progress"]
            else:
                self._statements.finish_running(message["output"])
                self._run_next()

    def _worker_ended(self, code: int) -> None:
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        with self._lock:
            asked_for = self.state is SessionState.SHUTTING_DOWN
            if not asked_for:
                self.log.add(f"jpe livy: the worker process ended {how}")
            self.state = self._state_at_end
            running = self._statements.running
            if running is not None:
                # As in Livy: an interpreter that dies in a statement leaves a session in state `error`, which
                # still tells what became of the statement; with the JVM all of that is gone.
                self._statements.finish_running(died(running.number, self.log.tail()))
                if not asked_for and code != JVM_ENDED:
                    self.state = SessionState.ERROR
            self._statements.finish_all()
            self._ended = time.monotonic()
        self._questions.close()
        self._place.leave()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run_next(self) -> None:
        self._active = time.monotonic()
        if self._statements.running is None and self.state is not SessionState.SHUTTING_DOWN:
            one = self._statements.start_next()
            self.state = SessionState.IDLE if one is None else SessionState.BUSY
            if one is not None:
                self._process.send({"do": "execute", "id": one.number, "kind": one.kind.value, "code": one.code})

    def _kind(self, asked_for: Kind | None) -> Kind:
        kind = asked_for or self.kind
        if kind is Kind.SHARED:
            raise driver_error(
                "java.lang.IllegalArgumentException: Code type should be specified if session kind is shared"
            )
        return kind

    def _must_run(self) -> None:
        if not self.state.is_running:
            raise illegal_state(self.state)

    def _must_be_active(self) -> None:
        if not self.state.is_active:
            raise bad_request("requirement failed: Session isn't active.")
