from __future__ import annotations

import itertools
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import trustme

from jpe_magics.adapters import http, patience
from jpe_magics.adapters.calls import Calls
from jpe_magics.core.flow import Call
from jpe_magics.errors import NoAnswer
from tests.faults.server import FaultServer


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def calls_of(given: Any, told: list[str]) -> Iterator[Any]:
    """Make `Calls` whose waits are noted and take no time."""
    made = []

    def make(url: str, waits: list[float] | None = None, pause: Any = None, **settings: Any) -> Calls:
        def note(seconds: float) -> None:
            if seconds and waits is not None:  # else it is a look whether to stop
                waits.append(seconds)

        calls = Calls(given(git_api_url=url, **settings), pause or note, "ada", 30.0, told.append)
        made.append(calls)
        return calls

    yield make
    for calls in made:
        calls.close()


class Clock:
    """Goes on by what is waited for, and by what a request takes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr("tenacity.time", SimpleNamespace(monotonic=lambda: self.now))

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def ask(calls: Calls) -> int:
    return calls.ask(Call("gitea", "GET", "/x")).status


def test_nobody_listens_and_it_is_said_soon(scripted: ModuleType, calls_of: Any, clock: Clock, told: list[str]) -> None:
    with pytest.raises(NoAnswer, match="Connection refused"):
        ask(calls_of(f"http://127.0.0.1:{scripted.closed_port()}", pause=clock.wait))
    assert 3 < clock.now < patience.FIRST
    assert told[0].startswith("Gitea gives no answer: no connection (")
    assert told[-1] == ""


def test_who_has_answered_is_waited_for_longer(
    scripted: ModuleType, calls_of: Any, clock: Clock, told: list[str]
) -> None:
    with scripted.ScriptedServer(scripted.Say(200)) as server:
        calls = calls_of(server.url, pause=clock.wait)
        assert ask(calls) == 200
        assert told == []
    with pytest.raises(NoAnswer):
        ask(calls)
    assert 25 < clock.now < 30


def test_a_server_that_begins_late_is_found(scripted: ModuleType, calls_of: Any, clock: Clock, told: list[str]) -> None:
    port = scripted.closed_port()
    begun: list[Late] = []
    with ExitStack() as later:

        def pause(seconds: float) -> None:
            clock.wait(seconds)
            if clock.now > 2 and not begun:
                begun.append(Late(port))
                later.callback(begun[0].end)

        assert ask(calls_of(f"http://127.0.0.1:{port}", pause=pause)) == 200
    assert told[-1] == ""


class Late:
    """A server on this port that answers everything with 200."""

    def __init__(self, port: int) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def end(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def test_what_is_over_in_a_moment_is_not_told(scripted: ModuleType, calls_of: Any, told: list[str]) -> None:
    turns = itertools.chain([scripted.Say(503), scripted.DROP], itertools.repeat(scripted.Say(200)))
    with scripted.ScriptedServer(lambda _: next(turns)) as server:
        assert ask(calls_of(server.url)) == 200
    assert told == []


def test_the_server_s_own_wish_is_told_at_once(scripted: ModuleType, calls_of: Any, told: list[str]) -> None:
    turns = iter([scripted.Say(429, {}, {"Retry-After": "7"}), scripted.Say(200)])
    with scripted.ScriptedServer(lambda _: next(turns)) as server:
        assert ask(calls_of(server.url)) == 200
    assert told == ["Gitea answers with 429", ""]


@pytest.mark.parametrize("url", ["http://nowhere.invalid/", "https://{plain}", "https://{secret}"])
def test_what_no_other_try_can_mend_is_asked_once(
    scripted: ModuleType, calls_of: Any, told: list[str], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    tried = []
    sent = http.Client.send
    monkeypatch.setattr(http.Client, "send", lambda *at, **how: (tried.append(1), sent(*at, **how))[1])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with scripted.ScriptedServer(scripted.Say(200)) as plain, FaultServer(plain.url, tls=context) as secret:
        places = {"plain": plain.url.partition("//")[2], "secret": secret.url.partition("//")[2]}
        waits: list[float] = []
        with pytest.raises(NoAnswer) as caught:
            ask(calls_of(url.format(**places), waits))
        assert plain.asked == secret.asked == []
    assert (tried, waits, told) == ([1], [], [])
    assert not caught.value.arrived


def test_a_connection_lost_while_tls_begins_is_tried_again(calls_of: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        count = 0

        def pause(seconds: float) -> None:
            nonlocal count
            if seconds:
                count += 1
            if count == 3:
                raise NoAnswer("enough")

        def hang_up() -> None:
            for _ in range(3):
                connection, _ = listening.accept()
                connection.recv(100)
                connection.close()

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        with pytest.raises(NoAnswer, match="enough"):
            ask(calls_of(f"https://127.0.0.1:{listening.getsockname()[1]}", pause=pause))
        thread.join(10)
    assert count == 3


def test_a_stop_is_not_told_as_a_try(scripted: ModuleType, calls_of: Any, told: list[str]) -> None:
    def stop(seconds: float) -> None:
        if seconds:
            raise NoAnswer("stopped")

    began = time.monotonic()
    with pytest.raises(NoAnswer, match="stopped"):
        ask(calls_of(f"http://127.0.0.1:{scripted.closed_port()}", pause=stop))
    assert time.monotonic() - began < 20
    assert told == []
