"""The panel's threads: one for each kind of work, so that none waits for another kind."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from threading import Lock

from jpe_magics.panel.later import LATER
from jpe_magics.panel.worker import Job, Worker


class Lanes:
    """Threads by name, each begun by its first job; `failed` hears a lane's name and what a job of it raised.

    The last thread that ends calls `ended`.
    """

    def __init__(self, failed: Callable[[str, BaseException], None], ended: Callable[[], None] | None = None) -> None:
        self._failed = failed
        self._ended = ended
        self._going = 0
        self._lock = Lock()
        self._workers: dict[str, Worker] = {}
        self._closed = False

    def do(self, lane: str, job: Job, *, key: str = "", after: float = 0.0) -> None:
        """Have `job` done on that lane (see `Worker.do`); not after `close`."""
        with self._lock:
            if self._closed:
                return
            if lane not in self._workers:
                self._workers[lane] = Worker(lane, partial(self._failed, lane), self._end)
                self._going += 1
            self._workers[lane].do(job, key=key, after=after)

    def close(self) -> None:
        """Forget what waits, and end every thread after the job that it does; returns at once."""
        with self._lock:
            self._closed = True
            workers = tuple(self._workers.values())
        for worker in workers:
            worker.close()

    def at_last(self, job: Job) -> None:
        """Have `job` done later (see `Later`), also after `close`; its thread is one of those that end."""
        with self._lock:
            self._going += 1
        LATER.do(partial(self._do_last, job))

    def _do_last(self, job: Job) -> None:
        try:
            job()
        finally:
            self._end()

    def _end(self) -> None:
        """Hear that a thread ends."""
        with self._lock:
            self._going -= 1
            last = self._going == 0
        if last and self._ended is not None:
            self._ended()

    def join(self, limit: float) -> None:
        """Wait until the threads have ended, for `limit` seconds at most, and forget them."""
        end = time.monotonic() + limit
        with self._lock:
            workers, self._workers = tuple(self._workers.values()), {}
        for worker in workers:
            worker.join(end - time.monotonic())
