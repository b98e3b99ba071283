"""How an Airflow for tests is set up: SQLite, LocalExecutor, one API worker, the loopback interface only."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tools.servers.process import HOST

Auth = Literal["simple", "fab"]
CONNECTION = "AIRFLOW_CONN_ILUM-LIVY-PROXY"
# name → role; with FAB the first is user 1, the second 2, and `Public` may do nothing at all
USERS: Mapping[Auth, Mapping[str, str]] = {
    "simple": {"admin": "admin", "viewer": "viewer"},
    "fab": {"admin": "Admin", "guest": "Public"},
}
FAB = "airflow.providers.fab.auth_manager."
GIT = "airflow.providers.git.bundles.git.GitDagBundle"
# what of our own environment an Airflow may see: no proxy, and none of our own settings
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TZ")


@dataclass(frozen=True)
class GitBundle:
    """DAGs that Airflow fetches from a git repository: one branch, one folder of it."""

    repository: Path
    branch: str = "main"
    folder: str = "dags"


@dataclass(frozen=True)
class LivyConnection:
    """Where the connection `ilum-livy-proxy` leads to."""

    url: str
    user: str = ""
    password: str = field(default="", repr=False)

    def as_json(self) -> str:
        """Return it as Airflow takes it from its environment."""
        login = {"login": self.user, "password": self.password} if self.user else {}
        return json.dumps({"conn_type": "livy", "host": self.url, **login})


@dataclass(frozen=True)
class AirflowSetup:
    """One Airflow: `version` is (major, minor), `refresh` the seconds between two looks for new DAG files."""

    home: Path
    port: int
    version: tuple[int, int]
    auth: Auth
    refresh: int
    jwt_secret: str = field(repr=False)
    git: GitBundle | None = None
    livy: LivyConnection | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def passwords_file(self) -> Path:
        """The file of SimpleAuthManager."""
        return self.home / "passwords.json"


def environment(setup: AirflowSetup, python: Path) -> dict[str, str]:
    """Return the environment of all processes of an Airflow."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    passed["PATH"] = os.pathsep.join((str(python.parent), os.environ.get("PATH", os.defpath)))
    settings = _for_all(setup) | (_for_2(setup) if setup.version < (3, 0) else _for_3(setup))
    named = {f"AIRFLOW__{name}": value for name, value in settings.items()}
    if setup.version < (3, 0):
        named["_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK"] = "1"  # 2.x wants one task at a time on SQLite
    if setup.git is not None:
        # an empty connection keeps the bundle off the database, where the look-up for one ends 3.1's processor
        named["AIRFLOW_CONN_GIT_DEFAULT"] = json.dumps({"conn_type": "git"})
    if setup.livy is not None:
        named[CONNECTION] = setup.livy.as_json()
    return {**passed, "HOME": str(setup.home), "AIRFLOW_HOME": str(setup.home), **named}


def _for_all(setup: AirflowSetup) -> dict[str, str]:
    return {
        "CORE__DAGS_FOLDER": str(setup.home / "dags"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "4",  # idle worker processes, 32 MB each
        "CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "1",
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{setup.home}/airflow.db",
        "LOGGING__BASE_LOG_FOLDER": str(setup.home / "logs"),
        "USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
    }


def _for_3(setup: AirflowSetup) -> dict[str, str]:
    settings = {
        "API__HOST": HOST,
        "API__PORT": str(setup.port),
        "API__WORKERS": "1",
        "API__BASE_URL": setup.url,
        "CORE__EXECUTION_API_SERVER_URL": f"{setup.url}/execution/",  # tasks report there
        # without fixed ones every process makes up its own and refuses the others' tokens
        "API__SECRET_KEY": setup.jwt_secret,
        "API_AUTH__JWT_SECRET": setup.jwt_secret,
        "DAG_PROCESSOR__REFRESH_INTERVAL": str(setup.refresh),
        "DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",  # changed files are taken at once anyway
        "DAG_PROCESSOR__PARSING_PROCESSES": "1",
    }
    if setup.auth == "fab":
        settings["CORE__AUTH_MANAGER"] = FAB + "fab_auth_manager.FabAuthManager"
    else:
        users = ",".join(f"{name}:{role}" for name, role in USERS["simple"].items())
        settings["CORE__SIMPLE_AUTH_MANAGER_USERS"] = users
        settings["CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"] = str(setup.passwords_file)
    return settings | (_from_git(setup, setup.git) if setup.git else {})


def _from_git(setup: AirflowSetup, git: GitBundle) -> dict[str, str]:
    bundle = {
        "name": "git",
        "classpath": GIT,
        "kwargs": {
            "repo_url": str(git.repository),
            "tracking_ref": git.branch,
            "subdir": git.folder,
            "refresh_interval": setup.refresh,
        },
    }
    return {
        "DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(setup.home / "bundles"),
        "DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([bundle]),
    }


def _for_2(setup: AirflowSetup) -> dict[str, str]:
    return {
        "WEBSERVER__WEB_SERVER_HOST": HOST,
        "WEBSERVER__WEB_SERVER_PORT": str(setup.port),
        "WEBSERVER__WORKERS": "1",
        "WEBSERVER__BASE_URL": setup.url,
        "WEBSERVER__SECRET_KEY": setup.jwt_secret,
        "API__AUTH_BACKENDS": FAB + "api.auth.backend.basic_auth",
        "CORE__AUTH_MANAGER": FAB + "fab_auth_manager.FabAuthManager",
        "SCHEDULER__DAG_DIR_LIST_INTERVAL": str(setup.refresh),
        "SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "5",
        "SCHEDULER__PARSING_PROCESSES": "1",
    }
