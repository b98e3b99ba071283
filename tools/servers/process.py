"""A server as processes of its own: started, watched, and ended with all that it has started."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tools.servers.errors import ServerError

HOST = "127.0.0.1"
KILL_SECONDS = 10.0  # until a killed process is gone


def free_port() -> int:
    """Return a port that nobody listens on.

    Not one of the operating system's choice: outgoing connections and other servers' port 0 take theirs
    from that range, and an Airflow needs half a minute until it takes what was chosen for it.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)):  # refused
                return port


def members(session: int) -> list[int]:
    """Return the processes of a session that still run; a zombie does not."""
    listed = subprocess.run(["ps", "-axo", "pid=,stat="], check=True, capture_output=True, text=True).stdout
    running = [int(pid) for pid, state in map(str.split, listed.splitlines()) if not state.startswith("Z")]
    return [pid for pid in running if _session(pid) == session]


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


class Process:
    """A command that runs in a session of its own and writes all it says to a log file.

    Airflow's scheduler leaves its workers behind when it is killed, and tasks make process groups of their
    own: the session is what holds them together.
    """

    def __init__(self, command: Sequence[str], log: Path, environ: Mapping[str, str], folder: Path) -> None:
        self.command, self.log, self.environ, self.folder = list(command), log, dict(environ), folder
        self._process: subprocess.Popen[bytes] | None = None
        self._offset = 0  # where the log of this start begins

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ServerError(f"{self.log.stem} does not run")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it; what an earlier start has logged is kept."""
        if self._process is not None:
            raise ServerError(f"{self.log.stem} was started already")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._offset = log.tell()
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environ,
                cwd=self.folder,
                start_new_session=True,
            )

    def said(self) -> str:
        """Return what it has logged since its last start."""
        if not self.log.exists():
            return ""
        return self.log.read_bytes()[self._offset :].decode(errors="replace")

    def tail(self, lines: int = 30) -> str:
        """Return the last lines of that, below its name."""
        return "\n".join([f"--- {self.log.name}", *self.said().splitlines()[-lines:]])

    def end(self, grace: float = 15.0) -> None:
        """End it and all that it has started: SIGTERM, then after `grace` seconds SIGKILL.  Raises `ServerError`."""
        if self._process is None:
            return
        if grace > 0:
            self.signal(signal.SIGTERM)
            self.signal(signal.SIGCONT)  # one that is paused would not see the other
            with suppress(subprocess.TimeoutExpired):  # a scheduler waits for its tasks
                self._process.wait(grace)
        _kill_session(self._process.pid)
        self._process.wait()
        self._process = None

    def signal(self, number: signal.Signals) -> None:
        """Send the process itself a signal; nothing happens where it has ended."""
        if self._process is not None:
            self._process.send_signal(number)


def _kill_session(session: int) -> None:
    deadline = time.monotonic() + KILL_SECONDS
    while left := members(session):
        if time.monotonic() > deadline:
            raise ServerError(f"these processes can't be ended: {left}")
        for pid in left:
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def wait_until(ready: Callable[[], bool], what: str, processes: Sequence[Process], seconds: float) -> None:
    """Return when `ready`; raise `ServerError` with the last log lines where time is up or a process has ended."""
    deadline = time.monotonic() + seconds
    while not ready():
        ended = [one for one in processes if not one.running]
        if ended or time.monotonic() > deadline:
            why = "ended" if ended else f"is not ready after {seconds:.0f} s"
            raise ServerError("\n".join([f"{what} {why}", *(one.tail() for one in ended or processes)]))
        time.sleep(0.2)
