"""The session: from options to files and records, through real folders."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from jpe_magics import Session
from jpe_magics.adapters.live import read_given
from jpe_magics.answers import find_targets, last_before
from jpe_magics.core.summary import targets_text
from jpe_magics.errors import HistoryError, NotebookError, OptionError, PublishError, SecretsFound, SettingsError
from jpe_magics.model.notebook import Snapshot
from jpe_magics.results import Export

SECRET = "AKIAIOSFODNN7EXAMPLE"


def write(path: Path, *sources: str, metadata: dict[str, Any] | None = None) -> Path:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{place}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for place, source in enumerate(sources)
    ]
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata or {}, "cells": cells}
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def session(place: Path, **environ: str) -> Session:
    given = {
        "JPE_AUDIT_LOG": str(place / "audit.jsonl"),
        "JPE_LOCAL_DAGS_FOLDER": str(place / "dags"),
        "JPE_GIT_PROVIDER": "local",
    }
    return Session(environ={**given, **environ})


def records(place: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (place / "audit.jsonl").read_text().splitlines()]


def test_an_export_writes_the_dag_and_a_record(place: Path) -> None:
    notebook = write(place / "nb.ipynb", "x = 1", "print(x)")
    done = session(place).export("airflow", notebook=str(notebook), dag_id="etl")
    text = (place / "dags" / "etl.py").read_text()
    assert text == done.code
    assert [(one.kind, one.place, one.note) for one in done.published] == [
        ("file", str(place / "dags" / "etl.py"), "created")
    ]
    assert done.record is not None
    assert session(place).history.get(done.record.id) == done.record
    intent, made, *_, result = records(place)
    assert (intent["status"], made["event"], result["event"]) == ("intent", "made", "result")
    assert done.record.status == "exported"
    assert done.record.files[0]["text"] == text
    assert [row["kind"] for row in done.record.rejections] == ["display", "emptied-cell"]
    assert repr(done) == f"<Export airflow etl.py: 1 cells, {place}/dags/etl.py created>"


def test_on_a_hub_the_record_names_the_hubs_user(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = str(write(place / "nb.ipynb", "x = 1"))
    monkeypatch.setenv("USER", "jovyan")
    monkeypatch.setenv("LOGNAME", "jovyan")
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    done = session(place).export("airflow", notebook=notebook, dag_id="etl")
    assert done.record is not None
    assert done.record.user == "ada"
    monkeypatch.delenv("JUPYTERHUB_USER")
    again = session(place).export("airflow", notebook=notebook, dag_id="etl")
    assert again.record is not None
    assert again.record.user == "jovyan"


def test_a_preview_touches_nothing(place: Path) -> None:
    notebook = write(place / "nb.ipynb", "x = 1")
    before = sorted(place.rglob("*"))
    done = session(place).export("airflow", notebook=str(notebook), dag_id="etl", preview=True, output="out/")
    assert sorted(place.rglob("*")) == before
    assert done.report.files[0][0] == "etl.py"
    assert done.record is None
    assert "DAG" in done.code


def test_output_is_written_beside_the_push(place: Path) -> None:
    notebook = write(place / "nb.ipynb", "x = 1")
    session(place).export("airflow", notebook=str(notebook), dag_id="etl", output=f"{place}/out/")
    assert (place / "out" / "etl.py").read_text() == (place / "dags" / "etl.py").read_text()


def test_without_push_only_the_output_is_written(place: Path) -> None:
    notebook = write(place / "nb.ipynb", "x = 1")
    done = session(place).export("airflow", notebook=str(notebook), dag_id="etl", push=False, output="mine.py")
    assert not (place / "dags").exists()
    assert (place / "mine.py").exists()
    assert done.ok


def test_a_script_goes_beside_the_notebook_or_to_output_instead(place: Path) -> None:
    (place / "sub").mkdir()
    notebook = write(place / "sub" / "nb.ipynb", "x = 1")
    session(place).export("py", notebook=str(notebook), push=False)
    assert (place / "sub" / "nb.py").exists()
    session(place).export("py", notebook=str(notebook), output="other/")
    assert (place / "other").is_dir()
    other = session(place).export("py", notebook=str(notebook), output=f"{place}/elsewhere.py")
    assert [one.place for one in other.published] == [f"{place}/elsewhere.py"]


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_where_the_folder_can_not_be_written_the_old_dag_stays(
    place: Path, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    notebook = write(place / "nb.ipynb", "x = 1")
    session(place).export("airflow", notebook=notebook, dag_id="etl")
    old = (place / "dags" / "etl.py").read_bytes()
    real_open, real_sync = os.open, os.fsync

    def refusing_open(path: Any, flags: int, *mode: int) -> int:
        if reason != errno.ENOSPC and Path(path).parent == place / "dags" and flags & os.O_CREAT:
            raise OSError(reason, os.strerror(reason))
        return real_open(path, flags, *mode)

    def refusing_sync(handle: int) -> None:
        if reason == errno.ENOSPC and [*(place / "dags").glob("*.tmp")]:
            raise OSError(reason, os.strerror(reason))
        real_sync(handle)

    monkeypatch.setattr(os, "open", refusing_open)
    monkeypatch.setattr(os, "fsync", refusing_sync)
    with pytest.raises(PublishError, match=f"(?i){os.strerror(reason)}") as caught:
        session(place).export("airflow", notebook=notebook, dag_id="etl", retries=7)
    assert caught.value.hint
    assert [one.name for one in (place / "dags").iterdir()] == ["etl.py"]
    assert (place / "dags" / "etl.py").read_bytes() == old
    assert records(place)[-1]["status"] == "failed"


def test_a_foreign_file_is_kept_and_the_failure_recorded(place: Path) -> None:
    notebook = write(place / "nb.ipynb", "x = 1")
    (place / "dags").mkdir()
    (place / "dags" / "etl.py").write_text("mine = 1\n")
    with pytest.raises(PublishError, match="--replace"):
        session(place).export("airflow", notebook=str(notebook), dag_id="etl")
    assert (place / "dags" / "etl.py").read_text() == "mine = 1\n"
    assert [line["status"] for line in records(place)] == ["intent", "failed"]
    done = session(place).export("airflow", notebook=str(notebook), dag_id="etl", replace=True)
    assert (place / "dags" / "etl.py.bak").read_text() == "mine = 1\n"
    assert done.ok


def test_a_refusal_is_recorded_without_the_secret(place: Path) -> None:
    notebook = write(place / "nb.ipynb", f'key = "{SECRET}"')
    with pytest.raises(SecretsFound):
        session(place).export("airflow", notebook=str(notebook), dag_id="etl")
    assert not (place / "dags").exists()
    assert [line["status"] for line in records(place)] == ["refused"]
    assert SECRET not in (place / "audit.jsonl").read_text()


def test_an_allowed_secret_is_in_the_file_and_nowhere_else(place: Path) -> None:
    notebook = write(place / "nb.ipynb", f'key = "{SECRET}"')
    done = session(place).export("airflow", notebook=str(notebook), dag_id="etl", allow_secrets=True)
    assert SECRET in (place / "dags" / "etl.py").read_text()
    assert SECRET not in (place / "audit.jsonl").read_text() + done.text() + done._repr_html_() + repr(done)
    assert done.record is not None
    assert done.record.secrets_allowed


def test_where_the_history_can_not_be_written_the_export_goes_on(place: Path) -> None:
    notebook = write(place / "nb.ipynb", "x = 1")
    (place / "file").write_text("")
    done = session(place, JPE_AUDIT_LOG=str(place / "file" / "audit.jsonl")).export(
        "airflow", notebook=str(notebook), dag_id="etl"
    )
    assert done.ok
    assert [notice.rpartition(": ")[2] for notice in done.notices] == ["this export is not in it"]
    assert "the history can't be written" in done.text()
    assert done.record is not None
    assert done.record.status == "exported"
    # an id that the history does not know is not offered
    assert done.record.id not in done.text() + done._repr_html_()


def test_a_result_that_can_not_be_written_is_told_as_such(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jpe_magics.adapters.history import History

    def full(*_: Any, **__: Any) -> None:
        raise HistoryError("the history can't be written: no space left", code="JPE602", where="audit.jsonl")

    monkeypatch.setattr(History, "add", full)
    done = session(place).export("airflow", notebook=str(write(place / "nb.ipynb", "x = 1")), dag_id="etl")
    assert [notice.rpartition(": ")[2] for notice in done.notices] == [
        "what became of this submission is not all in it"
    ]
    assert done.record_id == records(place)[0]["id"]
    assert done.record_id in done.text()


@pytest.mark.parametrize(
    "options",
    [
        {"kinds": "plain"},
        {"kinds": ["plain"]},
        {"output": Path("out")},
        {"session_conf": {"spark.a": "1"}},
        {"push": None, "kinds": None, "schedule": None},
    ],
)
def test_values_of_python_are_taken(place: Path, options: dict[str, Any]) -> None:
    notebook = write(place / "nb.ipynb", "x = 1")
    assert session(place).export("airflow", notebook=notebook, dag_id="etl", preview=True, **options).ok


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"kinds": 5}, "kinds must be a list of texts, not int"),
        ({"output": 5}, "output must be a path, not int"),
        ({"preview": "no"}, "preview must be True or False, not str"),
        ({"param": "n=3"}, "param must be a dict, not str"),
        ({"session_conf": ["a=b"]}, "session_conf must be a dict, not list"),
    ],
)
def test_values_of_another_kind_are_refused(place: Path, options: dict[str, Any], told: str) -> None:
    write(place / "nb.ipynb", "x = 1")
    with pytest.raises(OptionError, match=told):
        session(place).export("airflow", **{"notebook": "nb.ipynb", "dag_id": "etl", **options})
    assert not (place / "audit.jsonl").exists()
    assert not (place / "dags").exists()


@pytest.mark.parametrize("path", ["no-such.ipynb", "x" * 300 + ".ipynb", "~no-such-user/x.ipynb", "a\0b.ipynb"])
def test_a_notebook_that_is_not_there(place: Path, path: str) -> None:
    with pytest.raises(NotebookError) as caught:
        session(place).export("py", notebook=path)
    assert caught.value.code == "JPE102"
    assert "check the path" in str(caught.value)


@pytest.mark.parametrize("path", ["x" * 300, "a\0b.py"])
def test_an_output_that_can_be_no_file(place: Path, path: str) -> None:
    with pytest.raises(PublishError):
        session(place).export("py", notebook=write(place / "nb.ipynb", "x = 1"), output=path)
    assert records(place)[-1]["status"] == "failed"


def test_the_dag_of_another_notebook_of_the_same_name_is_kept(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, source in (("a", "x = 1"), ("b", "x = 2")):
        (place / folder).mkdir()
        write(place / folder / "etl.ipynb", source)
    dag = place / "dags" / "etl.py"

    def export(folder: str, **more: Any) -> Export:
        monkeypatch.chdir(place / folder)  # so that the paths in the history alone tell nothing
        return session(place).export("airflow", notebook="etl.ipynb", dag_id="etl", **more)

    export("a")
    before = dag.read_bytes()
    with pytest.raises(PublishError) as caught:
        export("b")
    assert (caught.value.code, dag.read_bytes()) == ("JPE502", before)
    assert f"made from {place}/a/etl.ipynb" in caught.value.message
    with pytest.raises(PublishError, match=r"a/etl\.ipynb"):
        export("b", push=False, output=dag)
    assert export("a").published[0].note == "unchanged"
    assert export("b", replace=True).published[0].note == "replaced, the old file is etl.py.bak"
    write(place / "b" / "etl.ipynb", "x = 3")
    assert export("b").published[0].note == "replaced"  # it is its own now
    with pytest.raises(PublishError, match=r"b/etl\.ipynb"):
        export("a")
    (place / "b" / "etl.ipynb").rename(place / "b" / "moved.ipynb")
    assert export("a").published[0].note == "replaced"  # the notebook that stood there may be this one


def test_notebooks_of_one_name_with_a_folder_each_are_strangers(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for source in ("x = 1", "x = 2"):
        for folder in ("a", "b"):
            (place / folder).mkdir(exist_ok=True)
            monkeypatch.chdir(place / folder)
            write(place / folder / "etl.ipynb", source)
            here = session(place, JPE_LOCAL_DAGS_FOLDER="dags")
            done = here.export("airflow", notebook="etl.ipynb", dag_id="etl")
            assert done.published[0].note == ("created" if source == "x = 1" else "replaced")


@pytest.mark.parametrize("output", ["nb.ipynb", "other.ipynb", "-"])
@pytest.mark.parametrize("preview", [False, True])
def test_no_notebook_is_overwritten_whatever_replace_says(place: Path, output: str, preview: bool) -> None:
    path = write(place / "nb.ipynb", "x = 1")
    before = path.read_bytes()
    with pytest.raises(OptionError, match="--output"):
        session(place).export("py", notebook=path, output=output, replace=True, preview=preview)
    assert path.read_bytes() == before
    assert [one.name for one in place.iterdir()] == ["nb.ipynb"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"JPE_GIT_PROVIDER": "svn"},
        {"AIRFLOW_API_URL": "foo"},
        {"GITEA_API_URL": "xx"},
        {"JPE_REQUEST_TIMEOUT": "soon"},
        {"JPE_GIT_AUTHOR": "Ada"},
    ],
)
def test_a_wrong_setting_begins_no_record(place: Path, wrong: dict[str, str]) -> None:
    path = write(place / "nb.ipynb", "x = 1")
    with pytest.raises(SettingsError):
        session(place, **wrong).export("airflow", notebook=path, dag_id="etl", trigger=False)
    assert [one.name for one in place.iterdir()] == ["nb.ipynb"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "--dag-id is needed"),
        ({"dag_id": "x", "wrong": 1}, "no option 'wrong'"),
        ({"dag_id": "../x"}, "dag-id"),
        ({"dag_id": "x", "schedule": "every day"}, "schedule"),
        ({"dag_id": "x", "run_param": {"n": "3"}}, "there is no parameter 'n'"),
        ({"dag_id": "x", "param": {"n": "1"}}, "no parameter 'n'"),
        ({"dag_id": "x", "kinds": ("cobol",)}, "cobol"),
    ],
)
def test_wrong_options_change_nothing(place: Path, options: dict[str, Any], told: str) -> None:
    notebook = write(place / "nb.ipynb", "x = 1")
    with pytest.raises(OptionError, match=told):
        session(place).export("airflow", notebook=str(notebook), **options)
    assert not (place / "dags").exists()


def test_the_notebooks_metadata_ranks_between_environment_and_settings(place: Path) -> None:
    notebook = write(place / "nb.ipynb", "x = 1", metadata={"jpe": {"dag_id": "preset", "schedule": "@daily"}})
    done = session(place).export("airflow", notebook=str(notebook), preview=True)
    assert (done.report.options["dag_id"], done.report.options["schedule"]) == ("preset", "@daily")
    done = session(place, JPE_DEFAULT_MODE="batch").export(
        "airflow", notebook=str(notebook), preview=True, dag_id="line"
    )
    assert (done.report.options["dag_id"], done.report.options["mode"]) == ("line", "batch")


def test_a_script_is_never_triggered(place: Path) -> None:
    """`--push` and `--trigger` have no effect on it."""
    notebook = write(place / "nb.ipynb", "x = 1")
    assert session(place).export("py", notebook=notebook, trigger=True, push=False).published
    with pytest.raises(OptionError, match="--wait means nothing for the target py"):
        session(place).export("py", notebook=notebook, wait=True)


class Live:
    """A kernel's live notebook, of which one executed cell is not saved."""

    def __init__(self, notebook: Path) -> None:
        self.notebook = notebook

    def snapshot(self, path: str = "", *, configured: str = "", now: Any, exporting: bool = True) -> Snapshot:
        return replace(read_given(str(self.notebook)), doubtful=("1 executed cell is not in it",))

    def sessions(self) -> dict[str, str]:
        return {}


@pytest.mark.parametrize(
    ("target", "options"),
    [("airflow", {"dag_id": "etl"}), ("py", {}), ("py", {"push": False}), ("py", {"output": "o/"})],
)
def test_a_doubtful_notebook_is_published_only_if_that_was_allowed(
    place: Path, target: str, options: dict[str, Any]
) -> None:
    kernel = session(place)
    kernel.live = Live(write(place / "nb.ipynb", "x = 1"))  # type: ignore[assignment]
    with pytest.raises(NotebookError, match="1 executed cell is not in it") as caught:
        kernel.export(target, **options)
    assert caught.value.code == "JPE105"
    assert "--allow-unsaved" in caught.value.hint
    assert records(place)[-1]["status"] == "refused"
    assert not [*place.rglob("*.py")]
    assert kernel.export(target, **options, preview=True).ok
    assert kernel.export(target, **options, allow_unsaved=True).published


def test_a_notebook_that_is_named_needs_nothing_of_a_kernel(place: Path) -> None:
    code = (
        "import sys; from jpe_magics import Session; Session().snapshot(sys.argv[1]); "
        "print(*(one for one in sys.modules if one.startswith('jpe_magics.adapters.live.')), 'httpx' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(write(place / "nb.ipynb", "x = 1"))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["jpe_magics.adapters.live.saved", "False"]


def test_no_notebook_says_how_to_name_one(place: Path) -> None:
    with pytest.raises(NotebookError, match="JPE_NOTEBOOK_PATH"):
        session(place).export("py")
    notebook = write(place / "nb.ipynb", "x = 1")
    assert session(place, JPE_NOTEBOOK_PATH=str(notebook)).export("py", preview=True).ok


def test_an_export_is_shown_without_a_front_end(place: Path) -> None:
    notebook = write(place / "nb.ipynb", "x = '<script>alert(1)</script>'")
    done = session(place).export("airflow", notebook=str(notebook), dag_id="etl")
    assert isinstance(done, Export)
    assert "<script>alert" not in done._repr_html_()
    assert "etl.py" in done.text()


def test_a_new_export_is_compared_with_the_last_one_however_many_lie_between(place: Path) -> None:
    kernel = session(place)
    notebook = write(place / "nb.ipynb", "x = 1")
    first = kernel.export("airflow", notebook=notebook, dag_id="etl")
    for number in range(101):
        kernel.history.begin(kernel.history.new(target="airflow", name=f"other_{number}"))
    for preview in (True, False):
        before = last_before(kernel, kernel.export("airflow", notebook=notebook, dag_id="etl", preview=preview))
        assert before is not None
        assert before.id == first.record_id
    assert last_before(kernel, kernel.export("py", notebook=notebook)) is None


class _Guarded(BaseHTTPRequestHandler):
    """Takes no login."""

    def do_GET(self) -> None:
        self.send_response(401 if "Authorization" in self.headers else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None: ...


def test_a_backend_that_refuses_the_login_does_not_pass_for_one_that_answers() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Guarded) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        environ = {"ILUM_API_URL": url, "ILUM_TOKEN": "old", "GITEA_API_URL": url, "JPE_AIRFLOW_ENABLED": "no"}
        found = find_targets(Session(environ={**environ, "JPE_PROBE_TIMEOUT": "5"}))
        server.shutdown()
        thread.join()
    states = {badge.backend: badge.state for row in found.rows for badge in row.badges}
    assert (states["ilum"], states["gitea"]) == ("refused", "ok")
    shown = targets_text(found.rows)
    assert "ilum login refused" in shown
    assert "answers, but refuses the login" in shown
