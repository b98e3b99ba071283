"""From a method and a path to who answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from jpe_magics.local.batch import Batch
from jpe_magics.local.batch_calls import BATCH
from jpe_magics.local.bodies import BatchRequest, SessionRequest
from jpe_magics.local.calls import COMMON, Answer, Call, Members, Route
from jpe_magics.local.options import LivyOptions
from jpe_magics.local.places import Places
from jpe_magics.local.protocol import LIVY_VERSION, LivyError
from jpe_magics.local.register import Register
from jpe_magics.local.session import Session
from jpe_magics.local.session_calls import SESSION


@dataclass(frozen=True)
class Livy:
    """All that is served."""

    sessions: Register[SessionRequest, Session]
    batches: Register[BatchRequest, Batch]

    @classmethod
    def start(cls, options: LivyOptions) -> Livy:
        """Return one with no session and no batch."""
        places = Places(options)
        return cls(
            sessions=Register(
                "session", places, lambda number, request, place: Session(number, request, options, place)
            ),
            batches=Register("batch", places, lambda number, request, place: Batch(number, request, options, place)),
        )

    def close(self) -> None:
        """End all sessions and batches."""
        self.sessions.close()
        self.batches.close()

    def answer(self, call: Call) -> Answer:
        """Return the answer to a call; refusals raise `LivyError`."""
        path = call.path.rstrip("/")
        if path == "/version" and call.method == "GET":
            return Answer(200, _VERSION)
        allowed: list[str] = []
        for prefix, members, routes in self._served():
            if path == prefix or path.startswith(prefix + "/"):
                found = _route(routes, call, path.removeprefix(prefix), allowed)
                if found is not None:
                    route, call = found
                    return route(members, call)
        if allowed:
            methods = ", ".join(allowed)
            message = {"msg": f"{call.method} is not allowed here, only {methods}."}
            return Answer(405, message, {"Allow": methods})
        raise LivyError(404, {"msg": f"There is no call {call.method} {call.path}."})

    def _served(self) -> tuple[tuple[str, Members, Sequence[tuple[str, str, Route]]], ...]:
        return ("/sessions", self.sessions, COMMON + SESSION), ("/batches", self.batches, COMMON + BATCH)


def _route(
    routes: Sequence[tuple[str, str, Route]], call: Call, rest: str, allowed: list[str]
) -> tuple[Route, Call] | None:
    """Return who answers, and the call with the names in its path; add methods of the path to `allowed`."""
    for method, pattern, route in routes:
        match = re.fullmatch(pattern, rest)
        if match and method == call.method:
            # Unquoted only here: a name may hold a slash.
            return route, replace(call, names={name: unquote(text) for name, text in match.groupdict().items()})
        if match:
            allowed.append(method)
    return None


_VERSION = {
    "version": LIVY_VERSION,
    "user": "jpe",
    "revision": "jpe_magics",
    "branch": "jpe livy",
    "date": "",
    "url": "",
}
