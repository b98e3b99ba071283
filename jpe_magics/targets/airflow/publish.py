"""How a DAG gets to where Airflow reads it."""

from __future__ import annotations

from jpe_magics.core.flow import Flow, Place, Surroundings
from jpe_magics.errors import PublishError
from jpe_magics.model.artifact import Artifact
from jpe_magics.model.option import Request

#: Settings that, where one is set, mean Gitea for the provider `auto`.
_GITEA = ("git_token", "git_username", "git_password")


def publish(artifact: Artifact, request: Request, around: Surroundings) -> Flow:
    """Put the DAG into the local DAGs folder, unless `--no-push`; the git providers are not there yet."""
    if not request.push:
        return
    provider = around.setting("git_provider")
    if provider == "auto":
        provider = "gitea" if any(around.setting(name) for name in _GITEA) else "local"
    if provider != "local":
        raise PublishError(
            f"publishing through {provider} is not there yet",
            code="JPE503",
            where="the setting git_provider",
            hint="set JPE_GIT_PROVIDER=local for a DAGs folder, or say --no-push --output PATH and commit the file",
        )
    for file in artifact.files:
        yield Place(around.setting("local_dags_folder"), file, request.replace)
