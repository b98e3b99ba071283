"""What is said beside the export button of where the file goes, and that it goes there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from jpe_magics.core.flow import dags, gitea_errors
from jpe_magics.errors import PublishError
from jpe_magics.model.option import Request
from jpe_magics.panel.destination import AIRFLOW, GITEA_LOGIN, destination, is_for_download, places
from jpe_magics.panel.state import PanelState, Places
from jpe_magics.targets.airflow import decide
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
    gitea="http://gitea:80",
    ilum="http://ilum:9888/api/v1",
)
RUNS = " Airflow then runs it."
FOLDER = "Writes etl.py to the folder /srv/dags."
COMMIT = "Commits airflow/etl.py to the branch main of data/dags in Gitea at http://gitea:80."
#: What `auto` lacks always: with a login it would mean Gitea at once.
NO_LOGIN = ("GITEA_TOKEN", "JPE_GIT_OWNER")
LACKS = (
    "The file can't go to Gitea at http://gitea:80 yet: set GITEA_TOKEN and JPE_GIT_OWNER, or JPE_GIT_PROVIDER=local."
)


#: Named by the export as another way to sign in.
PASSWORDS = {"GITEA_USERNAME", "GITEA_PASSWORD"}


def variables(text: str) -> set[str]:
    return set(re.findall(r"\b(?:GITEA|JPE)_[A-Z_]+", text))


def said(
    target: str = "airflow",
    badge: str = "unset",
    values: dict[str, Any] | None = None,
    airflow: str = "ok",
    **places: Any,
) -> str:
    given = {"dag_id": "etl", "push": True, **(values or {})}
    state = PanelState(
        targets=rows(airflow=airflow, gitea=badge), target=target, values=given, places=replace(PLACES, **places)
    )
    return destination(state)


@pytest.mark.parametrize(
    ("badge", "told"),
    [
        ("unknown", "Writes etl.py to the folder /srv/dags, unless a Gitea answers."),
        ("unset", FOLDER),
        ("down", FOLDER),
        ("ok", LACKS),
        ("refused", FOLDER),
    ],
)
def test_a_dag_goes_to_the_folder_unless_a_gitea_answers_that_needs_more_then(badge: str, told: str) -> None:
    assert said(badge=badge, lacking=NO_LOGIN) == told
    assert said(badge=badge, provider="local") == FOLDER
    assert said(badge=badge, provider="gitea") == COMMIT


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"provider": "git"}, "Pushes airflow/etl.py to the branch main of https://git.example/data/dags.git."),
        ({"provider": "git", "path": "."}, "Pushes etl.py to the branch main of https://git.example/data/dags.git."),
        ({"provider": "git", "values": {"dag_id": ""}}, "Pushes the file to the branch main of https://git.example"),
        ({"provider": "git", "remote": ""}, "The file can't be pushed yet: set JPE_GIT_REMOTE_URL."),
        ({"provider": "gitea", "lacking": ("JPE_GIT_OWNER",)}, "yet: set JPE_GIT_OWNER, or JPE_GIT_PROVIDER=local."),
        ({"provider": "gitea", "gitea": "", "lacking": ("GITEA_API_URL",)}, "to Gitea yet: set GITEA_API_URL, or"),
        ({"badge": "ok", "gitea": "http://another:80"}, "to the folder /srv/dags, unless a Gitea answers."),
        ({"provider": "local", "chosen": False}, "(the default: set JPE_LOCAL_DAGS_FOLDER to"),
        ({"provider": "local", "values": {"dag_id": ""}}, "Writes the file to the folder /srv/dags."),
        ({"values": {"push": False}}, "The file goes nowhere: Auto-push is off."),
        ({"values": {"push": False, "output": "a.py"}}, "Writes the file to a.py only: Auto-push is off."),
        ({"values": {"output": "out/"}}, f"{FOLDER} The file is also written to out/."),
        ({"target": "ilum"}, "Sends the file to Ilum at http://ilum:9888/api/v1."),
        ({"target": "ilum", "ilum": ""}, "The file can't go to Ilum yet: set ILUM_API_URL."),
        ({"target": "py"}, "Makes a link that saves the file: nothing is written here, and nothing is sent."),
        ({"target": "py", "values": {"output": "a.py"}}, "Writes the file to a.py."),
    ],
)
def test_it_follows_card_settings_and_form(changed: dict[str, Any], told: str) -> None:
    assert told in said(**changed)


ASKED = {"trigger": True}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"values": ASKED}, FOLDER + RUNS),
        ({"values": {"wait": True}}, FOLDER + RUNS),
        ({"values": {"unpause": True}}, FOLDER + RUNS),
        ({"values": ASKED, "provider": "gitea"}, COMMIT + RUNS),
        ({"values": {**ASKED, "output": "a.py"}}, f"{FOLDER}{RUNS} The file is also written to a.py."),
        ({"values": {}}, FOLDER),  # nothing is known of an Airflow that somebody has set
        ({"values": {"trigger": False}}, FOLDER),
        ({"values": {"trigger": False, "wait": True}}, FOLDER),
        ({"values": {**ASKED, "push": False}}, "The file goes nowhere: Auto-push is off."),
        ({"values": {**ASKED, "push": False, "output": "a.py"}}, "Writes the file to a.py only: Auto-push is off."),
        ({"values": ASKED, "provider": "git", "remote": ""}, "The file can't be pushed yet: set JPE_GIT_REMOTE_URL."),
        ({"values": ASKED, "provider": "gitea", "lacking": NO_LOGIN}, LACKS),
        ({"values": ASKED, "target": "ilum"}, "Sends the file to Ilum at http://ilum:9888/api/v1."),
        ({"values": ASKED, "airflow": "unknown"}, FOLDER),
        ({"values": ASKED, "airflow": "down"}, FOLDER),
        ({"values": ASKED, "airflow": "refused"}, FOLDER),
        ({"values": ASKED, "airflow": "off"}, FOLDER),
    ],
)
def test_a_run_is_said_where_there_will_be_one(changed: dict[str, Any], told: str) -> None:
    assert said(**changed) == told


def test_values_for_this_run_ask_for_one() -> None:
    state = PanelState(
        targets=rows(airflow="ok", gitea="unset"), target="airflow", values={"dag_id": "etl"}, places=PLACES
    )
    assert destination(state) == FOLDER
    assert destination(replace(state, run_parameters={"n": "3"})) == FOLDER + RUNS


AIRFLOW_IS_SET = {"AIRFLOW_API_URL": "http://airflow:8080"}


@pytest.mark.parametrize("enabled", ["true", "false"])
@pytest.mark.parametrize("airflow", [{}, AIRFLOW_IS_SET, {"AIRFLOW_TOKEN": "t0ken"}, {"AIRFLOW_USERNAME": "ada"}])
@pytest.mark.parametrize(
    "goes",
    [
        {"JPE_GIT_PROVIDER": "local"},
        {"JPE_GIT_PROVIDER": "local", "JPE_LOCAL_DAGS_FOLDER": "here"},
        {"JPE_GIT_PROVIDER": "git"},
        {"JPE_GIT_PROVIDER": "auto"},
        {"JPE_GIT_PROVIDER": "auto", "GITEA_TOKEN": "t0ken"},
    ],
)
@pytest.mark.parametrize("trigger", [None, True, False])
def test_what_runs_here_is_run_by_the_export(
    user: Any, enabled: str, airflow: dict[str, str], goes: dict[str, str], trigger: bool | None
) -> None:
    for name in ("AIRFLOW_API_URL", "JPE_LOCAL_DAGS_FOLDER"):
        del user.environ[name]
    user.environ |= {"JPE_AIRFLOW_ENABLED": enabled, **airflow, **goes}
    settings = user.session.settings
    around = SimpleNamespace(setting=settings.get, is_set=settings.is_set)
    state = PanelState(
        targets=rows(airflow="ok" if enabled == "true" else "off"),
        target="airflow",
        values={"dag_id": "etl", "push": True, "trigger": trigger},
        places=replace(places(user.session), lacking=(), remote="https://git.example/dags.git"),
    )
    wanted = False
    if not (trigger and enabled == "false"):  # that is refused
        wanted = decide.wants_run(Request("airflow", {}, push=True, trigger=trigger), around).run  # type: ignore[arg-type]
    assert destination(state).endswith(RUNS) is wanted


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


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, {"version": "1.24.6"}, "JPE503"),
        (403, {"message": "Only signed in user is allowed to call APIs."}, ""),
        (404, {"message": "Not Found"}, ""),
        (503, {"version": "1.24.6"}, ""),
    ],
)
def test_it_says_of_auto_what_the_export_does_then(
    user: Any, wait_until: Until, scripted: ModuleType, status: int, body: Any, code: str
) -> None:
    with scripted.ScriptedServer(scripted.Say(status, body)) as gitea:
        user.environ |= {"JPE_GIT_PROVIDER": "auto", "GITEA_API_URL": f"{gitea.url}/api/v1"}
        panel = user.ready()
        wait_until(lambda: panel.state.operating)
        told = destination(panel.state)
        panel.export()
        done = wait_until(lambda: panel.state.done)
    assert (done.error.code if done.error else "") == code
    assert (user.folder / "dags" / "etl_daily.py").is_file() is not bool(code)
    if not code:
        assert told == f"Writes etl_daily.py to the folder {user.folder / 'dags'}."
        return
    assert told.startswith(f"The file can't go to Gitea at {gitea.url}/api/v1 yet: set ")
    assert variables(told.partition(", or JPE_GIT_PROVIDER")[0]) == variables(done.error.message) - PASSWORDS


@pytest.mark.parametrize("taken", [(), ("GITEA_TOKEN",), ("GITEA_USERNAME",), ("GITEA_PASSWORD",), ("JPE_GIT_OWNER",)])
@pytest.mark.parametrize("token", [True, False])
def test_what_gitea_lacks_here_it_lacks_in_the_export(user: Any, taken: tuple[str, ...], token: bool) -> None:
    all_set = {"JPE_GIT_OWNER": "data", "JPE_GIT_REPOSITORY": "dags"}
    all_set |= {"GITEA_TOKEN": "t0ken"} if token else {"GITEA_USERNAME": "ada", "GITEA_PASSWORD": "w0rd"}
    user.environ |= {name: value for name, value in all_set.items() if name not in taken}
    flow = gitea_errors.lacking(SimpleNamespace(setting=user.session.settings.get))  # type: ignore[arg-type]
    lacks: set[str] = set()
    try:
        for _asked in flow:
            flow.throw(PublishError("nobody answers"))
    except PublishError as error:
        lacks = variables(error.message)
    assert bool(lacks) is bool(set(taken) & set(all_set))
    assert set(places(user.session).lacking) == (lacks - PASSWORDS if "GITEA_TOKEN" in lacks else lacks)


def test_a_setting_that_is_changed_while_the_panel_is_open_counts(
    user: Any, wait_until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = user.ready()
    user.environ["JPE_LOCAL_DAGS_FOLDER"] = "elsewhere"
    panel.preview()
    wait_until(lambda: destination(panel.state) == f"Writes etl_daily.py to the folder {user.folder / 'elsewhere'}.")
    (user.folder / "sub").mkdir()
    monkeypatch.chdir(user.folder / "sub")
    panel.preview()
    where = user.folder / "sub" / "elsewhere"
    wait_until(lambda: destination(panel.state) == f"Writes etl_daily.py to the folder {where}.")
    panel.export()
    wait_until(lambda: panel.state.done)
    assert (where / "etl_daily.py").is_file()


def test_without_a_working_folder_the_panel_opens_all_the_same(user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    user.environ["JPE_LOCAL_DAGS_FOLDER"] = "here"
    gone = user.folder / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    panel = user.panel(begin=False)
    panel.prepare()
    assert panel.state.notice is None
    assert panel.state.places.folder == "here"


def test_what_means_gitea_or_airflow_here_means_it_in_the_export() -> None:
    assert GITEA_LOGIN == dags.GITEA_LOGIN
    assert AIRFLOW == decide._AIRFLOW


def test_settings_that_are_wrong_leave_it_out(user: Any) -> None:
    user.environ["JPE_GIT_PROVIDER"] = "svn"
    panel = user.panel(begin=False)
    panel.prepare()
    assert destination(panel.state) == ""
    assert panel.state.targets


@pytest.mark.parametrize(
    ("target", "values", "link"),
    [("py", {}, True), ("py", {"output": "out/"}, False), ("airflow", {}, False), ("ilum", {}, False)],
)
def test_a_script_without_a_place_is_for_download(target: str, values: dict[str, Any], link: bool) -> None:
    assert is_for_download(PanelState(target=target, values=values)) is link
