"""The one connection of an HTTP client, which can be hung up at any moment, from any thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any


class Line:
    """The one connection of a client.

    httpx's limits are for single reads and start again with every byte; this one hangs up when all together took
    too long.  `cut` tells that it did, or was told to.
    """

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._given_up = False
        self.cut = False

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember the socket; httpx calls this with httpcore's events (its request extension "trace")."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._given_up:  # while it was being connected
                self._hang_up()

    def give_up(self) -> None:
        """Hang up now, and on every connection that is made from now on."""
        self._given_up = True
        self._hang_up()

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Hang up where what is inside takes longer."""
        self.cut = False
        timer = threading.Timer(seconds, self._hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _hang_up(self) -> None:
        self.cut = True
        if self._socket is not None:
            with suppress(OSError):
                # not SSLSocket's own, which takes the TLS layer away from under a read of the other thread
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
