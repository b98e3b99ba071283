from __future__ import annotations

import gzip
import json
import logging
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress

import httpx
import pytest

from jpe_magics.adapters import http
from jpe_magics.adapters.http import Client, TooLarge, Unanswered, get_head, get_json

#: Seconds within which what has ended has ended: on a busy machine too, and long before what it must not wait for.
SOON = 30
HEADERS = {"Authorization": "Bearer s3cr3t-t0ken"}


@pytest.fixture
def client():
    with closing(Client()) as client:
        yield client


def get(client, url, timeout=60.0, whole=60.0, **more):
    return client.send("GET", url, headers=HEADERS, timeout=timeout, whole=whole, **more)


def test_an_answer(scripted, client):
    with scripted.ScriptedServer(scripted.Say(418, {"a": ["ü"]}, {"Content-Type": "application/json; x=y"})) as server:
        reply = client.send("PATCH", server.url + "/x?y=z", headers=HEADERS, content=b"{}", timeout=5, whole=5)
    answer = reply.answer
    assert (answer.status, answer.json, answer.content_type) == (418, {"a": ["ü"]}, "application/json; x=y")
    assert json.loads(answer.text) == {"a": ["ü"]}
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.query, asked.body) == ("PATCH", "/x", {"y": "z"}, b"{}")
    assert asked.headers["authorization"] == "Bearer s3cr3t-t0ken"


@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff\xfe", b"[" * 100_000, b"1" * 5000])
def test_what_is_no_json_is_none(scripted, client, body):
    with scripted.ScriptedServer(scripted.Say(200, body)) as server:
        answer = get(client, server.url).answer
    assert answer.json is None
    assert answer.text == body.decode("utf-8", "replace")[: 64 * 1024]


def test_the_text_is_cut_and_the_json_is_whole(scripted, client):
    value = "ü" * 100_000
    with scripted.ScriptedServer(scripted.Say(200, json.dumps(value, ensure_ascii=False).encode())) as server:
        answer = get(client, server.url).answer
    assert answer.json == value
    assert answer.text == '"' + "ü" * (64 * 1024 - 1)


def test_one_connection_serves_many_requests(scripted, client):
    with scripted.ScriptedServer(scripted.Say(200, {})) as server:
        for _ in range(5):
            get(client, server.url)
    assert len(server.asked) == 5
    assert server.connections == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_nobody_else_gets_the_token(scripted, client, status):
    with (
        scripted.ScriptedServer(scripted.Say(200, {})) as elsewhere,
        scripted.ScriptedServer(scripted.Say(status, {}, {"Location": elsewhere.url + "/x"})) as server,
    ):
        assert get(client, server.url).answer.status == status
    assert elsewhere.asked == []
    assert len(server.asked) == 1


def test_neither_proxies_nor_netrc_of_the_environment(scripted, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password pw\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with (
        scripted.ScriptedServer(scripted.Say(200, {})) as proxy,
        scripted.ScriptedServer(scripted.Say(200, {})) as server,
    ):
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        with closing(Client()) as client:
            client.send("GET", server.url, headers={}, timeout=5, whole=5)
    assert proxy.asked == []
    assert "authorization" not in server.asked[0].headers


def test_cookies_are_not_kept(scripted, client):
    with scripted.ScriptedServer(scripted.Say(200, {}, {"Set-Cookie": "session=stolen; Path=/"})) as server:
        for _ in range(2):
            get(client, server.url)
    assert all("cookie" not in asked.headers for asked in server.asked)


def test_a_refused_connection_did_not_arrive(scripted, client):
    with pytest.raises(Unanswered) as caught:
        get(client, f"http://127.0.0.1:{scripted.closed_port()}/x")
    assert not caught.value.arrived
    assert "refused" in str(caught.value).lower()


def test_a_name_that_is_unknown_did_not_arrive(client):
    with pytest.raises(Unanswered) as caught:
        get(client, "http://nowhere.invalid/x")
    assert not caught.value.arrived


def test_no_tls_no_arrival(scripted, client):
    with scripted.ScriptedServer(scripted.Say(200, {})) as server, pytest.raises(Unanswered) as caught:
        get(client, server.url.replace("http:", "https:"))
    assert not caught.value.arrived
    assert server.asked == []


def test_a_dropped_connection_may_have_arrived(scripted, client):
    with scripted.ScriptedServer(lambda asked: scripted.DROP) as server, pytest.raises(Unanswered) as caught:
        get(client, server.url)
    assert caught.value.arrived
    assert len(server.asked) == 1
    assert caught.value.__cause__ is caught.value.__context__ is None  # httpx's error leads to the headers


def test_silence_ends_with_the_timeout(scripted, client):
    begun = time.monotonic()
    with scripted.ScriptedServer(lambda asked: scripted.HOLD) as server, pytest.raises(Unanswered) as caught:
        get(client, server.url, timeout=0.3)
    assert 0.25 < time.monotonic() - begun < SOON
    assert caught.value.arrived
    assert str(caught.value) == "no answer within 0.3 s"


@pytest.mark.parametrize("way", ["DRIP_HEAD", "DRIP_BODY"])
def test_an_answer_without_end_is_ended(scripted, client, way):
    begun = time.monotonic()
    with scripted.ScriptedServer(lambda asked: getattr(scripted, way)) as server, pytest.raises(Unanswered) as caught:
        get(client, server.url, whole=0.4)
    assert 0.35 < time.monotonic() - begun < SOON
    assert caught.value.arrived
    assert str(caught.value) == "no whole answer within 0.4 s"


def test_an_answer_without_end_is_ended_on_a_second_request_too(scripted, client):
    with scripted.ScriptedServer(lambda asked: scripted.DRIP_BODY if asked.path == "/2" else scripted.Say()) as server:
        get(client, server.url + "/1")
        with pytest.raises(Unanswered):
            get(client, server.url + "/2", whole=0.3)
        assert get(client, server.url + "/3").answer.status == 200


def test_a_limit_that_is_over_does_not_cut_what_comes_next(scripted, client):
    with scripted.ScriptedServer(scripted.Say(200, {})) as server:
        for _ in range(20):  # a busy machine is too late for this limit now and then
            with suppress(Unanswered):
                get(client, server.url, whole=0.2)
                break
        else:
            pytest.fail("no answer within its limit")
        time.sleep(0.3)  # the first one's limit passes
        assert get(client, server.url).answer.status == 200


def test_a_body_above_the_limit(scripted, client, monkeypatch):
    monkeypatch.setattr(http, "BODY_LIMIT", 2**20)
    with scripted.ScriptedServer(lambda asked: scripted.Say(200, b"x" * (2**20 + (asked.path == "/more")))) as server:
        assert get(client, server.url).answer.status == 200
        with pytest.raises(TooLarge, match="larger than 1 MiB"):
            get(client, server.url + "/more")


def test_the_limit_counts_what_is_unpacked(scripted, client, monkeypatch):
    monkeypatch.setattr(http, "BODY_LIMIT", 2**20)
    bomb = scripted.Say(200, gzip.compress(b"\0" * 2**22), {"Content-Encoding": "gzip"})
    with scripted.ScriptedServer(bomb) as server, pytest.raises(TooLarge):
        get(client, server.url)


def test_a_body_that_can_not_be_unpacked(scripted, client):
    broken = scripted.Say(200, b"no gzip", {"Content-Encoding": "gzip"})
    with scripted.ScriptedServer(broken) as server, pytest.raises(Unanswered, match="unpacked"):
        get(client, server.url)


@pytest.mark.parametrize("packed", ["gzip, gzip", "br", "zstd"])
def test_a_body_that_could_grow_without_limit_is_not_unpacked(scripted, client, packed):
    body = gzip.compress(gzip.compress(b"{}"))
    say = scripted.Say(200, body, {"Content-Encoding": packed})
    with scripted.ScriptedServer(say) as server, pytest.raises(Unanswered, match="unpacked"):
        get(client, server.url)
    assert server.asked[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.fixture
def silent_names(monkeypatch):
    """A name server that does not answer until the test is over."""
    over = threading.Event()

    def getaddrinfo(*_, **__):
        over.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield
    over.set()


@pytest.mark.usefixtures("silent_names")
def test_a_silent_name_server_ends_with_the_timeout(client):
    begun = time.monotonic()
    with pytest.raises(Unanswered, match=r"name somewhere was not found within 0\.2 s") as caught:
        get(client, "http://somewhere:3000/x", timeout=0.2)
    assert time.monotonic() - begun < SOON
    assert not caught.value.arrived


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "a" * 70])
def test_a_name_that_nobody_knows_costs_no_import(host):
    code = (
        "import sys; from jpe_magics.adapters.http import Client, Unanswered\n"
        f"try: Client().send('GET', 'http://{host}/x', headers={{}}, timeout=5, whole=5)\n"
        "except Unanswered as error: print('httpx' in sys.modules, error.arrived)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "False"]


def test_all_addresses_of_a_host_share_the_time(client, monkeypatch):
    monkeypatch.setattr(http, "look_up", lambda host, timeout: 4)
    assert 0.9 < client._time_to_connect("http://four.example/x", 4) <= 1
    assert client._time_to_connect("http://four.example/x", 1) == 0.5


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0", 0), ("", 0), ("-5", 0), ("soon", 0), ("9" * 5000, 999_999_999), ("٣", 0), ("Thu, 99 Jan", 0)],
)
def test_retry_after(scripted, client, header, seconds):
    assert http.retry_after(header, 0) == seconds


def test_retry_after_is_read_from_the_answer(scripted, client):
    with scripted.ScriptedServer(scripted.Say(429, {}, {"Retry-After": "7"})) as server:
        assert get(client, server.url).retry_after == 7


def test_no_header_in_logs(scripted, client, caplog):
    caplog.set_level(logging.DEBUG)
    back = scripted.Say(200, {}, {"X-Echo": "s3cr3t", "Set-Cookie": "_token=s3cr3t"})
    with scripted.ScriptedServer(lambda asked: scripted.DROP if asked.path == "/drop" else back) as server:
        get(client, server.url + "/x?q=s3cr3t")
        with pytest.raises(Unanswered):
            get(client, server.url + "/drop")
    assert f"GET {server.url}/x: 200" in caplog.messages
    assert "s3cr3t" not in caplog.text


def test_what_others_send_is_logged_as_before(scripted, client, caplog):
    caplog.set_level(logging.DEBUG)
    with scripted.ScriptedServer(scripted.Say()) as server:
        get(client, server.url)
        httpx.get(server.url + "/theirs", trust_env=False)
    assert {"httpx", "httpcore.http11"} <= {record.name for record in caplog.records}
    assert "/theirs" in caplog.text


@pytest.mark.parametrize("headers", [{"X": "s3cr3t\r\nEvil: 1"}, {"s3cr3t\n": "x"}])
def test_no_header_in_the_error_about_a_header(scripted, client, headers):
    with scripted.ScriptedServer(scripted.Say(200, {})) as server, pytest.raises(Unanswered) as caught:
        client.send("GET", server.url, headers=headers, timeout=5, whole=5)
    assert "s3cr3t" not in repr(caught.value) + str(caught.value)
    assert server.asked == []


def test_a_hang_up_below_tls_ends_a_read(tmp_path):
    """`Line` hangs up under a TLS layer: the plain socket's shutdown, from another thread, wakes the reader."""
    near, far = socket.socketpair()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with near, far:
        wrapped = context.wrap_socket(near, do_handshake_on_connect=False)
        with wrapped:
            timer = threading.Timer(0.1, socket.socket.shutdown, (wrapped, socket.SHUT_RDWR))
            timer.start()
            wrapped.settimeout(60)
            begun = time.monotonic()
            with pytest.raises(OSError):
                wrapped.do_handshake()
            assert time.monotonic() - begun < SOON
            timer.join()


def test_get_json(scripted):
    with scripted.ScriptedServer(lambda asked: scripted.Say(200 if asked.path == "/x" else 503, {"a": 1})) as server:
        assert get_json(server.url + "/x", headers=HEADERS, timeout=5) == {"a": 1}
        with pytest.raises(OSError, match="the answer was 503"):
            get_json(server.url + "/y", timeout=5)
    assert server.asked[0].headers["authorization"] == HEADERS["Authorization"]
    with pytest.raises(OSError, match="no connection"):
        get_json(server.url, timeout=5)


def test_get_json_ends_with_what_has_no_end(scripted):
    for way in (scripted.DRIP_HEAD, scripted.DRIP_BODY):
        with scripted.ScriptedServer(lambda asked, way=way: way) as server:
            begun = time.monotonic()
            with pytest.raises(OSError, match="no whole answer"):
                get_json(server.url, timeout=0.5)
            assert time.monotonic() - begun < SOON


def test_get_json_reads_as_much_as_is_wanted(scripted):
    with scripted.ScriptedServer(scripted.Say(200, {"a": "x" * 2**21})) as server:
        with pytest.raises(ValueError, match="larger than 1 MiB"):
            get_json(server.url, timeout=5, most=2**20)
        assert len(get_json(server.url, timeout=5, most=2**22)["a"]) == 2**21


@pytest.mark.parametrize("body", [b"<html>", b"[" * 100_000])
def test_get_json_says_what_is_no_json(scripted, body):
    with scripted.ScriptedServer(scripted.Say(200, body)) as server, pytest.raises(ValueError, match="no JSON"):
        get_json(server.url, timeout=5)


def test_get_head_sends_no_credentials(scripted):
    with scripted.ScriptedServer(scripted.Say(302, {}, {"Location": "http://x/?token=1"})) as server:
        head = get_head(server.url, timeout=5)
    assert (head.status, head.location) == (302, "http://x/")
    assert "authorization" not in server.asked[0].headers


def test_a_connection_that_is_made_after_the_end_asks_nothing(scripted):
    """A name that is looked up for long is not worth a request that nobody wants any more."""
    with scripted.ScriptedServer(scripted.Say(200)) as server, closing(Client()) as client:
        client.hang_up()
        with pytest.raises(Unanswered):
            client.send("POST", server.url, headers={}, content=b"x", timeout=5, whole=5)
        assert server.asked == []
