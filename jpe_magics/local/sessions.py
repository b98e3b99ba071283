"""All sessions of a server: numbers, names, limits, and the clock that ends them."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from jpe_magics.local.options import LivyOptions, wants_kept_catalog
from jpe_magics.local.protocol import SessionRequest, SessionState, bad_request, not_found
from jpe_magics.local.session import Session

_CHECK_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Sessions:
    """The sessions by number, safe to use from several threads; `close` leaves no process behind."""

    def __init__(self, options: LivyOptions) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._sessions: dict[int, Session] = {}
        self._next = 0
        self._closed = threading.Event()
        self._clock = threading.Thread(target=self._watch_the_clock, daemon=True)
        self._clock.start()

    def create(self, request: SessionRequest) -> Session:
        """Start a session; too many of them, or a name that one has already, is Livy's 400."""
        with self._lock:
            alive = [session for session in self._sessions.values() if not session.state.is_finished]
            if self._closed.is_set() or len(alive) >= self._options.max_sessions:
                raise bad_request("Rejected, too many sessions are being created!")
            if request.name is not None and any(one.name == request.name for one in self._sessions.values()):
                raise bad_request(f"Rejected, Reason: Duplicate session name: {request.name} for session {self._next}")
            catalog_is_free = not any(session.keeps_catalog for session in alive)
            keeps_catalog = catalog_is_free and wants_kept_catalog(self._options, request)
            session = Session(self._next, request, self._options, keeps_catalog=keeps_catalog)
            self._sessions[session.number] = session
            self._next += 1
            return session

    def find(self, id_or_name: str) -> Session:
        """Return a session by its number or, where the text is not all digits, its name; 404 for none."""
        with self._lock:
            for session in self._sessions.values():
                if id_or_name == (str(session.number) if id_or_name.isdecimal() else session.name):
                    return session
        raise not_found(id_or_name)

    def all(self) -> list[Session]:
        """Return the sessions, the oldest first; those that have ended are among them for a while."""
        with self._lock:
            return list(self._sessions.values())

    def delete(self, session: Session) -> None:
        """End a session and forget it."""
        session.end(SessionState.KILLED)
        with self._lock:
            self._sessions.pop(session.number, None)

    def close(self) -> None:
        """End all sessions, side by side."""
        with self._lock:  # whoever is in `create` has ended, and nobody gets in any more
            self._closed.set()
            sessions = list(self._sessions.values())
        self._clock.join()
        with ThreadPoolExecutor(max_workers=max(1, len(sessions))) as ending:
            for done in [ending.submit(self.delete, session) for session in sessions]:
                done.result()

    def _watch_the_clock(self) -> None:
        while not self._closed.wait(_CHECK_SECONDS):
            for session in self.all():
                session.give_up_cancelling()
                reason = session.expired()
                if reason is not None:
                    _log.info("session %d is removed: %s", session.number, reason)
                    self.delete(session)
