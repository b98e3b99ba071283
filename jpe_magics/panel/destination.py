"""What the export button does, in one line: where it brings the file, and whether Airflow then runs it."""

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
#: As in `jpe_magics.targets.airflow.decide`, which a panel that opens does not wait for either.
AIRFLOW = ("airflow_api_url", "airflow_token", "airflow_jwt_secret", "airflow_username", "airflow_password")


def places(session: Session) -> Places:
    """Return where the settings say that files go; nothing known where one of them is wrong: the export says so."""
    get = session.settings.get
    try:
        provider = get("git_provider")
        provider = "gitea" if provider == "auto" and any(map(get, GITEA_LOGIN)) else provider
        chosen = session.settings.is_set("local_dags_folder")
        airflow = get("airflow_enabled") and any(map(session.settings.is_set, AIRFLOW))
        return Places(
            provider=provider,
            folder=_whole(get("local_dags_folder")),
            chosen=chosen,
            repository=f"{get('git_owner')}/{get('git_repository')}",
            branch=get("git_branch"),
            path=get("git_dags_path"),
            remote=get("git_remote_url"),
            gitea=get("git_api_url"),
            lacking=tuple(_lacking(get)),
            ilum=get("ilum_api_url"),
            runs=airflow and (chosen or provider in ("gitea", "git")),
        )
    except SettingsError:
        return Places()


def destination(state: PanelState) -> str:
    """Return where a press of the export button brings the file, and whether it is run there; "" where nobody knows.

    Where it goes may depend on what answers: then it is said again when that is known.
    """
    told, output = _told(state), _output(state)
    if not output:
        return told
    if not told or _only_makes_a_file(state):
        return f"Writes the file to {output}."
    if state.values.get("push") is False:
        return f"Writes the file to {output} only: Auto-push is off."
    return f"{told} The file is also written to {output}."


def is_for_download(state: PanelState) -> bool:
    """Tell whether a press only makes a link: the line that stands for it would write a file, as lines do."""
    return _only_makes_a_file(state) and not _output(state)


def _only_makes_a_file(state: PanelState) -> bool:
    target = targets().get(state.target)
    return target is not None and only_makes_a_file(target)


def _output(state: PanelState) -> str:
    return str(state.values.get("output") or "").strip()


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
    if target.name != "airflow":
        return ""
    provider = _provider(state)
    return _lacks(state.places, provider) or _dag(state, provider) + (" Airflow then runs it." if _runs(state) else "")


def _provider(state: PanelState) -> str:
    """Return the provider that counts as far as is known now: "auto" before Gitea was asked."""
    provider, gitea = state.places.provider, _answer(state, "gitea", state.places.gitea)
    if provider != "auto" or gitea == "unknown":
        return provider
    # one that tells a stranger nothing, not even its version, is not taken for a Gitea
    return "gitea" if gitea == "ok" else "local"


def _lacks(places: Places, provider: str) -> str:
    """Return why a file can't go to that provider yet, "" where it can."""
    if provider == "git" and not places.remote:
        return "The file can't be pushed yet: set JPE_GIT_REMOTE_URL."
    if provider == "gitea" and places.lacking:
        needs = " and ".join(filter(None, (", ".join(places.lacking[:-1]), places.lacking[-1])))
        return f"The file can't go to {_gitea(places)} yet: set {needs}, or JPE_GIT_PROVIDER=local."
    return ""


def _dag(state: PanelState, provider: str) -> str:
    """Return where a DAG's file goes (see `jpe_magics.core.flow.dags.put_file`)."""
    places, name = state.places, str(state.values.get("dag_id") or "").strip()
    file = f"{name}.py" if name else "the file"
    if provider == "auto":
        return f"Writes {file} to the folder {places.folder}, unless a Gitea answers."
    if provider == "local":
        whose = "" if places.chosen else " (the default: set JPE_LOCAL_DAGS_FOLDER to the one that Airflow reads)"
        return f"Writes {file} to the folder {places.folder}{whose}."
    top = "" if places.path in (".", "./") else places.path.removesuffix("/")
    there = f"{top}/{file}" if top and name else file
    if provider == "git":
        return f"Pushes {there} to the branch {places.branch} of {places.remote}."
    return f"Commits {there} to the branch {places.branch} of {places.repository} in {_gitea(places)}."


def _runs(state: PanelState) -> bool:
    """Tell whether Airflow, which answers, is asked for a run (see `jpe_magics.targets.airflow.decide.wants_run`)."""
    trigger = state.values.get("trigger")
    if trigger is False or _answer(state, "airflow") != "ok":
        return False
    asked = trigger or state.values.get("wait") or state.values.get("unpause") or state.run_parameters
    return bool(asked) or state.places.runs


def _gitea(places: Places) -> str:
    return f"Gitea at {places.gitea}" if places.gitea else "Gitea"


def _answer(state: PanelState, backend: str, address: str | None = None) -> str:
    """Return the state of a backend's badge; "unknown" too where that is not about this address (None for any)."""
    badges = (badge for row in state.targets for badge in row.badges if badge.backend == backend)
    return next((badge.state for badge in badges if address in (None, badge.url)), "unknown")
