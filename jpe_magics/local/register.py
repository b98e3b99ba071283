"""The sessions, or the batches, of a server: numbers, names, and the clock that ends them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, Protocol, TypeVar

from jpe_magics.local.bodies import number_in
from jpe_magics.local.log import Log
from jpe_magics.local.places import Place, Places
from jpe_magics.local.protocol import SessionState, bad_request, not_found

_CHECK_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Request(Protocol):
    """What a session or batch is asked for with."""

    @property
    def name(self) -> str | None:
        """The name, which nobody else has."""

    @property
    def conf(self) -> Mapping[str, str]:
        """Its Spark properties."""


class Member(Protocol):
    """What sessions and batches have in common."""

    number: int
    name: str | None
    state: SessionState
    log: Log

    def view(self) -> dict[str, Any]:
        """Return Livy's JSON for it."""

    def heartbeat(self) -> None:
        """A client asked something about it."""

    def end(self, state: SessionState) -> None:
        """End all its processes; return when none is left."""

    def tick(self) -> str | None:
        """Do what is due; return why it is to be ended and forgotten, None where it is not."""


RequestT = TypeVar("RequestT", bound=Request)
MemberT = TypeVar("MemberT", bound=Member)


class Register(Generic[RequestT, MemberT]):
    """Sessions or batches by number, safe to use from several threads; `close` leaves no process behind."""

    def __init__(self, kind: str, places: Places, start: Callable[[int, RequestT, Place], MemberT]) -> None:
        self._kind = kind
        self._places = places
        self._start = start
        self._lock = threading.Lock()
        self._members: dict[int, MemberT] = {}
        self._next = 0
        self._closed = threading.Event()
        self._clock = threading.Thread(target=self._watch_the_clock, daemon=True)
        self._clock.start()

    def create(self, request: RequestT) -> MemberT:
        """Start one; too many of them, or a name that one has already, is Livy's 400."""
        with self._lock:
            if self._closed.is_set():
                raise bad_request("Rejected, the server is ending.")
            place = self._places.take(request.conf)
            try:
                return self._start_at(place, request)
            except BaseException:
                place.leave()
                raise

    def _start_at(self, place: Place, request: RequestT) -> MemberT:
        number = self._next
        self._next += 1  # a refused name uses up a number, as in Livy
        if request.name is not None and any(one.name == request.name for one in self._members.values()):
            raise bad_request(f"Duplicate session name: Some({request.name}) for session {number}")
        self._members[number] = member = self._start(number, request, place)
        return member

    def find(self, id_or_name: str) -> MemberT:
        """Return one by its number or, where the text is not all digits, its name; 404 for none."""
        with self._lock:
            for member in self._members.values():
                if id_or_name == (str(member.number) if id_or_name.isdecimal() else member.name):
                    return member
        if id_or_name.isdecimal():
            number_in(id_or_name)  # too many digits are a 400
        raise not_found(id_or_name)

    def all(self) -> list[MemberT]:
        """Return all, the oldest first; those that have ended are among them for a while."""
        with self._lock:
            return list(self._members.values())

    def delete(self, member: MemberT) -> None:
        """End one and forget it."""
        member.end(SessionState.KILLED)
        with self._lock:
            self._members.pop(member.number, None)

    def close(self) -> None:
        """End all, side by side."""
        with self._lock:  # whoever is in `create` has ended, and nobody gets in any more
            self._closed.set()
            members = list(self._members.values())
        self._clock.join()
        with ThreadPoolExecutor(max_workers=max(1, len(members))) as ending:
            for done in [ending.submit(self.delete, member) for member in members]:
                done.result()

    def _watch_the_clock(self) -> None:
        while not self._closed.wait(_CHECK_SECONDS):
            for member in self.all():
                reason = member.tick()
                if reason is not None:
                    _log.info("%s %d is removed: %s", self._kind, member.number, reason)
                    self.delete(member)
