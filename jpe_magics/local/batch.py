"""A batch: one Python file, run by PySpark's spark-submit as a process of its own."""

from __future__ import annotations

import shutil
import threading
import time
from typing import Any

from jpe_magics.local.bodies import BatchRequest
from jpe_magics.local.log import Log
from jpe_magics.local.options import LivyOptions, spark_conf, worker_environment
from jpe_magics.local.places import Place
from jpe_magics.local.process import WorkerProcess
from jpe_magics.local.protocol import SessionState
from jpe_magics.local.views import batch_view


class Batch:
    """A file that runs until it ends: `success` where spark-submit's exit code is 0, else `dead`.

    Safe to use from several threads.
    """

    def __init__(self, number: int, request: BatchRequest, options: LivyOptions, place: Place) -> None:
        self.number = number
        self.name = request.name
        self.state = SessionState.STARTING
        self.log = Log(is_stderr=False)
        self._request = request
        self._options = options
        self._place = place
        self._lock = threading.Lock()
        self._ended: float | None = None
        self._asked_for: SessionState | None = None
        self._folder = options.folder(f"batch-{number}")
        self._folder.mkdir(parents=True, mode=0o700)
        if not place.keeps_catalog:
            self.log.add("jpe livy: tables made here are not kept: another session has the catalog, or conf chose it")
        conf = spark_conf(options, request.conf, self._folder, app_name=None, keeps_catalog=place.keeps_catalog)
        self._process = WorkerProcess(
            options.python,
            worker_environment(options),
            module="submit",
            on_message=self._hear,
            on_line=self.log.add,
            on_end=self._ended_with,
        )
        arguments = [request.file, *request.args]
        self._process.send({"do": "submit", "conf": conf, "folder": str(self._folder), "arguments": arguments})

    def heartbeat(self) -> None:
        """A client asked something: a batch lives until its end all the same."""

    def view(self) -> dict[str, Any]:
        """Return Livy's JSON for the batch."""
        with self._lock:
            return batch_view(self.number, self.state, self._request, self.log.tail())

    def end(self, state: SessionState = SessionState.KILLED) -> None:
        """End all its processes; return when none is left."""
        with self._lock:
            self._asked_for = state
        self._process.end()

    def tick(self) -> str | None:
        """Return why the batch has been kept long enough, None where it has not; it never idles out, as in Livy."""
        with self._lock:
            kept = self._ended is not None and time.monotonic() - self._ended > self._options.kept_after_end
            return "it has ended" if kept else None

    def _hear(self, _started: dict[str, Any]) -> None:
        with self._lock:
            if self.state is SessionState.STARTING:
                self.state = SessionState.RUNNING

    def _ended_with(self, code: int) -> None:
        with self._lock:
            if self._asked_for is None and code != 0:
                # 128 + n is what a shell says of a process that signal n ended.
                self.log.add(f"jpe livy: spark-submit exited with code {code if code > 0 else 128 - code}")
            self.state = self._asked_for or (SessionState.DEAD if code else SessionState.SUCCESS)
            self._ended = time.monotonic()
        self._place.leave()
        shutil.rmtree(self._folder, ignore_errors=True)
