"""The worker's main loop: messages in, statements run on the main thread, messages out.

A message is one line of JSON on a socket that only the server and this process hold.

- in: `start` (conf, spark, folder), once; `execute` (id, kind, code); `cancel` (id); questions, which have an answer
  while statements run: `complete` (question, code, cursor), `add` (question, what, path).  The end of the stream
  means: end.
- out: `ready` (appId, sparkUiUrl), `progress` (id, progress), `done` (id, output), `answer` (question, and
  `candidates` or `error`).

What others than the statements' Python code write (the JVM, child processes) goes to standard output and error,
which the server keeps as the session's log.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import sys
import threading
import traceback
from typing import Any

from . import JVM_ENDED
from .completion import candidates
from .group import end_group, survive_sigterm
from .interpreter import Interpreter, error_output
from .spark import Spark

#: Livy's `livy.rsc.rpc.max.size`: an output can't be larger, in bytes.
MAX_MESSAGE = 50 * 1024 * 1024
TICK_SECONDS = 0.25


class Worker:
    """Runs statements one after the other, while a thread listens and another one watches the statement."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._lines = channel.makefile("rb")
        self._sending = threading.Lock()
        self._statements: queue.Queue[dict[str, Any]] = queue.Queue()
        self._spark: Spark | None = None
        self._interpreter = Interpreter({})
        self._running: int | None = None
        self._cancelling: int | None = None
        self._wake = threading.Event()
        self._ready = threading.Event()

    def run(self) -> None:
        """Start Spark and run statements, until the server ends the stream."""
        signal.signal(signal.SIGUSR1, self._interrupt)
        survive_sigterm()
        start = json.loads(self._lines.readline() or b"{}")
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            self._start(start)
        except Exception:  # noqa: BLE001 - whatever kept Spark from starting is in the session's log, and the session dies
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)  # the server ends what is left of the JVM
        threading.Thread(target=self._watch, daemon=True).start()
        while True:
            self._run_statement(self._statements.get())

    def _start(self, start: dict[str, Any]) -> None:
        info: dict[str, Any] = {"appId": None, "sparkUiUrl": None}
        if start["spark"]:
            self._spark = Spark(start["conf"], start["folder"])
            self._interpreter = Interpreter(self._spark.names())
            info.update(self._spark.info())
        self._interpreter.capture()
        self._ready.set()
        self._send({"event": "ready", **info})

    def _run_statement(self, statement: dict[str, Any]) -> None:
        number = statement["id"]
        self._running = number
        self._wake.set()
        try:
            try:
                output = self._output(number, statement["kind"], statement["code"])
            finally:
                self._running = None
        except KeyboardInterrupt as interrupt:  # it came between the statement's last line and ours
            self._running = None
            output = error_output(number, interrupt)
        self._send_done(number, output)

    def _output(self, number: int, kind: str, code: str) -> dict[str, Any]:
        try:
            if self._spark is not None:
                self._spark.begin(number)
            if kind != "sql":
                return self._interpreter.execute(number, code)
            if self._spark is None:
                raise RuntimeError("this worker has no Spark")
            return {"status": "ok", "execution_count": number, "data": self._spark.sql(code)}
        except Exception as error:  # noqa: BLE001 - a failed query is the statement's result; Livy calls it "Error"
            return {**error_output(number, error), "ename": "Error"}
        finally:
            self._interpreter.printed_to_log()  # what PySpark printed over a query; execute leaves nothing

    def _send_done(self, number: int, output: dict[str, Any]) -> None:
        try:
            line = _encode({"event": "done", "id": number, "output": output})
        except (TypeError, ValueError) as error:
            line = _encode({"event": "done", "id": number, "output": error_output(number, error)})
        self._send_line(line)

    def _send(self, message: dict[str, Any]) -> None:
        self._send_line(_encode(message))

    def _send_line(self, line: bytes) -> None:
        try:
            with self._sending:
                self._channel.sendall(line)
        except OSError:
            self._end()  # the server is gone

    def _listen(self) -> None:
        for line in self._lines:
            message = json.loads(line)
            if message["do"] == "execute":
                self._statements.put(message)
            elif "question" in message:
                threading.Thread(target=self._answer, args=(message,), daemon=True).start()
            else:
                self._cancelling = message["id"]
                self._wake.set()
        self._end()

    def _answer(self, message: dict[str, Any]) -> None:
        self._ready.wait()
        try:
            answer = self._answer_to(message)
        except Exception as error:  # noqa: BLE001 - what kept Spark from taking a file is the answer
            answer = {"error": f"{type(error).__name__}: {error}"}
        self._send({"event": "answer", "question": message["question"], **answer})

    def _answer_to(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["do"] == "complete":
            return {"candidates": candidates(message["code"], message["cursor"], self._interpreter.names)}
        if self._spark is None:
            raise RuntimeError("this worker has no Spark")
        self._spark.add(message["what"], message["path"])
        return {}

    def _watch(self) -> None:
        """Report the running statement's progress, carry out its cancelling, and notice the JVM's end."""
        reported = 0.0
        asked: int | None = None
        while True:
            woken = self._wake.wait(TICK_SECONDS if self._running is not None else 4 * TICK_SECONDS)
            self._wake.clear()
            code = self._spark.jvm_exit() if self._spark is not None else None
            if code is not None:
                os.write(2, b"The JVM ended with code %d.\n" % code)
                os._exit(JVM_ENDED)
            number = self._running
            if number is None:
                reported = 0.0
            elif number == self._cancelling:
                self._cancel(number, first=asked != number)
                asked = number
            elif self._spark is not None and not woken:  # a statement that has just begun is left alone for a tick
                progress = self._spark.progress(number)
                if progress is not None and progress != reported:
                    reported = progress
                    self._send({"event": "progress", "id": number, "progress": progress})

    def _cancel(self, number: int, *, first: bool) -> None:
        """Cancel the Spark jobs; from the second time on, break off the Python code as well."""
        if self._spark is not None:
            self._spark.cancel(number)
        if not first or self._spark is None:
            signal.pthread_kill(_main_thread(), signal.SIGUSR1)

    def _interrupt(self, _signal: int, _frame: Any) -> None:
        if self._running is not None and self._running == self._cancelling:
            raise KeyboardInterrupt

    def _end(self) -> None:
        """End this process and all that it started: the server wants it, or is gone."""
        spark = self._spark
        end_group(lambda: spark is None or spark.jvm_exit() is not None)


def _encode(message: dict[str, Any]) -> bytes:
    line = json.dumps(message, allow_nan=False).encode("ascii") + b"\n"
    if len(line) > MAX_MESSAGE:
        raise ValueError(f"the output is larger than {MAX_MESSAGE} bytes")
    return line


def _main_thread() -> int:
    ident = threading.main_thread().ident
    assert ident is not None  # it has been started
    return ident


def main(channel: socket.socket) -> None:
    """Run on the socket to the server; does not return."""
    Worker(channel).run()
