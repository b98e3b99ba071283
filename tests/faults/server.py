"""A proxy before a real server that breaks chosen requests, each in one of the ways of a table.

::

    with FaultServer(target, FAULTS["500, done"], like=Asked("POST", "/runs"), extent="once") as proxy:
        ...             # ask proxy.url: the first such request is done by the target, and answered with 500
        proxy.asked     # what came: [Asked("GET", "/api/v2/version"), …]
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest


@dataclass(frozen=True)
class Fault:
    """One way to break a request.

    `how`: "refused" (nobody listens), "reset" (before any byte), "reset head", "reset body", "silence", "drip head",
    "drip body", "status", "kind" (another content type), "cut" (half of the body).  `done`: the server does what was
    asked.  `passing`: it is of a kind that may be over with the next try.  `again` is a Retry-After.  `lasts`: the
    client must give up waiting.
    """

    name: str
    how: str
    done: bool = False
    passing: bool = False
    status: int = 0
    kind: str = "application/json"
    again: str = ""
    to: str = ""

    @property
    def lasts(self) -> bool:
        return self.how in ("silence", "drip head", "drip body")


def _table() -> dict[str, Fault]:
    rows = [Fault("refused", "refused", passing=True)]
    for how in ("reset", "reset head", "reset body", "silence", "drip head", "drip body"):
        rows += [Fault(how, how, passing=True), Fault(f"{how}, done", how, done=True, passing=True)]
    for status, done in ((500, False), (500, True), (502, False), (503, False), (503, True), (504, True)):
        page = "application/json" if status == 500 else "text/html"
        name = f"{status}, done" if done else str(status)
        rows.append(Fault(name, "status", done=done, passing=True, status=status, kind=page))
    rows += [Fault(str(status), "status", status=status) for status in (401, 403, 404, 409, 413, 422)]
    for name, again in (("in 1 s", "1"), ("at a date", "date"), ("in 20 s", "20"), ("in 300 years", "9999999999")):
        rows.append(Fault(f"429 {name}", "status", passing=again in ("1", "date"), status=429, again=again))
    for status, to in ((301, "same"), (302, "other"), (303, "same"), (307, "same"), (307, "other"), (308, "other")):
        rows.append(Fault(f"{status} {to} host", "status", status=status, to=f"{to} host"))
    rows += [
        Fault("a page", "status", status=200, kind="text/html"),
        Fault("a page, done", "status", done=True, status=200, kind="text/html"),
        Fault("JSON as HTML", "kind", done=True, kind="text/html"),
        Fault("JSON as anything", "kind", done=True, kind="application/octet-stream"),
        Fault("half of the body", "cut", done=True),
    ]
    return {row.name: row for row in rows}


FAULTS = _table()
#: Which requests are broken: the chosen one, all from it on, or from it on those with its method and path.
EXTENTS = ("once", "all", "alike")
_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length", "date", "server"}
_PAGE = b"<!DOCTYPE html><html><title>Sign in</title><p>The gateway wants something else"


class Asked(NamedTuple):
    """One request; what begins with a digit in its path does not count where two are compared (`alike`)."""

    method: str
    path: str

    @property
    def writes(self) -> bool:
        """Whether it asks for something to be done."""
        return self.method != "GET" and not self.path.endswith(("/git-upload-pack", "/auth/token"))

    @property
    def alike(self) -> tuple[str, str]:
        return self.method, re.sub(r"\d[\w-]*", "0", self.path)


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class FaultServer:
    """Forwards HTTP to `target` ("http://host:port") and breaks requests, from the first on that is like `like`.

    With `at` it is the first such request from that number (1, 2 …) on; the one of just that number to be refused.

    `elsewhere` is where redirects to another host lead.  `tls` makes it speak HTTPS.  `asked` is everything that
    came, `hits` how many were broken, `began` is set when the first one is.
    """

    target: str
    fault: Fault = FAULTS["500"]
    at: int = 0
    like: Asked | None = None
    extent: str = "once"
    elsewhere: str = ""
    tls: ssl.SSLContext | None = None
    asked: list[Asked] = field(default_factory=list)
    hits: int = 0

    def __enter__(self) -> FaultServer:  # noqa: PYI034 - Self is not in Python 3.10
        self._lock, self._closing, self.began = threading.Lock(), threading.Event(), threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._patches = pytest.MonkeyPatch()
        self._port = 0
        self._listen()
        self._port = self._listener.getsockname()[1]
        self.port, self.url = self._port, f"http://127.0.0.1:{self._port}"
        self._before(0)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.set()
        self._patches.undo()
        self._deafen()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _listen(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._port), backlog=64)
        self._start(self._accept, self._listener)

    def _deafen(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _start(self, work: Callable[..., None], *given: object) -> None:
        thread = threading.Thread(target=work, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while not self._closing.is_set():
            try:
                connection, peer = listener.accept()
            except OSError:
                return
            self._start(self._serve, connection, peer)

    def _serve(self, connection: socket.socket, peer: object) -> None:
        with self._lock:
            self._open.add(connection)
        with suppress(OSError, ValueError):
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            _Handler(connection, peer, self)
        with self._lock:
            self._open.discard(connection)
        with suppress(OSError):
            connection.close()

    def _before(self, number: int) -> bool:
        """Stop to listen where the request after `number` is to be refused; tell whether that is so."""
        refused = self.fault.how == "refused" and self.at == number + 1
        if refused:
            self._deafen()
            self.hits += 1
            self.began.set()
            if self.extent == "once":
                self._come_back()
        return refused

    def _come_back(self) -> None:
        """Listen again as soon as somebody of this process was refused: git, another one, gives up then anyway."""
        connect = socket.create_connection

        def refused(address: tuple[str, int], *more: Any, **named: Any) -> socket.socket:
            try:
                return connect(address, *more, **named)
            except ConnectionRefusedError:
                if address[1] == self._port and not self._closing.is_set():
                    self._patches.undo()
                    self._listen()
                raise

        self._patches.setattr(socket, "create_connection", refused)

    def take(self, asked: Asked) -> tuple[Fault | None, bool]:
        """Return how a request is to be broken, and whether its connection is closed behind it."""
        with self._lock:
            self.asked.append(asked)
            number = len(self.asked)
            alike = self.like is not None and asked.alike == self.like.alike
            here = self.hits == 0 and alike and number >= self.at
            more = self.hits > 0 and (self.extent == "all" or (self.extent == "alike" and alike))
            if (here or more) and self.fault.how != "refused":
                self.hits += 1
                self.began.set()
                return self.fault, True
            return None, self._before(number)

    def forward(self, handler: BaseHTTPRequestHandler, body: bytes) -> Answer:
        parts = urlsplit(self.target)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        try:
            kept = {name: value for name, value in handler.headers.items() if name.lower() not in _HOP | {"host"}}
            if body:
                kept["Content-Length"] = str(len(body))
            connection.request(handler.command, handler.path, body or None, kept)
            said = connection.getresponse()
            headers = [(name, value) for name, value in said.getheaders() if name.lower() not in _HOP]
            return Answer(said.status, headers, said.read())
        except OSError:
            return Answer(502, [], b"the server is not there")
        finally:
            connection.close()

    def stay(self, connection: socket.socket, drip: bytes = b"") -> None:
        """Say nothing, or a byte now and then, until the client has gone or this server ends."""
        connection.settimeout(0.02)
        while not self._closing.is_set():
            if drip:
                connection.sendall(drip)
                time.sleep(0.02)
            with suppress(TimeoutError):
                if not connection.recv(1, socket.MSG_PEEK):
                    return


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: FaultServer  # type: ignore[assignment]

    def _any(self) -> None:
        proxy, body = self.server, self._body()
        path, _, query = self.path.partition("?")
        service = f"?{query}" if query.startswith("service=") else ""  # git's first question of a fetch and of a push
        fault, close = proxy.take(Asked(self.command, path + service))
        told = Answer(200, [("Content-Type", "application/json")], b'{"id": "x"}')
        if fault is None or fault.done:
            told = proxy.forward(self, body)
        if close:
            self.close_connection = True
        if fault is None:
            self._say(told)
        else:
            self._break(fault, told)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _any

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _say(self, told: Answer) -> None:
        self.wfile.write(self._head(told) + told.body)

    def _head(self, told: Answer) -> bytes:
        rows = [*told.headers, ("Content-Length", str(len(told.body)))]
        if self.close_connection:
            rows.append(("Connection", "close"))
        lines = [f"HTTP/1.1 {told.status} Said", *(f"{name}: {value}" for name, value in rows), "", ""]
        return "\r\n".join(lines).encode("latin-1")

    def _break(self, fault: Fault, told: Answer) -> None:
        head = self._head(told)
        match fault.how:
            case "silence":
                self.server.stay(self.connection)
            case "drip head":
                self.wfile.write(head[:-2] + b"X: ")
                self.server.stay(self.connection, b"x")
            case "drip body":
                self.wfile.write(re.sub(rb"Content-Length: \d+", b"Content-Length: 99999999", head))
                self.server.stay(self.connection, b" ")
            case "reset" | "reset head" | "reset body":
                if fault.how != "reset":
                    whole = fault.how == "reset body"
                    self.wfile.write(head + told.body[: len(told.body) // 2] if whole else head[: len(head) // 2])
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            case "kind":
                self._say(told._replace(headers=[("Content-Type", fault.kind)]))
            case "cut":
                self._say(told._replace(body=told.body[: len(told.body) // 2]))
            case _:
                self._say(self._status(fault))

    def _status(self, fault: Fault) -> Answer:
        headers = [("Content-Type", fault.kind)]
        if fault.again:
            date = formatdate(time.time() + 1, usegmt=True)
            headers.append(("Retry-After", date if fault.again == "date" else fault.again))
        if fault.to:
            base = self.server.url if fault.to == "same host" else self.server.elsewhere
            headers.append(("Location", f"{base}/elsewhere{self.path}"))
        words = f"the gateway says {fault.status}"
        body = _PAGE if "html" in fault.kind else json.dumps({"message": words, "detail": words, "msg": words}).encode()
        return Answer(fault.status, headers, body)

    def log_message(self, *_: object) -> None: ...
