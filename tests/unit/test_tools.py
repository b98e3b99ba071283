"""The scripts that the Makefile calls, and what they start servers with."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from tools import browser, demo_live, environments, live
from tools.servers.airflow_settings import AirflowSetup, GitBundle, LivyConnection, environment
from tools.servers.errors import ServerError
from tools.servers.process import HOST, Process, free_port, members, wait_until

PYTHONS = Path(__file__).resolve().parents[2] / "tools" / "pythons.sh"


def listed(path: str, home: Path) -> list[str]:
    environ = {"PATH": path, "HOME": str(home)}
    told = subprocess.run(["sh", str(PYTHONS)], env=environ, check=True, capture_output=True, text=True)
    return told.stdout.split()


def test_each_interpreter_that_is_listed_can_be_run(tmp_path: Path) -> None:
    """Also where the active environment has a blank in its path, as one inside of a checkout may have."""
    venv.create(tmp_path / "my env", with_pip=False, symlinks=True)
    found = listed(f"{tmp_path / 'my env' / 'bin'}{os.pathsep}{os.defpath}", tmp_path)
    versions = [
        subprocess.run([one, "-c", "import sys; print(*sys.version_info[:2])"], check=True, capture_output=True).stdout
        for one in found
    ]
    assert b"%d %d\n" % sys.version_info[:2] in versions
    assert len(set(versions)) == len(versions)


def test_a_machine_without_python(tmp_path: Path) -> None:
    for name in ("sh", "sort", "cut"):
        found = next(Path(folder, name) for folder in ("/bin", "/usr/bin") if Path(folder, name).exists())
        (tmp_path / name).symlink_to(found)
    assert listed(str(tmp_path), tmp_path) == []


def test_a_free_port_can_be_taken_and_is_not_one_that_the_system_hands_out() -> None:
    port = free_port()
    with socket.socket() as server:
        server.bind((HOST, port))
        server.listen()
    assert port < 32_768


# a parent whose child has a process group of its own and does not listen to SIGTERM; each says when it is ready
FAMILY = """
import os, signal, sys, time
if os.fork() == 0:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("child", flush=True)
    time.sleep(600)
if sys.argv[1] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("parent", flush=True)
time.sleep(600)
"""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    made: list[Process] = []

    def start(code: str, *arguments: str) -> Process:
        made.append(Process([sys.executable, "-c", code, *arguments], tmp_path / "one.log", os.environ, tmp_path))
        made[-1].start()
        return made[-1]

    yield start
    for process in made:
        process.end(0)


@pytest.mark.parametrize(("parent", "grace"), [("listens", 60), ("deaf", 0.2), ("listens", 0)])
def test_a_process_ends_with_all_that_it_has_started(run: Callable[..., Process], parent: str, grace: float) -> None:
    family = run(FAMILY, parent)
    wait_until(lambda: all(one in family.said() for one in ("child", "parent")), "the family", [family], 60)
    session = family.pid
    assert len(members(session)) == 2
    began = time.monotonic()
    family.end(grace)
    assert members(session) == []
    assert not family.running
    assert time.monotonic() - began < 40  # a parent that listens is not waited for to the end
    family.end(grace)  # once more: nothing to do
    with pytest.raises(ServerError, match="does not run"):
        assert family.pid


def test_a_process_that_ends_by_itself_is_reported_with_its_last_words(run: Callable[..., Process]) -> None:
    process = run("for number in range(99): print('line', number)")
    with pytest.raises(ServerError, match=r"(?s)^Airflow ended\n--- one\.log\nline 69\n.*line 98$"):
        wait_until(lambda: False, "Airflow", [process], 30)


def test_a_process_that_is_never_ready_is_reported_with_what_it_says(run: Callable[..., Process]) -> None:
    process = run("import time; print('still busy', flush=True); time.sleep(600)")
    wait_until(lambda: "busy" in process.said(), "it", [process], 30)
    with pytest.raises(ServerError, match=r"Airflow is not ready after 0 s\n--- one\.log\nstill busy"):
        wait_until(lambda: False, "Airflow", [process], 0.3)


def test_a_process_that_is_started_again_says_what_is_new_and_keeps_the_old_log(run: Callable[..., Process]) -> None:
    process = run("import time; print('up', flush=True); time.sleep(600)")
    wait_until(lambda: process.said() == "up\n", "it", [process], 30)
    with pytest.raises(ServerError, match="was started already"):
        process.start()
    process.end()
    process.start()
    wait_until(lambda: process.said() == "up\n", "it", [process], 30)
    assert process.log.read_text() == "up\nup\n"


SETUP = AirflowSetup(Path("/srv/airflow"), 20001, (3, 3), "simple", 2, "the-secret")


def settings(setup: AirflowSetup) -> dict[str, str]:
    return environment(setup, Path("/env/bin/python"))


def test_an_airflow_sees_nothing_of_our_environment_but_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "AIRFLOW_HOME", "AIRFLOW__CORE__EXECUTOR", "AIRFLOW_JWT_SECRET", "PYTHONPATH"):
        monkeypatch.setenv(name, "ours")
    told = settings(SETUP)
    assert "ours" not in told.values()
    assert told["PATH"].startswith("/env/bin" + os.pathsep)
    assert told["AIRFLOW_HOME"] == told["HOME"] == "/srv/airflow"


def test_airflow_3_with_simple_auth_reports_to_its_own_port() -> None:
    told = settings(SETUP)
    assert told["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] == "admin:admin,viewer:viewer"
    assert told["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:20001/execution/"
    assert told["AIRFLOW__API_AUTH__JWT_SECRET"] == "the-secret"
    assert "AIRFLOW__CORE__AUTH_MANAGER" not in told
    assert not [name for name in told if "BUNDLE_CONFIG" in name or name.startswith("AIRFLOW_CONN")]


def test_airflow_3_with_fab_and_git() -> None:
    told = settings(replace(SETUP, auth="fab", refresh=300, git=GitBundle(Path("/srv/dags.git"), "prod", "jobs")))
    assert told["AIRFLOW__CORE__AUTH_MANAGER"].endswith("FabAuthManager")
    (bundle,) = json.loads(told["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    place = {"repo_url": "/srv/dags.git", "tracking_ref": "prod", "subdir": "jobs", "refresh_interval": 300}
    assert bundle["kwargs"] == place
    assert json.loads(told["AIRFLOW_CONN_GIT_DEFAULT"]) == {"conn_type": "git"}


def test_airflow_2_with_basic_authentication() -> None:
    told = settings(replace(SETUP, version=(2, 11), auth="fab"))
    assert told["AIRFLOW__WEBSERVER__WEB_SERVER_PORT"] == "20001"
    assert told["AIRFLOW__API__AUTH_BACKENDS"].endswith("basic_auth")
    assert told["AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL"] == "2"
    assert not [name for name in told if "DAG_PROCESSOR" in name or "JWT" in name]


def test_the_connection_to_livy_has_a_login_only_where_there_is_one() -> None:
    livy = LivyConnection("http://127.0.0.1:1", "jpe", "hidden")
    told = settings(replace(SETUP, livy=livy))["AIRFLOW_CONN_ILUM-LIVY-PROXY"]
    assert json.loads(told) == {"conn_type": "livy", "host": livy.url, "login": "jpe", "password": "hidden"}
    assert json.loads(LivyConnection(livy.url).as_json()) == {"conn_type": "livy", "host": livy.url}
    assert "hidden" not in repr(livy)
    assert "the-secret" not in repr(SETUP)


def test_all_live_tests_run_side_by_side_unless_some_are_named_or_failed() -> None:
    assert live.asked(["-x"]) == [*live.SIDE_BY_SIDE, *live.TESTS, "-x"]
    assert live.asked(["--last-failed"]) == [*live.TESTS, "--last-failed"]
    assert live.asked(["-x", "tests/live/test_real_airflow.py"]) == ["-x", "tests/live/test_real_airflow.py"]
    assert all((live.ROOT / one).exists() for one in live.TESTS)
    assert browser.asked([]) == ["-q", *live.SIDE_BY_SIDE, "tests/browser"]
    assert browser.asked(["--last-failed"]) == ["-q", "--last-failed", "tests/browser"]


def test_an_environment_with_the_project_in_it_is_made_anew_when_that_needs_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "ROOT", tmp_path)
    (tmp_path / "pyproject.toml").write_text("one")
    before = environments.recipe(environments.SPARK), environments.recipe(environments.AIRFLOW)
    (tmp_path / "pyproject.toml").write_text("two")
    after = environments.recipe(environments.SPARK), environments.recipe(environments.AIRFLOW)
    assert before[0] != after[0]
    assert before[1] == after[1]


def test_the_live_demos_notebook_puts_its_tables_aside_before_it_is_exported(tmp_path: Path) -> None:
    source = json.loads(demo_live.SOURCE.read_text())
    content = demo_live.prepared(source, tmp_path / "it's" / "tables")
    nbformat.validate(nbformat.from_dict(content))
    *_, aside, export = content["cells"]
    assert export["source"] == demo_live.EXPORT
    assert aside["metadata"]["tags"] == ["skip"]
    names: dict[str, str] = {}
    exec(next(cell["source"] for cell in content["cells"] if cell["id"] == "parameters"), names)
    assert names["out"] == str(tmp_path / "it's" / "tables")
    Path(names["out"]).mkdir(parents=True)
    exec(aside["source"], names)
    assert (tmp_path / "it's" / "tables-notebook").is_dir()
    assert not Path(names["out"]).exists()


def test_the_live_demo_shows_what_the_last_cell_said_or_why_it_failed() -> None:
    said = {"output_type": "display_data", "data": {"text/plain": ["✓ Exp", "orted"], "text/html": "<b>"}}
    stream = {"output_type": "stream", "text": "started\n"}
    failed = {"output_type": "error", "traceback": ["refused", "no rights"]}
    cells = [{"outputs": [failed]}, {"outputs": [said, stream]}, {"outputs": []}, {}]
    assert demo_live.shown({"cells": cells}) == "✓ Exported\nstarted\n"
    assert demo_live.shown({"cells": cells[:1]}) == "refused\nno rights"


def test_the_live_demo_compares_table_by_table() -> None:
    lines = demo_live.compared({"kpi": ["a", "b"], "eu": ["a"]}, {"kpi": ["a", "b"], "eu": ["b"], "us": []})
    assert [line.split(maxsplit=3) for line in lines[1:]] == [
        ["eu", "1", "rows", "not the same"],
        ["kpi", "2", "rows", "the same rows"],
        ["us", "0", "rows", "not the same"],
    ]
