"""Python's garbage collector, told to wait."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_users = 0
_was_on = False


@contextmanager
def collector_waiting() -> Iterator[None]:
    """Let no garbage be looked for meanwhile.

    Trees are freed by counting their references; looking through all their nodes for what is not takes a third of
    a large notebook's time.  With several at once, on several threads, it waits until the last of them is done.
    """
    global _users, _was_on  # noqa: PLW0603 - as the collector is the process's
    with _lock:
        if not _users:
            _was_on = gc.isenabled()
            gc.disable()
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if not _users and _was_on:
                gc.enable()
