from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from jpe_magics.local.command import main


@pytest.fixture
def with_spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which the checks find PySpark and Java; no session is started here."""
    (tmp_path / "modules" / "pyspark").mkdir(parents=True)
    (tmp_path / "modules" / "pyspark" / "__init__.py").touch()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "java").chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("JPE_LIVY_PASSWORD", raising=False)


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "jpe_magics.local", "--port", "0", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def first_line_and_end(server: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[str, str]:
    with server:
        assert server.stdout is not None
        assert server.stderr is not None
        line = server.stdout.readline()
        server.send_signal(number)
        assert server.wait(60) == 0, server.stderr.read()
        return line, server.stderr.read()


@pytest.mark.usefixtures("with_spark")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_line_tells_where_and_how(number: int) -> None:
    line, errors = first_line_and_end(start(), number)
    assert re.fullmatch(r"Livy is listening on http://127\.0\.0\.1:\d+  user jpe  password [\w-]{32}\n", line)
    assert "For trying out and tests only" in errors
    assert line.split()[-1] not in errors


@pytest.mark.usefixtures("with_spark")
def test_every_start_has_another_password() -> None:
    lines = {first_line_and_end(start())[0].split()[-1] for _ in range(2)}
    assert len(lines) == 2


@pytest.mark.usefixtures("with_spark")
@pytest.mark.parametrize("way", ["file", "variable"])
def test_a_password_that_was_set_counts_and_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    arguments = []
    if way == "file":
        (tmp_path / "password").write_text("hunter2\nmore\n")
        arguments = ["--password-file", str(tmp_path / "password")]
    else:
        monkeypatch.setenv("JPE_LIVY_PASSWORD", "hunter2")
    with start(*arguments) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        line = server.stdout.readline()
        url = line.split()[4]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with pytest.raises(urllib.error.HTTPError) as refused:
            opener.open(url + "/version")
        refused.value.close()
        request = urllib.request.Request(url + "/version", headers={"Authorization": "Basic anBlOmh1bnRlcjI="})
        with opener.open(request) as reply:
            assert reply.status == 200
        server.terminate()
        shown = line + server.stdout.read() + server.stderr.read()
    assert line.endswith("  user jpe  password as set\n")
    assert "hunter2" not in shown


@pytest.mark.usefixtures("with_spark")
def test_no_password_must_be_asked_for_and_is_warned_of() -> None:
    line, errors = first_line_and_end(start("--no-auth"))
    assert line.endswith("  no password\n")
    assert "every program and user of this machine can run code as you" in errors


@pytest.mark.usefixtures("with_spark")
def test_a_work_folder_of_its_own_goes_and_a_given_one_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = set(tmp_path.iterdir())
    first_line_and_end(start())
    assert set(tmp_path.iterdir()) == before
    (tmp_path / "mine" / "sessions" / "0").mkdir(parents=True)
    (tmp_path / "mine" / "warehouse").mkdir()
    first_line_and_end(start("--work-dir", str(tmp_path / "mine")))
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {"metastore", "sessions", "warehouse"}
    assert [*(tmp_path / "mine" / "sessions").iterdir()] == []


@pytest.mark.usefixtures("with_spark")
def test_a_busy_port_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["--port", port]) == 2
    shown = capsys.readouterr()
    assert "JPE703" in shown.err
    assert port in shown.err
    assert "--port 0" in shown.err
    assert shown.out == ""


def test_missing_pyspark_says_what_to_install(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    assert main(["--python", str(python)]) == 2
    error = capsys.readouterr().err
    assert "JPE701" in error
    assert "pip install 'pyspark>=3.5'" in error


@pytest.mark.usefixtures("with_spark")
def test_missing_java_says_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    assert main([]) == 2
    assert "JPE702" in capsys.readouterr().err


@pytest.mark.usefixtures("with_spark")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--python", "/nowhere/python"], "JPE701"),
        (["--conf", "nothing"], "JPE001"),
        (["--conf", "=x"], "JPE001"),
        (["--password-file", "/nowhere/password"], "JPE704"),
        (["--password-file", "/dev/null"], "JPE704"),
        (["--work-dir", "/dev/null/x"], "JPE706"),
        (["--work-dir", "~no-such-user/x"], "JPE706"),
        (["--port", "70000"], "JPE703"),
        (["--files", "/nowhere"], "JPE001"),
        (["--files", "/dev/null"], "JPE001"),
    ],
)
def test_wrong_options(capsys: pytest.CaptureFixture[str], arguments: list[str], code: str) -> None:
    assert main(arguments) == 2
    assert code in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--password", "x"], ["--host", "0.0.0.0"], ["--max-sessions", "0"], ["--keep", "x"]]
)
def test_options_that_do_not_exist_for_good_reason(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2


@pytest.mark.usefixtures("with_spark")
def test_options_reach_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of the start, and those of --files, are on the list of what requests may name."""
    (tmp_path / "more").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    arguments = ["--files", str(tmp_path / "more"), "--session-timeout", "1", "--keep", "1", "--no-auth"]
    with start(*arguments) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        url = server.stdout.readline().split()[4]
        for folder, status in (("here", 201), ("more", 201), ("", 400)):
            body = json.dumps({"file": str(tmp_path / folder / "x.py")}).encode()
            assert ask(url + "/batches", body) == status
        assert ask(url + "/sessions", b"{}") == 201
        deadline = time.monotonic() + 60
        while ask(url + "/sessions/0") == 200 or ask(url + "/batches/0") == 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        server.terminate()
        server.wait(60)


def ask(url: str, body: bytes | None = None) -> int:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
