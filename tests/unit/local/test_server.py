"""The protocol end to end over HTTP and real worker processes, without Spark."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

JSON = {"Content-Type": "application/json"}


def alive(pid: int) -> bool:
    """True where the process is there and no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until_gone(*pids: int) -> None:
    deadline = time.monotonic() + 60
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < deadline, f"still there: {[pid for pid in pids if alive(pid)]}"
        time.sleep(0.02)


def test_a_session_from_its_birth_to_its_end(livy: Any) -> None:
    made = livy("POST", "/sessions", {"kind": "pyspark", "name": "etl", "heartbeatTimeoutInSecond": 60})
    assert made.status == 201
    assert made.headers["location"] == "/sessions/0"
    assert made.body["id"] == 0
    assert made.body["name"] == "etl"
    assert made.body["state"] == "starting"
    assert made.body["kind"] == "pyspark"
    assert made.body["heartbeatTimeoutInSecond"] == 60
    assert (made.body["conf"], made.body["jars"], made.body["driverCores"], made.body["ttl"]) == ({}, [], 0, None)
    livy.until("/sessions/0", "idle")
    assert livy("GET", "/sessions/0/state").body == {"id": 0, "state": "idle"}
    assert livy("GET", "/sessions/etl/state").body == {"id": 0, "state": "idle"}
    assert livy("POST", "/sessions/etl/connect").body["id"] == 0
    deleted = livy("DELETE", "/sessions/etl")
    assert (deleted.status, deleted.body) == (200, {"msg": "deleted"})
    assert livy("GET", "/sessions/0").status == 404
    assert livy("DELETE", "/sessions/0").status == 404


def test_a_statement_from_its_post_to_its_output(livy: Any) -> None:
    session = livy.open()
    before = time.time() * 1000
    posted = livy("POST", f"/sessions/{session}/statements", {"code": "21 * 2"})
    assert posted.status == 201
    assert posted.headers["location"] == "/sessions/0/statements/0"
    assert posted.body["code"] == "21 * 2"
    assert posted.body["state"] in ("waiting", "running")
    assert posted.body["output"] is None
    done = livy.until("/sessions/0/statements/0", "available")
    assert done["output"] == {"status": "ok", "execution_count": 0, "data": {"text/plain": "42"}}
    assert done["progress"] == 1.0
    assert before - 1 <= done["started"] <= done["completed"]


def test_a_failed_statement_is_available_and_the_session_goes_on(livy: Any) -> None:
    session = livy.open()
    output = livy.run(session, "1/0")
    assert (output["status"], output["ename"], output["evalue"]) == ("error", "ZeroDivisionError", "division by zero")
    assert livy.until("/sessions/0", "idle")
    assert livy.run(session, "2")["data"] == {"text/plain": "2"}


def test_the_kinds_of_statements(livy: Any) -> None:
    shared = livy.open(kind=None)
    assert livy("GET", f"/sessions/{shared}").body["kind"] == "shared"
    assert livy("POST", f"/sessions/{shared}/statements", {"code": "1"}).status == 500
    assert livy.run(shared, "1", kind="pyspark")["data"] == {"text/plain": "1"}
    assert livy.run(shared, "select 1", kind="sql")["ename"] == "Error"  # these workers have no Spark
    assert livy("POST", f"/sessions/{shared}/statements", {"code": "1", "kind": "spark"}).status == 400


def test_statements_run_in_order_and_one_at_a_time(livy: Any, tmp_path: Path) -> None:
    session, gate = livy.open(), tmp_path / "gate"
    livy.run(session, f"import pathlib, time; gate = pathlib.Path({str(gate)!r}); seen = []")
    for number in range(3):
        code = f"while not gate.exists(): time.sleep(0.01)\nseen.append({number})"
        livy("POST", "/sessions/0/statements", {"code": code})
    listed = livy("GET", "/sessions/0/statements").body["statements"]
    assert [one["state"] for one in listed][-2:] == ["waiting", "waiting"]
    assert livy("GET", "/sessions/0").body["state"] == "busy"
    gate.touch()
    assert livy.run(session, "seen")["data"] == {"text/plain": "[0, 1, 2]"}


def test_statements_are_paged(livy: Any) -> None:
    session = livy.open()
    for number in range(4):
        livy.run(session, str(number))

    def codes(query: str) -> list[str]:
        body = livy("GET", f"/sessions/0/statements{query}").body
        assert body["total_statements"] == 4
        return [one["code"] for one in body["statements"]]

    assert codes("") == ["0", "1", "2", "3"]
    assert codes("?from=1&size=2") == ["1", "2"]
    assert codes("?order=desc&size=1") == ["3"]
    assert livy("GET", "/sessions/0/statements?size=x").status == 400


def test_old_statements_are_forgotten(serve: Any) -> None:
    livy = serve(kept_statements=2)
    session = livy.open()
    for number in range(4):
        livy.run(session, str(number))
    assert [one["id"] for one in livy("GET", "/sessions/0/statements").body["statements"]] == [2, 3]
    forgotten = livy("GET", "/sessions/0/statements/1")
    assert (forgotten.status, forgotten.body) == (404, "Statement not found")


def test_sessions_are_listed_and_paged(livy: Any) -> None:
    for name in ("a", "b", "c"):
        livy.open(name=name)
    listed = livy("GET", "/sessions?from=1&size=1").body
    assert (listed["from"], listed["total"], [one["name"] for one in listed["sessions"]]) == (1, 3, ["b"])


def test_a_name_may_hold_anything(livy: Any) -> None:
    livy.open(name="a b/é")
    assert livy("GET", "/sessions/a%20b%2F%C3%A9/state").body == {"id": 0, "state": "idle"}
    assert livy("GET", "/sessions/a+b/state").status == 404


def test_a_name_belongs_to_one_session(livy: Any) -> None:
    livy.open(name="etl")
    refused = livy("POST", "/sessions", {"name": "etl"})
    assert (refused.status, refused.body) == (
        400,
        {"msg": "Rejected, Reason: Duplicate session name: Some(etl) for session 1"},
    )
    livy("DELETE", "/sessions/etl")
    assert livy.open(name="etl") == 2


def test_there_are_not_more_sessions_than_allowed(serve: Any) -> None:
    livy = serve(max_sessions=1)
    livy.open()
    refused = livy("POST", "/sessions", {})
    assert (refused.status, refused.body) == (400, {"msg": "Rejected, too many sessions are being created!"})
    livy("POST", "/sessions/0/stop")
    assert livy("POST", "/sessions", {}).status == 201


def test_the_version(livy: Any) -> None:
    assert livy("GET", "/version").body["version"] == "0.9.0-incubating"


def test_a_statement_before_idle_is_livys_500(livy: Any) -> None:
    # The worker's interpreter needs time to start: the session is still starting when the answer is there.
    livy("POST", "/sessions", {"kind": "pyspark"})
    reply = livy("POST", "/sessions/0/statements", {"code": "1"})
    assert reply.status == 500
    assert reply.body == "java.lang.IllegalStateException: Session is in state starting"


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import time; time.sleep(1000)",
        "import subprocess; subprocess.run(['sleep', '1000'])",
        "import threading; threading.Event().wait()",
    ],
)
def test_a_running_statement_is_cancelled(livy: Any, code: str) -> None:
    session = livy.open()
    livy("POST", "/sessions/0/statements", {"code": code})
    livy.until("/sessions/0/statements/0", "running")
    waiting = livy("POST", "/sessions/0/statements", {"code": "'never'"}).body["id"]
    assert livy("POST", f"/sessions/0/statements/{waiting}/cancel").body == {"msg": "canceled"}
    assert livy("GET", f"/sessions/0/statements/{waiting}").body["state"] == "cancelled"
    time.sleep(0.1)  # so that it is in the middle of it; before that, it is cancelled all the same
    assert livy("POST", "/sessions/0/statements/0/cancel").status == 200
    done = livy.until("/sessions/0/statements/0", "cancelled")
    assert done["output"]["ename"] == "KeyboardInterrupt"
    assert livy.run(session, "'on'")["data"] == {"text/plain": "'on'"}
    assert livy("POST", "/sessions/0/statements/0/cancel").body == {"msg": "canceled"}
    assert livy("POST", "/sessions/0/statements/99/cancel").body == {"msg": "canceled"}
    assert livy.run(session, "'still on'")["data"] == {"text/plain": "'still on'"}


def test_a_statement_that_does_not_react_is_called_cancelled_and_the_session_stays_busy(
    serve: Any, tmp_path: Path
) -> None:
    livy = serve(cancel_timeout=0.5)
    livy.open()
    gate = tmp_path / "gate"
    # deaf to the worker's signal: an `except` would let one through that comes between two rounds
    code = f"""
import os, signal, time
heard = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
while not os.path.exists({str(gate)!r}): time.sleep(0.05)
signal.signal(signal.SIGUSR1, heard)
"""
    livy("POST", "/sessions/0/statements", {"code": code})
    livy.until("/sessions/0/statements/0", "running")
    livy("POST", "/sessions/0/statements/0/cancel")
    assert livy.until("/sessions/0/statements/0", "cancelling", "cancelled")
    livy.until("/sessions/0/statements/0", "cancelled")
    assert livy("GET", "/sessions/0").body["state"] == "busy"
    gate.touch()
    livy.until("/sessions/0", "idle")
    assert livy("GET", "/sessions/0/statements/0").body["state"] == "cancelled"


def test_a_worker_that_dies_in_a_statement_leaves_an_error_and_its_last_words(livy: Any) -> None:
    livy.open()
    livy("POST", "/sessions/0/statements", {"code": "import os; os.write(2, b'last words\\n'); os._exit(7)"})
    waiting = livy("POST", "/sessions/0/statements", {"code": "1"})
    body = livy.until("/sessions/0", "error")
    assert "last words" in body["log"]
    assert body["log"][-1] == "jpe livy: the worker process ended with code 7"
    done = livy("GET", "/sessions/0/statements/0").body
    assert done["state"] == "available"
    assert done["output"]["evalue"].startswith("Interpreter died:\n")
    assert waiting.status in (201, 500)
    assert livy("POST", "/sessions/0/statements", {"code": "1"}).status == 500


def test_a_worker_that_is_killed_while_idle_leaves_a_dead_session(livy: Any) -> None:
    session = livy.open()
    pid = int(livy.run(session, "import os; os.getpid()")["data"]["text/plain"])
    os.kill(pid, signal.SIGKILL)
    body = livy.until("/sessions/0", "dead")
    assert body["log"][-1] == "jpe livy: the worker process ended by signal 9"
    gone = livy("GET", "/sessions/0/statements/0")
    assert (gone.status, gone.body) == (400, {"msg": "requirement failed: Session isn't active."})
    assert livy("POST", "/sessions/0/statements", {"code": "1"}).status == 500
    assert livy("GET", "/sessions/0/log").body["total"] > 0
    assert livy("DELETE", "/sessions/0").status == 200


SPAWN = """
import os, subprocess
plain = subprocess.Popen(["sleep", "1000"])
group = subprocess.Popen(["sleep", "1000"], preexec_fn=os.setpgrp)
stubborn = subprocess.Popen(["sh", "-c", "trap '' TERM HUP; sleep 1000; sleep 1000"])
print(os.getpid(), plain.pid, group.pid, stubborn.pid)
"""


def spawned(livy: Any) -> list[int]:
    session = livy.open()
    return [int(pid) for pid in livy.run(session, SPAWN)["data"]["text/plain"].split()]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="groups of their own are found through /proc")
@pytest.mark.parametrize("call", ["DELETE /sessions/0", "POST /sessions/0/stop", "POST /sessions/0/interrupt"])
def test_ending_a_busy_session_leaves_no_process(livy: Any, tmp_path: Path, call: str) -> None:
    pids = spawned(livy)
    livy("POST", "/sessions/0/statements", {"code": "while True:\n  try: pass\n  except BaseException: pass"})
    assert all(alive(pid) for pid in pids)
    assert livy(*call.split()).status in (200, 204)
    assert not any(alive(pid) for pid in pids)
    assert not (tmp_path / "work" / "sessions" / "0").exists()


def test_stop_keeps_the_session_as_dead(livy: Any) -> None:
    livy.open()
    assert livy("POST", "/sessions/0/stop").status == 204
    assert livy("GET", "/sessions/0").body["state"] == "dead"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="groups of their own are found through /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_ends_leaves_no_process(tmp_path: Path, number: int) -> None:
    program = (
        "import signal, sys, pathlib, threading\n"
        "from jpe_magics.local.options import LivyOptions\n"
        "from jpe_magics.local.server import serving\n"
        "end = threading.Event()\n"
        "signal.signal(signal.SIGTERM, lambda *a: end.set())\n"
        "options = LivyOptions(python=sys.executable, work_dir=pathlib.Path(sys.argv[1]), spark=False)\n"
        "with serving(options, password=None) as port:\n"
        "    print(port, flush=True)\n"
        "    end.wait()\n"
    )
    from importlib import util

    spec = util.spec_from_file_location("livy_conftest", Path(__file__).parent / "conftest.py")
    assert spec is not None and spec.loader is not None
    conftest = util.module_from_spec(spec)
    sys.modules["livy_conftest"] = conftest
    spec.loader.exec_module(conftest)
    server = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE)
    with server:
        assert server.stdout is not None
        livy = conftest.Client(int(server.stdout.readline()))
        session = livy.open()
        started = livy.run(session, SPAWN)["data"]["text/plain"].split()
        pids = [int(pid) for pid in started]
        # With no server left nobody looks for groups of their own; PySpark's daemon ends by itself when its JVM does.
        watched = pids if number == signal.SIGTERM else [pids[0], pids[1], pids[3]]
        livy("POST", "/sessions/0/statements", {"code": "while True: pass"})
        try:
            server.send_signal(number)
            server.wait(60)
            wait_until_gone(*watched)
        finally:
            for pid in pids:
                if alive(pid):
                    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"idle_timeout": 0.3}, {}),
        ({}, {"idleTimeout": "300ms"}),
        ({}, {"ttl": "300ms"}),
    ],
)
def test_an_unused_session_is_removed(serve: Any, changes: dict[str, float], fields: dict[str, str]) -> None:
    livy = serve(**changes)
    assert livy("POST", "/sessions", fields).status == 201
    deadline = time.monotonic() + 60
    while livy("GET", "/sessions").body["total"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_connect_keeps_a_session_alive_and_reading_does_not(serve: Any) -> None:
    livy = serve(idle_timeout=4.0)
    kept, read = livy.open(), livy.open()
    end = time.monotonic() + 60
    while livy("GET", f"/sessions/{read}").status == 200:
        assert time.monotonic() < end
        assert livy("POST", f"/sessions/{kept}/connect").status == 200
        time.sleep(0.1)


def test_a_session_without_heartbeat_is_removed(serve: Any) -> None:
    livy = serve()
    livy("POST", "/sessions", {"heartbeatTimeoutInSecond": 3})
    time.sleep(0.5)
    assert livy("GET", "/sessions/0").status == 200
    deadline = time.monotonic() + 60
    while livy("GET", "/sessions").body["total"]:  # the list is no heartbeat
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_finished_session_is_forgotten_after_a_while(serve: Any) -> None:
    livy = serve(kept_after_end=0.2)
    livy.open()
    livy("POST", "/sessions/0/stop")
    deadline = time.monotonic() + 60
    while livy("GET", "/sessions/0").status == 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_log_has_what_others_than_the_statements_write(livy: Any) -> None:
    session = livy.open()
    assert livy.run(session, "import os; n = os.system('for i in 1 2 3 4; do echo line $i; done')")["data"]
    deadline = time.monotonic() + 60
    while livy("GET", "/sessions/0/log").body["total"] < 6:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert livy("GET", "/sessions/0/log").body == {
        "id": 0,
        "from": 0,
        "total": 6,
        "log": ["stdout: ", "\nstderr: ", "line 1", "line 2", "line 3", "line 4"],
    }
    assert livy("GET", "/sessions/0/log?size=2").body["log"] == ["line 3", "line 4"]
    assert livy("GET", "/sessions/0/log?from=3&size=2").body["log"] == ["line 2", "line 3"]
    assert livy("GET", "/sessions/0/log?size=-1").body["total"] == 6


def test_output_that_is_no_json_is_an_error_of_the_statement(livy: Any) -> None:
    session = livy.open()
    assert livy.run(session, "x = object()\n%json x")["ename"] == "TypeError"
    assert livy.run(session, "x = float('nan')\n%json x")["ename"] == "ValueError"
    assert livy.run(session, "print('ü' * 10_000_000)")["ename"] == "ValueError"  # 60 MB as JSON
    assert livy.run(session, "'fine'")["status"] == "ok"


def test_the_worker_has_a_clean_module_path_and_no_channel_for_its_children(livy: Any) -> None:
    session = livy.open()
    code = "import sys, os\n'worker' in ''.join(sys.path), '' in sys.path, 'JPE_LIVY_PASSWORD' in os.environ"
    assert livy.run(session, code)["data"] == {"text/plain": "(False, False, False)"}
    code = """
import subprocess
listed = subprocess.run(["ls", "/proc/self/fd"], stdout=subprocess.PIPE, text=True, close_fds=False).stdout
listed.split()
"""
    if Path("/proc/self/fd").exists():
        descriptors = livy.run(session, code)["data"]["text/plain"]
        assert descriptors == "['0', '1', '2', '3']"


def test_a_password_is_asked_for(serve: Any) -> None:
    livy = serve(password="hunter2")
    refused = livy("GET", "/version")
    assert refused.status == 401
    assert refused.headers["www-authenticate"].startswith("Basic ")
    right = {"Authorization": "Basic " + base64.b64encode(b"jpe:hunter2").decode()}
    assert livy.send("GET", "/version", headers=right).status == 200
    assert livy.send("POST", "/sessions", b'{"kind": "pyspark"}', JSON).status == 401
    assert livy.send("GET", "/sessions", headers=right).body["total"] == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({}, 415),
    ],
)
def test_browsers_get_nowhere(livy: Any, headers: dict[str, str], status: int) -> None:
    sent = {**JSON, **headers} if headers else {}
    assert livy.send("POST", "/sessions", b"{}", sent).status == status
    preflight = livy.send("OPTIONS", "/sessions", None, sent)
    assert preflight.status == status
    assert not [name for name in preflight.headers if name.startswith("access-control")]
    assert livy("GET", "/sessions").body["total"] == 0


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"no json", {}, 400),
        (b'{"kind": "pyspark"', {}, 400),
        (b"\xff\xfe", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b"", {}, 400),
        (b'{"colour": 1}', {}, 400),
        (b"", {"Content-Length": "60000000"}, 413),
        (b"", {"Content-Length": "-1"}, 411),
        (b"", {"Transfer-Encoding": "chunked"}, 411),
    ],
)
def test_a_wrong_body_is_refused(livy: Any, body: bytes, headers: dict[str, str], status: int) -> None:
    assert livy.send("POST", "/sessions", body, {**JSON, **headers}).status == status


def test_the_log_of_requests_has_neither_code_nor_credentials(livy: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    session = livy.open()
    livy.run(session, "'hunter2'")
    livy.send("GET", "/sessions?token=hunter2", headers={"Authorization": "Basic hunter2"})
    assert "POST '/sessions/0/statements' 201" in caplog.text
    assert "hunter2" not in caplog.text


def test_names_are_completed_also_while_a_statement_runs(livy: Any) -> None:
    session = livy.open()
    livy.run(session, "frame_one = 'a'; frame_two = 2")
    livy("POST", "/sessions/0/statements", {"code": "import time; time.sleep(1000)"})
    end = time.monotonic() + 60
    while True:  # there are none where the answer takes some seconds, as it may on a busy machine
        reply = livy("POST", "/sessions/0/completion", {"code": "frame_", "kind": "pyspark", "cursor": 6})
        if reply.body != {"candidates": []} or time.monotonic() > end:
            break
    assert (reply.status, reply.body) == (200, {"candidates": ["frame_one", "frame_two"]})
    assert livy("POST", "/sessions/0/completion", {"code": "sel", "kind": "sql"}).body == {"candidates": []}
    assert livy("GET", "/sessions/0/state").body["state"] == "busy"


FORM = {"Content-Type": "multipart/form-data; boundary=x", "X-Requested-By": "me"}


def upload(livy: Any, call: str, content: bytes, headers: dict[str, str] = FORM, part: str = "file") -> Any:
    head = f'--x\r\nContent-Disposition: form-data; name="{part}"; filename="m.py"\r\n\r\n'.encode()
    return livy.send("POST", call, head + content + b"\r\n--x--\r\n", headers)


@pytest.mark.parametrize("call", ["upload-pyfile", "upload-file"])
def test_an_upload_reaches_the_worker_and_its_refusal_comes_back(livy: Any, tmp_path: Path, call: str) -> None:
    livy.open()
    reply = upload(livy, f"/sessions/0/{call}", b"x = 1\n")
    # These workers have no Spark that could take it.
    assert reply.status == 500
    assert reply.body.endswith("RpcException: RuntimeError: this worker has no Spark")
    assert (tmp_path / "work" / "sessions" / "0" / "uploads" / "m.py").read_bytes() == b"x = 1\n"
    livy("DELETE", "/sessions/0")
    assert not (tmp_path / "work" / "sessions" / "0").exists()


def test_what_an_upload_must_be(livy: Any) -> None:
    livy.open()
    assert upload(livy, "/sessions/0/upload-file", b"1", part="other").body == "No file sent!"
    assert livy("POST", "/sessions/0/upload-file", {"file": "x"}).status == 400
    refused = upload(livy, "/sessions/0/upload-file", b"1", {"Content-Type": "multipart/form-data; boundary=x"})
    assert (refused.status, "X-Requested-By" in refused.body) == (400, True)
    assert upload(livy, "/sessions/0/upload-jar", b"1", part="jar").status == 400
    assert upload(livy, "/sessions/9/upload-file", b"1").status == 404
    assert upload(livy, "/sessions", b"1").status == 400
    livy("POST", "/sessions/0/stop")
    gone = upload(livy, "/sessions/0/upload-file", b"1")
    assert (gone.status, gone.body) == (400, {"msg": "requirement failed: Session isn't active."})


def test_a_question_to_a_worker_that_ends_is_answered(livy: Any) -> None:
    livy("POST", "/sessions", {"kind": "pyspark"})
    livy.until("/sessions/0", "idle")
    pid = int(livy.run(0, "import os; os.getpid()")["data"]["text/plain"])
    os.kill(pid, signal.SIGSTOP)
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(upload(livy, "/sessions/0/upload-file", b"1")))
    asking.start()
    os.kill(pid, signal.SIGKILL)
    asking.join(60)
    assert (answers[0].status, "no answer" in answers[0].body) in ((500, True), (400, False))
