"""Where the export button brings the file, in one line: a folder, a repository, a server, the browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from jpe_magics.errors import SettingsError
from jpe_magics.panel.declared import only_makes_a_file
from jpe_magics.panel.state import PanelState, Places
from jpe_magics.session import Session
from jpe_magics.targets import targets

#: As in `jpe_magics.core.flow.dags`, which a panel that opens does not wait for.
GITEA_LOGIN = ("git_token", "git_username", "git_password")


def places(session: Session) -> Places:
    """Return where the settings say that files go; nowhere known where one of them is wrong: the export says so."""
    get = session.settings.get
    try:
        provider = get("git_provider")
        return Places(
            provider="gitea" if provider == "auto" and any(map(get, GITEA_LOGIN)) else provider,
            folder=str(Path(get("local_dags_folder")).absolute()),
            chosen=session.settings.is_set("local_dags_folder"),
            repository="/".join(filter(None, (get("git_owner"), get("git_repository")))),
            branch=get("git_branch"),
            path=get("git_dags_path"),
            remote=get("git_remote_url"),
            gitea=get("git_api_url"),
            ilum=get("ilum_api_url"),
        )
    except SettingsError:
        return Places()


def destination(state: PanelState) -> str:
    """Return what a press of the export button does with the file, as one sentence; "" where that is not known.

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
    return f"{told.removesuffix('.')}; also writes it to {output}."


def _told(state: PanelState) -> str:
    target = targets().get(state.target)
    if target is None or not state.places.provider:
        return ""
    if only_makes_a_file(target):
        return "Your browser saves the file: nothing is written here, and nothing is sent."
    if state.values.get("push") is False:
        return "The file goes nowhere: Auto-push is off."
    if target.name == "ilum":
        return f"Sends the file to Ilum at {state.places.ilum}."
    return _dag(state) if target.name == "airflow" else ""


def _dag(state: PanelState) -> str:
    """Return where a DAG's file goes (see `jpe_magics.core.flow.dags.put_file`)."""
    places, name = state.places, str(state.values.get("dag_id") or "").strip()
    file = f"{name}.py" if name else "the file"
    provider = places.provider
    if provider == "auto":
        gitea = next(_gitea(state), "unknown")
        if gitea == "unknown":
            return f"Commits {file} to Gitea if one answers, else writes it to the folder {places.folder}."
        provider = "gitea" if gitea in ("ok", "refused") else "local"
    if provider == "local":
        whose = "" if places.chosen else " (the default: set JPE_LOCAL_DAGS_FOLDER to the one that Airflow reads)"
        return f"Writes {file} to the folder {places.folder}{whose}."
    top = "" if places.path in (".", "./") else places.path.removesuffix("/")
    there = "/".join(filter(None, (top, file if name else "")))
    if provider == "git":
        return f"Pushes {there or file} to the branch {places.branch} of {places.remote or 'a remote that is not set'}."
    whole = places.repository.count("/") == 1
    repository = places.repository if whole else "a repository that is not set (git_owner, git_repository)"
    return f"Commits {there or file} to the branch {places.branch} of {repository} in Gitea at {places.gitea}."


def _gitea(state: PanelState) -> Iterator[str]:
    """Yield what is known of Gitea."""
    return (badge.state for row in state.targets for badge in row.badges if badge.backend == "gitea")
