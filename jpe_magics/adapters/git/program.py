"""The git program, as a child process that can be stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from jpe_magics.adapters.authorities import authorities
from jpe_magics.adapters.git.remote import Remote
from jpe_magics.errors import Interrupted, NoAnswer, PublishError

_POLL = 0.1
#: Seconds for a connection to the remote.
CONNECT = 10.0
#: Seconds that a stopped git has to end by itself.
_GRACE = 2.0
#: What is said where a push may have arrived, and what to do then.
UNCLEAR = "; the push was under way and may have arrived"
AGAIN = "export again: what has arrived is not committed twice"


@dataclass(frozen=True)
class Ran:
    """What one call of git came to: its exit code, its output, and its messages without secrets."""

    code: int
    out: bytes
    messages: str

    @property
    def text(self) -> str:
        """The output as text, without the line end."""
        return self.out.decode(errors="replace").rstrip("\n")


class Git:
    """Runs git on the bare repository in `folder`, until `limit` seconds are over or `stop` is set.

    `pulse` is called every tenth of a second while git runs.
    Output goes through files in that folder and not through pipes: what git leaves running (ssh's shared
    connection) would hold a pipe open.
    """

    def __init__(
        self, folder: Path, remote: Remote, limit: float, stop: threading.Event, pulse: Callable[[], None]
    ) -> None:
        self._folder, self._remote, self._limit, self._stop, self._pulse = folder, remote, limit, stop, pulse
        self._end = time.monotonic() + limit
        #: Whether a push may have arrived, however it ended; who knows that one did not may say so here.
        self.unclear = False
        self._command = ["git", *remote.settings()]
        self._environment = {**remote.environment(), "GIT_DIR": str(folder)}
        if remote.by_ssh and "GIT_SSH_COMMAND" not in self._environment and "GIT_SSH" not in self._environment:
            theirs = self.run("config", "--get", "core.sshCommand").text
            self._environment["GIT_SSH_COMMAND"] = theirs or f"ssh -o BatchMode=yes -o ConnectTimeout={CONNECT:.0f}"
        if remote.by_http and "GIT_SSL_CAINFO" not in self._environment and (usual := authorities("")):
            theirs = self.run("config", "--get-urlmatch", "http.sslCAInfo", remote.address).text
            self._environment["GIT_SSL_CAINFO"] = theirs or usual  # what OpenSSL's variable says comes last

    def must(self, *words: str, data: bytes = b"", more: Mapping[str, str] | None = None) -> Ran:
        """Return what a call came to that has no reason to fail; raise `PublishError` JPE509 where it does."""
        ran = self.run(*words, data=data, more=more)
        if ran.code:
            line = (ran.messages.splitlines() or [f"exit code {ran.code}"])[-1]
            raise PublishError(
                f"git {words[0]} failed: {line[:300]}",
                code="JPE509",
                where=self._remote.shown,
                hint="check that git works on this machine (git --version) and that its disk has room",
            )
        return ran

    def run(self, *words: str, data: bytes = b"", more: Mapping[str, str] | None = None) -> Ran:
        """Return what `git words…` came to, with `data` as its input and `more` in its environment.

        Raises `NoAnswer` or `Interrupted` where it had to be ended.
        """
        self._check()
        self.unclear = self.unclear or words[0] == "push"
        with (
            tempfile.TemporaryFile(dir=self._folder) as given,
            tempfile.TemporaryFile(dir=self._folder) as out,
            tempfile.TemporaryFile(dir=self._folder) as messages,
        ):
            given.write(data)
            given.seek(0)
            code = self._wait(self._start(words, more or {}, (given, out, messages)))
            out.seek(0)
            messages.seek(0)
            told = messages.read().decode(errors="replace")
            return Ran(code, out.read(), self._remote.redacted(told).strip())

    def look(self) -> None:
        """Call the pulse; raise as `run` does."""
        self._check()
        self._pulse()

    def pause(self, seconds: float) -> None:
        """Wait; raise as `run` does."""
        self._stop.wait(min(seconds, max(0.0, self._end - time.monotonic())))
        self._check()

    def _start(self, words: tuple[str, ...], more: Mapping[str, str], files: tuple[IO[bytes], ...]) -> _Process:
        given, out, messages = files
        try:
            return subprocess.Popen(  # noqa: S603  no shell, and every word is ours or stands behind --
                [*self._command, *words],
                stdin=given,
                stdout=out,
                stderr=messages,
                cwd=self._folder,
                env={**self._environment, **more},
                start_new_session=True,  # a group of its own, and no terminal that ssh could ask on
            )
        except OSError as error:
            raise PublishError(
                f"the git program can't be run: {error.strerror}",
                code="JPE503",
                where="the setting git_provider (JPE_GIT_PROVIDER)",
                hint="install git, or use another provider: gitea, or local",
            ) from error

    def _wait(self, process: _Process) -> int:
        try:
            while (code := _ended(process)) is None:
                self.look()
            return code
        except BaseException:  # KeyboardInterrupt, too: nothing may stay behind
            _end(process)
            raise

    def _check(self) -> None:
        unclear = UNCLEAR if self.unclear else ""
        if self._stop.is_set():
            raise Interrupted(f"stopped while pushing to {self._remote.shown}{unclear}", hint=AGAIN)
        if time.monotonic() > self._end:
            late = NoAnswer(
                f"{self._remote.shown} did not answer git within {self._limit:g} s{unclear}",
                where=self._remote.shown,
                hint=f"check the remote; {AGAIN}" if self.unclear else "check the remote, then export again",
            )
            late.arrived = self.unclear
            raise late


_Process = subprocess.Popen[bytes]


def _ended(process: _Process) -> int | None:
    """Wait a little; return the exit code, None while it runs."""
    with suppress(subprocess.TimeoutExpired):
        return process.wait(_POLL)
    return None


def _end(process: _Process) -> None:
    """End git and what it started, and wait for it."""
    for number in (signal.SIGTERM, signal.SIGKILL):  # the second one is for what the first one left
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
