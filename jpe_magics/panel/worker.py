"""A thread with a queue, on which the panel does what takes time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

_log = logging.getLogger(__name__)

Job = Callable[[], None]


@dataclass(frozen=True)
class _Waiting:
    due: float
    key: str
    job: Job


class Worker:
    """Does one job after the other on a daemon thread, which begins with the first one and ends with `close`.

    What a job raises is handed to `failed`, and the next one is done.  `ended` is the last thing that its thread calls.
    """

    def __init__(
        self, name: str, failed: Callable[[BaseException], None], ended: Callable[[], None] | None = None
    ) -> None:
        self._name = name
        self._failed = failed
        self._ended = ended
        self._news = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._thread: threading.Thread | None = None
        self._closed = False

    def do(self, job: Job, *, key: str = "", after: float = 0.0) -> None:
        """Have `job` done, `after` seconds from now at the earliest.

        A job of the same `key` that still waits is forgotten: only the newest counts.  After `close` nothing is
        done any more.
        """
        with self._news:
            if self._closed:
                return
            self._waiting = [one for one in self._waiting if not key or one.key != key]
            self._waiting.append(_Waiting(time.monotonic() + after, key, job))
            if self._thread is None:
                thread = threading.Thread(target=self._run, name=f"jpe-panel-{self._name}", daemon=True)
                thread.start()  # raises where there can be no more threads: the next job tries again
                self._thread = thread
            self._news.notify()

    def close(self) -> None:
        """Forget what waits, and end the thread after the job that it does; returns at once."""
        with self._news:
            self._closed = True
            self._waiting = []
            self._news.notify()

    def join(self, limit: float) -> None:
        """Wait until the thread has ended, for `limit` seconds at most; a thread does not wait for itself."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(max(0.0, limit))

    def _run(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except BaseException as error:  # noqa: BLE001 - a plugin may even exit: the thread must live on
                self._tell(error)
            del job  # nothing of it stays alive while the next one is waited for
        if self._ended is not None:
            self._ended()

    def _next(self) -> Job | None:
        """Return the first job that is due, None when there will be none any more."""
        with self._news:
            while not self._closed:
                first = min(self._waiting, key=lambda one: one.due, default=None)
                now = time.monotonic()
                if first is not None and first.due <= now:
                    self._waiting.remove(first)
                    return first.job
                self._news.wait(None if first is None else first.due - now)
            return None

    def _tell(self, error: BaseException) -> None:
        try:
            self._failed(error)
        except Exception as another:  # noqa: BLE001 - who hears it may fail as well
            _log.debug("a failure could not be told: %s", type(another).__name__)
