"""Questions to a worker, which it answers beside the statement that runs."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any


class Questions:
    """The questions that wait for an answer; safe to use from several threads."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._open: dict[int, Future[dict[str, Any]]] = {}
        self._closed = False

    def ask(
        self, send: Callable[[Mapping[str, Any]], None], message: Mapping[str, Any], *, seconds: float
    ) -> dict[str, Any] | None:
        """Send a message and return its answer; None where there is none in time, or the worker ends."""
        answer: Future[dict[str, Any]] = Future()
        with self._lock:
            if self._closed:
                return None
            number = next(self._numbers)
            self._open[number] = answer
        send({**message, "question": number})
        try:
            return answer.result(seconds) or None
        except FutureTimeoutError:
            return None
        finally:
            with self._lock:
                self._open.pop(number, None)

    def answered(self, message: dict[str, Any]) -> None:
        """The worker has sent an answer."""
        with self._lock:
            waiting = self._open.pop(message["question"], None)
        if waiting is not None:
            waiting.set_result(message)

    def close(self) -> None:
        """The worker has ended: nobody waits any longer."""
        with self._lock:
            self._closed = True
            waiting, self._open = list(self._open.values()), {}
        for answer in waiting:
            answer.set_result({})
