from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jpe_magics import __version__
from jpe_magics.cli import main
from jpe_magics.errors import PublishError
from jpe_magics.session import Session


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder; home, Jupyter's folders, the history and the DAGs are the test's own."""
    for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        folder = tmp_path / "home" / name.lower()
        folder.mkdir(parents=True)
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("JPE_AUDIT_LOG", str(tmp_path / "audit.jsonl"))
    monkeypatch.setenv("JPE_GIT_PROVIDER", "local")
    monkeypatch.setenv("JPE_PROBE_TIMEOUT", "0.2")
    for name in ("ILUM_API_URL", "AIRFLOW_API_URL", "GITEA_API_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/api/v1")
    monkeypatch.delenv("JPE_NOTEBOOK_PATH", raising=False)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def notebook(folder: Path, *sources: str, name: str = "etl.ipynb") -> str:
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        for n, source in enumerate(sources)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    (folder / name).write_text(json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}))
    return name


EXPORT = ["airflow", "--dag-id", "etl_daily"]


@contextmanager
def limited() -> Iterator[None]:
    """Let no file become longer than a byte, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_an_export_is_written_and_told(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(work, "n = 3", "%ls\nm = n + 1")
    assert main(["export", path, *EXPORT, "--report", "out/report.json"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert "Exported: the file is in its place.  No run was started: " in told.out
    assert "dag_id" in (work / "dags" / "etl_daily.py").read_text()
    report = json.loads((work / "out" / "report.json").read_text())
    assert (report["status"], report["error"], report["target"], report["cells"]) == (200, None, "airflow", 2)
    assert [one["kind"] for one in report["rejected"]] == ["magic"]
    assert [(one["kind"], one["note"]) for one in report["published"]] == [("file", "created")]
    assert report["record"] in (work.parent / "audit.jsonl").read_text()
    assert report["state"] == "exported"


def test_a_report_to_standard_output_stands_there_alone(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", notebook(work, "n = 3"), *EXPORT, "--preview", "--report", "-"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["status"] == 200
    assert "Preview" in told.err
    assert not (work / "dags").exists()


def test_a_refused_export_has_a_report_all_the_same(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(work, 'password = "hunter2horse-battery9"')
    assert main(["export", path, *EXPORT, "--report", "report.json"]) == 3
    told = capsys.readouterr()
    assert told.err.startswith("JPE201: ")
    report = json.loads((work / "report.json").read_text())
    assert (report["status"], report["error_code"]) == (400, "JPE201")
    assert "hunter2horse" not in told.out + told.err + (work / "report.json").read_text()


@pytest.mark.parametrize("place", ["etl.ipynb", "precious.txt", "precious.json", "out.py"])
def test_a_report_overwrites_nothing_but_a_report(place: str, work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(work, "n = 3")
    (work / "precious.txt").write_text("precious")
    (work / "precious.json").write_text("[1]")
    before = {file.name: file.read_text() for file in work.iterdir()}
    assert main(["export", path, *EXPORT, "--output", "out.py", "--report", place]) == 2
    assert "overwrite" in capsys.readouterr().err
    assert {file.name: file.read_text() for file in work.iterdir()} == before


def test_a_report_takes_the_place_of_the_last_one(work: Path) -> None:
    path = notebook(work, "n = 3")
    (work / "report.json").write_text("")
    for _ in range(2):
        assert main(["export", path, *EXPORT, "--report", "report.json"]) == 0
    assert json.loads((work / "report.json").read_text())["status"] == 200


def test_a_report_that_cant_be_written_is_told_before_anything_is_done(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "file").write_text("")
    assert main(["export", notebook(work, "n = 3"), *EXPORT, "--report", "file/report.json"]) == 2
    told = capsys.readouterr().err
    assert "file/report.json could not be written" in told
    assert "name another place for the report" in told
    assert not (work / "dags").exists()


@pytest.mark.parametrize(
    ("source", "stopped", "code"), [("n = 3", "the export itself was done", 4), ("def f(:", "JPE202", 3)]
)
def test_a_report_that_fails_at_the_end_hides_no_other_error(
    work: Path, capsys: pytest.CaptureFixture[str], source: str, stopped: str, code: int
) -> None:
    path = notebook(work, source)
    (work / "reports").mkdir()
    with limited():
        assert main(["export", path, *EXPORT, "--preview", "--report", "reports/report.json"]) == code
    told = capsys.readouterr().err
    assert "reports/report.json could not be written" in told
    assert "name another place for the report" in told
    assert stopped in told


R_NOTEBOOK = (
    '{"nbformat": 4, "nbformat_minor": 5, "cells": [], "metadata": {"kernelspec": {"name": "ir", "language": "R"}}}'
)


@pytest.mark.parametrize(
    ("content", "code"), [("not json", "JPE102"), ("[]", "JPE103"), (R_NOTEBOOK, "JPE106"), (None, "JPE102")]
)
def test_a_notebook_that_cant_be_read_has_a_report_too(
    work: Path, capsys: pytest.CaptureFixture[str], content: str | None, code: str
) -> None:
    if content is not None:
        (work / "etl.ipynb").write_text(content)
    assert main(["export", "etl.ipynb", *EXPORT, "--report", "report.json"]) == 3
    report = json.loads((work / "report.json").read_text())
    assert report["status"] == 422
    assert report["error_code"].startswith(code)
    assert capsys.readouterr().err.strip() == report["error"]


def test_a_failure_while_publishing_is_exit_code_4(
    work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (work / "dags").write_text("a file stands where the folder should")
    assert main(["export", notebook(work, "n = 3"), *EXPORT, "--report", "report.json"]) == PublishError.exit_code
    report = json.loads((work / "report.json").read_text())
    assert report["status"] == 200
    assert report["error_code"].startswith("JPE5")
    assert "JPE5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["exprt"], "the commands are export"),
        (["export", "x.ipynb"], "a notebook and a target are needed"),
        (["export", "--preview", "x.ipynb", "airflow"], "in this order"),
        (["export", "x.ipynb", "floppy"], "there is no target 'floppy'"),
        (["export", "x.ipynb", "sdp"], "coming soon"),
        (["export", "x.ipynb", "airflow", "--dagid", "x"], "did you mean --dag-id"),
        (["export", "x.ipynb", "airflow", "--zzz"], "jpe export --help"),
        (["export", "x.ipynb", "airflow", "--bogus"], "jpe export --help"),
        (["history", "--limit", "0"], "for example --limit 5"),
        (["export", "x.ipynb", "airflow", "--prev"], "did you mean --preview"),
        (["export", "x.ipynb", "airflow", "--notebook", "y.ipynb"], "named twice"),
        (["history", "--code"], "needs a record's id"),
        (["history", "--zzz"], "jpe history --help"),
        (["settings", "x"], "'x' is not expected"),
        (["targets", "x"], "'x' is not expected"),
    ],
)
def test_wrong_words_are_exit_code_2(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    shown = capsys.readouterr()
    assert told in shown.err
    assert shown.out == ""


def test_a_wrong_option_is_exit_code_2(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", notebook(work, "n = 3"), "airflow", "--dag-id", "../x"]) == 2
    assert "--dag-id" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--help"], "jpe export NOTEBOOK TARGET"),
        ([], "jpe export NOTEBOOK TARGET"),
        (["--version"], f"jpe {__version__}"),
        (["export", "--help"], "--report FILE"),
        (["history", "--help"], "--diff ID2"),
    ],
)
def test_help_and_version(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert told in capsys.readouterr().out


def test_the_history(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["export", notebook(work, "n = 3"), *EXPORT])
    capsys.readouterr()
    assert main(["history", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["status"]) == ("etl_daily", "exported")
    assert main(["history"]) == 0
    assert "One of them: jpe history ID" in capsys.readouterr().out
    assert main(["history", row["id"], "--code"]) == 0
    assert capsys.readouterr().out.rstrip("\n") == (work / "dags" / "etl_daily.py").read_text().rstrip("\n")
    assert main(["history", "none-such"]) == 2


def test_targets_and_settings(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_PASSWORD", "hunter2horse")
    assert main(["targets"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("Targets\n")
    assert "Airflow DAG" in told
    line = "jpe export NOTEBOOK airflow --dag-id ID --preview"
    assert f"Go on with {line}; all options: jpe export --help" in " ".join(told.split())
    assert "%export_pipeline" not in told
    assert main(["settings"]) == 0
    told = capsys.readouterr().out
    assert "ipython_config.py counts in kernels only" in told
    assert all(folder in "".join(told.split()) for folder in Session().settings.folders())
    assert "environment AIRFLOW_PASSWORD" in told
    assert "hunter2horse" not in told


def test_livy_is_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("jpe_magics.local.command.main", lambda words: asked.append(words) or 7)
    assert main(["livy", "--port", "0"]) == 7
    assert asked == [["--port", "0"]]


def test_an_error_stands_once_where_both_streams_are_one(work: Path) -> None:
    path = notebook(work, "password = 'hunter2horse'")
    command = [sys.executable, "-m", "jpe_magics", "export", path, *EXPORT]
    done = subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert (done.returncode, done.stdout.count("JPE201")) == (3, 1)
    done = subprocess.run(command, check=False, text=True, capture_output=True)
    assert ("JPE201" in done.stdout, "JPE201" in done.stderr) == (True, True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_standard_output_is_told_in_our_words(work: Path) -> None:
    command = [sys.executable, "-m", "jpe_magics", "export", notebook(work, "n = 3"), *EXPORT]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, check=False, text=True, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == PublishError.exit_code
    assert "standard output" in done.stderr
    assert "Traceback" not in done.stderr
    assert (work / "dags" / "etl_daily.py").exists()


def test_an_interrupt_is_exit_code_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stop(_words: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setitem(__import__("jpe_magics.cli").cli._COMMANDS, "history", stop)
    assert main(["history"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def run(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jpe_magics", *words], text=True, timeout=60, capture_output=True, check=False, **more
    )


def test_as_a_module() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"jpe {__version__}\n", "")


def test_a_reader_that_goes_away_is_no_error() -> None:
    reading = f'{sys.executable} -c "import sys; sys.stdin.close()"'
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"(sleep 0.5; {sys.executable} -m jpe_magics settings) | {reading}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_imports_only_what_it_needs(work: Path) -> None:
    code = (
        "import sys; from jpe_magics.cli import main; main(sys.argv[1:]); "
        "print(sorted(sys.modules.keys() & {heavy!r}), file=sys.stderr)"
    )
    heavy = {"IPython", "ipywidgets", "httpx", "nbformat", "anywidget", "pygments", "traitlets", "jinja2", "asyncio"}
    done = subprocess.run(
        [sys.executable, "-c", code.format(heavy=heavy), "--version"], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"
    heavy -= {"traitlets", "jinja2"}
    words = ["export", notebook(work, "n = 3", "%ls\nm = n + 1"), *EXPORT]
    done = subprocess.run([sys.executable, "-c", code.format(heavy=heavy), *words], capture_output=True, text=True)
    assert done.stderr.strip() == "[]"
