"""Real servers for the live tests, started once: a Livy on real PySpark, an Airflow with a DAGs folder, one with git.

`make test-live` makes their environments and names the interpreters in JPE_…; without it they are skipped.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tools.servers.airflow import RealAirflow
from tools.servers.airflow_settings import GitBundle
from tools.servers.livy import RealLivy
from tools.servers.server import Server

GIT_ENVIRONMENT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
#: Groups of files whose tests share servers, and so a worker; the groups that take longest come first.
TOGETHER = (
    ("test_publish.py", "test_real_airflow.py"),
    ("test_dag_failures.py",),
    ("test_dag_loads.py", "test_hostile_values.py"),
    ("test_local_livy.py",),
    ("test_ilum.py",),
    ("test_dag_on_spark.py",),
    ("test_notebooks.py",),
    ("test_ilum_core.py",),
)
#: What keeps an Airflow from parsing files again that nobody has changed (Airflow's own default), and from taking its
#: DAG processor for dead while the machine is busy: two heartbeats late, or two minutes (3.3).
CALM = {
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "30",
    "AIRFLOW__DAG_PROCESSOR__HEALTH_CHECK_THRESHOLD": "120",
    "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "20",
}


def pytest_configure() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who gives up on the tests ends the servers too


def _group(nodeid: str) -> str:
    """Return the number of the group that a test's file belongs to, or the file that is in none."""
    file = nodeid.partition("::")[0]
    found = [at for at, names in enumerate(TOGETHER) if file.startswith("tests/live/") and Path(file).name in names]
    return f"{found[0]:03}" if found else file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _group(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Have the files of a group run on one worker, in the order of the groups."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Groups(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _group(nodeid)

    config.option.loadscopereorder = False
    return Groups(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show below a test that failed what its servers have logged."""
    report = yield
    if report.failed and report.when != "teardown":
        servers = [one for one in getattr(item, "funcargs", {}).values() if isinstance(one, Server)]
        report.sections += [(f"{type(one).__name__} at {one.url}", one.logs()) for one in dict.fromkeys(servers)]
    return report


def interpreter(variable: str) -> str:
    """Return the interpreter that `make test-live` has made, or skip the test."""
    python = os.environ.get(variable)
    if not python:
        pytest.skip(f"{variable} is not set: make test-live makes its environment and sets it")
    return python


def processes_below(folder: Path) -> list[str]:
    """Return the processes that work in a folder, or hold a file there open: whose, whatever their session."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            held = {link.readlink() for link in (process / "cwd", *(process / "fd").iterdir())}
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it ended meanwhile, or is not ours
            continue
        if any(path.is_relative_to(folder) for path in held):
            found.append(f"{process.name} {command}")
    return found


def assert_nobody_below(folder: Path, seconds: float = 0) -> None:
    deadline = time.monotonic() + seconds
    while left := processes_below(folder):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


@pytest.fixture(scope="session")
def nobody_below() -> Callable[..., None]:
    """Asserts that no process is left in a folder, some seconds from now at the latest."""
    return assert_nobody_below


class Repository:
    """A bare git repository, and a way to commit to it as somebody else would."""

    def __init__(self, folder: Path) -> None:
        self.bare, self._clone = folder / "dags.git", folder / "clone"
        self._git("init", "--quiet", "--bare", "--initial-branch=main", self.bare)
        self._git("clone", "--quiet", self.bare, self._clone)
        self._in_clone("symbolic-ref", "HEAD", "refs/heads/main")
        self.commit({"dags/README.md": "What Airflow runs.\n"}, "Make the folder")

    def commit(self, files: Mapping[str, str | None], message: str) -> str:
        """Write the files, or remove those that are None, push that to `main`, and return the commit."""
        if self.head():
            self._in_clone("fetch", "--quiet", "origin", "main")
            self._in_clone("reset", "--quiet", "--hard", "origin/main")
        for name, text in files.items():
            path = self._clone / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text, encoding="utf-8")
        self._in_clone("add", "--all")
        self._in_clone("-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "--quiet", "-m", message)
        self._in_clone("push", "--quiet", "origin", "main")
        return self.head()

    def head(self) -> str:
        """Return the commit of `main`, or nothing where there is none yet."""
        return self._git("--git-dir", self.bare, "for-each-ref", "--format=%(objectname)", "refs/heads/main").strip()

    def _in_clone(self, *words: str) -> str:
        return self._git("-C", self._clone, *words)

    def _git(self, *words: str | Path) -> str:
        command = ["git", *map(str, words)]
        environ = {**os.environ, **GIT_ENVIRONMENT}
        done = subprocess.run(command, env=environ, check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout


@pytest.fixture(scope="session")
def real_livy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealLivy]:
    """`jpe livy` on real PySpark."""
    python = interpreter("JPE_SPARK_PYTHON")
    with RealLivy(python, tmp_path_factory.mktemp("real_livy") / "work") as livy:
        yield livy
    assert_nobody_below(livy.work, seconds=20)


@pytest.fixture(scope="session")
def airflow_simple(real_livy: RealLivy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealAirflow]:
    """Airflow 3.3 with SimpleAuthManager (users `admin`, `viewer`) and a DAGs folder."""
    python, home = interpreter("JPE_AIRFLOW_33"), tmp_path_factory.mktemp("airflow_simple") / "home"
    with RealAirflow(python, home, livy=real_livy.connection, settings=CALM) as airflow:
        yield airflow
    assert_nobody_below(home)


@pytest.fixture(scope="session")
def dags_repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The bare repository that `airflow_git` takes its DAGs from: branch `main`, folder `dags`."""
    return Repository(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="session")
def airflow_git(
    real_livy: RealLivy, dags_repository: Repository, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealAirflow]:
    """Airflow 3.1 with FAB (users `admin`, id 1, and `guest`, id 2, who may do nothing) and a GitDagBundle."""
    python, home = interpreter("JPE_AIRFLOW_31"), tmp_path_factory.mktemp("airflow_git") / "home"
    git = GitBundle(dags_repository.bare)
    with RealAirflow(python, home, auth="fab", git=git, livy=real_livy.connection, settings=CALM) as airflow:
        yield airflow
    assert_nobody_below(home)


@pytest.fixture(scope="session")
def airflow_2(real_livy: RealLivy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealAirflow]:
    """Airflow 2.11 with basic authentication (users as in `airflow_git`) and a DAGs folder."""
    python, home = interpreter("JPE_AIRFLOW_211"), tmp_path_factory.mktemp("airflow_2") / "home"
    with RealAirflow(python, home, livy=real_livy.connection) as airflow:
        yield airflow
    assert_nobody_below(home)
