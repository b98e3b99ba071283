"""Where the export button brings the file, in one line: a folder, a repository, a server, the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jpe_magics.errors import SettingsError
from jpe_magics.panel.declared import only_makes_a_file
from jpe_magics.panel.state import PanelState, Places
from jpe_magics.session import Session
from jpe_magics.targets import targets

#: As in `jpe_magics.core.flow.dags`, which a panel that opens does not wait for.
GITEA_LOGIN = ("git_token", "git_username", "git_password")


def places(session: Session) -> Places:
    """Return where the settings say that files go; nothing known where one of them is wrong: the export says so."""
    get = session.settings.get
    try:
        provider = get("git_provider")
        return Places(
            provider="gitea" if provider == "auto" and any(map(get, GITEA_LOGIN)) else provider,
            folder=_whole(get("local_dags_folder")),
            chosen=session.settings.is_set("local_dags_folder"),
            repository=f"{get('git_owner')}/{get('git_repository')}",
            branch=get("git_branch"),
            path=get("git_dags_path"),
            remote=get("git_remote_url"),
            gitea=get("git_api_url"),
            lacking=tuple(_lacking(get)),
            ilum=get("ilum_api_url"),
        )
    except SettingsError:
        return Places()


def destination(state: PanelState) -> str:
    """Return what a press of the export button does with the file; "" where that is not known.

    Where it goes may depend on what answers: then it is said again when that is known.
    """
    told = _told(state)
    output = str(state.values.get("output") or "").strip()
    if not output:
        return told
    target = targets().get(state.target)
    if not told or (target is not None and only_makes_a_file(target)):
        return f"Writes the file to {output}."
    if state.values.get("push") is False:
        return f"Writes the file to {output} only: Auto-push is off."
    return f"{told} The file is also written to {output}."


def _whole(folder: str) -> str:
    """Return the folder as a whole path, as it is where the working folder is gone."""
    try:
        return str(Path(folder).absolute())
    except OSError:
        return folder


def _lacking(get: Callable[[str], Any]) -> Iterator[str]:
    """Yield the variables to set before a file can go to Gitea (see `jpe_magics.core.flow.gitea_errors.lacking`)."""
    token, username, password = map(get, GITEA_LOGIN)
    if not (token or username or password):
        yield "GITEA_TOKEN"
    elif not token and not (username and password):
        yield "GITEA_PASSWORD" if username else "GITEA_USERNAME"
    needed = {"GITEA_API_URL": "git_api_url", "JPE_GIT_OWNER": "git_owner", "JPE_GIT_REPOSITORY": "git_repository"}
    yield from (variable for variable, name in needed.items() if not get(name))


def _told(state: PanelState) -> str:
    target = targets().get(state.target)
    if target is None or not state.places.provider:
        return ""
    if only_makes_a_file(target):
        return "Makes a link that saves the file: nothing is written here, and nothing is sent."
    if state.values.get("push") is False:
        return "The file goes nowhere: Auto-push is off."
    if target.name == "ilum":
        ilum = state.places.ilum
        return f"Sends the file to Ilum at {ilum}." if ilum else "The file can't go to Ilum yet: set ILUM_API_URL."
    return _dag(state) if target.name == "airflow" else ""


def _dag(state: PanelState) -> str:
    """Return where a DAG's file goes (see `jpe_magics.core.flow.dags.put_file`)."""
    places, name = state.places, str(state.values.get("dag_id") or "").strip()
    file = f"{name}.py" if name else "the file"
    provider = places.provider
    if provider == "auto":
        gitea = _gitea(state)
        if gitea == "unknown":
            return f"Writes {file} to the folder {places.folder}, unless a Gitea answers."
        # one that tells a stranger nothing, not even its version, is not taken for a Gitea
        provider = "gitea" if gitea == "ok" else "local"
    if provider == "local":
        whose = "" if places.chosen else " (the default: set JPE_LOCAL_DAGS_FOLDER to the one that Airflow reads)"
        return f"Writes {file} to the folder {places.folder}{whose}."
    if provider == "git" and not places.remote:
        return "The file can't be pushed yet: set JPE_GIT_REMOTE_URL."
    top = "" if places.path in (".", "./") else places.path.removesuffix("/")
    there = f"{top}/{file}" if top and name else file
    if provider == "git":
        return f"Pushes {there} to the branch {places.branch} of {places.remote}."
    at = f"Gitea at {places.gitea}" if places.gitea else "Gitea"
    if places.lacking:
        needs = " and ".join(filter(None, (", ".join(places.lacking[:-1]), places.lacking[-1])))
        return f"The file can't go to {at} yet: set {needs}, or JPE_GIT_PROVIDER=local."
    return f"Commits {there} to the branch {places.branch} of {places.repository} in {at}."


def _gitea(state: PanelState) -> str:
    """Return what is known of the Gitea at the address that counts now."""
    badges = (badge for row in state.targets for badge in row.badges if badge.backend == "gitea")
    return next((badge.state for badge in badges if badge.url == state.places.gitea), "unknown")
