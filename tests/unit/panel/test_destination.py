"""What is said beside the export button of where the file goes, and that it goes there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from jpe_magics.core.flow import dags
from jpe_magics.panel.destination import GITEA_LOGIN, destination
from jpe_magics.panel.state import PanelState, Places
from tests.unit.widgets.fake_panel import rows

Until = Callable[..., Any]

PLACES = Places(
    provider="auto",
    folder="/srv/dags",
    chosen=True,
    repository="data/dags",
    branch="main",
    path="airflow/",
    remote="https://git.example/data/dags.git",
    gitea="http://gitea:3000/api/v1",
    ilum="http://ilum:9888/api/v1",
)
FOLDER = "Writes etl.py to the folder /srv/dags."
COMMIT = "Commits airflow/etl.py to the branch main of data/dags in Gitea at http://gitea:3000/api/v1."


def said(target: str = "airflow", gitea: str = "unset", values: dict[str, Any] | None = None, **places: Any) -> str:
    given = {"dag_id": "etl", "push": True, **(values or {})}
    state = PanelState(
        targets=rows(airflow="ok", gitea=gitea), target=target, values=given, places=replace(PLACES, **places)
    )
    return destination(state)


@pytest.mark.parametrize(
    ("gitea", "told"),
    [
        ("unknown", "Commits etl.py to Gitea if one answers, else writes it to the folder /srv/dags."),
        ("unset", FOLDER),
        ("down", FOLDER),
        ("ok", COMMIT),
        ("refused", COMMIT),
    ],
)
def test_a_dag_goes_to_the_gitea_that_answers_else_to_the_folder(gitea: str, told: str) -> None:
    assert said(gitea=gitea) == told
    assert said(gitea=gitea, provider="local") == FOLDER
    assert said(gitea=gitea, provider="gitea") == COMMIT


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"provider": "git"}, "Pushes airflow/etl.py to the branch main of https://git.example/data/dags.git."),
        ({"provider": "git", "path": "."}, "Pushes etl.py to the branch main of https://git.example/data/dags.git."),
        ({"provider": "git", "remote": ""}, "Pushes airflow/etl.py to the branch main of a remote that is not set."),
        ({"provider": "gitea", "repository": "data"}, "of a repository that is not set (git_owner, git_repository) in"),
        ({"provider": "local", "chosen": False}, "(the default: set JPE_LOCAL_DAGS_FOLDER to"),
        ({"provider": "local", "values": {"dag_id": ""}}, "Writes the file to the folder /srv/dags."),
        ({"values": {"push": False}}, "The file goes nowhere: Auto-push is off."),
        ({"values": {"push": False, "output": "a.py"}}, "Writes the file to a.py only: Auto-push is off."),
        ({"values": {"output": "out/"}}, "Writes etl.py to the folder /srv/dags; also writes it to out/."),
        ({"target": "ilum"}, "Sends the file to Ilum at http://ilum:9888/api/v1."),
        ({"target": "py"}, "Your browser saves the file: nothing is written here, and nothing is sent."),
        ({"target": "py", "values": {"output": "a.py"}}, "Writes the file to a.py."),
    ],
)
def test_it_follows_card_settings_and_form(changed: dict[str, Any], told: str) -> None:
    assert told in said(**changed)


@pytest.mark.parametrize("unknown", [{"target": "of a plugin"}, {"provider": ""}])
def test_what_is_not_known_is_not_said(unknown: dict[str, Any]) -> None:
    assert said(**unknown) == ""


def test_the_file_stands_where_it_was_said_to_go(user: Any, wait_until: Until) -> None:
    user.environ["JPE_LOCAL_DAGS_FOLDER"] = "here"
    panel = user.ready()
    where = user.folder / "here"
    assert destination(panel.state) == f"Writes etl_daily.py to the folder {where}."
    panel.export()
    wait_until(lambda: panel.state.done)
    assert (where / "etl_daily.py").is_file()


def test_what_means_gitea_here_means_it_in_the_export() -> None:
    assert GITEA_LOGIN == dags.GITEA_LOGIN


def test_settings_that_are_wrong_leave_it_out(user: Any) -> None:
    user.environ["JPE_GIT_PROVIDER"] = "svn"
    panel = user.panel(begin=False)
    panel.prepare()
    assert destination(panel.state) == ""
    assert panel.state.targets
