"""A real Airflow of an environment of its own, for as long as it is needed."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tools.servers.airflow_settings import USERS, AirflowSetup, Auth, GitBundle, LivyConnection, environment
from tools.servers.errors import ServerError
from tools.servers.http import answer_of
from tools.servers.process import Process, free_port, wait_until
from tools.servers.server import Server

START_SECONDS = 240.0  # it is 18 s on an idle machine; two busy cores need up to 90 s
STOP_SECONDS = 15.0  # then it is killed: a scheduler would wait for its tasks
CLI_SECONDS = 240.0
# name → command; the first is the one that answers requests
PARTS_3 = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
}
PARTS_2 = {"webserver": ("webserver",), "scheduler": ("scheduler", "--skip-serve-logs")}


class RealAirflow(Server):
    """An Airflow 2.10 or newer with SQLite and LocalExecutor below `home`, on a free port of 127.0.0.1.

    `python` is the interpreter of its environment.  `auth` "simple" has the users `admin` and `viewer`, "fab"
    `admin` (id 1) and `guest` (id 2, no rights); `passwords` holds theirs, and a 2.x knows "fab" only, by basic
    authentication.  DAGs come from the folder `dags`, or from `git`.  `settings` are further variables
    (`AIRFLOW__SECTION__KEY`).  The database is kept when it stops, and used again when it is started again.
    """

    def __init__(
        self,
        python: Path | str,
        home: Path,
        *,
        auth: Auth = "simple",
        git: GitBundle | None = None,
        livy: LivyConnection | None = None,
        refresh: int = 2,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.python, self.home, self.git = Path(python).absolute(), home.absolute(), git
        self.full_version = _version(self.python)
        major, minor, *_ = self.full_version.split(".")
        self.version = (int(major), int(minor))
        self.auth: Auth = "fab" if self.version < (3, 0) else auth
        self.jwt_secret = secrets.token_hex(32)
        self.passwords = {name: secrets.token_urlsafe(12) for name in USERS[self.auth]}
        self._setup = AirflowSetup(self.home, free_port(), self.version, self.auth, refresh, self.jwt_secret, git, livy)
        self.url = self._setup.url
        self.environ = {**environment(self._setup, self.python), **(settings or {})}
        self._parts = {name: self._part(name, words) for name, words in self._commands.items()}
        self._started: dict[str, datetime] = {}

    @property
    def _commands(self) -> Mapping[str, tuple[str, ...]]:
        return PARTS_2 if self.version < (3, 0) else PARTS_3

    def _part(self, name: str, words: tuple[str, ...]) -> Process:
        command = [str(self.python), "-m", "airflow", *words]
        environ = dict(self.environ)
        if name not in ("api-server", "webserver"):
            # SQLite has one lock for all: a scheduler that waits its 5 seconds for the API server in vain ends.
            # The API server itself must not wait longer: its own requests would hold each other up.
            environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] += "?timeout=60"
        return Process(command, self.home / "out" / f"{name}.log", environ, self.home)

    @property
    def dags(self) -> Path:
        """The DAGs folder; there is none with a git repository."""
        if self.git is not None:
            raise ServerError("this Airflow takes its DAGs from git")
        return self.home / "dags"

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of its processes."""
        return tuple(self._parts)

    def start(self) -> None:
        """Start all parts and return when all are healthy; raises `ServerError` and leaves nothing running."""
        try:
            if not (self.home / "airflow.db").exists():
                self._prepare()
            for name in self._parts:
                self._launch(name)
            for name in self._parts:
                self._wait_for(name)
        except BaseException:
            self.stop()
            raise

    def _prepare(self) -> None:
        (self.home / "dags").mkdir(parents=True, exist_ok=True)
        if self.auth == "simple":
            self._setup.passwords_file.touch(0o600)
            self._setup.passwords_file.write_text(json.dumps(self.passwords))
        self.cli("db", "migrate")
        if self.auth == "fab":
            users = [(name, role, self.passwords[name]) for name, role in USERS["fab"].items()]
            # -I: else `airflow` would be this module, which lies beside the script
            self._run("-I", Path(__file__).with_name("fab_users.py"), given=json.dumps(users))

    def start_part(self, name: str) -> None:
        """Start one part; return when Airflow knows that it is up, or at once where nobody is there to be asked."""
        self._launch(name)
        if self._api.running:
            self._wait_for(name)

    def stop_part(self, name: str, *, kill: bool = False) -> None:
        """Stop one part with all it has started; with `kill` as a crash would, with no word of farewell."""
        self._parts[name].end(0 if kill else STOP_SECONDS)

    def stop(self) -> None:
        """End every process of it.  Raises `ServerError` for one that can't be ended."""
        with ThreadPoolExecutor() as pool:  # they take some seconds each
            ends = [pool.submit(part.end, STOP_SECONDS) for part in self._parts.values()]
        for end in ends:
            end.result()

    def health(self) -> Any:
        """Return what it says of itself, or None where nothing answers."""
        return answer_of(f"{self.url}{'/api/v1/health' if self.version < (3, 0) else '/api/v2/monitor/health'}")

    def logs(self, lines: int = 40) -> str:
        """Return the last lines of each part's log and of the latest tasks' logs."""
        tasks = sorted((self.home / "logs").glob("dag_id=*/**/*.log"), key=lambda path: path.stat().st_mtime)
        shown = [part.tail(lines) for part in self._parts.values()]
        for path in tasks[-3:]:
            shown.append(f"--- {path.relative_to(self.home)}")
            shown += path.read_text(errors="replace").splitlines()[-lines:]
        return "\n".join(shown)

    def cli(self, *words: str) -> str:
        """Run `airflow WORDS…` in its environment and return its output; raises `ServerError` where it fails."""
        return self._run("-m", "airflow", *words)

    def _run(self, *words: str | Path, given: str = "") -> str:
        done = subprocess.run(
            [str(self.python), *map(str, words)],
            input=given,
            env=self.environ,
            cwd=self.home,
            check=False,
            capture_output=True,
            text=True,
            timeout=CLI_SECONDS,
        )
        if done.returncode:
            output = (done.stdout + done.stderr).splitlines()[-30:]
            raise ServerError("\n".join([f"Airflow {self.full_version}: {words} failed", *output]))
        return done.stdout

    @property
    def _api(self) -> Process:
        return next(iter(self._parts.values()))

    def _launch(self, name: str) -> None:
        self._started[name] = datetime.now(timezone.utc)
        self._parts[name].start()

    def _wait_for(self, name: str) -> None:
        """Wait for an answer, or for a heartbeat of this start: one of the last start counts half a minute longer."""
        process, started = self._parts[name], self._started[name]
        key = name.replace("-", "_")

        def ready() -> bool:
            health = self.health()
            if process is self._api:
                return health is not None
            heartbeat = ((health or {}).get(key) or {}).get(f"latest_{key}_heartbeat")
            return heartbeat is not None and datetime.fromisoformat(heartbeat.replace("Z", "+00:00")) > started

        watched = [self._api] if process is self._api else [process, self._api]
        wait_until(ready, f"Airflow {self.full_version} {name}", watched, START_SECONDS)


def _version(python: Path) -> str:
    """Return the version of the Airflow that the interpreter has; Airflow itself needs 8 s to say it."""
    code = "from importlib.metadata import version; print(version('apache-airflow'))"
    return subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True).stdout.strip()
