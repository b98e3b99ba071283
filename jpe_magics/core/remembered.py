"""What was found out about a text, kept from one export to the next: most cells are the same then.

What is remembered follows from its key alone, so an export gives the same bytes with and without it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import update_wrapper
from itertools import islice
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

#: Entries of one memory that outlive an export.
MOST = 10_000
#: Characters of a notebook's code above which nothing outlives an export.  What is known of one takes 60 to 100
#: bytes: 10,000 ordinary cells are kept, in 220 MB, and never more than 250 MB.
MOST_CHARACTERS = 2_500_000

_running: set[object] = set()  # exports at this moment, on all threads
_memories: list[Memory[Any, Any]] = []


class Memory(Generic[K, V]):
    """What this export and the one before it found out, by the key; None is never a value.

    Outside of `remembering` nothing is kept.  Several threads may use one: they find the same out twice at worst.
    """

    def __init__(self) -> None:
        self._now: dict[K, V] = {}
        self._before: dict[K, V] = {}
        _memories.append(self)

    def get(self, key: K) -> V | None:
        """Return what is known, which is then kept until the end of the next export; None for nothing."""
        found = self._now.get(key)
        if found is None:
            found = self._before.get(key)
            if found is not None and _running:
                self._now[key] = found
        return found

    def keep(self, key: K, value: V) -> V:
        """Return the value, and keep it where an export is under way."""
        if _running:
            self._now[key] = value
        return value

    def turn(self) -> None:
        """End an export: what it did not ask for is forgotten, and of the rest what is above `MOST`."""
        now, self._now = self._now, {}
        # whoever has begun by now may still write into `now`: it is copied at one stroke, and the copy gone through
        self._before = now if len(now) <= MOST else dict(islice(now.copy().items(), MOST))

    def characters(self) -> int:
        """Return how many characters the keys have that this export asked for, where they are code."""
        keys = self._now.copy()
        if not isinstance(next(iter(keys), None), str):
            return 0
        return sum(len(key) for key in keys if isinstance(key, str))

    def cache_clear(self) -> None:
        """Forget everything."""
        self._now, self._before = {}, {}

    def __len__(self) -> int:
        return len(self._now.keys() | self._before.keys())


class Remembered(Memory[K, V]):
    """A pure function of one argument that is asked once for each, in one export and in the next."""

    def __init__(self, function: Callable[[K], V]) -> None:
        super().__init__()
        update_wrapper(self, function)
        self._function = function

    def __call__(self, key: K) -> V:
        """Return what the function returns for `key`."""
        found = self._now.get(key)
        if found is None:  # as in `get` and `keep`: large notebooks ask a million times
            found = self._before.get(key)
            if found is None:
                found = self._function(key)
            if _running:
                self._now[key] = found
        return found


@contextmanager
def remembering() -> Iterator[None]:
    """Remember meanwhile.  With the last of those that run at one time what none of them asked for is forgotten.

    Where another one begins at that very moment, what it found out so far is kept beside the rest.
    """
    this = object()
    _running.add(this)
    try:
        yield
    finally:
        _running.discard(this)
        if not _running:
            small = max(one.characters() for one in _memories) <= MOST_CHARACTERS
            for one in _memories:
                one.turn() if small else one.cache_clear()


def forget() -> None:
    """Forget everything that is remembered."""
    for one in _memories:
        one.cache_clear()
