"""Secrets are planted in all places, and everything that leaves is searched for them.

Leaves: previews, reports, history, audit log and index, errors with their chains and the variables of their frames,
logs at DEBUG, widgets' states, outputs, reprs, commits and git's objects, arguments of processes, temporary files,
addresses of requests.
"""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.utils.capture import capture_output

from jpe_magics import Session, cli
from jpe_magics.adapters.declared import DECLARED
from jpe_magics.core.options import Given
from jpe_magics.errors import JpeError, SecretsFound
from jpe_magics.results import Export, Submission
from tests.fake_airflow import FakeAirflow
from tests.fake_ilum import FakeIlum
from tests.git_http_server import GitHttpServer
from tests.gitea_server import GiteaServer, User
from tests.scripted_server import Asked, Say, ScriptedServer
from tests.security.leaving import Leaving, Processes, fields_of, logged, spy_on_git, told_by, widget_states
from tests.security.planted import ALNUM, HEX, TELLING, Plant, mixed, planted, some, strong

RNG = random.Random("settings")
SETTINGS = {
    "ILUM_TOKEN": mixed(RNG, ALNUM, 40),
    "AIRFLOW_TOKEN": TELLING["JWT"](RNG),
    "AIRFLOW_JWT_SECRET": mixed(RNG, ALNUM, 64),
    "AIRFLOW_PASSWORD": strong(RNG) + "/ä &",
    "GITEA_TOKEN": some(RNG, HEX, 40),
    "GITEA_PASSWORD": strong(RNG) + "'\"<",
}
ASKED = {
    "param": f"pw-{mixed(RNG, ALNUM, 16)}",
    "run_param": mixed(RNG, ALNUM, 32),
    "conf": mixed(RNG, ALNUM, 40),
    "option": TELLING["GitHub classic"](RNG),
}


def write(path: Path, *cells: str | tuple[str, str]) -> Path:
    """Write a notebook of code cells; a pair is a cell's source and its tag."""
    written = []
    for number, cell in enumerate(cells):
        source, tag = (cell, "") if isinstance(cell, str) else cell
        metadata = {"tags": [tag]} if tag else {}
        written.append({"cell_type": "code", "id": f"c{number}", "metadata": metadata, "source": source, "outputs": [],
                        "execution_count": None})  # fmt: skip
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": written}), "utf-8")
    return path


class Person:
    """Somebody at work in a folder, of whose doing everything that leaves is kept."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder, self.leaving = folder, Leaving({**SETTINGS, **ASKED})
        self.environ = {
            "JPE_AUDIT_LOG": str(folder / "audit.jsonl"),
            "JPE_LOCAL_DAGS_FOLDER": str(folder / "dags"),
            "JPE_GIT_PROVIDER": "local",
            "JPE_REQUEST_TIMEOUT": "5",
            "JPE_VISIBILITY_TIMEOUT": "5",
            **environ,
        }

    @property
    def session(self) -> Session:
        return Session(environ=self.environ)

    def export(self, target: str, **options: Any) -> Export:
        """Export, and keep all that the result and its error tell."""
        self.leaving.add("progress", *(told := []))
        with logged() as lines, Processes() as processes:
            done = self.session.run(Given(target, {"notebook": str(self.folder / "nb.ipynb"), **options}), told.append)
        self.leaving.add("progress", *told)
        self._keep(done, lines, processes)
        from jpe_magics.answers import last_before
        from jpe_magics.widgets.result import result_view

        view = result_view(done, last_before(self.session, done))
        self.leaving.add("widgets", widget_states(view))
        view.close()
        return done

    def act(self, action: str, record: str, **values: Any) -> Submission:
        with logged() as lines, Processes() as processes:
            done = self.session.act(action, record, **values)
        self._keep(done, lines, processes)
        return done

    def _keep(self, done: Export | Submission, lines: list[str], processes: Processes) -> None:
        settings = self.session.settings
        self.leaving.add("settings", repr({name: settings.get(name) for name in DECLARED if "url" not in name}))
        self.leaving.add("settings", repr(settings), repr(self.session), repr([*settings.table()]))
        self.leaving.add("result", repr(done), done.text(), done._repr_html_(), fields_of(done))
        self.leaving.add("logs", *lines)
        self.leaving.add("process arguments", *processes.arguments)
        if done.error is not None:
            self.leaving.add("error", done.error)
        assert processes.looks

    def check(self) -> None:
        """Take what lies in files as well, and fail where a secret is in anything."""
        self.leaving.files("history", self.folder / "home")
        for path in self.folder.glob("audit.jsonl*"):
            self.leaving.add(f"history: {path.name}", path.read_bytes())
        assert [*self.folder.glob("audit.jsonl*")], "there is no history"
        self.leaving.files("temporary files", self.folder / "tmp")
        assert self.leaving.found() == []


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "TMPDIR"):
        folder = tmp_path / ("tmp" if name == "TMPDIR" else f"home/{name.lower()}")
        folder.mkdir(parents=True)
        monkeypatch.setenv(name, str(folder))
    for name in ("JPE_NOTEBOOK_PATH", "SSL_CERT_FILE", "GIT_SSL_CAINFO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr("jpe_magics.adapters.drive.PATIENCE", 0.3)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- what stands in a notebook


def plants() -> list[Plant]:
    """Return every class in six of its places, with other values than the test of the finder has."""
    by_kind: dict[str, list[Plant]] = {}
    for one in planted(range(7, 8)):
        by_kind.setdefault(one.kind, []).append(one)
    found = [one for of_kind in by_kind.values() for one in random.Random(1).sample(of_kind, 6)]
    assert len(found) >= 200
    return found


def user_of(plants_: list[Plant], place: Path, tag: str = "") -> Person:
    user = Person(place)
    user.leaving = Leaving({f"{one.kind}, {one.place}": one.value for one in plants_ if len(one.value) > 7})
    assert len(user.leaving.secrets) >= 180
    sources = [(one.source, tag) for one in plants_]
    write(place / "nb.ipynb", *sources, "x = 1")
    return user


KINDS = ("--kinds", "spark,pyspark,sql,scala,plain")
TARGETS = {"airflow": {"dag_id": "etl"}, "py": {}, "ilum": {"name": "kpi"}}


@pytest.mark.parametrize("preview", [True, False], ids=["preview", "export"])
@pytest.mark.parametrize("target", TARGETS)
def test_a_refusal_tells_nothing_of_what_was_found(place: Path, target: str, preview: bool) -> None:
    user = user_of(plants(), place)
    done = user.export(target, preview=preview, kinds=KINDS[1].split(","), **TARGETS[target])
    assert isinstance(done.error, SecretsFound)
    assert done.artifact is None
    if preview:
        (place / "audit.jsonl").touch()  # a preview writes none
    user.check()


def test_what_is_not_exported_is_masked_in_all_that_is_shown(place: Path) -> None:
    user = user_of([one for one in plants() if one.place != "%%configure"], place, tag="skip")
    done = user.export("airflow", kinds=["plain"], dag_id="etl")
    assert done.ok, done.error
    user.leaving.files("artifact", place / "dags")
    user.check()


CONFIGURE = '%%configure -f\n{"conf": {"spark.x.password": "Zq8-tR4w.Lm2"}}'
INJECTED = "db_password = 'Zq8-tR4w.Lm2'"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("source", "tag"), [(CONFIGURE, "skip"), (CONFIGURE, ""), (INJECTED, "injected-parameters"), (INJECTED, "")]
)
def test_no_way_around_leads_into_the_artifact(place: Path, target: str, source: str, tag: str) -> None:
    """Of cells that are left out, something else may be taken: what a session is started with, new defaults."""
    user = Person(place, JPE_ENABLED_CELL_KINDS="plain,pyspark,spark")
    user.leaving = Leaving({"it": "Zq8-tR4w.Lm2"})
    write(place / "nb.ipynb", (source, tag), ("db_password = ''", "parameters"), "x = db_password")
    done = user.export(target, preview=True, **TARGETS[target])
    user.leaving.add("artifact", *(file.text for file in (done.artifact.files if done.artifact else ())))
    assert user.leaving.found() == []


def test_the_command_and_its_report(place: Path, capfd: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    user = user_of(plants(), place)
    for name, value in user.environ.items():
        monkeypatch.setenv(name, value)
    with logged() as lines:
        code = cli.main(["export", "nb.ipynb", "airflow", "--dag-id", "etl", "--report", "report.json", *KINDS])
        assert code == 3
        assert cli.main(["history"]) == 0
        assert cli.main(["history", "--json"]) == 0
        assert cli.main(["settings"]) == 0
    report = json.loads((place / "report.json").read_text("utf-8"))
    assert sum(row["kind"] == "secret" for row in report["rejected"]) >= 200
    shown = capfd.readouterr()
    user.leaving.add("report", (place / "report.json").read_bytes())
    user.leaving.add("standard output and error", shown.out, shown.err, *lines)
    user.check()


ALLOWED = "# it is\npassword = 'Zq8-tR4w.Lm2'\nurl = 'postgresql://etl:Gk3_vN7-pX9@db/x'\nlog = password[:0]"


@pytest.mark.parametrize("target", TARGETS)
def test_what_was_allowed_is_in_the_artifact_only(place: Path, target: str) -> None:
    write(place / "nb.ipynb", ALLOWED)
    with FakeIlum() as ilum:
        user = Person(place, ILUM_API_URL=ilum.url)
        user.leaving = Leaving({"password": "Zq8-tR4w.Lm2", "URL": "Gk3_vN7-pX9"})
        user.export(target, preview=True, allow_secrets=True, **TARGETS[target])
        done = user.export(target, allow_secrets=True, **TARGETS[target])
        assert done.ok, done.error
        assert done.artifact is not None
        assert "Zq8-tR4w.Lm2" in done.artifact.files[0].text
        assert done.record is not None
        assert done.record.secrets_allowed
        if target == "ilum":
            with pytest.raises(JpeError, match="export again"):
                user.session.act("run", done.record_id)
    user.check()


# --- what is asked for


def test_parameters_options_and_run_parameters_are_refused_or_masked(place: Path) -> None:
    write(place / "nb.ipynb", ("db_password = ''\napi_token = ''", "parameters"), "x = db_password + api_token")
    user = Person(place)
    asked: list[dict[str, Any]] = [
        {"param": {"db_password": ASKED["param"]}},
        {"session_conf": {"spark.hadoop.fs.s3a.secret.key": ASKED["conf"]}},
        {"description": f"uses {ASKED['option']}"},
        {"tags": (ASKED["option"],)},
    ]
    for one in asked:
        done = user.export("airflow", dag_id="etl", **one)
        assert isinstance(done.error, SecretsFound), one
        done = user.export("airflow", dag_id="etl", allow_secrets=True, **one)
        assert done.ok
        assert done.record is not None
        assert done.record.secrets_allowed
    user.check()


# --- what servers say again


def echo(user: Person, asked: Asked) -> Say:
    """Answer with all that came, as careless gateways do."""
    user.leaving.add("address of a request", asked.path, repr(asked.query))
    head = "; ".join(f"{name}: {value}" for name, value in asked.headers.items())
    told = f"you sent {head} and {asked.body.decode(errors='replace')} by {asked.method}"
    login = asked.headers.get("authorization", "none")
    return Say(400, {"detail": told, "message": told, "title": told}, {"X-Echo": login, "Set-Cookie": f"s={login}"})


@pytest.mark.parametrize("login", ["AIRFLOW_TOKEN", "AIRFLOW_JWT_SECRET", "AIRFLOW_PASSWORD"])
def test_an_airflow_that_echoes(place: Path, login: str) -> None:
    write(place / "nb.ipynb", ("api_token = ''", "parameters"), "x = api_token")
    user = Person(place, **{login: SETTINGS[login]}, AIRFLOW_USERNAME="ada")
    issued = "given.by." + mixed(RNG, ALNUM, 30)
    user.leaving.secrets["issued"] = issued
    user.leaving = Leaving(user.leaving.secrets)

    def answer(asked: Asked) -> Say:
        if asked.path == "/auth/token":
            return Say(201, {"access_token": issued}, {"Set-Cookie": f"_token={issued}"})
        return echo(user, asked)

    with ScriptedServer(answer) as server:
        user.environ["AIRFLOW_API_URL"] = server.url
        done = user.export("airflow", dag_id="etl", trigger=True, run_param={"api_token": ASKED["run_param"]})
    assert any("authorization" in one.headers for one in server.asked)
    assert done.error is not None
    user.check()


def test_an_airflow_that_echoes_when_a_run_is_started(place: Path) -> None:
    write(place / "nb.ipynb", ("api_token = ''", "parameters"), "x = api_token")
    folder = place / "dags"
    folder.mkdir()
    with FakeAirflow(folder, secret=SETTINGS["AIRFLOW_JWT_SECRET"], parse_every=3) as airflow:
        user = Person(place, AIRFLOW_API_URL=airflow.url, AIRFLOW_JWT_SECRET=SETTINGS["AIRFLOW_JWT_SECRET"])
        real = airflow.answer
        minted: list[str] = []

        def answer(method: str, path: str, query: dict[str, str], body: Any, login: str) -> tuple[int, Any]:
            user.leaving.add("address of a request", path, repr(query))
            minted.append(login.partition(" ")[2])
            if path.endswith("/dagRuns") and method == "POST":
                return 400, {"detail": f"wrong: {login} {json.dumps(body)}"}
            status, told = real(method, path, query, body, login)
            return status, told

        airflow.answer = answer  # type: ignore[method-assign]
        done = user.export("airflow", dag_id="etl", trigger=True, run_param={"api_token": ASKED["run_param"]})
        assert done.error is not None
        assert "wrong: Bearer ***" in str(done.error)
        airflow.answer = real  # type: ignore[method-assign]
        ran = user.act("run", done.record_id, values={"api_token": ASKED["run_param"]}, wait=True)
        assert ran.ok, ran.error
        assert airflow.dags["etl"].runs[-1].conf == {"api_token": ASKED["run_param"]}
    tokens = Leaving({f"minted {number}": one for number, one in enumerate({*minted} - {""})})
    tokens.texts = user.leaving.texts
    assert tokens.secrets
    assert tokens.found() == []
    user.check()


@pytest.mark.parametrize("step", ["POST /job/submit", "POST /group", "POST /schedule", "run"])
def test_an_ilum_that_echoes(place: Path, step: str) -> None:
    write(place / "nb.ipynb", ("api_token = ''", "parameters"), "x = api_token")
    options: dict[str, Any] = {"POST /schedule": {"mode": "cron", "cron": "0 5 * * *"}, "POST /job/submit": {}}.get(
        step, {"mode": "service"}
    )
    with FakeIlum() as ilum:
        ilum.token = SETTINGS["ILUM_TOKEN"]
        user = Person(place, ILUM_API_URL=ilum.url, ILUM_TOKEN=SETTINGS["ILUM_TOKEN"])
        real, echoed = ilum.answer, []

        def answer(method: str, path: str, query: dict[str, str], body: Any, login: str) -> tuple[int, Any]:
            user.leaving.add("address of a request", path, repr(query))
            here = "/job/" in path and path.startswith("/group/") if step == "run" else f"{method} {path}" == step
            if here and method == "POST":
                echoed.append(path)
                return 422, {
                    "message": f"no: Authorization: {login}; {vars(body) if hasattr(body, 'fields') else body}"
                }
            return real(method, path, query, body, login)

        ilum.answer = answer  # type: ignore[method-assign]
        if step in ("run", "POST /job/submit"):
            options |= {"trigger": True, "run_param": {"api_token": ASKED["run_param"]}}
        done = user.export("ilum", name="kpi", **options)
        assert echoed
        assert done.error is not None
        assert "no: Authorization" in str(done.error)
    user.check()


@pytest.mark.parametrize("login", ["GITEA_TOKEN", "GITEA_PASSWORD"])
def test_a_gitea_that_echoes(place: Path, login: str) -> None:
    write(place / "nb.ipynb", "x = 1")
    with GiteaServer(place / "repositories") as gitea:
        gitea.users["ada"] = User(SETTINGS["GITEA_PASSWORD"], SETTINGS["GITEA_TOKEN"])
        bare = gitea.bare_repository("team", "dags")
        gitea.repositories["team", "dags"].writers.add("ada")
        user = Person(
            place, JPE_GIT_PROVIDER="gitea", GITEA_API_URL=gitea.api_url, JPE_GIT_OWNER="team",
            JPE_GIT_REPOSITORY="dags", GITEA_USERNAME="ada", **{login: SETTINGS[login]},
        )  # fmt: skip
        pair = base64.b64encode(f"ada:{SETTINGS['GITEA_PASSWORD']}".encode()).decode()
        user.leaving = Leaving({**user.leaving.secrets, "the pair": pair})
        done = user.export("airflow", dag_id="etl", trigger=False)
        assert done.ok, done.error
        real = gitea.answer

        def answer(method: str, target: str, headers: Any, body: bytes) -> tuple[int, Any, str]:
            user.leaving.add("address of a request", target)
            status, found, kind = real(method, target, headers, body)
            told = {"message": f"sent {headers['Authorization']} {body.decode()}"}
            return (400, told, kind) if method == "PUT" else (status, found, kind)

        gitea.answer = answer  # type: ignore[method-assign]
        done = user.export("airflow", dag_id="etl", trigger=False, retries=7)
        assert done.error is not None
        assert "sent " in str(done.error)
    user.leaving.add("commits", subprocess.check_output(["git", "-C", str(bare), "log", "-p", "--format=raw", "--all"]))
    user.check()


HOOK = '#!/bin/sh\necho "no push with {password} or {token} today" >&2\nexit 1\n'


@pytest.mark.parametrize("refused", [False, True], ids=["pushed", "refused by a hook that knows it"])
@pytest.mark.parametrize("login", ["GITEA_TOKEN", "GITEA_PASSWORD"])
def test_git_over_http(place: Path, monkeypatch: pytest.MonkeyPatch, login: str, refused: bool) -> None:
    write(place / "nb.ipynb", "x = 1")
    spied = place / "spied"
    spied.mkdir()
    log = spy_on_git(spied, shutil.which("git") or "")
    with GitHttpServer(place / "repositories") as server:
        server.user, server.password = ("oauth2" if login == "GITEA_TOKEN" else "ada"), SETTINGS[login]
        (place / "repositories").mkdir()
        bare = server.repository("dags")
        if refused:
            hook = bare / "hooks" / "pre-receive"
            hook.write_text(
                HOOK.format(password=SETTINGS["GITEA_PASSWORD"].replace('"', '\\"'), token=SETTINGS["GITEA_TOKEN"])
            )
            hook.chmod(0o755)
        monkeypatch.setenv("PATH", f"{spied}{os.pathsep}{os.environ['PATH']}")
        user = Person(
            place, JPE_GIT_PROVIDER="git", JPE_GIT_REMOTE_URL=server.url("dags"), **{login: SETTINGS[login]},
            **({"GITEA_USERNAME": "ada"} if login == "GITEA_PASSWORD" else {}),
        )  # fmt: skip
        if refused:
            user.leaving = Leaving({login: SETTINGS[login]})  # what the hook says of another is not known to us
        done = user.export("airflow", dag_id="etl", trigger=False)
        assert done.ok is not refused, done.error
        if refused:
            assert "no push with" in str(done.error)
    assert any(one.startswith("Basic ") for one in server.authorizations)
    user.leaving.add("git's arguments, input and files", log.read_bytes())
    assert b"commit-tree" in log.read_bytes()
    user.leaving.add("commits", subprocess.check_output(["git", "-C", str(bare), "log", "-p", "--format=raw", "--all"]))
    user.leaving.add("addresses of requests", *(path for _, path, _ in server.requests))
    user.check()


@pytest.mark.parametrize("name", ["ILUM_API_URL", "AIRFLOW_API_URL", "GITEA_API_URL", "JPE_GIT_REMOTE_URL"])
@pytest.mark.parametrize(
    "place_in_it", ["https://ada:{v}@host.example/x", "https://{v}@host.example/x", "https://h/?t={v}"]
)
def test_addresses_with_a_login_are_refused_without_saying_it(place: Path, name: str, place_in_it: str) -> None:
    value = ASKED["option"]
    leaving = Leaving({"login": value})
    user = Person(place, JPE_GIT_PROVIDER="git", **{name: place_in_it.format(v=value)})
    setting = next(one for one in user.session.settings.table.__globals__["DECLARED"].items() if one[1].env == name)[0]
    with logged() as lines, pytest.raises(JpeError) as caught:
        user.session.settings.get(setting)
    leaving.add("error", caught.value)
    leaving.add("logs", *lines)
    assert leaving.found() == []


# --- in a notebook


@pytest.fixture
def shell(place: Path) -> Iterator[Any]:
    import atexit

    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    InteractiveShell.clear_instance()
    made = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    yield made
    atexit.unregister(made.atexit_operations)
    made.atexit_operations()
    InteractiveShell.clear_instance()


@pytest.mark.parametrize("mode", ["Context", "Verbose", "Minimal"])
def test_the_magics_show_nothing_in_any_mode_of_tracebacks(
    place: Path, shell: Any, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    user = user_of(plants(), place)
    with ScriptedServer(lambda asked: echo(user, asked)) as server:
        environ = {
            **user.environ, **SETTINGS, "AIRFLOW_API_URL": server.url, "ILUM_API_URL": server.url + "/api/v1",
            "AIRFLOW_USERNAME": "ada",
        }  # fmt: skip
        user.leaving = Leaving({**user.leaving.secrets, **SETTINGS})
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AIRFLOW_TOKEN")
        good = write(place / "good.ipynb", "x = 1")
        cells = [
            "%load_ext jpe_magics", f"%xmode {mode}", "%config JpeMagics",
            "%export_pipeline airflow --notebook nb.ipynb --dag-id etl", "%tb",
            f"%export_pipeline airflow --notebook {good} --dag-id etl --trigger", "%tb",
            f"%export_pipeline ilum --notebook {good} --name kpi", "%tb", "%jpe_history", "%jpe_history --json", "Out",
        ]  # fmt: skip
        with logged() as lines:
            for cell in cells:
                with capture_output() as shown:
                    ran = shell.run_cell(cell)
                error = ran.error_in_exec
                assert error is None or isinstance(error, JpeError), error
                shown_by = [repr(one.data) + repr(one.metadata) for one in shown.outputs]
                user.leaving.add(cell, shown.stdout, shown.stderr, *shown_by, repr(ran.result))
                if error is not None:
                    user.leaving.add(f"{cell}: error", str(error), repr(error), repr(vars(error)))
        assert server.asked
    user.leaving.add("logs", *lines)
    user.leaving.add("names", repr({name: one for name, one in shell.user_ns.items() if name not in ("In", "_ih")}))
    user.check()


def test_the_search_itself_finds_what_is_there() -> None:
    leaving = Leaving({"it": "s3cr3t-value/ä&1"})
    spelled: list[Callable[[], object]] = [
        lambda: "x s3cr3t-value/ä&1 y", lambda: json.dumps("s3cr3t-value/ä&1"), lambda: "s3cr3t-value/ä&amp;1",
        lambda: "s3cr3t-value%2F%C3%A4%261", lambda: b"\0s3cr3t-value/\xc3\xa4&1\0",
        lambda: base64.b64encode("s3cr3t-value/ä&1".encode()), lambda: ValueError("s3cr3t-value/ä&1"),
    ]  # fmt: skip
    for number, one in enumerate(spelled):
        leaving.add(str(number), one())
    assert len(leaving.found()) == len(spelled)
    try:
        compile("1 +", "<x>", "exec")
    except SyntaxError as error:
        assert "1 +" in told_by(error)
