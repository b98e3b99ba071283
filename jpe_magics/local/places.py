"""What sessions and batches share: room on the machine, and the one catalog of tables."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from jpe_magics.local.options import LivyOptions, wants_kept_catalog
from jpe_magics.local.protocol import bad_request


class Places:
    """Hands out places to processes with a JVM; there are `max_sessions` of them, and one has the kept catalog."""

    def __init__(self, options: LivyOptions) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._taken: set[Place] = set()

    def take(self, conf: Mapping[str, str]) -> Place:
        """Return a place for a process with these Spark properties; Livy's 400 where there is none."""
        with self._lock:
            if len(self._taken) >= self._options.max_sessions:
                raise bad_request("Rejected, too many sessions are being created!")
            catalog_is_free = not any(place.keeps_catalog for place in self._taken)
            place = Place(self, keeps_catalog=catalog_is_free and wants_kept_catalog(self._options, conf))
            self._taken.add(place)
            return place

    def leave(self, place: Place) -> None:
        """Take a place back."""
        with self._lock:
            self._taken.discard(place)


class Place:
    """One of the places; left when the process and all that it started are gone."""

    def __init__(self, places: Places, *, keeps_catalog: bool) -> None:
        self._places = places
        self.keeps_catalog = keeps_catalog

    def leave(self) -> None:
        """Give the place back; more than once does no harm."""
        self._places.leave(self)
