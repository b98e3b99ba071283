"""Batches over HTTP and real processes; a script stands in for spark-submit: it takes the options that we give
only as the real one does, shows the properties, and runs the file with Python."""

from __future__ import annotations

import os
import signal
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from .test_server import alive, wait_until_gone

SUBMIT = """#!/bin/sh
[ "$1" = --properties-file ] && [ -f "$2" ] || { echo "unknown option $1"; exit 64; }
[ -n "$SPARK_HOME" ] && [ -z "$JPE_LIVY_PASSWORD" ] || exit 65
sed 's/^/conf: /' "$2"
"$PYSPARK_DRIVER_PYTHON" -c 'import os, sys; print(f"mode: {os.stat(sys.argv[1]).st_mode & 0o777:o}")' "$2"
shift 2
"$PYSPARK_DRIVER_PYTHON" "$@" &
echo "driver: $!"
wait $!
"""


@pytest.fixture(autouse=True)
def spark_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "spark"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "spark-submit").write_text(SUBMIT)
    (home / "bin" / "spark-submit").chmod(0o755)
    (home / "conf").mkdir()
    (home / "conf" / "spark-defaults.conf").write_text("spark.of.defaults  1\nspark.master yarn")
    monkeypatch.setenv("SPARK_HOME", str(home))
    monkeypatch.setenv("JPE_LIVY_PASSWORD", "hunter2")
    monkeypatch.delenv("SPARK_CONF_DIR", raising=False)
    return home


@pytest.fixture
def livy(serve: Any, tmp_path: Path) -> Any:
    return serve(files=[tmp_path])


def script(tmp_path: Path, code: str) -> str:
    path = tmp_path / "batch.py"
    path.write_text(code)
    return str(path)


def log_of(livy: Any, number: int = 0) -> list[str]:
    return list(livy("GET", f"/batches/{number}/log?size=-1").body["log"])


def test_a_batch_from_its_birth_to_its_end(livy: Any, tmp_path: Path) -> None:
    file = script(tmp_path, "import sys\nprint('got', sys.argv[1:])\nprint('error', file=sys.stderr)")
    made = livy("POST", "/batches", {"file": file, "args": ["a b", "--conf"], "name": "nightly", "conf": {"k": "v w"}})
    assert (made.status, made.headers["location"]) == (201, "/batches/0")
    assert made.body["state"] in ("starting", "running")
    assert (made.body["id"], made.body["name"], made.body["appId"]) == (0, "nightly", None)
    assert made.body["appInfo"] == {"driverLogUrl": None, "sparkUiUrl": None}
    done = livy.until("/batches/nightly", "success", "dead")
    assert done["state"] == "success"
    assert livy("GET", "/batches/0/state").body == {"id": 0, "state": "success"}
    log = log_of(livy)
    assert (log[0], log[-1]) == ("stdout: ", "\nstderr: ")
    assert {"got ['a b', '--conf']", "error", "conf: k=v\\ w", "conf: spark.app.name=nightly", "mode: 600"} <= set(log)
    assert log.index("conf: spark.of.defaults  1") < log.index("conf: spark.master=local[*]")
    assert done["log"] == log[-10:]
    listed = livy("GET", "/batches").body
    assert (listed["from"], listed["total"], [one["id"] for one in listed["sessions"]]) == (0, 1, [0])
    assert livy("GET", "/sessions").body["total"] == 0
    assert livy("DELETE", "/batches/0").body == {"msg": "deleted"}
    assert livy("GET", "/batches/0").status == 404
    assert not (tmp_path / "work" / "sessions" / "batch-0").exists()


@pytest.mark.parametrize(
    ("code", "exit_code"), [("1/0", 1), ("import sys; sys.exit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 137)]
)
def test_a_batch_that_fails_is_dead_and_its_log_says_how(livy: Any, tmp_path: Path, code: str, exit_code: int) -> None:
    livy("POST", "/batches", {"file": script(tmp_path, code)})
    livy.until("/batches/0", "dead")
    assert f"jpe livy: spark-submit exited with code {exit_code}" in log_of(livy)


def test_a_file_that_is_not_there_is_a_dead_batch(livy: Any, tmp_path: Path) -> None:
    livy("POST", "/batches", {"file": f"{tmp_path}/nothing.py"})
    livy.until("/batches/0", "dead")
    assert "No such file" in "\n".join(log_of(livy))


def test_a_machine_without_spark_is_a_dead_batch_whose_log_says_so(
    livy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_HOME", str(tmp_path / "nowhere"))
    livy("POST", "/batches", {"file": script(tmp_path, "1")})
    livy.until("/batches/0", "dead")
    assert f"{tmp_path}/nowhere/bin/spark-submit" in "\n".join(log_of(livy))


STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, lambda *a: None)
print("pid:", os.getpid(), flush=True)
while True: time.sleep(1)
"""


def running(livy: Any, file: str) -> list[int]:
    """Start a batch; return its processes: the driver, and the supervisor of all."""
    number = livy("POST", "/batches", {"file": file}).body["id"]
    livy.until(f"/batches/{number}", "running")
    deadline = time.monotonic() + 60
    while not any(line.startswith("pid:") for line in log_of(livy, number)):
        assert time.monotonic() < deadline, log_of(livy, number)
        time.sleep(0.02)
    pid = next(int(line.split()[1]) for line in log_of(livy, number) if line.startswith("pid:"))
    return [pid, os.getpgid(pid)]


def test_deleting_a_batch_leaves_no_process(livy: Any, tmp_path: Path) -> None:
    pids = running(livy, script(tmp_path, STUBBORN))
    assert livy("DELETE", "/batches/0").body == {"msg": "deleted"}
    assert not any(alive(pid) for pid in pids)
    assert livy("GET", "/batches/0").status == 404


def test_the_end_of_the_supervisor_is_the_end_of_the_batch(livy: Any, tmp_path: Path) -> None:
    pids = running(livy, script(tmp_path, STUBBORN))
    os.kill(pids[1], signal.SIGKILL)
    livy.until("/batches/0", "dead")
    wait_until_gone(*pids)


def test_batches_and_sessions_share_the_places_and_the_catalog(serve: Any, tmp_path: Path) -> None:
    livy = serve(files=[tmp_path], max_sessions=2)
    running(livy, script(tmp_path, STUBBORN))
    livy.open()
    refused = livy("POST", "/batches", {"file": script(tmp_path, "1")})
    assert (refused.status, refused.body) == (400, {"msg": "Rejected, too many sessions are being created!"})
    assert livy("POST", "/sessions", {}).status == 400
    livy("DELETE", "/sessions/0")
    assert livy("POST", "/batches", {"file": script(tmp_path, "1")}).body["id"] == 1
    livy.until("/batches/1", "success")
    assert "conf: spark.sql.catalogImplementation=hive" in log_of(livy, 0)
    assert "conf: spark.sql.catalogImplementation=in-memory" in log_of(livy, 1)
    livy("DELETE", "/batches/0")
    livy("POST", "/batches", {"file": script(tmp_path, "1")})
    livy.until("/batches/2", "success")
    assert "conf: spark.sql.catalogImplementation=hive" in log_of(livy, 2)


def test_a_name_belongs_to_one_batch_and_is_free_for_a_session(livy: Any, tmp_path: Path) -> None:
    file = script(tmp_path, "1")
    livy("POST", "/batches", {"file": file, "name": "etl"})
    refused = livy("POST", "/batches", {"file": file, "name": "etl"})
    assert (refused.status, refused.body) == (
        400,
        {"msg": "Rejected, Reason: Duplicate session name: Some(etl) for session 1"},
    )
    assert livy("POST", "/sessions", {"name": "etl"}).status == 201


def test_a_finished_batch_is_forgotten_after_a_while(serve: Any, tmp_path: Path) -> None:
    livy = serve(files=[tmp_path], kept_after_end=2.0, idle_timeout=0.1)
    livy("POST", "/batches", {"file": script(tmp_path, "import time; time.sleep(1.5)")})
    assert livy("GET", "/batches/0").status == 200
    livy.until("/batches/0", "success")  # it was idle for long by then: batches don't idle out
    deadline = time.monotonic() + 60
    while livy("GET", "/batches/0").status == 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="the process list is read from /proc")
def own_command_lines() -> Iterator[bytes]:
    """Yield the command lines of all processes of this user."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            if path.parent.stat().st_uid == os.getuid():
                yield path.read_bytes()


def test_conf_stands_in_no_process_list(livy: Any, tmp_path: Path) -> None:
    number = livy("POST", "/batches", {"file": script(tmp_path, STUBBORN), "conf": {"spark.secret": "hunter2"}}).body[
        "id"
    ]
    livy.until(f"/batches/{number}", "running")
    arguments, end = b"", time.monotonic() + 60
    while b"batch.py" not in arguments and time.monotonic() < end:  # it is running a moment before its program is
        arguments = b"".join(own_command_lines())
    assert b"batch.py" in arguments
    assert b"hunter2" not in arguments
    folder = tmp_path / "work" / "sessions" / "batch-0"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sys.executable.encode() in arguments
