"""Every refusal of Livy, by call and situation: its status and text, as the server of Apache Livy answers them.

The situations: `a` is an idle session, `b` a shared one that is idle, `busy` runs a statement, `dead` has been stopped.
"""

from __future__ import annotations

from typing import Any

import pytest

NOT_ACTIVE = {"msg": "requirement failed: Session isn't active."}
DRIVER = "java.util.concurrent.ExecutionException: org.apache.livy.rsc.rpc.RpcException: "
NO_KIND = DRIVER + "java.lang.IllegalArgumentException: Code type should be specified if session kind is shared"


def state_error(state: str) -> str:
    return f"java.lang.IllegalStateException: Session is in state {state}"


def not_found(name: str) -> dict[str, str]:
    return {"msg": f"Session '{name}' not found."}


def number(text: str) -> dict[str, str]:
    return {"msg": f'For input string: "{text}"'}


@pytest.fixture(scope="module")
def livy(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a server with the situations; no test changes them."""
    import sys

    from jpe_magics.local.options import LivyOptions
    from jpe_magics.local.server import serving

    from .conftest import Client

    options = LivyOptions(python=sys.executable, work_dir=tmp_path_factory.mktemp("work"), spark=False, max_sessions=3)
    with serving(options, password=None) as port:
        client = Client(port)
        client.open(name="dead")
        assert client("POST", "/sessions/dead/stop").status == 204
        client.open(name="a")
        client.run(1, "1")
        client.open(name="b", kind=None)
        client.open(name="busy")
        client("POST", "/sessions/busy/statements", {"code": "import time; time.sleep(1000)"})
        client.until("/sessions/busy", "busy")
        yield client


CASES: list[tuple[str, str, Any, int, Any]] = [
    # 404: what is not there
    *(
        (method, f"/{collection}/99{rest}", body, 404, not_found("99"))
        for collection, rests in (
            ("sessions", ["", "/state", "/log", "/statements", "/statements/0"]),
            ("batches", ["", "/state", "/log"]),
        )
        for method, rest, body in [("DELETE", "", None), *(("GET", rest, None) for rest in rests)]
    ),
    *(
        ("POST", f"/sessions/99/{rest}", {"code": "1"}, 404, not_found("99"))
        for rest in ("statements", "statements/0/cancel", "completion", "connect", "stop", "interrupt", "add-jar")
    ),
    ("GET", "/sessions/nosuch", None, 404, not_found("nosuch")),
    ("GET", "/sessions/-1", None, 404, not_found("-1")),
    ("GET", "/sessions/%2e%2e", None, 404, not_found("..")),
    ("GET", "/batches/a", None, 404, not_found("a")),
    ("GET", "/sessions/a/statements/99", None, 404, "Statement not found"),
    ("GET", "/sessions/a/nothing", None, 404, {"msg": "There is no call GET /sessions/a/nothing."}),
    ("GET", "/nothing", None, 404, {"msg": "There is no call GET /nothing."}),
    ("GET", "/sessionsx", None, 404, {"msg": "There is no call GET /sessionsx."}),
    # 405: what is there, but not so
    ("DELETE", "/sessions", None, 405, {"msg": "DELETE is not allowed here, only GET, POST."}),
    ("PUT", "/sessions/a", {}, 405, {"msg": "PUT is not allowed here, only GET, DELETE."}),
    ("PATCH", "/batches", {}, 405, {"msg": "PATCH is not allowed here, only GET, POST."}),
    ("POST", "/batches/0/state", {}, 405, {"msg": "POST is not allowed here, only GET."}),
    # 400: numbers
    ("GET", "/sessions/99999999999", None, 400, number("99999999999")),
    ("GET", "/sessions/a/statements/x", None, 400, number("x")),
    ("POST", "/sessions/a/statements/x/cancel", None, 400, number("x")),
    ("GET", "/sessions?from=x", None, 400, number("x")),
    ("GET", "/batches?size=x", None, 400, number("x")),
    ("GET", "/sessions/a/log?from=x", None, 400, number("x")),
    ("GET", "/sessions/a/statements?size=1.5", None, 400, number("1.5")),
    # 400: bodies
    ("POST", "/sessions", {"kind": "klingon"}, 400, "Invalid kind: klingon (unknown)"),
    ("POST", "/sessions", {"kind": "pyspark3"}, 400, "Invalid kind: pyspark3 (unknown)"),
    *(
        ("POST", "/sessions", {"kind": kind}, 400, f"Invalid kind: {kind} (this server runs pyspark and sql only)")
        for kind in ("spark", "scala", "sparkr", "r")
    ),
    ("POST", "/sessions", {"name": "7"}, 400, {"msg": "Rejected, Reason: Invalid session name: 7"}),
    (
        "POST",
        "/sessions",
        {"pyFiles": ["/etc/passwd"]},
        400,
        {"msg": "Rejected, Reason: requirement failed: Local path /etc/passwd cannot be added to user sessions."},
    ),
    (
        "POST",
        "/sessions",
        {"jars": ["a.jar"]},
        400,
        {"msg": "Rejected, Reason: requirement failed: Path 'a.jar' is not absolute."},
    ),
    ("POST", "/sessions", {"ttl": "soon"}, 400, {"msg": "Rejected, Reason: Invalid time string: soon"}),
    ("POST", "/sessions", {"idleTimeout": "3x"}, 400, {"msg": 'Rejected, Reason: Invalid suffix: "x"'}),
    ("POST", "/batches", {}, 400, {"msg": "Rejected, Reason: requirement failed: File is required."}),
    ("POST", "/sessions/a/statements", {"code": "1", "kind": "spark"}, 400, None),
    ("POST", "/sessions/a/statements", {}, 400, {"msg": "requirement failed: code is missing"}),
    ("POST", "/sessions/b/statements", {"code": "1"}, 500, NO_KIND),
    ("POST", "/sessions/b/completion", {"code": "1"}, 500, NO_KIND),
    *(
        ("POST", path, {"bogus": 1}, 400, None)
        for path in (
            "/sessions",
            "/batches",
            "/sessions/a/statements",
            "/sessions/a/completion",
            "/sessions/a/add-file",
        )
    ),
    ("POST", "/sessions/a/add-jar", {"uri": "/a.jar"}, 400, None),
    (
        "POST",
        "/sessions/a/add-pyfile",
        {"uri": "a.py"},
        400,
        {"msg": "requirement failed: Path 'a.py' is not absolute."},
    ),
    # 400 and 500: the session's state
    ("GET", "/sessions/dead/statements", None, 400, NOT_ACTIVE),
    ("GET", "/sessions/dead/statements/0", None, 400, NOT_ACTIVE),
    ("POST", "/sessions/dead/statements", {"code": "1"}, 500, state_error("dead")),
    ("POST", "/sessions/dead/statements/0/cancel", None, 500, state_error("dead")),
    ("POST", "/sessions/dead/completion", {"code": "1"}, 500, state_error("dead")),
    # limits
    ("POST", "/sessions", {}, 400, {"msg": "Rejected, too many sessions are being created!"}),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "text"), CASES)
def test_a_refusal_has_livys_status_and_text(
    livy: Any, method: str, path: str, body: Any, status: int, text: Any
) -> None:
    reply = livy(method, path, body)
    assert (reply.status, reply.body) == (status, reply.body if text is None else text)
    assert reply.body
    assert (reply.headers.get("allow") is not None) == (status == 405)


def test_cancelling_what_has_ended_or_never_was_is_no_error(livy: Any) -> None:
    for statement in (0, 99):
        reply = livy("POST", f"/sessions/a/statements/{statement}/cancel")
        assert (reply.status, reply.body) == (200, {"msg": "canceled"})


def test_head_is_get_without_a_body(livy: Any) -> None:
    reply = livy.send("HEAD", "/sessions/a")
    assert (reply.status, reply.body) == (200, None)
    assert int(reply.headers["content-length"]) > 100
