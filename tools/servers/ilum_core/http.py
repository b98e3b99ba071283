"""The core's door: HTTP on 127.0.0.1, with faults, and a way to be gone."""

from __future__ import annotations

import errno
import json
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tools.servers.ilum_core.faults import Fault
from tools.servers.ilum_core.refusal import Refusal

_LOOK_SECONDS = 0.05
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Asked:
    """A request; `gone` tells whether nobody waits for its answer any more."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Message
    body: bytes
    gone: Callable[[], bool]


#: JSON to answer with, None for nothing; or the events of a stream, an empty one where there is nothing new.
Answer = Any


#: How long a port that is in use is waited for.
PORT_SECONDS = 10.0


class Door:
    """Asks `answer` for every request; `requests` are those that came, `faults` what goes wrong with them."""

    def __init__(self, answer: Callable[[Asked], Answer]) -> None:
        self._answer = answer
        self.requests: list[tuple[str, str]] = []
        self.faults: list[Fault] = []
        self.upload_limit: int | None = None
        self.hold_seconds = 60.0
        self.port = 0
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._server: ThreadingHTTPServer | None = None

    def open(self) -> None:
        """Listen; again on the same port."""
        self._closed = threading.Event()
        self._server = self._listening(self._handler(self._closed))
        self._server.daemon_threads = False  # closing waits for them
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="the core's door")
        self._thread.start()

    def _listening(self, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
        """Return the server; a connection of somebody else's may hold the old port for a moment."""
        deadline = time.monotonic() + PORT_SECONDS
        while True:
            try:
                return ThreadingHTTPServer((HOST, self.port), handler)
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    def vanish(self) -> None:
        """Be gone: no answer to requests that are there, no connection to later ones."""
        if self._server is None or self._closed.is_set():
            return
        self._closed.set()
        self._server.shutdown()
        self._server.socket.close()
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Vanish, and return when nothing of it runs."""
        self.vanish()
        if self._server is not None:
            self._thread.join()
            self._server.server_close()
            self._server = None

    def wait_gone(self, seconds: float) -> bool:
        """Return whether it is gone, or goes within so many seconds."""
        return self._closed.wait(seconds)

    def _fault(self, method: str, path: str) -> Fault | None:
        with self._lock:
            return next((one for one in self.faults if one.hits(method, path)), None)

    def _handler(self, closed: threading.Event) -> type[BaseHTTPRequestHandler]:
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                with door._lock:
                    door._connections.add(self.connection)

            def finish(self) -> None:
                with door._lock:
                    door._connections.discard(self.connection)
                with suppress(OSError):
                    super().finish()

            def handle(self) -> None:
                with suppress(OSError):  # the client may go whenever it likes
                    super().handle()

            def _any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                if closed.is_set() or len(body) < length:
                    self.close_connection = True
                    return
                url = urlsplit(self.path)
                door.requests.append((self.command, self.path))
                fault = door._fault(self.command, url.path)
                if fault is not None and not fault.done:
                    self._fail(fault)
                    return
                query = parse_qs(url.query, keep_blank_values=True)
                asked = Asked(self.command, unquote(url.path), query, self.headers, body, self._gone)
                status, answer = 200, None
                try:
                    if "chunked" in self.headers.get("Transfer-Encoding", ""):
                        raise Refusal(411, "Length Required")
                    if door.upload_limit is not None and length > door.upload_limit:
                        raise Refusal(413, f"Request body is larger than {door.upload_limit} bytes")
                    answer = door._answer(asked)
                except Refusal as refusal:
                    status, answer = refusal.status, {"message": refusal.message}
                if fault is not None:
                    self._fail(fault)
                elif closed.is_set():
                    self.close_connection = True
                elif isinstance(answer, Iterator):
                    self._stream(answer)
                else:
                    self._write(status, b"" if answer is None else json.dumps(answer).encode())

            def _gone(self) -> bool:
                """Tell whether the client has hung up, or the core is gone."""
                if closed.is_set():
                    return True
                if not select.select([self.connection], [], [], 0)[0]:
                    return False
                with suppress(OSError):
                    return not self.connection.recv(1, socket.MSG_PEEK)
                return True

            def _fail(self, fault: Fault) -> None:
                if fault.way == "error":
                    text = f"<html><h1>{fault.status}</h1></html>" if fault.html else '{"message": "a fault"}'
                    self._write(fault.status, text.encode(), "text/html" if fault.html else "application/json")
                    return
                self.close_connection = True
                if fault.way == "hold":
                    waited = 0.0
                    while waited < door.hold_seconds and not self._gone():
                        closed.wait(_LOOK_SECONDS)
                        waited += _LOOK_SECONDS
                elif fault.way == "gone":
                    door.vanish()

            def _stream(self, events: Iterator[list[Any]]) -> None:
                self.close_connection = True
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                for rows in events:
                    for row in rows:
                        self.wfile.write(f"data:{json.dumps(row)}\n\n".encode())
                    self.wfile.flush()

            def _write(self, status: int, data: bytes, kind: str = "application/json") -> None:
                self.send_response(status)
                if data:
                    self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _any  # noqa: N815

            def log_message(self, *_: object) -> None: ...

        return Handler
