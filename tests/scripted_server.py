"""A real HTTP server on 127.0.0.1 whose answers a test decides, broken ones too.

::

    with ScriptedServer(lambda asked: Say(200, {"ok": True})) as server:
        ...           # ask server.url
        server.asked  # what came
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Asked:
    """One request; header names are in lower case, `peer` is the client's port: the same for one connection."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    peer: int
    time: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Say:
    """An answer; a `body` that is no bytes goes as JSON."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


#: Answers that are none: the connection is closed; nothing comes; head or body come byte by byte without end.
DROP, HOLD, DRIP_HEAD, DRIP_BODY = "drop", "hold", "drip head", "drip body"

Script = Callable[[Asked], Say | str]


class ScriptedServer:
    """Answers with what `script` returns for each request."""

    def __init__(self, script: Script | Say) -> None:
        self._script: Script = (lambda asked: script) if isinstance(script, Say) else script
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.closing = threading.Event()
        self.asked: list[Asked] = []
        self.came = threading.Event()

    def __enter__(self) -> ScriptedServer:  # noqa: PYI034 - Self is not in Python 3.10
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    @property
    def connections(self) -> int:
        """How many connections the requests came over."""
        return len({one.peer for one in self.asked})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                with server._lock:
                    server._open.add(self.connection)

            def finish(self) -> None:
                with server._lock:
                    server._open.discard(self.connection)
                with suppress(OSError):
                    super().finish()

            def handle(self) -> None:
                with suppress(OSError):
                    super().handle()

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path, _, query = self.path.partition("?")
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(
                    self.command, path, dict(parse_qsl(query)), headers, body, self.client_address[1], time.monotonic()
                )
                server.asked.append(asked)
                server.came.set()
                said = server._script(asked)
                if isinstance(said, str):
                    self.close_connection = True
                    self._break(said)
                else:
                    self._say(said)

            def _say(self, said: Say) -> None:
                data = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
                self.send_response(said.status)
                kind = "application/octet-stream" if isinstance(said.body, bytes) else "application/json"
                for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **said.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def _break(self, way: str) -> None:
                if way == HOLD:
                    server.closing.wait(60)
                if way in (DRIP_HEAD, DRIP_BODY):
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if way == DRIP_BODY else b"X: "))
                    while not server.closing.wait(0.02):
                        self.wfile.write(b" ")

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

            def log_message(self, *_: object) -> None: ...

        return Handler


def closed_port() -> int:
    """Return a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
