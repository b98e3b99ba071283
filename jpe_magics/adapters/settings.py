"""Every setting, declared once, and which of its sources counts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from traitlets import TraitError
from traitlets.config import Config, Configurable

from jpe_magics.adapters.setting_types import (
    Setting,
    choice,
    flag,
    images,
    kinds,
    path,
    remote,
    seconds,
    secret,
    url,
)
from jpe_magics.errors import SettingsError
from jpe_magics.model.secret import Secret

#: JPE's six: the empty one leaves the choice to the cluster.
_IMAGES = {
    "Cluster default": "",
    "Spark 4.1.2 with Delta": "ilum/spark:4.1.2-delta",
    "Spark 4.1.2 with Sedona": "ilum/spark:4.1.2-sedona",
    "Spark 4.1.2 with Iceberg": "ilum/spark:4.1.2-iceberg",
    "Spark 4.1.2 with Trino": "ilum/spark:4.1.2-trino",
    "Spark 3.5.8 with Nessie and Sedona": "ilum/spark:3.5.8-nessie-sedona",
}


class JpeMagics(Configurable):
    """Settings of jpe_magics.  The environment wins over what is set here."""

    ilum_api_url = Setting(
        "http://ilum-core:9888/api/v1", url, env="ILUM_API_URL", help="Ilum's API, with its /api/v1."
    )
    ilum_token = Setting("", secret, env="ILUM_TOKEN", help="Bearer token for Ilum.")
    ilum_ui_url = Setting("", url, env="ILUM_UI_URL", help="Ilum's web pages, for links; else derived from the API's.")

    airflow_enabled = Setting(True, flag, env="JPE_AIRFLOW_ENABLED", help="Whether there is an Airflow to talk to.")
    airflow_api_url = Setting(
        "http://ilum-airflow-api-server:8080", url, env="AIRFLOW_API_URL", help="Airflow's API server, without /api/v2."
    )
    airflow_ui_url = Setting("", url, env="AIRFLOW_UI_URL", help="Airflow's web pages, for links; else derived.")
    airflow_token = Setting("", secret, env="AIRFLOW_TOKEN", help="Token for Airflow; wins over the ways to get one.")
    airflow_jwt_secret = Setting(
        "", secret, env="AIRFLOW_JWT_SECRET", help="Airflow's [api_auth] jwt_secret, to sign tokens with."
    )
    airflow_jwt_subject = Setting(
        "", env="AIRFLOW_JWT_SUBJECT", help="Who such tokens are for: with the FAB auth manager a user's numeric id."
    )
    airflow_jwt_role = Setting(
        "user", env="AIRFLOW_JWT_ROLE", help="The role in such tokens, which the simple auth manager trusts."
    )
    airflow_jwt_audience = Setting(
        "apache-airflow", env="AIRFLOW_JWT_AUDIENCE", help="Airflow's [api_auth] jwt_audience."
    )
    airflow_jwt_issuer = Setting("", env="AIRFLOW_JWT_ISSUER", help="Airflow's [api_auth] jwt_issuer, if it has one.")
    airflow_username = Setting("", env="AIRFLOW_USERNAME", help="User for Airflow's /auth/token.")
    airflow_password = Setting("", secret, env="AIRFLOW_PASSWORD", help="Password for Airflow's /auth/token.")

    git_provider = Setting(
        "auto",
        choice("auto", "gitea", "git", "local"),
        env="JPE_GIT_PROVIDER",
        help="Where DAGs go: gitea, git (any remote), local (a folder), or auto: gitea if it can be used, else local.",
    )
    git_api_url = Setting(
        "http://ilum-gitea-http:3000/api/v1", url, env="GITEA_API_URL", help="Gitea's API, with its /api/v1."
    )
    git_ui_url = Setting("", url, env="GITEA_UI_URL", help="Gitea's web pages, for links; else derived.")
    git_token = Setting("", secret, env="GITEA_TOKEN", help="Token for Gitea, or for the git remote.")
    git_username = Setting("", secret, env="GITEA_USERNAME", help="User for Gitea, or for the git remote.")
    git_password = Setting("", secret, env="GITEA_PASSWORD", help="Password for Gitea, or for the git remote.")
    git_owner = Setting("", env="JPE_GIT_OWNER", help="Owner of the repository for DAGs.")
    git_repository = Setting("", env="JPE_GIT_REPOSITORY", help="Name of the repository for DAGs.")
    git_branch = Setting("main", env="JPE_GIT_BRANCH", help="Branch that Airflow reads.")
    git_dags_path = Setting("dags", env="JPE_GIT_DAGS_PATH", help="Folder in the repository that Airflow reads.")
    git_remote_url = Setting("", remote, env="JPE_GIT_REMOTE_URL", help="Remote of the provider git.")
    local_dags_folder = Setting(
        "dags", path, env="JPE_LOCAL_DAGS_FOLDER", help="Folder of the provider local, from the working folder."
    )

    notebook_path = Setting("", path, env="JPE_NOTEBOOK_PATH", help="The notebook, where it can't be found out.")
    default_cluster_id = Setting("default", env="JPE_DEFAULT_CLUSTER_ID", help="Ilum's cluster.")
    default_livy_conn_id = Setting("ilum-livy-proxy", env="JPE_DEFAULT_LIVY_CONN_ID", help="Airflow's Livy connection.")
    default_mode = Setting(
        "per_cell", choice("per_cell", "batch"), env="JPE_DEFAULT_MODE", help="Mode of the target airflow."
    )
    spark_images = Setting(_IMAGES, images, env="", help="Presets of --image: name → container image.")
    enabled_cell_kinds = Setting(
        "auto",
        kinds,
        env="JPE_ENABLED_CELL_KINDS",
        help="Cell kinds to export, with commas; auto: spark and pyspark where there are such cells, else plain.",
    )
    probe_timeout = Setting(1.5, seconds, env="JPE_PROBE_TIMEOUT", help="Seconds to look for backends, in all.")
    visibility_timeout = Setting(120, seconds, env="JPE_VISIBILITY_TIMEOUT", help="Seconds until Airflow sees a DAG.")
    request_timeout = Setting(10, seconds, env="JPE_REQUEST_TIMEOUT", help="Seconds for one answer of a server.")
    audit_log = Setting("~/.jupyter/jpe-audit.jsonl", path, env="JPE_AUDIT_LOG", help="The file of the history.")
    templates_dir = Setting("", path, env="JPE_TEMPLATES_DIR", help="Your own templates, a folder per target.")

    @classmethod
    def of(cls, parent: Configurable | None = None, config: Config | None = None) -> JpeMagics:
        """Return the settings as `ipython_config.py` (through `parent`, the shell) gives them.

        Raises `SettingsError` where a value is wrong.
        """
        try:
            return cls(parent=parent) if parent is not None else cls(config=config or Config())
        except TraitError as error:
            raise SettingsError(
                str(error), where="ipython_config.py or %config", hint="%config JpeMagics shows all settings"
            ) from None


#: Every setting by name, in the order of declaration.
DECLARED: dict[str, Setting] = {name: one for name, one in vars(JpeMagics).items() if isinstance(one, Setting)}

#: Settings with an address that can be derived from others where it is not given.
_DERIVED: dict[str, str] = {
    "ilum_ui_url": "ilum_api_url",
    "airflow_ui_url": "airflow_api_url",
    "git_ui_url": "git_api_url",
}
#: Where Ilum's own web pages show the others (its console's paths).
_IN_ILUM = {"airflow_ui_url": "/external/airflow", "git_ui_url": "/external/gitea"}

DEFAULT = "default"
CONFIGURED = "ipython_config.py or %config"


class Row(NamedTuple):
    """One line of the table of settings; `value` is shown as it is, secrets as `***`."""

    name: str
    value: str
    origin: str
    env: str
    help: str


class Settings:
    """The settings that count now: environment over `%config` and `ipython_config.py`, these over
    `jpe_config.json` and `.py` on Jupyter's config path, these over the defaults.

    Nothing is read before it is asked for.  `config_path` (for tests) takes the place of Jupyter's.
    """

    def __init__(
        self,
        config: JpeMagics,
        environ: Mapping[str, str],
        config_path: Callable[[], list[str]] | None = None,
    ) -> None:
        self._config = config
        self._environ = environ
        self._config_path = config_path or _jupyter_config_path

    def get(self, name: str) -> Any:
        """Return the value that counts; secrets are `Secret`s, addresses have no slash at their end.

        Raises `SettingsError` naming the setting, its origin and what is allowed where the value is wrong.
        """
        value, _ = self._look_up(name)
        return self._derive(name) if name in _DERIVED and not value else value

    def origin(self, name: str) -> str:
        """Return where the value comes from, as people read it ("environment AIRFLOW_API_URL", "default")."""
        value, origin = self._look_up(name)
        return f"derived from {_DERIVED[name]}" if name in _DERIVED and not value else origin

    def is_set(self, name: str) -> bool:
        """Tell whether anything but the default gives the value."""
        return self._look_up(name)[1] != DEFAULT

    def secrets(self) -> tuple[Secret, ...]:
        """Return every secret that is set, for redaction."""
        return tuple(value for name in DECLARED if DECLARED[name].secret and (value := self.get(name)))

    def table(self) -> tuple[Row, ...]:
        """Return all settings for display."""
        return tuple(
            Row(name, _shown(self.get(name)), self.origin(name), one.env, one.help or "")
            for name, one in DECLARED.items()
        )

    def _look_up(self, name: str) -> tuple[Any, str]:
        setting = DECLARED[name]
        given = self._environ.get(setting.env, "") if setting.env else ""
        if given.strip():
            return _checked(name, given, f"environment {setting.env}"), f"environment {setting.env}"
        if name in self._config.__dict__.get("given", ()):
            return getattr(self._config, name), CONFIGURED
        if name in self._files:
            return self._files[name]
        return setting.default_value, DEFAULT

    @cached_property
    def _files(self) -> dict[str, tuple[Any, str]]:
        """What the files on Jupyter's config path say: the first folder wins, in a folder .json over .py."""
        found: dict[str, tuple[Any, str]] = {}
        for folder in self._config_path():
            for file, read in (
                (Path(folder, "jpe_config.json"), _from_json),
                (Path(folder, "jpe_config.py"), _from_py),
            ):
                if file.is_file():
                    origin = f"{file.name}: {file}"
                    for name, value in read(file, origin).items():
                        found.setdefault(name, (_checked(name, value, origin), origin))
        return found

    def _derive(self, name: str) -> str:
        if name in _IN_ILUM and not self.is_set(_DERIVED[name]) and self.is_set("ilum_ui_url"):
            return f"{self.get('ilum_ui_url')}{_IN_ILUM[name]}"
        return re.sub(r"/api(?:/v\d+)?$", "", self.get(_DERIVED[name]))


def _checked(name: str, value: Any, origin: str) -> Any:
    try:
        return DECLARED[name].check(value)
    except ValueError as error:
        shown = "" if DECLARED[name].secret or "@" in str(value) else f", not {str(value)[:60]!r}"
        raise SettingsError(f"{name} must be {error}{shown}", where=origin, hint="correct it, or remove it") from None


def _shown(value: Any) -> str:
    if isinstance(value, Secret):
        return "***" if value else ""
    if isinstance(value, tuple):
        return ", ".join(value)
    return (
        ", ".join(f"{key} = {one or '(none)'}" for key, one in value.items()) if isinstance(value, dict) else str(value)
    )


def _jupyter_config_path() -> list[str]:
    from jupyter_core.paths import jupyter_config_path

    return jupyter_config_path()


def _from_json(file: Path, origin: str) -> dict[str, Any]:
    """Return the settings of a JSON object, flat or under "JpeMagics", in snake case or camel case."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{file.name} can't be read: {error.strerror}", where=origin) from None
    except ValueError as error:
        at = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "a byte that is no UTF-8"
        raise SettingsError(f"{file.name} is not JSON ({at})", where=origin, hint="correct or remove it") from None
    nested = content.get("JpeMagics", {}) if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(nested, dict):
        raise SettingsError(f"{file.name} must hold an object", where=origin)
    flat = {key: value for key, value in content.items() if key != "JpeMagics"}
    return _named({**flat, **nested}, origin)


def _from_py(file: Path, origin: str) -> dict[str, Any]:
    """Return what `c.JpeMagics.… = …` lines say; the file is run, as Jupyter runs its own."""
    from traitlets.config.loader import PyFileConfigLoader

    try:
        loaded = PyFileConfigLoader(file.name, path=str(file.parent)).load_config()
    except Exception as error:  # noqa: BLE001  it is the user's program: whatever it raises is named
        raise SettingsError(
            f"{file.name} could not be run: {type(error).__name__}", where=origin, hint="run it with Python to see why"
        ) from None
    return _named(dict(loaded.get("JpeMagics", {})), origin)


def _named(values: Mapping[str, Any], origin: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()
        if name not in DECLARED:
            import difflib

            near = difflib.get_close_matches(name, DECLARED, 1)
            raise SettingsError(
                f"there is no setting {key!r}",
                where=origin,
                hint=f"did you mean {near[0]}?" if near else "%config JpeMagics shows all settings",
            )
        found[name] = value
    return found
