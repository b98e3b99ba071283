"""Calls and answers, and the calls that sessions and batches share (Livy's `SessionServlet`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jpe_magics.local.bodies import page, query_number
from jpe_magics.local.files import Files
from jpe_magics.local.protocol import LivyError, bad_request
from jpe_magics.local.register import Register

Members = Register[Any, Any]


@dataclass(frozen=True)
class Answer:
    """A status, a JSON body (None: no body), and headers."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A request that passed the guard."""

    method: str
    path: str
    """As it came, percent-encoded."""
    query: Mapping[str, str]
    content_type: str
    body: bytes
    files: Files
    names: Mapping[str, str] = field(default_factory=dict)
    """The variable parts of the path."""

    def json(self) -> Any:
        """Return the body, None where there is none; 400 where it is no JSON."""
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise LivyError(400, f"The body is no JSON: {error}") from error


Route = Callable[[Members, Call], Answer]


def find(members: Members, call: Call) -> Any:
    """Return the session or batch that the path names; 404 where there is none."""
    member = members.find(call.names["id"])
    member.heartbeat()
    return member


def create(members: Members, read: Callable[[Any, Files], Any], call: Call) -> Any:
    """Return the new session or batch that the body, as `read` understands it, asks for.

    As in Livy since 0.8, refusals of wrong arguments begin with "Rejected"; those of its reader of JSON don't.
    """
    try:
        return members.create(read(call.json(), call.files))
    except LivyError as refusal:
        message = refusal.body.get("msg", "") if isinstance(refusal.body, dict) else ""
        if refusal.status != 400 or not message or message.startswith("Rejected"):
            raise
        raise bad_request(f"Rejected, Reason: {message}") from refusal


def _list(members: Members, call: Call) -> Answer:
    everything = members.all()
    shown = [member.view() for member in page(everything, call.query, size=100)]
    return Answer(200, {"from": query_number(call.query, "from", 0), "total": len(everything), "sessions": shown})


def _show(members: Members, call: Call) -> Answer:
    return Answer(200, find(members, call).view())


def _state(members: Members, call: Call) -> Answer:
    view = find(members, call).view()
    return Answer(200, {"id": view["id"], "state": view["state"]})


def _log(members: Members, call: Call) -> Answer:
    member = find(members, call)
    lines = member.log.lines()
    size = query_number(call.query, "size", 100)
    size = len(lines) if size < 0 else size
    start = query_number(call.query, "from", -1)
    start = max(0, len(lines) - size) if start < 0 else start
    body = {"id": member.number, "from": start, "total": len(lines), "log": lines[start : start + size]}
    return Answer(200, body)


def _delete(members: Members, call: Call) -> Answer:
    members.delete(find(members, call))
    return Answer(200, {"msg": "deleted"})


#: Method, the rest of the path behind `/sessions` or `/batches`, and who answers.
ID = r"/(?P<id>[^/]+)"
COMMON: tuple[tuple[str, str, Route], ...] = (
    ("GET", "", _list),
    ("GET", ID, _show),
    ("DELETE", ID, _delete),
    ("GET", ID + r"/state", _state),
    ("GET", ID + r"/log", _log),
)
