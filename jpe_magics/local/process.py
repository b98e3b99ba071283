"""A worker process, what it says, and its certain end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

#: How long the worker and its JVM may take to end by themselves; the worker itself gives up earlier.
END_SECONDS = 6.0
_LONGEST_LOG_LINE = 8192

# `worker` is loaded as a package of another name: it runs where jpe_magics is not installed, and leaves
# sys.path as a user's code expects it.  Its folder is argv[1], its channel argv[2], the module to run argv[3].
_START = """
import importlib.util, socket, sys
folder = sys.argv[1]
spec = importlib.util.spec_from_file_location(
    "jpe_livy_worker", folder + "/__init__.py", submodule_search_locations=[folder])
package = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
if sys.path[:1] == [""]:
    del sys.path[0]
channel = socket.socket(fileno=int(sys.argv[2]))
channel.set_inheritable(False)
importlib.import_module("jpe_livy_worker." + sys.argv[3]).main(channel)
"""


class WorkerProcess:
    """A worker, leader of a session of its own, to which the JVM and all that they start belong.

    `module` is the worker's module that runs: `main` for a session, `submit` for a batch.
    `on_message` and `on_line` are called from threads of this object, in order; `on_end` once, last,
    with the exit code (negative: the signal), when no process is left.
    """

    def __init__(
        self,
        python: str,
        environment: Mapping[str, str],
        *,
        module: str,
        on_message: Callable[[dict[str, Any]], None],
        on_line: Callable[[str], None],
        on_end: Callable[[int], None],
    ) -> None:
        self._on_message = on_message
        self._on_line = on_line
        self._on_end = on_end
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - the interpreter that the user named
                [python, "-c", _START, str(Path(__file__).parent / "worker"), str(theirs.fileno()), module],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read_messages, self._read_log)]
        for reader in self._readers:
            reader.start()
        self._waiter = threading.Thread(target=self._wait, daemon=True)
        self._waiter.start()

    @property
    def pid(self) -> int:
        """The worker's process id, which is also that of its process group and session."""
        return self._process.pid

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message; one that can't be delivered is dropped, `on_end` says why."""
        with contextlib.suppress(OSError):
            self._channel.sendall(json.dumps(message).encode("ascii") + b"\n")

    def end(self) -> None:
        """End the worker and all that belongs to it; return when that is done."""
        # The end of the stream tells the worker to end, and is what it would see if we were gone.
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_WR)
        self._waiter.join(END_SECONDS)
        if self._waiter.is_alive():
            _kill_session(self.pid)
            self._waiter.join()

    def _read_messages(self) -> None:
        with self._channel.makefile("rb") as lines, contextlib.suppress(OSError):
            for line in lines:
                self._on_message(json.loads(line))

    def _read_log(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as log:
            for line in iter(lambda: log.readline(_LONGEST_LOG_LINE), b""):
                self._on_line(line.decode("utf-8", "replace").rstrip("\r\n"))

    def _wait(self) -> None:
        if hasattr(os, "waitid"):  # not on every macOS
            # Not reaped yet: until then nobody else can get its process id, and be killed for it.
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        _kill_session(self.pid)
        code = self._process.wait()
        for reader in self._readers:
            reader.join(1.0)  # a process that made itself a session of its own may still hold the log open
        self._channel.close()
        self._on_end(code)


def _kill_session(leader: int) -> None:
    """Kill every process of the session: its main group, and groups that members made (as PySpark's daemon does)."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    for pid in _members(leader):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _members(leader: int) -> Iterator[int]:
    """Yield the other processes of the session, where the system has Linux's /proc."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # "pid (name) state ppid pgrp session …", and a name may hold blanks and parentheses
            session = stat.read_text(errors="replace").rpartition(")")[2].split()[3]
            if int(session) == leader and int(stat.parent.name) != leader:
                yield int(stat.parent.name)
