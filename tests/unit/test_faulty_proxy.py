"""The proxy that other tests rely on breaks what it says, and nothing else."""

from __future__ import annotations

import http.client
import importlib.util
import sys
import threading
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.one_python


def _beside(name):
    full = f"jpe_tests_{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, Path(__file__).parents[1] / f"{name}.py")
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]


faulty, scripted = _beside("faulty_proxy"), _beside("scripted_server")


def ask(url, path="/x", method="GET", body=None, timeout=2.0):
    """Return status and body, or what went wrong."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (TimeoutError, http.client.RemoteDisconnected) as error:
        return type(error).__name__, b""
    finally:
        connection.close()


SEEN = {"error": 500, "hold": "TimeoutError", "drop": "RemoteDisconnected"}


def test_every_third_in_all_ways():
    with (
        scripted.ScriptedServer(lambda asked: scripted.Say(201, asked.body + b"!")) as server,
        faulty.FaultyProxy(server.url, every=3) as proxy,
    ):
        got = [ask(proxy.url, "/x?y=1", "POST", b"%d" % one)[0] for one in range(36)]
    assert len(proxy.requests) == 36
    assert Counter(fault.kind for fault in proxy.faults) == dict.fromkeys(faulty.KINDS, 2)
    assert {fault[1:] for fault in proxy.faults} == {("POST", "/x")}
    for number, seen in enumerate(got, 1):
        expected = 201 if number % 3 else SEEN[faulty.KINDS[proxy.faults[number // 3 - 1].kind][0]]
        assert seen == expected
    done = [one for one in range(36) if (one + 1) % 3 or proxy.faults[one // 3].done]
    assert [int(asked.body) for asked in server.asked] == done
    assert len(done) == 30
    assert all(asked.query == {"y": "1"} for asked in server.asked)


def test_headers_and_body_go_both_ways():
    said = scripted.Say(404, b"gone", {"X-Y": "z", "Content-Type": "text/x"})
    with scripted.ScriptedServer(said) as server, faulty.FaultyProxy(server.url, every=99) as proxy:
        connection = http.client.HTTPConnection(urlsplit(proxy.url).netloc, timeout=5)
        connection.request("PUT", "/p", b"body", {"Authorization": "token T"})
        answer = connection.getresponse()
        assert (answer.status, answer.read(), answer.headers["X-Y"]) == (404, b"gone", "z")
        connection.close()
    (asked,) = server.asked
    assert (asked.method, asked.body, asked.headers["authorization"]) == ("PUT", b"body", "token T")


def test_a_seed_decides_the_order():
    def kinds(seed):
        with scripted.ScriptedServer(scripted.Say()) as server:
            with faulty.FaultyProxy(server.url, every=1, hold=0.01, seed=seed) as proxy:
                for _ in range(6):
                    ask(proxy.url)
            return [fault.kind for fault in proxy.faults]

    assert kinds(1) == kinds(1)
    assert len({tuple(kinds(seed)) for seed in range(4)}) > 1


def test_paths_and_the_switch():
    with (
        scripted.ScriptedServer(scripted.Say()) as server,
        faulty.FaultyProxy(server.url, every=2, kinds=("error",), paths="/runs$") as proxy,
    ):
        assert [ask(proxy.url, path)[0] for path in ("/a", "/runs", "/a", "/a", "/runs")] == [200, 200, 200, 200, 500]
        proxy.on = False
        assert [ask(proxy.url, "/runs")[0] for _ in range(4)] == [200] * 4
        proxy.on = True
        assert [ask(proxy.url, "/runs")[0] for _ in range(2)] == [200, 500]
    assert len(proxy.faults) == 2


def test_the_end_does_not_wait_for_those_who_wait():
    with scripted.ScriptedServer(scripted.Say()) as server:
        with faulty.FaultyProxy(server.url, every=1, kinds=("held-done",), hold=60) as proxy:
            asking = threading.Thread(target=ask, args=(proxy.url,), kwargs={"timeout": 60})
            asking.start()
            assert server.came.wait(30)
        asking.join(30)
        assert not asking.is_alive()


def test_a_server_that_is_not_there():
    with faulty.FaultyProxy(f"http://127.0.0.1:{scripted.closed_port()}", every=9) as proxy:
        assert ask(proxy.url)[0] == 502


def test_only_plain_http():
    with pytest.raises(AssertionError):
        faulty.FaultyProxy("https://127.0.0.1")
