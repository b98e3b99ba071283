"""Where DAG files go: Gitea, any git remote, or a folder."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from jpe_magics.core.flow import Call, Place, Push, Pushed, Step, Surroundings, Tell
from jpe_magics.core.flow.repository import checked_branch, commit_message, path_in_repository
from jpe_magics.errors import PublishError, SettingsError
from jpe_magics.model.artifact import File
from jpe_magics.model.progress import Progress
from jpe_magics.model.publication import Published

#: Settings that, where one is set, mean Gitea for the provider `auto`.
GITEA_LOGIN = ("git_token", "git_username", "git_password")


@dataclass(frozen=True)
class Kept:
    """Where a file is now: `provider` is "gitea", "git" or "local", `path` that in the repository or folder.

    `commit` is the id of the branch's commit that holds it, "" for a folder.  `changed` tells whether the
    file's text is another than before.
    """

    provider: str
    path: str
    commit: str = ""
    changed: bool = True


def put_file(file: File, replace: bool, around: Surroundings) -> Generator[Step, Any, Kept]:
    """Yield the steps that bring `file` where Airflow reads it; return where it is.

    The provider is the setting `git_provider`.  What stands there and was not made by us from the same
    notebook is kept (`PublishError` JPE502) unless `replace`.
    """
    provider = around.setting("git_provider")
    if provider == "auto":
        provider = yield from _provider(around)
    if provider == "local":
        placed: Published = yield Place(around.setting("local_dags_folder"), file, replace, around.others)
        return Kept("local", file.path, changed=placed.note != "unchanged")
    path = path_in_repository(around.setting("git_dags_path"), file.path)
    branch = checked_branch(around.setting("git_branch"))
    message = commit_message(around.setting("git_commit_message"), file, around.notebook, around.user)
    there = File(path, file.text, file.language)
    author = around.setting("git_author")
    if provider == "gitea":
        from jpe_magics.core.flow.gitea import commit_file

        commit, changed = yield from commit_file(there, branch, message, author, replace, around)
        return Kept("gitea", path, commit, changed)
    remote = around.setting("git_remote_url")
    if not remote:
        raise SettingsError(
            "the provider git needs the address of a remote",
            where="git_remote_url (JPE_GIT_REMOTE_URL)",
            hint="set it to the repository that Airflow reads, like https://host/team/dags.git",
        )
    yield Tell(Progress(f"pushing {path} to {branch} of {remote}"))
    pushed: Pushed = yield Push(remote, branch, there, message, author, replace, around.others)
    return Kept("git", path, pushed.commit, changed=not pushed.published.note.startswith("unchanged"))


def _provider(around: Surroundings) -> Generator[Step, Any, str]:
    """Return what `auto` means here: "gitea" where credentials for it are set or one answers, else "local"."""
    if any(around.setting(name) for name in GITEA_LOGIN):
        return "gitea"
    try:
        answer = yield Call("gitea", "GET", "/version", limit=around.setting("probe_timeout"))
    except PublishError:  # nobody answers, or a stranger at such length that it is not read
        return "local"
    found = answer.ok and isinstance(answer.json, dict) and "version" in answer.json
    return "gitea" if found else "local"
