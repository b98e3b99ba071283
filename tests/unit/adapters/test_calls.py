from __future__ import annotations

import base64
import email
import itertools
import logging
import socket
import threading
import time
from contextlib import closing
from types import SimpleNamespace

import jwt
import pytest

from jpe_magics.adapters import http
from jpe_magics.adapters.calls import Calls
from jpe_magics.core.flow import Call
from jpe_magics.errors import Interrupted, NoAnswer, PublishError, SettingsError
from jpe_magics.model.artifact import File
from jpe_magics.model.planned import Form

SECRET = "0123456789abcdef" * 4


@pytest.fixture
def calls_of(given):
    """Make `Calls` with these settings; waits are noted and not waited unless `pause` says otherwise."""
    made = []

    def make(patience=30.0, pause=None, waits=None, **settings):
        noted = [] if waits is None else waits

        def note(seconds):
            if seconds:  # else it is a look whether to stop, as there are while an answer takes long
                noted.append(seconds)

        calls = Calls(given(**settings), pause or note, "ada", patience)
        made.append(calls)
        return calls

    yield make
    for calls in made:
        calls.close()


def script(scripted, *answers):
    """Answer with these in turn, with the last one for ever."""
    turns = itertools.chain(answers, itertools.repeat(answers[-1]))
    return scripted.ScriptedServer(lambda asked: next(turns))


def test_a_call_reaches_the_path_below_the_address(scripted, calls_of):
    with scripted.ScriptedServer(scripted.Say(200, {"a": 1})) as server:
        calls = calls_of(git_api_url=server.url + "/api/v1", git_token="T")
        answer = calls.ask(Call("gitea", "PUT", "/repos/a/b%20c", {"ref": "x&y"}, {"k": None}, accept="text/plain"))
        calls.ask(Call("gitea", "GET", "/version"))
    assert (answer.status, answer.json) == (200, {"a": 1})
    put, get = server.asked
    assert (put.method, put.path, put.query, put.json) == ("PUT", "/api/v1/repos/a/b%20c", {"ref": "x&y"}, {"k": None})
    assert (put.headers["accept"], put.headers["content-type"]) == ("text/plain", "application/json")
    assert put.headers["authorization"] == "token T"
    assert put.headers["user-agent"].startswith("jpe_magics/")
    assert get.body == b""
    assert "content-type" not in get.headers
    assert server.connections == 1


def test_a_body_that_is_false_is_sent(scripted, calls_of):
    with scripted.ScriptedServer(scripted.Say()) as server:
        calls = calls_of(git_api_url=server.url)
        for body in ({}, [], False, 0):
            calls.ask(Call("gitea", "POST", "/x", body=body))
    assert [asked.body for asked in server.asked] == [b"{}", b"[]", b"false", b"0"]


def test_backends_do_not_get_each_others_credentials(scripted, calls_of):
    with (
        scripted.ScriptedServer(scripted.Say()) as airflow,
        scripted.ScriptedServer(scripted.Say()) as gitea,
        scripted.ScriptedServer(scripted.Say()) as ilum,
    ):
        calls = calls_of(
            airflow_api_url=airflow.url,
            git_api_url=gitea.url,
            ilum_api_url=ilum.url,
            airflow_token="A",
            git_token="G",
            ilum_token="I",
        )
        for backend in ("airflow", "gitea", "ilum"):
            calls.ask(Call(backend, "GET", "/x"))
    headers = [one.headers["authorization"] for server in (airflow, gitea, ilum) for one in server.asked]
    assert headers == ["Bearer A", "token G", "Bearer I"]


def test_a_redirect_is_handed_over(scripted, calls_of):
    with (
        scripted.ScriptedServer(scripted.Say()) as elsewhere,
        scripted.ScriptedServer(scripted.Say(307, {}, {"Location": elsewhere.url})) as server,
    ):
        calls = calls_of(git_api_url=server.url, git_token="T")
        assert calls.ask(Call("gitea", "POST", "/x", body={})).status == 307
    assert elsewhere.asked == []


@pytest.mark.parametrize("path", ["//evil.example/x", "/x@evil.example", "/a/../b", "/\\evil", "/a\r\nb"])
def test_a_path_that_leads_elsewhere_is_not_asked(scripted, calls_of, path):
    with scripted.ScriptedServer(scripted.Say()) as server:
        with pytest.raises(PublishError):
            calls_of(git_api_url=server.url, git_token="T").ask(Call("gitea", "GET", path))
        assert server.asked == []


# Retries


@pytest.mark.parametrize("call", [Call("gitea", "GET", "/x"), Call("gitea", "PUT", "/x", body={}, repeat=True)])
@pytest.mark.parametrize("trouble", [500, 502, 503, 504, 429, "drop"])
def test_what_may_be_repeated_is_repeated_until_it_works(scripted, calls_of, call, trouble):
    bad = trouble if trouble == "drop" else scripted.Say(trouble)
    with script(scripted, bad, bad, bad, scripted.Say(200)) as server:
        waits = []
        assert calls_of(git_api_url=server.url, waits=waits).ask(call).status == 200
    assert len(server.asked) == 4
    assert [0.25 <= waits[0] <= 0.5, 0.5 <= waits[1] <= 0.75, 1 <= waits[2] <= 1.25] == [True] * 3


@pytest.mark.parametrize("status", [200, 201, 204, 301, 400, 401, 403, 404, 409, 422])
def test_what_is_an_answer_is_not_repeated(scripted, calls_of, status):
    body = b"" if status == 204 else {}
    with scripted.ScriptedServer(scripted.Say(status, body)) as server:
        assert calls_of(git_api_url=server.url, git_token="T").ask(Call("gitea", "GET", "/x")).status == status
    assert len(server.asked) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("trouble", [500, 503, "drop"])
def test_what_may_not_be_repeated_is_sent_once(scripted, calls_of, method, trouble):
    bad = trouble if trouble == "drop" else scripted.Say(trouble)
    with script(scripted, bad, scripted.Say(200)) as server:
        calls = calls_of(git_api_url=server.url)
        if trouble == "drop":
            with pytest.raises(NoAnswer) as caught:
                calls.ask(Call("gitea", method, "/x", body={}))
            assert caught.value.arrived
        else:
            assert calls.ask(Call("gitea", method, "/x", body={})).status == trouble
    assert len(server.asked) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_a_busy_server_has_not_done_is_asked_again(scripted, calls_of, method):
    busy = scripted.Say(429, {}, {"Retry-After": "7"})
    with script(scripted, busy, busy, scripted.Say(200)) as server:
        waits = []
        assert calls_of(git_api_url=server.url, waits=waits).ask(Call("gitea", method, "/x", body={})).status == 200
    assert len(server.asked) == 3
    assert waits == [7, 7]


def test_a_busy_server_that_is_then_lost_is_not_asked_again(scripted, calls_of):
    with script(scripted, scripted.Say(429), scripted.DROP, scripted.Say(200)) as server:
        with pytest.raises(NoAnswer):
            calls_of(git_api_url=server.url).ask(Call("gitea", "POST", "/x", body={}))
        assert len(server.asked) == 2


def test_a_busy_server_is_not_waited_for_beyond_the_limit_of_a_request(scripted, calls_of):
    with scripted.ScriptedServer(scripted.Say(429)) as server:
        assert calls_of(git_api_url=server.url).ask(Call("gitea", "POST", "/x", body={}, limit=5)).status == 429
    assert len(server.asked) == 1


@pytest.mark.parametrize("way", ["HOLD", "DRIP_HEAD", "DRIP_BODY"])
def test_a_request_under_way_ends_as_soon_as_it_is_to_stop(scripted, calls_of, way):
    stop = threading.Event()

    def pause(seconds):
        if stop.wait(seconds):
            raise Interrupted("stopped")

    with scripted.ScriptedServer(lambda asked: getattr(scripted, way)) as server:
        threading.Thread(target=lambda: server.came.wait(30) and stop.set(), daemon=True).start()
        calls = calls_of(git_api_url=server.url, pause=pause, request_timeout=60)
        with pytest.raises(Interrupted):
            calls.ask(Call("gitea", "POST", "/x", body={}))
        began = time.monotonic()
        calls.close()
        assert time.monotonic() - began < 30
    assert len(server.asked) == 1


def test_a_login_that_fails_names_the_server(scripted, calls_of):
    with scripted.ScriptedServer(scripted.Say(403, {})) as server:
        calls = calls_of(airflow_api_url=server.url, airflow_username="ada", airflow_password="pw")
        with pytest.raises(PublishError) as caught:
            calls.ask(Call("airflow", "GET", "/api/v2/dags"))
    assert caught.value.where == f"{server.url}, POST /auth/token"


@pytest.fixture
def waited(monkeypatch):
    """The waits so far; of patience, time goes on by these alone."""
    waits = []
    monkeypatch.setattr("tenacity.time", SimpleNamespace(monotonic=lambda: sum(waits)))
    return waits


def test_patience_ends_with_the_last_outcome(scripted, calls_of, waited):
    with script(scripted, scripted.Say(500), scripted.DROP, scripted.Say(503, {"why": "busy"})) as server:
        answer = calls_of(patience=1.5, waits=waited, git_api_url=server.url).ask(Call("gitea", "GET", "/x"))
    assert (answer.status, answer.json) == (503, {"why": "busy"})
    assert len(server.asked) >= 3
    assert 0.75 <= sum(waited) < 1.5


def test_patience_ends_with_no_answer(scripted, calls_of, waited):
    with script(scripted, scripted.Say(500), scripted.DROP) as server, pytest.raises(NoAnswer):
        calls_of(patience=0.8, waits=waited, git_api_url=server.url).ask(Call("gitea", "GET", "/x"))
    assert len(server.asked) >= 2


def test_a_timeout_is_repeated(scripted, calls_of):
    with script(scripted, scripted.HOLD, scripted.Say(200)) as server:
        calls = calls_of(git_api_url=server.url, request_timeout=0.2)
        assert calls.ask(Call("gitea", "GET", "/x")).status == 200
    assert len(server.asked) >= 2  # a busy machine may be late with an answer too


def test_retry_after_is_kept(scripted, calls_of):
    with script(scripted, scripted.Say(429, {}, {"Retry-After": "7"}), scripted.Say(200)) as server:
        waits = []
        assert calls_of(git_api_url=server.url, waits=waits).ask(Call("gitea", "GET", "/x")).status == 200
    assert waits == [7]
    assert len(server.asked) == 2


def test_retry_after_beyond_patience_is_not_waited_for(scripted, calls_of):
    with script(scripted, scripted.Say(429, {}, {"Retry-After": "3600"}), scripted.Say(200)) as server:
        waits = []
        assert calls_of(git_api_url=server.url, waits=waits).ask(Call("gitea", "GET", "/x")).status == 429
    assert waits == []
    assert len(server.asked) == 1


@pytest.mark.parametrize("trouble", ["503", "hold", "drop"])
def test_with_a_limit_there_is_one_try(scripted, calls_of, trouble):
    said = scripted.Say(503) if trouble == "503" else trouble
    with scripted.ScriptedServer(lambda asked: said) as server:
        calls = calls_of(git_api_url=server.url)
        begun = time.monotonic()
        if trouble == "503":
            assert calls.ask(Call("gitea", "GET", "/x", limit=20)).status == 503
        else:
            with pytest.raises(NoAnswer):
                calls.ask(Call("gitea", "GET", "/x", limit=0.3))
        assert time.monotonic() - begun < 20
    assert len(server.asked) == 1


def test_a_limit_that_ends_before_there_is_a_connection(calls_of):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:  # with its queue full, nobody gets through
        port = listening.getsockname()[1]
        queue = [socket.socket() for _ in range(4)]
        for one in queue:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        with pytest.raises(NoAnswer) as caught:
            calls_of(git_api_url=f"http://127.0.0.1:{port}").ask(Call("gitea", "POST", "/x", limit=0.3))
        for one in queue:
            one.close()
    assert not caught.value.arrived
    assert "no connection within" in caught.value.message


def test_a_limit_may_be_longer_than_the_timeout(scripted, calls_of):
    def later(asked):
        time.sleep(0.5)
        return scripted.Say(200)

    with scripted.ScriptedServer(later) as server:
        calls = calls_of(git_api_url=server.url, request_timeout=0.1)
        assert calls.ask(Call("gitea", "GET", "/x", limit=60)).status == 200


# No answer


def test_no_answer_says_what_where_and_what_to_do(scripted, calls_of):
    url = f"http://127.0.0.1:{scripted.closed_port()}"
    with pytest.raises(NoAnswer) as caught:
        calls_of(airflow_api_url=url, airflow_token="t0k3n").ask(
            Call("airflow", "POST", "/api/v2/dags/x/dagRuns", {"q": "quiet"}, {"body": "quiet"})
        )
    error = caught.value
    assert error.code == "JPE504"
    assert not error.arrived
    assert error.message.startswith("Airflow gives no answer to POST /api/v2/dags/x/dagRuns: no connection (")
    assert error.where == url
    assert "AIRFLOW_API_URL" in error.hint
    assert "airflow_api_url" in error.hint
    assert "quiet" not in str(error)
    assert "t0k3n" not in str(error)


@pytest.mark.parametrize(("backend", "env"), [("gitea", "GITEA_API_URL"), ("ilum", "ILUM_API_URL")])
def test_the_hint_names_the_backends_own_variable(scripted, calls_of, backend, env):
    url = f"http://127.0.0.1:{scripted.closed_port()}/api/v1"
    with pytest.raises(NoAnswer) as caught:
        calls_of(git_api_url=url, ilum_api_url=url).ask(Call(backend, "POST", "/x"))
    assert env in caught.value.hint
    assert caught.value.where == url


def test_arrived_counts_every_try(calls_of, waited):
    """A repeated call whose last try met a closed door may have been done by the try before."""
    listening = socket.create_server(("127.0.0.1", 0))

    def once():
        connection, _ = listening.accept()
        with connection, listening:
            connection.recv(4096)

    serving = threading.Thread(target=once)
    serving.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with pytest.raises(NoAnswer) as caught:
        calls_of(patience=1, waits=waited, git_api_url=url).ask(Call("gitea", "PUT", "/x", repeat=True))
    serving.join()
    assert "no connection" in caught.value.message
    assert caught.value.arrived


def test_an_answer_that_is_too_large(scripted, calls_of, monkeypatch):
    monkeypatch.setattr(http, "BODY_LIMIT", 2**20)
    with (
        scripted.ScriptedServer(scripted.Say(200, b"x" * (2**20 + 1))) as server,
        pytest.raises(PublishError) as caught,
    ):
        calls_of(git_api_url=server.url).ask(Call("gitea", "GET", "/big"))
    assert not isinstance(caught.value, NoAnswer)
    assert "larger than 1 MiB" in caught.value.message
    assert "GET /big" in caught.value.message
    assert len(server.asked) == 1


# Logins


def bearer(asked):
    return asked.headers.get("authorization", "")


def test_a_minted_token_is_renewed_once_after_401(scripted, calls_of):
    def expired(asked):
        if len(server.asked) > 1:
            return scripted.Say(200)
        now = int(time.time())
        while int(time.time()) == now:  # a token of the same second is the same
            time.sleep(0.01)
        return scripted.Say(401)

    with scripted.ScriptedServer(expired) as server:
        calls = calls_of(airflow_api_url=server.url, airflow_jwt_secret=SECRET)
        answer = calls.ask(Call("airflow", "POST", "/api/v2/dags/x/dagRuns", body={"a": 1}))
    assert answer.status == 200
    first, second = server.asked
    assert bearer(first) != bearer(second)
    assert first.json == second.json == {"a": 1}
    for asked in (first, second):
        claims = jwt.decode(bearer(asked)[7:], SECRET, algorithms=["HS512"], audience="apache-airflow")
        assert (claims["sub"], claims["role"]) == ("ada", "user")


def test_a_second_401_is_handed_over(scripted, calls_of):
    with scripted.ScriptedServer(scripted.Say(401, {"detail": "Token Expired"})) as server:
        calls = calls_of(airflow_api_url=server.url, airflow_jwt_secret=SECRET)
        assert calls.ask(Call("airflow", "GET", "/api/v2/x")).status == 401
    assert len(server.asked) == 2


def test_403_mints_nothing(scripted, calls_of):
    with scripted.ScriptedServer(scripted.Say(403, {"detail": "Invalid JWT token"})) as server:
        calls = calls_of(airflow_api_url=server.url, airflow_jwt_secret=SECRET)
        assert calls.ask(Call("airflow", "GET", "/api/v2/x")).status == 403
    assert len(server.asked) == 1


def test_a_given_token_is_not_renewed(scripted, calls_of):
    with scripted.ScriptedServer(scripted.Say(401)) as server:
        calls = calls_of(airflow_api_url=server.url, airflow_token="T", airflow_jwt_secret=SECRET)
        assert calls.ask(Call("airflow", "GET", "/api/v2/x")).status == 401
    assert [bearer(asked) for asked in server.asked] == ["Bearer T"]


def airflow_of(scripted, tokens, token_answers=()):
    """An Airflow that takes the last token it gave, and answers requests for tokens with `token_answers` first."""
    answers, given = list(token_answers), []

    def serve(asked):
        if asked.path == "/auth/token":
            if answers:
                return answers.pop(0)
            assert asked.json == {"username": "ada", "password": "pass word"}
            assert "authorization" not in asked.headers
            given.append(next(tokens))
            return scripted.Say(201, {"access_token": given[-1]})
        good = given and bearer(asked) == f"Bearer {given[-1]}" and given[-1] != "stale"
        return scripted.Say(200 if good else 401)

    return scripted.ScriptedServer(serve)


LOGIN = {"airflow_username": "ada", "airflow_password": "pass word"}


def paths(server):
    return [f"{asked.method} {asked.path}" for asked in server.asked]


def test_user_and_password_get_one_token_for_many_calls(scripted, calls_of):
    with airflow_of(scripted, iter(["one"])) as server:
        calls = calls_of(airflow_api_url=server.url, **LOGIN)
        assert [calls.ask(Call("airflow", "GET", "/api/v2/x")).status for _ in range(3)] == [200] * 3
    assert paths(server) == ["POST /auth/token", *["GET /api/v2/x"] * 3]


def test_user_and_password_get_another_token_after_401(scripted, calls_of):
    with airflow_of(scripted, iter(["stale", "good"])) as server:
        assert calls_of(airflow_api_url=server.url, **LOGIN).ask(Call("airflow", "POST", "/api/v2/x")).status == 200
    assert paths(server) == ["POST /auth/token", "POST /api/v2/x"] * 2


def test_a_token_is_asked_for_again_where_the_server_fails(scripted, calls_of):
    with airflow_of(scripted, iter(["one"]), (scripted.Say(500), scripted.DROP)) as server:
        assert calls_of(airflow_api_url=server.url, **LOGIN).ask(Call("airflow", "POST", "/api/v2/x")).status == 200
    assert paths(server) == [*["POST /auth/token"] * 3, "POST /api/v2/x"]


def test_without_a_token_the_call_has_not_arrived(scripted, calls_of):
    with scripted.ScriptedServer(lambda asked: scripted.DROP) as server, pytest.raises(NoAnswer) as caught:
        calls_of(patience=0.1, airflow_api_url=server.url, **LOGIN).ask(Call("airflow", "POST", "/api/v2/x"))
    assert set(paths(server)) == {"POST /auth/token"}
    assert not caught.value.arrived
    assert "/auth/token" in caught.value.message


def test_a_refused_password_is_an_error(scripted, calls_of):
    with scripted.ScriptedServer(scripted.Say(401, {"detail": "Invalid credentials"})) as server:
        with pytest.raises(PublishError) as caught:
            calls_of(airflow_api_url=server.url, **LOGIN).ask(Call("airflow", "GET", "/api/v2/x"))
        assert caught.value.code == "JPE505"
        assert paths(server) == ["POST /auth/token"]


def test_airflow_2_gets_basic_and_is_not_asked_for_a_token(scripted, calls_of):
    with scripted.ScriptedServer(scripted.Say()) as server:
        calls_of(airflow_api_url=server.url, **LOGIN).ask(Call("airflow", "GET", "/api/v1/dags"))
    assert paths(server) == ["GET /api/v1/dags"]
    assert base64.b64decode(bearer(server.asked[0]).removeprefix("Basic ")) == b"ada:pass word"


def test_a_bad_token_says_so_before_anything_is_sent(scripted, calls_of):
    with scripted.ScriptedServer(scripted.Say()) as server:
        with pytest.raises(SettingsError):
            calls_of(git_api_url=server.url, git_token="two words").ask(Call("gitea", "GET", "/x"))
        assert server.asked == []


def test_what_was_sent_as_credentials_is_known_to_redact(scripted, calls_of):
    with airflow_of(scripted, iter(["g1v3n-t0k3n"])) as airflow, scripted.ScriptedServer(scripted.Say()) as gitea:
        calls = calls_of(
            airflow_api_url=airflow.url, git_api_url=gitea.url, git_username="ada", git_password="pw", **LOGIN
        )
        calls.ask(Call("airflow", "GET", "/api/v2/x"))
        calls.ask(Call("gitea", "GET", "/x"))
    basic = base64.b64encode(b"ada:pw").decode()
    assert calls.redact(f"you sent g1v3n-t0k3n and Basic {basic}, ada") == "you sent *** and Basic ***, ada"


def test_no_credentials_in_logs_and_reprs(scripted, calls_of, caplog):
    caplog.set_level(logging.DEBUG)
    with airflow_of(scripted, iter(["stale", "g1v3n-t0k3n"])) as server:
        calls = calls_of(airflow_api_url=server.url, **LOGIN)
        assert calls.ask(Call("airflow", "GET", "/api/v2/x")).status == 200
    assert "/api/v2/x" in caplog.text
    shown = caplog.text + repr(calls) + repr(vars(calls)) + repr(vars(calls._servers["airflow"]))
    for secret in ("g1v3n-t0k3n", "pass word", "pass%20word"):
        assert secret not in shown


def test_through_a_faulty_proxy_gets_come_through_and_posts_come_once(scripted, faulty, calls_of):
    with (
        scripted.ScriptedServer(lambda asked: scripted.Say(200, {"path": asked.path})) as server,
        faulty.FaultyProxy(server.url, every=3, hold=5) as proxy,
        closing(calls_of(git_api_url=proxy.url, request_timeout=0.3, pause=lambda s: time.sleep(s / 20))) as calls,
    ):
        for number in range(18):
            assert calls.ask(Call("gitea", "GET", f"/{number}")).json == {"path": f"/{number}"}
        broken = len(proxy.faults)

        def post(number):
            try:
                return calls.ask(Call("gitea", "POST", f"/post/{number}", body={})).status
            except NoAnswer as error:
                assert error.arrived
                return 0

        outcomes = {f"/post/{number}": post(number) for number in range(18)}
    assert broken >= 6
    lost = [fault for fault in proxy.faults if fault.method == "POST"]
    assert len(lost) == 6
    # a busy machine is late with others too
    assert {fault.path for fault in lost} <= {path for path, status in outcomes.items() if status != 200}
    posted = [asked.path for asked in server.asked if asked.method == "POST"]
    assert sorted(posted) == sorted(outcomes.keys() - {fault.path for fault in lost if not fault.done})


# Forms


FORM = Form(
    (("name", "kpi"), ("tags", 'a="b";c=ü'), ("tags", "again"), ("empty", "")),
    (("pyFiles", File("dir/kpi.py", "x = 'ü'\r\n--\r\n")), ("pyFiles", File("b.py", ""))),
)


def parts_of(asked):
    """Return the parts of a multipart body, as the standard library reads them: name, file name, bytes."""
    head = b"Content-Type: " + asked.headers["content-type"].encode() + b"\r\n\r\n"
    message = email.message_from_bytes(head + asked.body)
    assert message.get_content_type() == "multipart/form-data"
    assert not message.defects
    return [
        (one.get_param("name", header="content-disposition"), one.get_filename(), one.get_payload(decode=True))
        for one in message.get_payload()
    ]


def test_a_form_goes_as_multipart(scripted, calls_of):
    with scripted.ScriptedServer(scripted.Say()) as server:
        calls_of(ilum_api_url=server.url, ilum_token="I").ask(Call("ilum", "POST", "/job/submit", form=FORM))
    (asked,) = server.asked
    assert parts_of(asked) == [
        ("name", None, b"kpi"),
        ("tags", None, 'a="b";c=ü'.encode()),
        ("tags", None, b"again"),
        ("empty", None, b""),
        ("pyFiles", "kpi.py", "x = 'ü'\r\n--\r\n".encode()),
        ("pyFiles", "b.py", b""),
    ]
    assert asked.headers["authorization"] == "Bearer I"
    assert asked.headers["content-length"] == str(len(asked.body))


def test_a_form_without_a_file_is_multipart_too(scripted, calls_of):
    with scripted.ScriptedServer(scripted.Say()) as server:
        calls_of(ilum_api_url=server.url).ask(Call("ilum", "PUT", "/group/1", form=Form((("scale", "2"),))))
    assert parts_of(server.asked[0]) == [("scale", None, b"2")]


def test_a_name_in_a_form_cant_add_a_header_or_a_part(scripted, calls_of):
    form = Form((('a"\r\nX: y', "1"),), (('b"; filename="z', File('q"\r\nX: y.py', "2")),))
    with scripted.ScriptedServer(scripted.Say()) as server:
        calls_of(ilum_api_url=server.url).ask(Call("ilum", "POST", "/x", form=form))
    assert [len(parts_of(server.asked[0])), b"\r\nX:" in server.asked[0].body] == [2, False]


def test_a_form_is_sent_once_whatever_comes_of_it(scripted, calls_of):
    for trouble in ("drop", scripted.Say(503)):
        with script(scripted, trouble) as server:
            calls = calls_of(ilum_api_url=server.url)
            try:
                assert calls.ask(Call("ilum", "POST", "/job/submit", form=FORM, limit=5)).status == 503
            except NoAnswer as error:
                assert error.arrived
        assert len(server.asked) == 1


def test_a_form_that_may_be_repeated_is_the_same_each_time(scripted, calls_of):
    with script(scripted, scripted.Say(503), "drop", scripted.Say(200)) as server:
        calls_of(ilum_api_url=server.url).ask(Call("ilum", "PUT", "/group/1", form=FORM, repeat=True))
    assert len({(one.body, one.headers["content-type"]) for one in server.asked}) == 1
    assert len(server.asked) == 3
