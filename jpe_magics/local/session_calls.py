"""The calls that sessions alone have (Livy's `InteractiveSessionServlet`), but for its jobs of compiled code."""

from __future__ import annotations

from jpe_magics.local.bodies import (
    completion_request,
    number_in,
    page,
    resource_uri,
    session_request,
    statement_request,
)
from jpe_magics.local.calls import ID, Answer, Call, Members, Route, create, find
from jpe_magics.local.protocol import bad_request
from jpe_magics.local.session import Session
from jpe_magics.local.upload import uploaded


def _create(sessions: Members, call: Call) -> Answer:
    session = create(sessions, session_request, call)
    return Answer(201, session.view(), {"Location": f"/sessions/{session.number}"})


def _connect(sessions: Members, call: Call) -> Answer:
    session = _session(sessions, call)
    session.connect()
    return Answer(200, session.view())


def _stop(sessions: Members, call: Call) -> Answer:
    _session(sessions, call).end()
    return Answer(204, None)


def _interrupt(sessions: Members, call: Call) -> Answer:
    _session(sessions, call).end()  # in Livy too this ends the session, not the statement
    return Answer(200, {"msg": "interrupted"})


def _post_statement(sessions: Members, call: Call) -> Answer:
    session = _session(sessions, call)
    statement = session.post(statement_request(call.json()))
    return Answer(201, statement, {"Location": f"/sessions/{session.number}/statements/{statement['id']}"})


def _list_statements(sessions: Members, call: Call) -> Answer:
    statements = _session(sessions, call).statements()
    if call.query.get("order", "").strip().lower() == "desc":
        statements.reverse()
    shown = page(statements, call.query, size=len(statements))
    return Answer(200, {"total_statements": len(statements), "statements": shown})


def _show_statement(sessions: Members, call: Call) -> Answer:
    return Answer(200, _session(sessions, call).statement(number_in(call.names["statement"])))


def _cancel(sessions: Members, call: Call) -> Answer:
    _session(sessions, call).cancel(number_in(call.names["statement"]))
    return Answer(200, {"msg": "canceled"})


def _complete(sessions: Members, call: Call) -> Answer:
    session = _session(sessions, call)
    return Answer(200, {"candidates": session.complete(completion_request(call.json()))})


def _upload_pyfile(sessions: Members, call: Call) -> Answer:
    return _upload(sessions, call, "pyfile")


def _upload_file(sessions: Members, call: Call) -> Answer:
    return _upload(sessions, call, "file")


def _upload(sessions: Members, call: Call, what: str) -> Answer:
    session = _session(sessions, call)
    path = session.keep_upload(uploaded(call.content_type, call.body, "file"))
    session.add(what, str(path))
    return Answer(200, None)


def _add_pyfile(sessions: Members, call: Call) -> Answer:
    _session(sessions, call).add("pyfile", call.files.resolve(resource_uri(call.json())))
    return Answer(200, None)


def _add_file(sessions: Members, call: Call) -> Answer:
    _session(sessions, call).add("file", call.files.resolve(resource_uri(call.json())))
    return Answer(200, None)


def _no_jars(sessions: Members, call: Call) -> Answer:
    _session(sessions, call)
    raise bad_request(
        "jpe livy can't add a jar to a session that runs: name it in `jars`, or as spark.jars.packages in `conf`, "
        "when the session is made."
    )


def _session(sessions: Members, call: Call) -> Session:
    session: Session = find(sessions, call)
    return session


_STATEMENT = ID + r"/statements/(?P<statement>[^/]+)"
SESSION: tuple[tuple[str, str, Route], ...] = (
    ("POST", "", _create),
    ("POST", ID + r"/connect", _connect),
    ("POST", ID + r"/stop", _stop),
    ("POST", ID + r"/interrupt", _interrupt),
    ("POST", ID + r"/statements", _post_statement),
    ("GET", ID + r"/statements", _list_statements),
    ("GET", _STATEMENT, _show_statement),
    ("POST", _STATEMENT + r"/cancel", _cancel),
    ("POST", ID + r"/completion", _complete),
    ("POST", ID + r"/upload-pyfile", _upload_pyfile),
    ("POST", ID + r"/upload-file", _upload_file),
    ("POST", ID + r"/add-pyfile", _add_pyfile),
    ("POST", ID + r"/add-file", _add_file),
    ("POST", ID + r"/(?:upload|add)-jar", _no_jars),
)
