"""The calls: a method and a path each, and what Livy answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jpe_magics.local.protocol import (
    LIVY_VERSION,
    LivyError,
    bad_request,
    page,
    query_number,
    session_request,
    statement_request,
)
from jpe_magics.local.session import Session
from jpe_magics.local.sessions import Sessions


@dataclass(frozen=True)
class Answer:
    """A status, a JSON body (None: no body), and headers."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A request that passed the guard: the parts of its path, its query, its JSON body (None where empty)."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any


def answer(sessions: Sessions, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:
    """Return the answer to a call; refusals raise `LivyError`."""
    allowed = []
    for route_method, pattern, route in _ROUTES:
        match = re.fullmatch(pattern, path.rstrip("/"))
        if match and route_method == method:
            return route(sessions, Call(match.groupdict(), query, body))
        if match:
            allowed.append(route_method)
    if allowed:
        raise LivyError(405, {"msg": f"{method} is not allowed here, only {', '.join(allowed)}."})
    raise LivyError(404, {"msg": f"There is no call {method} {path}."})


def _version(_sessions: Sessions, _call: Call) -> Answer:
    return Answer(
        200,
        {
            "version": LIVY_VERSION,
            "user": "jpe",
            "revision": "jpe_magics",
            "branch": "jpe livy",
            "date": "",
            "url": "",
        },
    )


def _list(sessions: Sessions, call: Call) -> Answer:
    everything = sessions.all()
    shown = [session.view() for session in page(everything, call.query, size=100)]
    return Answer(200, {"from": query_number(call.query, "from", 0), "total": len(everything), "sessions": shown})


def _create(sessions: Sessions, call: Call) -> Answer:
    session = sessions.create(session_request(call.body))
    return Answer(201, session.view(), {"Location": f"/sessions/{session.number}"})


def _show(sessions: Sessions, call: Call) -> Answer:
    return Answer(200, _session(sessions, call).view())


def _state(sessions: Sessions, call: Call) -> Answer:
    view = _session(sessions, call).view()
    return Answer(200, {"id": view["id"], "state": view["state"]})


def _log(sessions: Sessions, call: Call) -> Answer:
    session = _session(sessions, call)
    lines = list(session.log())
    size = query_number(call.query, "size", 100)
    size = len(lines) if size < 0 else size
    start = query_number(call.query, "from", -1)
    start = max(0, len(lines) - size) if start < 0 else start
    body = {"id": session.number, "from": start, "total": len(lines), "log": lines[start : start + size]}
    return Answer(200, body)


def _connect(sessions: Sessions, call: Call) -> Answer:
    session = _session(sessions, call)
    session.connect()
    return Answer(200, session.view())


def _stop(sessions: Sessions, call: Call) -> Answer:
    _session(sessions, call).end()
    return Answer(204, None)


def _interrupt(sessions: Sessions, call: Call) -> Answer:
    _session(sessions, call).end()  # in Livy too this ends the session, not the statement
    return Answer(200, {"msg": "interrupted"})


def _delete(sessions: Sessions, call: Call) -> Answer:
    sessions.delete(_session(sessions, call))
    return Answer(200, {"msg": "deleted"})


def _post_statement(sessions: Sessions, call: Call) -> Answer:
    session = _session(sessions, call)
    statement = session.post(statement_request(call.body))
    return Answer(201, statement, {"Location": f"/sessions/{session.number}/statements/{statement['id']}"})


def _list_statements(sessions: Sessions, call: Call) -> Answer:
    statements = _session(sessions, call).statements()
    if call.query.get("order", "").strip().lower() == "desc":
        statements.reverse()
    shown = page(statements, call.query, size=len(statements))
    return Answer(200, {"total_statements": len(statements), "statements": shown})


def _show_statement(sessions: Sessions, call: Call) -> Answer:
    return Answer(200, _session(sessions, call).statement(_statement_number(call)))


def _cancel(sessions: Sessions, call: Call) -> Answer:
    _session(sessions, call).cancel(_statement_number(call))
    return Answer(200, {"msg": "canceled"})


def _session(sessions: Sessions, call: Call) -> Session:
    session = sessions.find(call.path["session"])
    session.heartbeat()
    return session


def _statement_number(call: Call) -> int:
    text = call.path["statement"]
    if not text.isdecimal():
        raise bad_request(f'For input string: "{text}"')
    return int(text)


_SESSION = r"/sessions/(?P<session>[^/]+)"
_STATEMENT = _SESSION + r"/statements/(?P<statement>[^/]+)"
_ROUTES: tuple[tuple[str, str, Callable[[Sessions, Call], Answer]], ...] = (
    ("GET", r"/version", _version),
    ("GET", r"/sessions", _list),
    ("POST", r"/sessions", _create),
    ("GET", _SESSION, _show),
    ("DELETE", _SESSION, _delete),
    ("GET", _SESSION + r"/state", _state),
    ("GET", _SESSION + r"/log", _log),
    ("POST", _SESSION + r"/connect", _connect),
    ("POST", _SESSION + r"/stop", _stop),
    ("POST", _SESSION + r"/interrupt", _interrupt),
    ("POST", _SESSION + r"/statements", _post_statement),
    ("GET", _SESSION + r"/statements", _list_statements),
    ("GET", _STATEMENT, _show_statement),
    ("POST", _STATEMENT + r"/cancel", _cancel),
)
