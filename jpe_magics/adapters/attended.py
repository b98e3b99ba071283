"""Lets what blocks do so in a thread of its own, so that whoever waits for it can be stopped."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
#: Seconds between two looks, and those that work which was given up has to end before it is left behind.
_LOOK, _GRACE = 0.1, 0.3


def attended(work: Callable[[], T], look: Callable[[], None], give_up: Callable[[], None]) -> T:
    """Return what `work` returns, or raise what it raises; call `look` again and again until then.

    What `look` raises, or a KeyboardInterrupt, ends it: `give_up` is called, because of which `work` should end soon.
    Where it does not (a name server may be silent for long), its thread is left behind.
    """
    ended: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def do() -> None:
        try:
            ended.put((work(), None))
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            ended.put((None, error))

    thread = threading.Thread(target=do, name="jpe-request", daemon=True)
    try:
        thread.start()
        done, failed = _wait(ended, look)
    except BaseException:
        give_up()
        thread.join(_GRACE)
        raise
    if failed is not None:
        raise failed
    return done  # type: ignore[return-value]  # None only where T allows it


def _wait(ended: queue.SimpleQueue[T], look: Callable[[], None]) -> T:
    while True:
        try:
            return ended.get(timeout=_LOOK)
        except queue.Empty:  # noqa: PERF203 - it comes ten times a second at most
            look()
