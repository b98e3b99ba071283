"""A process with all that it starts, its log file, and a channel to it where it is a driver."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tools.servers.process import members


class Program:
    """A command in a session of its own; `arguments` get the channel's number where `channel` is asked for."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        environ: Mapping[str, str],
        folder: Path,
        channel: bool = False,
    ) -> None:
        self._lock = threading.Lock()
        self._channel, theirs = socket.socketpair()
        self._lines = self._channel.makefile("rb")
        folder.mkdir(parents=True, exist_ok=True)
        with theirs, log.open("ab") as output:
            self._process = subprocess.Popen(
                [*map(str, command), *([str(theirs.fileno())] if channel else [])],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environ),
                cwd=folder,
                pass_fds=[theirs.fileno()] if channel else [],
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process that was started, which leads the session."""
        return self._process.pid

    def wait(self, seconds: float) -> int | None:
        """Return its exit code (negative: the signal), None where it still runs after `seconds`."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    @property
    def code(self) -> int | None:
        """Its exit code, None while it runs."""
        return self._process.poll()

    def say(self, message: Mapping[str, Any]) -> None:
        """Send a message to it; one that can't be delivered is dropped: `heard` then says that it has ended."""
        with suppress(OSError):
            self._channel.sendall(json.dumps(message).encode() + b"\n")

    def heard(self) -> dict[str, Any] | None:
        """Return its next message; None where it has ended, or was."""
        try:
            line = self._lines.readline()
        except OSError:
            return None
        return dict(json.loads(line)) if line.endswith(b"\n") else None

    def end(self) -> None:
        """Kill it and all that it has started; return when they are gone."""
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        with self._lock:
            while left := members(self.pid):
                for pid in left:
                    with suppress(ProcessLookupError):  # it has just ended
                        os.kill(pid, signal.SIGKILL)
                self._process.poll()
            self._process.wait()

    def close(self) -> None:
        """End it and let go of its channel; only for who reads from it."""
        self.end()
        self._lines.close()
        self._channel.close()
