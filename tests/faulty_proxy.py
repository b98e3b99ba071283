"""A proxy that stands in front of a real server and breaks every n-th request, each time in another way.

::

    with FaultyProxy(server_url, every=3, hold=2.0) as proxy:
        ...                   # ask proxy.url instead of the server
        proxy.faults          # what was broken: [Fault("lost", "POST", "/api/v2/dags/x/dagRuns"), …]

A fault is one of `KINDS`: the request is answered with a 500, held until the client gives up (at most `hold`
seconds), or dropped, each of them before it reaches the server, or after the server has done it: then the
answer is lost.  The kinds come in an order that `seed` decides, all of them before one comes again.
"""

from __future__ import annotations

import http.client
import random
import re
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple
from urllib.parse import urlsplit

#: How it fails, and whether the server has done what was asked.
KINDS: dict[str, tuple[str, bool]] = {
    "error": ("error", False),
    "error-done": ("error", True),
    "held": ("hold", False),
    "held-done": ("hold", True),
    "dropped": ("drop", False),
    "lost": ("drop", True),
}
#: Headers that concern one connection only (RFC 9110, 7.6.1), and those that are written anew.
_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
_ANEW = {"content-length", "date", "host", "server"}


class Fault(NamedTuple):
    """A request that was broken; `done` tells whether the server has got and answered it."""

    kind: str
    method: str
    path: str

    @property
    def done(self) -> bool:
        return KINDS[self.kind][1]


class FaultyProxy:
    """Forwards HTTP to `target` ("http://host:port") and breaks every `every`-th request whose path `paths` finds.

    `on` switches the faults on and off; requests are counted only while they are on.  `requests` are all that came
    ("GET /x"), `faults` those that were broken.
    """

    def __init__(
        self,
        target: str,
        *,
        every: int = 3,
        kinds: tuple[str, ...] = tuple(KINDS),
        paths: str = "",
        seed: int = 0,
        hold: float = 30.0,
        on: bool = True,
    ) -> None:
        parts = urlsplit(target)
        assert parts.scheme == "http", "only plain HTTP"
        self._host, self._port, self._prefix = parts.hostname or "", parts.port or 80, parts.path.rstrip("/")
        self._every, self._paths, self._hold = every, re.compile(paths), hold
        self._order = _rotation(kinds, seed)
        self._lock = threading.Lock()
        self._count = 0
        self._open: set[socket.socket] = set()
        self._closing = threading.Event()
        self.on = on
        self.requests: list[str] = []
        self.faults: list[Fault] = []

    def __enter__(self) -> FaultyProxy:  # noqa: PYI034 - Self is not in Python 3.10
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False  # closing waits for them
        self.url = f"http://127.0.0.1:{self._server.server_port}{self._prefix}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    def _next_fault(self, method: str, path: str) -> str:
        """Count a request and return how it is to be broken, "" for not at all."""
        with self._lock:
            self.requests.append(f"{method} {path}")
            if not self.on or not self._paths.search(path):
                return ""
            self._count += 1
            if self._count % self._every:
                return ""
            fault = Fault(next(self._order), method, path)
            self.faults.append(fault)
            return fault.kind

    def _forward(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=60)
        try:
            headers = {name: value for name, value in handler.headers.items() if name.lower() not in _HOP | _ANEW}
            if body:
                headers["Content-Length"] = str(len(body))
            connection.request(handler.command, handler.path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _wait(self, connection: socket.socket) -> None:
        """Return when the client has given up, when `hold` seconds are over, or at the end of the proxy."""
        end = time.monotonic() + self._hold
        while time.monotonic() < end and not self._closing.is_set():
            if select.select([connection], [], [], 0.02)[0]:
                with suppress(OSError):
                    if connection.recv(1, socket.MSG_PEEK):
                        continue
                return

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                with proxy._lock:
                    proxy._open.add(self.connection)

            def finish(self) -> None:
                with proxy._lock:
                    proxy._open.discard(self.connection)
                with suppress(OSError):
                    super().finish()

            def handle(self) -> None:
                with suppress(OSError):  # the client may go whenever it likes
                    super().handle()

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                kind = proxy._next_fault(self.command, self.path.partition("?")[0])
                way, done = KINDS.get(kind, ("", True))
                status, headers, answer = 500, [("Content-Type", "text/plain")], b"the proxy broke it"
                if done:
                    try:
                        forwarded = proxy._forward(self, body)
                    except OSError:
                        forwarded = (502, headers, b"the server is not there")
                    if way != "error":
                        status, headers, answer = forwarded
                if way == "hold":
                    proxy._wait(self.connection)
                if way in ("hold", "drop"):
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in _HOP | _ANEW:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _any

            def log_message(self, *_: object) -> None: ...

        return Handler


def _rotation(kinds: tuple[str, ...], seed: int) -> Iterator[str]:
    """Yield every kind in an order by chance, then every kind in another, for ever."""
    chance = random.Random(seed)
    while True:
        yield from chance.sample(kinds, len(kinds))
