"""`jpe livy` on real PySpark, as a process of its own that can be killed and come back."""

from __future__ import annotations

import os
import secrets
import signal
import sys
from pathlib import Path
from typing import Any

from tools.servers.airflow_settings import LivyConnection
from tools.servers.http import ask, basic
from tools.servers.process import HOST, Process, free_port, wait_until
from tools.servers.server import Server

USER = "jpe"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
# the Spark of a laptop, but for the cores: other things run beside
CONF = ("spark.master=local[2]", "spark.sql.shuffle.partitions=2", "spark.ui.enabled=false")


class RealLivy(Server):
    """A Livy server whose sessions run on `python`, an interpreter that has PySpark; tables are kept below `work`.

    URL, user and password stay the same when it is killed and started again; its sessions don't outlive it.
    """

    def __init__(self, python: Path | str, work: Path, *arguments: str) -> None:
        self.python, self.work = Path(python).absolute(), work.absolute()
        self.user, self.password, port = USER, secrets.token_urlsafe(24), free_port()
        self.url = f"http://{HOST}:{port}"
        command = [sys.executable, "-m", "jpe_magics", "livy", "--port", str(port), "--python", str(self.python)]
        command += ["--work-dir", str(self.work), *(word for one in CONF for word in ("--conf", one)), *arguments]
        environ = {**os.environ, "JPE_LIVY_PASSWORD": self.password}
        self._process = Process(command, self.work.with_name(f"{self.work.name}.log"), environ, self.work)

    @property
    def connection(self) -> LivyConnection:
        """What Airflow needs to know of it."""
        return LivyConnection(self.url, self.user, self.password)

    def start(self) -> None:
        """Start it, or start it again; raises `ServerError` and leaves nothing running."""
        self.work.mkdir(parents=True, exist_ok=True)
        try:
            self._process.start()
            wait_until(self._listens, "Livy", [self._process], START_SECONDS)
        except BaseException:
            self.stop()
            raise

    def _listens(self) -> bool:
        return f"Livy is listening on {self.url} " in self._process.said()

    def stop(self) -> None:
        """End it as a user would; it ends its sessions."""
        self._process.end(STOP_SECONDS)

    def kill(self) -> None:
        """End it as a crash would: its sessions notice and end within some seconds."""
        self._process.end(0)

    def pause(self) -> None:
        """Let it take requests but answer none, until `resume`; its sessions go on."""
        self._process.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it answer again."""
        self._process.signal(signal.SIGCONT)

    def sessions(self) -> list[Any]:
        """Return its sessions as the API tells them."""
        return list(ask(f"{self.url}/sessions", basic(self.user, self.password))["sessions"])

    def logs(self, lines: int = 40) -> str:
        """Return the last lines of its log."""
        return self._process.tail(lines)
