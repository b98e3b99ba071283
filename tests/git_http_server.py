"""Git over HTTP for tests: git's own `http-backend` behind a threaded server with basic auth, on 127.0.0.1.

    with GitHttpServer(folder) as server:
        bare = server.repository("dags")
        server.url("dags"), server.user, server.password

`reader` may fetch but not push (403, as hosts do).  `fault` is asked before each request with its number from 1,
method and path: "drop" closes the connection unanswered, "lose" does so after the work was done, a number is the
status that is answered instead, an address is redirected to.  `authorizations` is what clients sent.
"""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Fault = Callable[[int, str, str], "str | int | None"]


class GitHttpServer:
    user, password = "ada", "pa55-w0rd/of:ada"
    reader, reader_password = "bob", "only-reads"

    def __init__(self, folder: Path, *, public: bool = False) -> None:
        self.folder, self.public = folder, public
        self.fault: Fault = lambda number, method, path: None
        self.requests: list[tuple[str, str, int]] = []
        self.authorizations: list[str] = []
        self.count = 0
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Any:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{name}.git"

    def repository(self, name: str) -> Path:
        """Make an empty bare repository and return its folder."""
        bare = self.folder / f"{name}.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
        # what hosts allow: a fetch without the files
        subprocess.run(["git", "-C", str(bare), "config", "uploadpack.allowFilter", "true"], check=True)
        subprocess.run(["git", "-C", str(bare), "config", "uploadpack.allowAnySHA1InWant", "true"], check=True)
        return bare

    def who(self, header: str) -> str | None:
        """Return the user that the header proves; "" for none, None for a wrong one."""
        if not header:
            return ""
        scheme, _, value = header.partition(" ")
        name, _, password = base64.b64decode(value).decode().partition(":")
        known = {self.user: self.password, self.reader: self.reader_password}
        return name if scheme == "Basic" and known.get(name) == password else None


def _handler(server: GitHttpServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20

        def do_GET(self) -> None:
            with server.lock:
                server.count += 1
                number = server.count
            body = self._body()
            fault = server.fault(number, self.command, self.path)
            if fault == "drop":
                self.close_connection = True
                return
            server.authorizations.append(self.headers.get("Authorization", ""))
            if isinstance(fault, str) and fault.startswith("http"):
                status, headers, answer = 302, [("Location", fault + self.path)], b""
            else:
                status, headers, answer = (fault, [], b"") if isinstance(fault, int) else self._work(body)
            server.requests.append((self.command, self.path, status))
            if fault == "lose":
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET

        def _work(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            address = urlsplit(self.path)
            writes = "git-receive-pack" in self.path
            who = server.who(self.headers.get("Authorization", ""))
            if who is None or (not who and (writes or not server.public)):
                return 401, [("WWW-Authenticate", 'Basic realm="git"')], b"who are you?"
            if writes and who != server.user:
                return 403, [], b"you may only read"
            variables = {
                "GIT_PROJECT_ROOT": str(server.folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": address.path,
                "QUERY_STRING": address.query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "REMOTE_USER": who,
                "REMOTE_ADDR": "127.0.0.1",
            }
            ran = subprocess.run(
                ["git", "http-backend"], input=body, capture_output=True, env={**os.environ, **variables}, check=False
            )
            head, _, answer = ran.stdout.partition(b"\r\n\r\n")
            rows = [tuple(line.split(": ", 1)) for line in head.decode("latin-1").split("\r\n") if ": " in line]
            status = next((int(value.split()[0]) for name, value in rows if name == "Status"), 200)
            return status, [(name, value) for name, value in rows if name != "Status"], answer

        def _body(self) -> bytes:
            if "chunked" in self.headers.get("Transfer-Encoding", ""):
                parts = []
                while size := int(self.rfile.readline(), 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
