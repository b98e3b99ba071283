from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

import pytest

from jpe_magics.adapters.declared import JpeMagics
from jpe_magics.adapters.probe import operating_mode, probe
from jpe_magics.adapters.settings import Settings
from jpe_magics.model.badge import Badge


@contextmanager
def server(
    answers: dict[str, tuple[int, str, dict[str, str]]],
) -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """A server that gives these answers by path (404 in JSON elsewhere); yields its address and what it was asked."""
    asked: list[tuple[str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            status, kind, headers = answers.get(self.path, (404, "application/json", {}))
            body = json.dumps({}).encode()
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}", asked
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


@contextmanager
def silent() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def closed() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}"


JSON = "application/json"
#: Seconds within which what has ended has ended: on a busy machine too, and long before what it must not wait for.
SOON = 30


@pytest.mark.parametrize(
    ("backend", "answers", "state", "told"),
    [
        ("airflow", {"/api/v2/monitor/health": (200, JSON, {})}, "ok", "answers (200)"),
        ("airflow", {"/api/v1/health": (200, JSON, {})}, "ok", "answers (200)"),
        ("airflow", {"/api/v2/monitor/health": (403, JSON, {})}, "ok", "answers (403)"),
        ("airflow", {}, "down", "no such API (404)"),
        ("airflow", {"/api/v2/monitor/health": (503, JSON, {})}, "down", "error (503)"),
        ("airflow", {"/api/v2/monitor/health": (200, "text/html; charset=utf-8", {})}, "down", "a web page"),
        ("gitea", {"/version": (200, JSON, {})}, "ok", "answers (200)"),
        ("ilum", {"/cluster/names": (401, JSON, {})}, "ok", "answers (401)"),
        (
            "ilum",
            {"/cluster/names": (302, "text/html", {"Location": "https://sso.example.org/?x=1"})},
            "down",
            "https://sso",
        ),
    ],
)
def test_answers(backend, answers, state, told):
    with server(answers) as (url, _):
        (badge,) = probe({backend: url + "/"}, timeout=30)
    assert (badge.backend, badge.state) == (backend, state)
    assert told in badge.tried
    assert "?x=1" not in badge.tried


def test_nothing_is_sent_that_could_tell_who_asks():
    with server({"/version": (200, JSON, {})}) as (url, asked):
        probe({"gitea": url}, timeout=30)
    ((path, headers),) = asked
    assert path == "/version"
    assert not {"authorization", "cookie"} & set(headers)


def test_redirects_are_not_followed():
    answer = {"/version": (200, JSON, {})}
    with server(answer) as (elsewhere, asked), server(moved := {}) as (url, _):
        moved["/version"] = (301, JSON, {"Location": f"{elsewhere}/version"})
        (badge,) = probe({"gitea": url}, timeout=30)
    assert badge.state == "down"
    assert f"moved (301) to {elsewhere}/version" in badge.tried
    assert asked == []


def test_all_are_asked_at_once(scripted: ModuleType):
    together = threading.Barrier(3)

    def answer(_: Any) -> Any:
        together.wait(60)  # until all three were asked
        return scripted.Say(200, {})

    with scripted.ScriptedServer(answer) as server:
        badges = probe(dict.fromkeys(("airflow", "gitea", "ilum"), server.url), timeout=60)
    assert [badge.state for badge in badges] == ["ok", "ok", "ok"]


def test_the_limit_is_for_all_of_them():
    with silent() as first, silent() as second:
        begun = time.monotonic()
        badges = probe({"airflow": first, "gitea": second}, timeout=1.0)
        assert time.monotonic() - begun < SOON
    assert [badge.state for badge in badges] == ["down", "down"]
    assert all("no answer within 1 s" in badge.tried for badge in badges)


def test_each_badge_is_told_as_soon_as_it_is_known(scripted: ModuleType):
    told: list[tuple[str, str]] = []
    others = threading.Event()

    def answer(asked: Any) -> Any:
        if asked.path != "/version":  # Airflow's answer waits until Gitea's badge was told
            others.wait(60)
        return scripted.Say(200, {})

    def tell(badge: Badge) -> None:
        told.append((badge.backend, badge.state))
        if badge.backend == "gitea":
            others.set()

    with scripted.ScriptedServer(answer) as server:
        badges = probe({"airflow": server.url, "gitea": server.url, "ilum": ""}, timeout=60, tell=tell)
        others.set()
    assert told == [("ilum", "off"), ("gitea", "ok"), ("airflow", "ok")]
    assert [badge.backend for badge in badges] == ["airflow", "gitea", "ilum"]


def test_names_that_never_resolve_do_not_hold_it_up(monkeypatch):
    release = threading.Event()

    def hang(*_: object, **__: object) -> None:
        release.wait(60)
        raise socket.gaierror("gave up")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    begun = time.monotonic()
    (badge,) = probe({"gitea": "http://nowhere.example:3000/api/v1"}, timeout=0.3)
    assert time.monotonic() - begun < SOON
    assert (badge.state, badge.url) == ("down", "http://nowhere.example:3000/api/v1")
    release.set()


def test_a_body_without_end_does_not_hold_it_up():
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
                connection.recv(1)  # until the other side hangs up

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        (badge,) = probe({"gitea": f"http://127.0.0.1:{listening.getsockname()[1]}"}, timeout=30)
        thread.join(30)
    assert badge.state == "ok"


def test_a_head_without_end_holds_no_thread() -> None:
    """Each of its bytes comes in time, and none of them is the last."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.settimeout(0.05)
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not ended.is_set():
                    connection.sendall(b"X: y\r\n")
                    with suppress(TimeoutError):
                        if connection.recv(4096) == b"":
                            ended.set()

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        try:
            (badge,) = probe({"gitea": f"http://127.0.0.1:{listening.getsockname()[1]}"}, timeout=0.5)
            assert (badge.state, badge.tried.rpartition(": ")[2]) == ("down", "no answer within 0.5 s")
            assert ended.wait(SOON), "the other side has hung up"
        finally:
            ended.set()
            thread.join(SOON)


def test_where_a_redirect_leads_is_shown_as_far_as_is_good_for_people() -> None:
    moved = {
        "Location": "https://ada:Hx7-not-real" + "x" * 300 + "@host/\u202elogin" + "x" * 9000 + "#token=Hx7-not-real"
    }
    with server({"/version": (302, JSON, {name: one.encode().decode("latin-1") for name, one in moved.items()})}) as (
        url,
        _,
    ):
        (badge,) = probe({"gitea": url}, timeout=30)
    assert "it has moved (302) to https://host/loginxxx" in badge.tried
    assert len(badge.tried) < 300
    assert "Hx7" not in badge.tried


@pytest.mark.parametrize("url", ["a closed port", "http://127.0.0.1:99999", "ftp://127.0.0.1", "nonsense"])
def test_no_connection(url):
    url = closed() if url == "a closed port" else url
    (badge,) = probe({"gitea": url}, timeout=30)
    assert badge.state == "down"
    assert badge.tried.startswith(f"{url}: ")
    assert "\n" not in badge.tried


def test_what_is_switched_off_is_not_asked():
    assert probe({"airflow": ""}, timeout=1) == (Badge("airflow", "off", "", "switched off"),)


TOKEN = "tk-5f0c77"
#: Backend → its settings with a login, and where a login is checked.
LOGINS = {
    "airflow": ({"airflow_token": TOKEN}, "/api/v2/monitor/health", "/api/v2/dags"),
    "gitea": ({"git_token": TOKEN}, "/version", "/user"),
    "ilum": ({"ilum_token": TOKEN}, "/cluster/names", "/cluster/names"),
}
ADDRESSES = {"airflow": "airflow_api_url", "gitea": "git_api_url", "ilum": "ilum_api_url"}


@contextmanager
def guarded(scripted: ModuleType, backend: str, status: int) -> Iterator[Any]:
    """A backend that tells how it is to everybody, and answers with `status` whoever brings a login."""
    _, free, closed_path = LOGINS[backend]

    def answer(asked: Any) -> Any:
        if "authorization" in asked.headers:
            return scripted.Say(status if asked.path == closed_path else 418, {})
        return scripted.Say(200 if asked.path == free else 401, {})

    with scripted.ScriptedServer(answer) as server:
        yield server


def ask_with(given: Any, backend: str, url: str, limit: float = 30, **settings: str) -> Badge:
    (badge,) = probe({backend: url}, limit, settings=given(**{ADDRESSES[backend]: url}, **settings), user="ada")
    return badge


@pytest.mark.parametrize("backend", LOGINS)
@pytest.mark.parametrize(
    ("status", "state", "told"),
    [(200, "ok", "answers (200)"), (401, "refused", "answers, but refuses the login (401)"), (500, "ok", "(200)")],
)
def test_a_login_that_is_refused_is_told(
    given: Any, scripted: ModuleType, backend: str, status: int, state: str, told: str
) -> None:
    with guarded(scripted, backend, status) as server:
        badge = ask_with(given, backend, server.url, **LOGINS[backend][0])
    assert (badge.state, badge.tried.partition(": ")[2]) == (state, told if status != 500 else "answers (200)")
    carried = [one for one in server.asked if "authorization" in one.headers]
    assert [one.path for one in carried] == [LOGINS[backend][2]]
    assert TOKEN not in repr(badge) + repr([one.query for one in server.asked])


@pytest.mark.parametrize(("backend", "state"), [("airflow", "refused"), ("gitea", "ok"), ("ilum", "refused")])
def test_what_a_403_means(given: Any, scripted: ModuleType, backend: str, state: str) -> None:
    """For Gitea that its token is known and has other scopes than the user's."""
    with guarded(scripted, backend, 403) as server:
        assert ask_with(given, backend, server.url, **LOGINS[backend][0]).state == state


def test_a_login_that_is_wanted_and_lacks(given: Any, scripted: ModuleType) -> None:
    with scripted.ScriptedServer(scripted.Say(401, {})) as server:
        badge = ask_with(given, "ilum", server.url)
    assert (badge.state, badge.tried) == ("refused", f"{server.url}: answers, but wants a login (401)")


def test_a_password_that_airflow_gives_no_token_for(given: Any, scripted: ModuleType) -> None:
    def answer(asked: Any) -> Any:
        return scripted.Say(200 if asked.path.endswith("/health") else 401, {})

    with scripted.ScriptedServer(answer) as server:
        badge = ask_with(given, "airflow", server.url, airflow_username="ada", airflow_password="no-such-pw")
    assert badge.state == "refused"
    assert "refuses the user name and password" in badge.tried
    assert "no-such-pw" not in badge.tried


def test_a_setting_that_is_wrong_is_told(scripted: ModuleType) -> None:
    """And not by a thread that dies of it, which would count as no answer."""
    with scripted.ScriptedServer(scripted.Say(200, {})) as server:
        environment = {"AIRFLOW_API_URL": server.url, "AIRFLOW_USERNAME": "a\nda", "AIRFLOW_PASSWORD": "pw"}
        settings = Settings(JpeMagics(), environment, list)
        (badge,) = probe({"airflow": server.url}, 5, settings=settings)
    assert (badge.state, badge.tried.partition(": ")[2][:51]) == (
        "refused",
        "answers, but airflow_username must be one line of t",
    )
    (badge,) = probe({"airflow": server.url}, 5, ca_bundle="/no/such/file")
    assert badge.tried == f"{server.url}: ca_bundle (JPE_CA_BUNDLE) names no file: /no/such/file"


def test_a_token_that_can_not_be_sent(given: Any, scripted: ModuleType) -> None:
    with scripted.ScriptedServer(scripted.Say(200, {})) as server:
        badge = ask_with(given, "ilum", server.url, ilum_token="two words")
        assert badge.state == "refused"
        assert "ilum_token is no token" in badge.tried
        assert "two words" not in badge.tried
        assert all("authorization" not in one.headers for one in server.asked)


@pytest.mark.parametrize("answer", [503, 404, 302, "page"])
def test_no_login_goes_to_who_is_no_such_server(given: Any, scripted: ModuleType, answer: Any) -> None:
    said = scripted.Say(200, {}, {"Content-Type": "text/html"}) if answer == "page" else scripted.Say(answer, {})
    with scripted.ScriptedServer(said) as server:
        for backend, (login, _, _) in LOGINS.items():
            assert ask_with(given, backend, server.url, **login).state == "down"
    assert server.asked
    assert all("authorization" not in one.headers for one in server.asked)


def test_a_login_that_is_not_judged_in_time_keeps_nobody_waiting(given: Any, scripted: ModuleType) -> None:
    def answer(asked: Any) -> Any:
        return scripted.HOLD if "authorization" in asked.headers else scripted.Say(200, {})

    with scripted.ScriptedServer(answer) as server:
        begun = time.monotonic()
        badge = ask_with(given, "ilum", server.url, 3.0, ilum_token=TOKEN)
        assert time.monotonic() - begun < SOON
    assert (badge.state, badge.tried) == (
        "ok",
        f"{server.url}: answers (200); the login could not be checked in time",
    )


class Asked:
    def __init__(self, *given: str) -> None:
        self.given = given

    def is_set(self, name: str) -> bool:
        return name in self.given


@pytest.mark.parametrize(
    ("up", "given", "mode"),
    [
        ("", (), "Standalone"),
        ("airflow", (), "Connected"),
        ("ilum airflow", (), "Connected"),
        ("ilum airflow gitea", (), "Ilum bundled"),
        ("ilum airflow gitea", ("git_token",), "Ilum bundled"),
        ("ilum airflow gitea", ("airflow_api_url",), "Connected"),
    ],
)
def test_operating_mode(up, given, mode):
    badges = tuple(Badge(name, "ok" if name in up else "down") for name in ("ilum", "airflow", "gitea"))
    assert operating_mode(badges, Asked(*given)) == mode


def test_who_refuses_the_login_answers():
    badges = (Badge("ilum", "refused"), Badge("airflow", "down"), Badge("gitea", "down"))
    assert operating_mode(badges, Asked()) == "Connected"
