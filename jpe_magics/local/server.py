"""HTTP on 127.0.0.1: requests in, JSON out.

The standard library's threading server is enough, and right: one user, a few requests a second, a call that may wait
(`DELETE` until the processes are gone) per thread, and no dependency in the environment of a notebook.  It must
not be reachable from elsewhere, so what a web framework adds for that is of no use here.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from jpe_magics.local import guard
from jpe_magics.local.calls import Answer, Call
from jpe_magics.local.files import Files
from jpe_magics.local.options import LivyOptions
from jpe_magics.local.protocol import LivyError
from jpe_magics.local.routes import Livy

HOST = "127.0.0.1"
#: Livy's `livy.rsc.rpc.max.size`, in bytes: no statement can be larger, and here no upload.
MAX_BODY = 50 * 1024 * 1024
_SKIPPED = 1024 * 1024
_log = logging.getLogger(__name__)


@contextlib.contextmanager
def serving(options: LivyOptions, *, port: int = 0, password: str | None) -> Iterator[int]:
    """Serve while the context lasts and yield the port; at its end no process is left.

    `password` None lets everybody on this machine run code.  Raises `OSError` where the port is taken.
    """
    server = _Server(port, password, Files(options.files))
    server.livy = Livy.start(options)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.livy.close()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A kept-alive connection must not hold up the end.
    block_on_close = False
    livy: Livy

    def __init__(self, port: int, password: str | None, files: Files) -> None:
        self.password = password
        self.files = files
        super().__init__((HOST, port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own looks up the host's name, which can take seconds without a network.
        super(ThreadingHTTPServer, self).server_bind()
        self.server_name, self.server_port = HOST, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            _log.info("a client went away: %s", type(error).__name__)
        else:
            _log.exception("a fault in the server")


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "jpe-livy"
    sys_version = ""
    timeout = 120  # seconds without a request, after which a kept-alive connection is closed
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def do_HEAD(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def do_PATCH(self) -> None:
        self._handle()

    def do_OPTIONS(self) -> None:
        self._handle()

    def _handle(self) -> None:
        started = time.monotonic()
        url = urllib.parse.urlsplit(self.path)
        try:
            reply = self._reply(url.path, dict(urllib.parse.parse_qsl(url.query)))
        except LivyError as refusal:
            reply = Answer(refusal.status, refusal.body)
        except Exception:  # noqa: BLE001 - one broken answer must not end the server; the log has the whole fault
            _log.exception("a fault in the server")
            reply = Answer(500, "an internal error; the server's standard error shows it")
        self._write(reply)
        # Neither bodies nor headers nor the query: code and credentials have no place in a log.
        milliseconds = round(1000 * (time.monotonic() - started))
        _log.info("%s %r %d %d ms", self.command, url.path, reply.status, milliseconds)

    def _reply(self, path: str, query: dict[str, str]) -> Answer:
        headers = {name.lower(): value for name, value in self.headers.items()}
        guard.check(self.command, headers, port=self.server.server_port, password=self.server.password)
        return self.server.livy.answer(
            Call(
                method="GET" if self.command == "HEAD" else self.command,
                path=path,
                query=query,
                content_type=headers.get("content-type", ""),
                body=self._body(),
                files=self.server.files,
            )
        )

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            raise LivyError(411, {"msg": "A Content-Length is needed."})
        if int(length) > MAX_BODY:
            raise LivyError(413, {"msg": f"The body is larger than {MAX_BODY} bytes."})
        self._body_is_read = True
        return self.rfile.read(int(length))

    def _skip_body(self) -> bool:
        """Read what a refused request still holds, which would pass for the next one; False for too much."""
        length = self.headers.get("Content-Length", "0")
        is_read, self._body_is_read = self._body_is_read, False
        if is_read:
            return True
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > _SKIPPED:
            return False
        self.rfile.read(int(length))
        return True

    _body_is_read = False

    def _write(self, reply: Answer) -> None:
        body = b"" if reply.body is None else json.dumps(reply.body).encode("ascii")
        self.send_response_only(reply.status)
        self.send_header("Date", self.date_time_string())
        if reply.body is not None:
            self.send_header("Content-Type", "application/json;charset=utf-8")
        if reply.status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="jpe livy"')
        if not self._skip_body():
            self.send_header("Connection", "close")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: `_handle` logs, and a broken request line may hold anything."""
