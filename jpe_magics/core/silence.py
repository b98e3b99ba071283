"""Compiles the user's code without warnings about it, on whatever thread, beside code that warns."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _Silenced(threading.local):
    """Stands in a warning filter where a pattern does: it matches every text, on the threads that are silenced."""

    depth = 0

    def match(self, _text: str) -> bool:
        return self.depth > 0


_silenced = _Silenced()
_FILTER = ("ignore", _silenced, Warning, None, 0)
_lock = threading.Lock()
_users = 0


@contextmanager
def silence() -> Iterator[None]:
    """Let no warning of this thread be shown or become an error: an invalid escape in a cell is not ours to say.

    `warnings.catch_warnings` would do for one thread.  It exchanges the filters of the whole process, and two
    that overlap on two threads, the panel's and the user's, leave each other's behind.  Here one filter is
    added and taken away again, and the user's stay where they are.
    """
    global _users  # noqa: PLW0603 - as the filters are the process's
    filters: Any = warnings.filters
    with _lock:
        _users += 1
        if _FILTER not in filters:
            filters.insert(0, _FILTER)
    _silenced.depth += 1
    try:
        yield
    finally:
        _silenced.depth -= 1
        with _lock:
            _users -= 1
            filters = warnings.filters
            if not _users and _FILTER in filters:
                filters.remove(_FILTER)
