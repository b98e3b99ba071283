"""Every client and what it is asked to do, each against a stand-in that keeps its server's rules."""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from jpe_magics.adapters import errand
from jpe_magics.adapters.drive import Outside
from jpe_magics.adapters.live.locate import locate
from jpe_magics.adapters.live.saved import read_located
from jpe_magics.adapters.live.server import Server
from jpe_magics.errors import JpeError
from jpe_magics.results import Export, Submission
from jpe_magics.session import Session
from jpe_magics.targets.airflow import target as airflow_target
from tests.faults.clock import CLOCK
from tests.faults.server import FaultServer

TESTS = Path(__file__).resolve().parents[1]
SECRET = "".join(("tk-", "5f0c77", "b1d29e"))  # in pieces: scanners of this repository look for such texts
CELLS = ("count = globals().get('count', 0) + 1", "total = count + 1")
#: Seconds without a sign of life after which a request is given up, in these tests: where that is what is looked for,
#: and where it is not, so that no busy machine has the one for the other.
TIMEOUT, AMPLE = 0.25, 10.0
#: Seconds by the errand's clock: for which a request is repeated, and for which a DAG is waited for.
PATIENCE, VISIBLE = 4.0, 30.0


def beside(name: str) -> ModuleType:
    """Return the module `tests/<name>.py`, as one and the same for all tests."""
    full = f"jpe_tests_{name}"
    if full not in sys.modules:
        import importlib.util

        spec = importlib.util.spec_from_file_location(full, TESTS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]


@dataclass
class Outcome:
    """How an errand ended: `error` is None where it did all that was asked.

    `said` is all that a person can read of it, `published` what is said to have been made ("kind place"), `record` the
    history's record as it stands on disk.
    """

    error: BaseException | None
    said: str = ""
    published: tuple[str, ...] = ()
    record: dict[str, Any] | None = None


@dataclass
class Client:
    """A client with one errand.

    `made` counts what the server has really made, by what it is; `expected` is what that must be after a success,
    `most` what it may be after a failure where that is more.
    `target` is the server's address ("http://host:port"), `within` its API's path, `run` does the errand at another
    address, and `secrets` are what must never be said.  Where its errand leaves no record (`in_history`), its errors
    must hold `words`.
    """

    name: str
    target: str
    within: str
    run: Callable[[str, threading.Event], Outcome]
    made: Callable[[], dict[str, int]]
    expected: dict[str, int]
    secrets: tuple[str, ...] = (SECRET,)
    in_history: bool = True
    words: str = r"Livy|session|statement"
    most: dict[str, int] = field(default_factory=dict)


class Quick(Outside):
    """The outside, by the clock of these tests; a request that may be repeated is for `PATIENCE`."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given, patience=PATIENCE)

    def pause(self, seconds: float) -> None:
        super().pause(CLOCK.go_on(seconds))


@contextmanager
def quickly(timeout: float = AMPLE) -> Iterator[None]:
    """Have errands go by the clock of these tests; what is really waited for, an upload and git, by `timeout`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(errand, "Outside", Quick)
        patch.setattr("tenacity.time", CLOCK)
        patch.setattr("jpe_magics.adapters.drive.time", CLOCK)
        patch.setattr("jpe_magics.targets.ilum.api.UPLOAD", 3 * timeout)
        patch.setattr("jpe_magics.adapters.drive._GIT_LIMIT", 12 * timeout)
        patch.setattr("jpe_magics.adapters.git.PAUSE", 0.001)
        patch.setattr("jpe_magics.adapters.git.remote.SILENCE", max(1, round(timeout)))
        yield


# --- what Session does


@dataclass
class User:
    """Has a notebook and a history in `folder`; `environ` holds the settings but for the server's address."""

    folder: Path
    variable: str
    timeout: float
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        cells = [
            {"cell_type": "code", "id": f"c{number}", "metadata": {}, "source": code}
            | {"outputs": [], "execution_count": None}
            for number, code in enumerate(CELLS)
        ]
        self.folder.mkdir(exist_ok=True)
        content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
        (self.folder / "etl.ipynb").write_text(json.dumps(content))

    def session(self, url: str, timeout: float = 0) -> Session:
        timeout = timeout or self.timeout
        times = {"JPE_REQUEST_TIMEOUT": str(timeout), "JPE_PROBE_TIMEOUT": str(timeout)}
        times["JPE_VISIBILITY_TIMEOUT"] = str(VISIBLE)
        history = {"JPE_AUDIT_LOG": str(self.folder / "audit.jsonl")}
        return Session(environ={**times, **history, **self.environ, self.variable: url})

    def export(self, url: str, stop: threading.Event, *words: str) -> Outcome:
        session = self.session(url)
        given = session.parse([*words, "--notebook", str(self.folder / "etl.ipynb")])
        return self._outcome(session, session.run(given, stop=stop))

    def act(self, url: str, stop: threading.Event, action: str, record: str, **more: Any) -> Outcome:
        session = self.session(url)
        try:
            return self._outcome(session, session.act(action, record, stop=stop, **more))
        except JpeError as error:  # it makes no sense for the record
            return Outcome(error, str(error), (), session.history.get(record).to_json())

    def first(self, url: str, *words: str) -> str:
        """Export without a fault, and return the record's id."""
        parts = urlsplit(url)
        with quickly(), FaultServer(f"http://{parts.netloc}") as way:  # which waits for no acknowledgement
            session = self.session(way.url + parts.path, AMPLE)
            done = session.run(session.parse([*words, "--notebook", str(self.folder / "etl.ipynb")]))
        assert done.error is None, done.error
        return done.record_id

    def _outcome(self, session: Session, done: Export | Submission) -> Outcome:
        assert done.record is not None
        record = session.history.get(done.record.id).to_json()
        published = tuple(f"{one.kind} {one.place}" for one in done.published)
        said = "\n".join([str(done.error or ""), done.text(), done._repr_html_(), json.dumps(record), repr(done)])
        return Outcome(done.error, said, published, record)


# --- Airflow


@contextmanager
def airflow(folder: Path, timeout: float, version: str, doing: str, login: str = "") -> Iterator[Client]:
    dags = folder / "dags"
    dags.mkdir()
    with beside("fake_airflow").FakeAirflow(dags, version=version, parse_every=2) as fake:
        by_user = {"AIRFLOW_USERNAME": "admin", "AIRFLOW_PASSWORD": "admin"}
        by_secret = {"AIRFLOW_JWT_SECRET": fake.secret, "AIRFLOW_JWT_SUBJECT": "1"}
        where = {"JPE_LOCAL_DAGS_FOLDER": str(dags), "JPE_GIT_PROVIDER": "local"}
        user = User(
            folder / "user", "AIRFLOW_API_URL", timeout, {**(by_user if fake.old or login else by_secret), **where}
        )
        words = ("airflow", "--dag-id", "etl", "--trigger")

        def run(url: str, stop: threading.Event) -> Outcome:
            if doing == "export":
                return user.export(url, stop, *words, "--wait")
            return user.act(url, stop, doing, id, **({"wait": True} if doing == "run" else {}))

        if doing != "export":
            id = user.first(fake.url, *words, *(() if doing in ("stop", "status") else ("--wait",)))
        before = len(fake.dags["etl"].runs) if "etl" in fake.dags else 0
        yield Client(
            f"Airflow {version[0]}{login}: {doing}",
            fake.url,
            "",
            run,
            lambda: {"run": len(fake.dags["etl"].runs) - before if "etl" in fake.dags else 0},
            {"run": int(doing in ("export", "run"))},
            (fake.secret,),
        )


# --- git


@contextmanager
def gitea(folder: Path, timeout: float, doing: str) -> Iterator[Client]:
    with beside("gitea_server").GiteaServer(folder / "gitea") as server:
        server.bare_repository("team", "dags")
        server.users["ada"].token = SECRET
        repository = server.repositories["team", "dags"]
        place = {"JPE_GIT_OWNER": "team", "JPE_GIT_REPOSITORY": "dags"}
        user = User(
            folder / "user", "GITEA_API_URL", timeout, {"GITEA_TOKEN": SECRET, "JPE_GIT_PROVIDER": "gitea", **place}
        )
        yield from _committed(user, "Gitea", server.url, "/api/v1", doing, repository.bare)


@contextmanager
def git(folder: Path, timeout: float, doing: str) -> Iterator[Client]:
    with beside("git_http_server").GitHttpServer(folder / "git") as server:
        server.password = SECRET
        bare = server.repository("dags")
        _git(bare, "update-ref", "refs/heads/main", _git(bare, "commit-tree", "-m", "first", _git(bare, "mktree")))
        login = {"GITEA_USERNAME": "ada", "GITEA_PASSWORD": SECRET, "JPE_GIT_PROVIDER": "git"}
        user = User(folder / "user", "JPE_GIT_REMOTE_URL", timeout, login)
        base = server.url("dags").removesuffix("/dags.git")
        yield from _committed(user, "git", base, "/dags.git", doing, bare)


def _committed(user: User, name: str, base: str, within: str, doing: str, bare: Path) -> Iterator[Client]:
    words = ("airflow", "--dag-id", "etl", "--no-trigger")
    if doing == "update":
        user.first(base + within, *words, "--owner", "ada")
    before = int(_git(bare, "rev-list", "--count", "main"))
    yield Client(
        f"{name}: {doing}",
        base,
        within,
        lambda url, stop: user.export(url, stop, *words),
        lambda: {"commit": int(_git(bare, "rev-list", "--count", "main")) - before},
        {"commit": 1},
    )


def _git(bare: Path, *words: str) -> str:
    import os
    import subprocess

    names = {f"GIT_{role}_{part}": "ada@x" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    ran = subprocess.run(
        ["git", f"--git-dir={bare}", *words], capture_output=True, check=True, input=b"", env={**os.environ, **names}
    )
    return ran.stdout.decode().strip()


# --- Ilum

CRON = ("--cron", "0 5 * * *")


@contextmanager
def ilum(folder: Path, timeout: float, mode: str, doing: str) -> Iterator[Client]:
    with beside("fake_ilum").FakeIlum() as fake:
        fake.token = SECRET
        user = User(folder / "user", "ILUM_API_URL", timeout, {"ILUM_TOKEN": SECRET})
        words = ("ilum", "--name", "kpi", "--mode", mode, *(CRON if mode == "cron" else ()))
        if doing == "replace":
            user.first(fake.url, *words)
        elif doing != "export":
            id = user.first(fake.url, *words)

        def run(url: str, stop: threading.Event) -> Outcome:
            if doing == "export":
                return user.export(url, stop, *words, *(() if mode == "cron" else ("--trigger", "--wait")))
            if doing == "replace":
                return user.export(url, stop, *words, "--replace")
            return user.act(url, stop, doing, id, **({"wait": True} if doing == "run" else {}))

        def made() -> dict[str, int]:
            living = {
                kind: sum(one.state not in ("CANCELED", "ARCHIVED", "DISABLED") for one in fake.of(kind))
                for kind in ("job", "group", "schedule")
            }
            return {**living, "run": sum(map(len, fake.runs.values()))}

        before = made()
        yield Client(
            f"Ilum {mode}: {doing}",
            fake.url.removesuffix("/api/v1"),
            "/api/v1",
            run,
            lambda: {kind: count - before[kind] for kind, count in made().items()},
            _expected(mode, doing),
            most={"group": 1} if doing == "replace" else {},  # the new one stands beside the old
        )


def _expected(mode: str, doing: str) -> dict[str, int]:
    nothing = dict.fromkeys(("job", "group", "schedule", "run"), 0)
    match mode, doing:
        case "single", "export" | "run":
            return {**nothing, "job": 1}
        case "service", "export":
            return {**nothing, "group": 1, "run": 1}
        case "service", "run":
            return {**nothing, "run": 1}
        case "cron", "export":
            return {**nothing, "group": 1, "schedule": 1}
        case "single", "stop":
            return {**nothing, "job": -1}
    return nothing


# --- the generated DAG


@contextmanager
def livy(folder: Path, timeout: float, mode: str) -> Iterator[Client]:
    """A run of a generated DAG, with a retry of each task, by the clock of these tests."""
    conftest, stub = beside("conftest"), beside("stub_airflow")
    pipeline = conftest.pipeline([("a", CELLS[0]), ("b", CELLS[1])], whole=mode == "batch")
    options = airflow_target.check({"dag_id": "etl", "mode": mode, "retries": 1})
    text = airflow_target.render(pipeline, options, conftest.template, "0.1.0").files[0].text
    with beside("fake_livy").FakeLivy() as fake, pytest.MonkeyPatch.context() as patch:

        def run(url: str, stop: threading.Event) -> Outcome:
            stub.install(patch, url)
            module = stub.load(text.replace('"timeout": 30,', f'"timeout": {timeout},'))
            assert (module.WHOLE, module.OUTAGE) == (120, 60)
            vars(module).update(WHOLE=1.5 * timeout, OUTAGE=1.0, time=CLOCK)
            done = stub.Run(module)
            warned = _Warned()
            module.log.addHandler(warned)
            try:
                done.all()
            finally:
                module.log.removeHandler(warned)
            failed = [done.errors[task] for task, state in done.states.items() if state == "failed"]
            return Outcome(failed[0] if failed else None, "\n".join([*map(str, done.errors.values()), *warned.said]))

        def made() -> dict[str, int]:
            ran = [session.namespace.get("count", 0) for session in fake.made]
            return {"run of a cell": max(ran, default=0), "session": len(fake.sessions)}

        yield Client(f"Livy {mode}", fake.url, "", run, made, {"run of a cell": 1, "session": 0}, (), in_history=False)


# --- the Jupyter server


@contextmanager
def jupyter(folder: Path, timeout: float) -> Iterator[Client]:
    """Reads the live notebook from the server that started the kernel, whose files are on another disk."""
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    shell = SimpleNamespace(
        user_ns={}, kernel=SimpleNamespace(parent=SimpleNamespace(connection_file="kernel-k1.json"))
    )
    scripted = beside("scripted_server")

    def answer(asked: Any) -> Any:
        if asked.headers.get("authorization") != f"token {SECRET}":
            return scripted.Say(403, {"message": "Forbidden"})
        if asked.path == "/api/sessions":
            return scripted.Say(200, [{"path": "far/away.ipynb", "type": "notebook", "kernel": {"id": "k1"}}])
        return scripted.Say(200, {"content": notebook, "last_modified": "2026-11-20T14:02:00Z", "name": "away.ipynb"})

    def run(url: str, stop: threading.Event) -> Outcome:
        told = {"url": url, "token": SECRET, "root_dir": str(folder / "nowhere")}
        (folder / "jpserver-4242.json").write_text(json.dumps(told))
        try:
            saved = read_located(locate(shell, {"JPY_PARENT_PID": "4242"}))
        except JpeError as error:
            return Outcome(error, "\n".join(traceback.format_exception(error)))
        assert (saved.notebook.path, saved.notebook.cells) == ("far/away.ipynb", ())
        return Outcome(None, repr(saved))

    with scripted.ScriptedServer(answer) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder))
        patch.setattr("jpe_magics.adapters.live.server.CONTENT_LIMIT", 3 * timeout)
        patch.setattr(Server.get, "__defaults__", (3 * timeout, None))
        yield Client("Jupyter", server.url, "/", run, dict, {}, in_history=False, words="Jupyter server")


class _Warned(logging.Handler):
    """Keeps what a task logs as a warning."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


#: Everything that is run through the faults.
CLIENTS: dict[str, Callable[[Path, float], Any]] = {
    "Airflow 3: export": lambda *at: airflow(*at, "3.3.2", "export"),
    "Airflow 3: run": lambda *at: airflow(*at, "3.3.2", "run"),
    "Airflow 3: stop": lambda *at: airflow(*at, "3.3.2", "stop"),
    "Airflow 3: status": lambda *at: airflow(*at, "3.3.2", "status"),
    "Airflow 3 with a password: status": lambda *at: airflow(*at, "3.3.2", "status", " with a password"),
    "Airflow 2: export": lambda *at: airflow(*at, "2.11.0", "export"),
    "Airflow 2: run": lambda *at: airflow(*at, "2.11.0", "run"),
    "Airflow 2: stop": lambda *at: airflow(*at, "2.11.0", "stop"),
    "Gitea: create": lambda *at: gitea(*at, "create"),
    "Gitea: update": lambda *at: gitea(*at, "update"),
    "git: create": lambda *at: git(*at, "create"),
    "git: update": lambda *at: git(*at, "update"),
    "Ilum single: export": lambda *at: ilum(*at, "single", "export"),
    "Ilum single: run": lambda *at: ilum(*at, "single", "run"),
    "Ilum single: stop": lambda *at: ilum(*at, "single", "stop"),
    "Ilum single: status": lambda *at: ilum(*at, "single", "status"),
    "Ilum service: export": lambda *at: ilum(*at, "service", "export"),
    "Ilum service: run": lambda *at: ilum(*at, "service", "run"),
    "Ilum service: replace": lambda *at: ilum(*at, "service", "replace"),
    "Ilum cron: export": lambda *at: ilum(*at, "cron", "export"),
    "Livy per_cell": lambda *at: livy(*at, "per_cell"),
    "Livy batch": lambda *at: livy(*at, "batch"),
    "Jupyter: contents": lambda *at: jupyter(*at),
}


@contextmanager
def client_of(name: str, folder: Path, timeout: float = AMPLE) -> Iterator[Client]:
    """Give a client in a new folder; `timeout` is its request_timeout."""
    folder.mkdir(exist_ok=True)
    with CLIENTS[name](folder, timeout) as client:
        yield client
