"""A server whose workers start no Spark, and a client for it."""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from jpe_magics.local.options import LivyOptions
from jpe_magics.local.server import serving


@dataclass
class Reply:
    status: int
    body: Any
    headers: dict[str, str]


class Client:
    def __init__(self, port: int) -> None:
        self.port = port

    def send(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        received = {name.lower(): value for name, value in answer.getheaders()}
        is_json = received.get("content-type", "").startswith("application/json")
        return Reply(answer.status, json.loads(raw) if is_json and raw else None, received)

    def __call__(self, method: str, path: str, body: Any = None) -> Reply:
        raw = None if body is None else json.dumps(body).encode()
        return self.send(method, path, raw, {"Content-Type": "application/json"})

    def open(self, **fields: Any) -> int:
        """Make a session and wait until it is idle."""
        reply = self("POST", "/sessions", {"kind": "pyspark", **fields})
        assert reply.status == 201, reply.body
        self.until(f"/sessions/{reply.body['id']}", "idle")
        return int(reply.body["id"])

    def until(self, path: str, *states: str, seconds: float = 60) -> dict[str, Any]:
        """Ask until the state is one of these."""
        deadline = time.monotonic() + seconds
        while True:
            body = self("GET", path).body
            if body["state"] in states:
                return dict(body)
            assert time.monotonic() < deadline, f"{path} is not {states}: {body}"
            time.sleep(0.02)

    def run(self, session: int, code: str, **fields: Any) -> dict[str, Any]:
        """Run a statement to its end; return its output."""
        reply = self("POST", f"/sessions/{session}/statements", {"code": code, **fields})
        assert reply.status == 201, reply.body
        done = self.until(f"/sessions/{session}/statements/{reply.body['id']}", "available", "cancelled")
        return dict(done["output"])


@pytest.fixture
def options(tmp_path: Path) -> LivyOptions:
    return LivyOptions(python=sys.executable, work_dir=tmp_path / "work", spark=False)


@pytest.fixture
def serve(options: LivyOptions) -> Iterator[Any]:
    """Return a function that starts a server with changed options and returns its client."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start(password: str | None = None, **changes: Any) -> Client:
            port = stack.enter_context(serving(replace(options, **changes), password=password))
            return Client(port)

        yield start


@pytest.fixture
def livy(serve: Any) -> Client:
    return serve()
