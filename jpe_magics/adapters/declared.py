"""Every setting, declared once.  `%load_ext` and every `jpe` process import this, so it imports little itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jpe_magics.adapters.setting_types import (
    Setting,
    author,
    choice,
    flag,
    images,
    kinds,
    path,
    remote,
    seconds,
    secret,
    text,
    url,
)

if TYPE_CHECKING:
    from traitlets.config import Config, Configurable

#: JPE's six: the empty one leaves the choice to the cluster.
_IMAGES = {
    "Cluster default": "",
    "Spark 4.1.2 with Delta": "ilum/spark:4.1.2-delta",
    "Spark 4.1.2 with Sedona": "ilum/spark:4.1.2-sedona",
    "Spark 4.1.2 with Iceberg": "ilum/spark:4.1.2-iceberg",
    "Spark 4.1.2 with Trino": "ilum/spark:4.1.2-trino",
    "Spark 3.5.8 with Nessie and Sedona": "ilum/spark:3.5.8-nessie-sedona",
}

#: Every setting by name, in the order of declaration.
DECLARED: dict[str, Setting] = {}


def _setting(name: str, default: Any, check: Callable[[Any], Any] = text, *, env: str, help: str) -> None:  # noqa: A002
    told = f"{help}  Environment: {env}." if env else help
    DECLARED[name] = Setting(name, check(default), check, env, told)


_setting("ilum_api_url", "http://ilum-core:9888/api/v1", url, env="ILUM_API_URL", help="Ilum's API, with its /api/v1.")
_setting("ilum_token", "", secret, env="ILUM_TOKEN", help="Bearer token for Ilum.")
_setting("ilum_ui_url", "", url, env="ILUM_UI_URL", help="Ilum's web pages, for links; else derived from the API's.")

_setting("airflow_enabled", True, flag, env="JPE_AIRFLOW_ENABLED", help="Whether there is an Airflow to talk to.")
_setting(
    "airflow_api_url",
    "http://ilum-airflow-api-server:8080",
    url,
    env="AIRFLOW_API_URL",
    help="Airflow's API server, without /api/v2.",
)
_setting("airflow_ui_url", "", url, env="AIRFLOW_UI_URL", help="Airflow's web pages, for links; else derived.")
_setting("airflow_token", "", secret, env="AIRFLOW_TOKEN", help="Token for Airflow; wins over the ways to get one.")
_setting(
    "airflow_jwt_secret",
    "",
    secret,
    env="AIRFLOW_JWT_SECRET",
    help="Airflow's [api_auth] jwt_secret, to sign tokens with.",
)
_setting(
    "airflow_jwt_subject",
    "",
    env="AIRFLOW_JWT_SUBJECT",
    help="Who such tokens are for: with the FAB auth manager a user's numeric id.",
)
_setting(
    "airflow_jwt_role",
    "user",
    env="AIRFLOW_JWT_ROLE",
    help="The role in such tokens, which the simple auth manager trusts.",
)
_setting(
    "airflow_jwt_audience", "apache-airflow", env="AIRFLOW_JWT_AUDIENCE", help="Airflow's [api_auth] jwt_audience."
)
_setting("airflow_jwt_issuer", "", env="AIRFLOW_JWT_ISSUER", help="Airflow's [api_auth] jwt_issuer, if it has one.")
_setting("airflow_username", "", env="AIRFLOW_USERNAME", help="User for Airflow's /auth/token.")
_setting("airflow_password", "", secret, env="AIRFLOW_PASSWORD", help="Password for Airflow's /auth/token.")

_setting(
    "git_provider",
    "auto",
    choice("auto", "gitea", "git", "local"),
    env="JPE_GIT_PROVIDER",
    help="Where DAGs go: gitea, git (any remote), local (a folder), or auto: gitea if it can be used, else local.",
)
_setting(
    "git_api_url", "http://ilum-gitea-http:3000/api/v1", url, env="GITEA_API_URL", help="Gitea's API, with its /api/v1."
)
_setting("git_ui_url", "", url, env="GITEA_UI_URL", help="Gitea's web pages, for links; else derived.")
_setting("git_token", "", secret, env="GITEA_TOKEN", help="Token for Gitea, or for the git remote.")
_setting("git_username", "", secret, env="GITEA_USERNAME", help="User for Gitea, or for the git remote.")
_setting("git_password", "", secret, env="GITEA_PASSWORD", help="Password for Gitea, or for the git remote.")
_setting("git_owner", "", env="JPE_GIT_OWNER", help="Owner of the repository for DAGs.")
_setting("git_repository", "", env="JPE_GIT_REPOSITORY", help="Name of the repository for DAGs.")
_setting("git_branch", "main", env="JPE_GIT_BRANCH", help="Branch that Airflow reads.")
_setting("git_dags_path", "dags", env="JPE_GIT_DAGS_PATH", help="Folder in the repository that Airflow reads.")
_setting("git_remote_url", "", remote, env="JPE_GIT_REMOTE_URL", help="Remote of the provider git.")
_setting(
    "git_commit_message",
    "Export {name} from {notebook}",
    env="JPE_GIT_COMMIT_MESSAGE",
    help="Message of commits; {name}, {notebook} and {user} are filled in.",
)
_setting(
    "git_author",
    "",
    author,
    env="JPE_GIT_AUTHOR",
    help="Author of commits, as Name <address>; else the user that pushes.",
)
_setting(
    "local_dags_folder",
    "dags",
    path,
    env="JPE_LOCAL_DAGS_FOLDER",
    help="Folder of the provider local, from the working folder.",
)

_setting("notebook_path", "", path, env="JPE_NOTEBOOK_PATH", help="The notebook, where it can't be found out.")
_setting("default_cluster_id", "default", env="JPE_DEFAULT_CLUSTER_ID", help="Ilum's cluster.")
_setting("default_livy_conn_id", "ilum-livy-proxy", env="JPE_DEFAULT_LIVY_CONN_ID", help="Airflow's Livy connection.")
_setting(
    "default_mode", "per_cell", choice("per_cell", "batch"), env="JPE_DEFAULT_MODE", help="Mode of the target airflow."
)
_setting("spark_images", _IMAGES, images, env="", help="Presets of --image: name → container image.")
_setting(
    "enabled_cell_kinds",
    "auto",
    kinds,
    env="JPE_ENABLED_CELL_KINDS",
    help="Cell kinds to export, with commas; auto: spark and pyspark where there are such cells, else plain.",
)
_setting("probe_timeout", 1.5, seconds, env="JPE_PROBE_TIMEOUT", help="Seconds to look for backends, in all.")
_setting("visibility_timeout", 120, seconds, env="JPE_VISIBILITY_TIMEOUT", help="Seconds until Airflow sees a DAG.")
_setting("request_timeout", 10, seconds, env="JPE_REQUEST_TIMEOUT", help="Seconds for one answer of a server.")
_setting(
    "ca_bundle",
    "",
    path,
    env="JPE_CA_BUNDLE",
    help="PEM file with the authorities whose certificates count; else SSL_CERT_FILE's, else the usual ones.",
)
_setting("audit_log", "~/.jupyter/jpe-audit.jsonl", path, env="JPE_AUDIT_LOG", help="The file of the history.")
_setting("templates_dir", "", path, env="JPE_TEMPLATES_DIR", help="Your own templates, a folder per target.")


class JpeMagics:
    """Settings of jpe_magics.  The environment wins over what is set here.

    As it stands nothing is set here, as in a shell; in a kernel `of` makes the one that `%config` knows.
    """

    @staticmethod
    def of(parent: Configurable | None = None, config: Config | None = None) -> JpeMagics:
        """Return the settings as `ipython_config.py` (through `parent`, the shell) gives them.

        Raises `SettingsError` where a value is wrong.
        """
        from jpe_magics.adapters.configured import configured

        return configured(parent, config)
