"""Every setting, declared once.  `%load_ext` imports this, so it imports little itself."""

from __future__ import annotations

from traitlets import TraitError
from traitlets.config import Config, Configurable

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
    url,
)

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
    git_commit_message = Setting(
        "Export {name} from {notebook}",
        env="JPE_GIT_COMMIT_MESSAGE",
        help="Message of commits; {name}, {notebook} and {user} are filled in.",
    )
    git_author = Setting(
        "", author, env="JPE_GIT_AUTHOR", help="Author of commits, as Name <address>; else the user that pushes."
    )
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
    ca_bundle = Setting(
        "",
        path,
        env="JPE_CA_BUNDLE",
        help="PEM file with the authorities whose certificates count; else SSL_CERT_FILE's, else the usual ones.",
    )
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
            from jpe_magics.errors import SettingsError

            raise SettingsError(
                str(error), where="ipython_config.py or %config", hint="%config JpeMagics shows all settings"
            ) from None


#: Every setting by name, in the order of declaration.
DECLARED: dict[str, Setting] = {name: one for name, one in vars(JpeMagics).items() if isinstance(one, Setting)}
