"""`jpe livy` with real PySpark, run as a user runs it: a process of its own, asked over HTTP.

JPE_SPARK_PYTHON names an interpreter that has PySpark; Java must be there.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

START_SECONDS = 180  # two busy cores


class Livy:
    def __init__(self, process: subprocess.Popen[str], work: Path) -> None:
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.fullmatch(r"Livy is listening on (\S+)  user (\S+)  password (\S+)\n", line)
        assert match, line
        self.process = process
        self.work = work
        self.url = match[1]
        self.credentials = "Basic " + base64.b64encode(f"{match[2]}:{match[3]}".encode()).decode()
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": self.credentials, "Content-Type": "application/json", "X-Requested-By": "test"}
        raw = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, raw, headers, method=method)
        try:
            with self.opener.open(request, timeout=60) as reply:
                text = reply.read()
                return reply.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def until(
        self, path: str, *states: str, seconds: float = START_SECONDS, fatal: tuple[str, ...] = ("dead", "error")
    ) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            _, body = self("GET", path)
            if body["state"] in states:
                return dict(body)
            assert time.monotonic() < deadline, body
            assert body["state"] not in fatal, body
            time.sleep(0.1)

    def upload(self, path: str, name: str, content: bytes) -> int:
        head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        form = {"Content-Type": "multipart/form-data; boundary=x", "X-Requested-By": "test"}
        headers = {"Authorization": self.credentials, **form}
        body = head + content + b"\r\n--x--\r\n"
        with self.opener.open(urllib.request.Request(self.url + path, body, headers), timeout=60) as reply:
            return int(reply.status)

    def file(self, name: str, content: str) -> str:
        """Write a file that requests may name: the server was started in its work folder."""
        path = self.work / "files" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        return str(path)

    def submit(self, code: str, **fields: Any) -> str:
        status, body = self("POST", "/batches", {"file": self.file("batch.py", code), **fields})
        assert status == 201, body
        return f"/batches/{body['id']}"

    def log(self, path: str) -> list[str]:
        return list(self("GET", f"{path}/log?size=-1")[1]["log"])

    def open(self, **fields: Any) -> str:
        status, body = self("POST", "/sessions", {"kind": "pyspark", "heartbeatTimeoutInSecond": 0, **fields})
        assert status == 201, body
        self.until(f"/sessions/{body['id']}", "idle")
        return f"/sessions/{body['id']}"

    def post(self, session: str, code: str, **fields: Any) -> str:
        status, body = self("POST", f"{session}/statements", {"code": code, **fields})
        assert status == 201, body
        return f"{session}/statements/{body['id']}"

    def run(self, session: str, code: str, **fields: Any) -> dict[str, Any]:
        return dict(self.until(self.post(session, code, **fields), "available", "cancelled")["output"])

    def text(self, session: str, code: str) -> str:
        output = self.run(session, code)
        assert output["status"] == "ok", output
        return str(output["data"]["text/plain"])


@contextmanager
def serving(work: Path, *arguments: str) -> Iterator[Livy]:
    python = os.environ.get("JPE_SPARK_PYTHON")
    assert python, "JPE_SPARK_PYTHON must name an interpreter that has PySpark: make test-live sets it"
    command = [sys.executable, "-m", "jpe_magics.local", "--port", "0", "--python", python, "--work-dir", str(work)]
    # The defaults of a laptop, but for the cores: other tests run beside.
    command += ["--conf", "spark.master=local[2]", "--conf", "spark.sql.shuffle.partitions=2", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "JPE_LIVY_PASSWORD"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=work) as process:
        try:
            yield Livy(process, work)
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def livy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Livy]:
    with serving(tmp_path_factory.mktemp("livy")) as server:
        yield server
    assert processes_of(server) == []


@pytest.fixture(scope="module")
def session(livy: Livy) -> str:
    return livy.open(name="shared-by-tests")


def processes_of(livy: Livy) -> list[str]:
    """Return the command lines of all processes that belong to sessions of this server: they name its work folder."""
    listed = subprocess.run(["ps", "-eo", "pid,args", "-ww"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(livy.work) in line and "jpe_magics.local" not in line]


def family(pid: int) -> list[int]:
    """Return the processes of the worker's session: itself, its JVM, PySpark's daemon and workers."""
    listed = subprocess.run(["ps", "-eo", "pid,sess,stat"], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()[1:]]
    return [int(row[0]) for row in rows if row[1] == str(pid) and not row[2].startswith("Z")]


def wait_until_gone(pid: int, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while family(pid):
        assert time.monotonic() < deadline, family(pid)
        time.sleep(0.1)


SPIN = """
from pyspark.sql.functions import udf
@udf("long")
def spin(n):
    while True: pass
spark.range(2).select(spin("id")).collect()
"""


def test_spark_runs(livy: Livy, session: str) -> None:
    _, body = livy("GET", session)
    assert body["appId"].startswith("local-")
    assert livy.text(session, "spark.range(1000).count()") == "1000"
    assert livy.text(session, "sc.applicationId") == f"'{body['appId']}'"
    assert livy.text(session, "sqlContext.range(3).count()") == "3"
    assert livy.text(session, "__name__") == "'builtins'"
    assert livy.text(session, "spark.range(2).show()") == "+---+\n| id|\n+---+\n|  0|\n|  1|\n+---+"


def test_a_function_and_a_class_of_a_statement_reach_the_executors(livy: Livy, session: str) -> None:
    livy.run(session, "from pyspark.sql.functions import udf\nclass Twice:\n    def of(self, n): return 2 * n")
    livy.run(session, "@udf('long')\ndef twice(n):\n    return Twice().of(n)")
    assert livy.text(session, "[row[0] for row in spark.range(3).select(twice('id')).collect()]") == "[0, 2, 4]"
    # As an exported DAG does it, so that guarded code runs.
    as_main = "__name__ = '__main__'\n@udf('long')\ndef thrice(n):\n    return 3 * n\n"
    try:
        assert livy.text(session, as_main + "spark.range(3).select(thrice('id')).collect()[2][0]") == "6"
    finally:
        livy.run(session, "del __name__")


def test_sql_has_a_schema_and_at_most_a_thousand_rows(livy: Livy, session: str) -> None:
    query = "select id, id / 2 half, date'2026-05-21' day, 1.5 price, null none from range(1500) order by id"
    data = livy.run(session, query, kind="sql")["data"]
    assert list(data) == ["application/json"]
    table = data["application/json"]
    assert [field["name"] for field in table["schema"]["fields"]] == ["id", "half", "day", "price", "none"]
    assert len(table["data"]) == 1000
    assert table["data"][1] == [1, 0.5, "2026-05-21", 1.5, None]


def test_a_wrong_query_is_an_error_and_leaves_nothing_in_the_next_output(livy: Livy, session: str) -> None:
    output = livy.run(session, "select nothing from nowhere", kind="sql")
    assert (output["status"], output["ename"]) == ("error", "Error")
    assert "TABLE_OR_VIEW_NOT_FOUND" in output["evalue"]
    assert livy.text(session, "'next'") == "'next'"


def test_an_error_on_an_executor_comes_back_with_the_users_lines(livy: Livy, session: str) -> None:
    code = "from pyspark.sql.functions import udf\n@udf('long')\ndef bad(n):\n    return 1 // n\n"
    output = livy.run(session, code + "spark.range(1).select(bad('id')).collect()")
    assert output["status"] == "error"
    assert "ZeroDivisionError" in output["evalue"]
    assert "spark.range(1).select(bad('id')).collect()" in "".join(output["traceback"])
    assert livy.text(session, "spark.range(5).count()") == "5"


def test_progress_goes_up(livy: Livy, session: str) -> None:
    livy.run(
        session,
        "import time\nfrom pyspark.sql.functions import udf\n"
        "@udf('long')\ndef slow(n):\n    time.sleep(0.5)\n    return n",
    )
    statement = livy.post(session, "spark.range(0, 16, 1, 16).select(slow('id')).collect(); 1")
    seen = []
    while True:
        _, body = livy("GET", statement)
        seen.append(body["progress"])
        if body["state"] == "available":
            break
        time.sleep(0.1)
    assert body["output"]["status"] == "ok"
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len([one for one in set(seen) if 0 < one < 1]) >= 3, seen


def test_a_running_spark_job_is_cancelled(livy: Livy, session: str) -> None:
    statement = livy.post(session, SPIN)
    deadline = time.monotonic() + 60
    while "RUNNING" not in str(livy("GET", statement)[1]["state"]).upper():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(3)
    asked = time.monotonic()
    assert livy("POST", f"{statement}/cancel")[1] == {"msg": "canceled"}
    livy.until(statement, "cancelled", seconds=20)
    assert time.monotonic() - asked < 15
    assert livy.text(session, "sc.statusTracker().getActiveJobsIds()") == "[]"
    assert livy.text(session, "spark.range(7).count()") == "7"


def test_a_python_loop_is_cancelled(livy: Livy, session: str) -> None:
    statement = livy.post(session, "while True: pass")
    livy.until(statement, "running")
    livy("POST", f"{statement}/cancel")
    assert livy.until(statement, "cancelled", seconds=20)["output"]["ename"] == "KeyboardInterrupt"
    assert livy.text(session, "spark.range(8).count()") == "8"


def test_a_stopped_context_is_the_users_own_doing_and_can_be_made_again(livy: Livy) -> None:
    own = livy.open()
    assert livy.text(own, "spark.stop()") == ""
    assert livy.run(own, "spark.range(1).count()")["status"] == "error"
    livy.run(own, "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()")
    assert livy.text(own, "spark.range(9).count()") == "9"
    assert livy("DELETE", own)[0] == 200


def test_two_sessions_side_by_side_know_nothing_of_each_other(livy: Livy, session: str) -> None:
    other = livy.open(name="other", conf={"spark.app.name": "ignored"})
    livy.run(session, "mine = 1")
    assert livy.run(other, "mine")["ename"] == "NameError"
    livy.run(other, "spark.range(3).write.saveAsTable('theirs')")
    assert livy.text(other, "spark.table('theirs').count()") == "3"
    assert livy.text(other, "sc.appName") == "'other'"
    assert any("tables made here are not kept" in line for line in livy("GET", f"{other}/log")[1]["log"])
    names = [one["name"] for one in livy("GET", "/sessions")[1]["sessions"]]
    assert names == ["shared-by-tests", "other"]
    assert livy("GET", "/sessions?from=1&size=1")[1]["sessions"][0]["name"] == "other"
    assert livy("POST", "/sessions", {"name": "other"})[0] == 400
    assert livy("DELETE", "/sessions/other")[0] == 200
    assert livy("GET", "/sessions/other")[0] == 404


def test_deleting_a_busy_session_leaves_no_process(livy: Livy) -> None:
    own = livy.open()
    pid = int(livy.text(own, "import os; os.getpid()"))
    livy.post(own, SPIN)
    deadline = time.monotonic() + 60
    while len(family(pid)) < 4:  # the worker, the JVM, PySpark's daemon and a worker of it
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert livy("DELETE", own) == (200, {"msg": "deleted"})
    assert family(pid) == []
    assert not (livy.work / own.lstrip("/")).exists()


@pytest.mark.parametrize("victim", ["python", "java"])
def test_a_killed_worker_or_jvm_is_a_dead_session(livy: Livy, victim: str) -> None:
    own = livy.open()
    pid = int(livy.text(own, "import os; os.getpid()"))
    java = int(livy.text(own, "sc._gateway.proc.pid"))
    os.kill(pid if victim == "python" else java, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while livy("GET", own)[1]["state"] != "dead":
        assert time.monotonic() < deadline, livy("GET", own)
        time.sleep(0.1)
    wait_until_gone(pid)
    assert livy("POST", f"{own}/statements", {"code": "1"})[0] == 500
    assert livy("GET", f"{own}/log")[1]["total"] > 0
    assert livy("DELETE", own)[0] == 200


def test_a_jvm_that_is_killed_in_a_statement_is_a_dead_session_too(livy: Livy) -> None:
    own = livy.open()
    java = int(livy.text(own, "sc._gateway.proc.pid"))
    statement = livy.post(own, "while True: pass")
    livy.until(statement, "running")
    os.kill(java, signal.SIGKILL)
    livy.until(own, "dead", seconds=20, fatal=("error",))
    assert livy("GET", statement) == (400, {"msg": "requirement failed: Session isn't active."})
    assert livy("DELETE", own)[0] == 200


def test_a_session_that_can_not_start_is_dead_and_its_log_says_why(livy: Livy) -> None:
    _, body = livy("POST", "/sessions", {"kind": "pyspark", "conf": {"spark.master": "nonsense"}})
    deadline = time.monotonic() + START_SECONDS
    while livy("GET", f"/sessions/{body['id']}")[1]["state"] == "starting":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert livy("GET", f"/sessions/{body['id']}")[1]["state"] == "dead"
    log = "\n".join(livy("GET", f"/sessions/{body['id']}/log?size=-1")[1]["log"])
    assert "Master must either be yarn" in log
    assert "ended with code 1" in log
    livy("DELETE", f"/sessions/{body['id']}")


BATCH = """
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
conf = spark.sparkContext.getConf()
print("NAMED", conf.get("spark.app.name"), "ODD", ascii(conf.get("spark.my.odd:key")))
print("ARGUMENTS", sys.argv[1:])
import there
print("MODULE", there.word)
spark.range(int(sys.argv[1])).write.mode("overwrite").saveAsTable("from_batch")
spark.stop()
"""


def test_a_batch_is_a_spark_application_of_its_own_and_leaves_tables(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        there = server.file("there.py", "word = 'here'")
        conf = {"spark.my.odd:key": "C:\\tmp = grün #1"}
        batch = server.submit(BATCH, name="nightly", args=["7", "a b"], pyFiles=[there], conf=conf, driverMemory="600m")
        seen = []
        while not seen or seen[-1] in ("starting", "running"):
            seen.append(server("GET", batch)[1]["state"])
            time.sleep(0.1)
        log = server.log(batch)
        assert seen[-1] == "success", log
        assert "running" in seen
        assert f"NAMED nightly ODD {conf['spark.my.odd:key']!a}" in log
        assert "ARGUMENTS ['7', 'a b']" in log
        assert "MODULE here" in log
        assert server("GET", "/batches")[1]["sessions"][0]["log"] == log[-10:]
        own = server.open()
        assert server.text(own, "spark.table('from_batch').count()") == "7"
        beside = server.submit("from pyspark.sql import SparkSession\n1 // 0")
        server.until(f"{beside}/state", "dead", fatal=())
        assert any("ZeroDivisionError" in line for line in server.log(beside))
        assert "jpe livy: spark-submit exited with code 1" in server.log(beside)
        assert not (tmp_path / "sessions" / "batch-0").exists()


@pytest.mark.parametrize("victim", ["delete", "driver"])
def test_a_batch_that_is_ended_leaves_no_process(livy: Livy, victim: str) -> None:
    name = f"spin-{victim}"
    batch = livy.submit(
        "import os\nfrom pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n"
        "print('DRIVER', os.getpid(), os.getsid(0), flush=True)" + SPIN,
        name=name,
    )
    deadline = time.monotonic() + START_SECONDS
    while not (told := [line for line in livy.log(batch) if line.startswith("DRIVER")]):
        assert time.monotonic() < deadline, livy.log(batch)
        time.sleep(0.2)
    _, driver, leader = told[0].split()
    while len(family(int(leader))) < 5:  # the supervisor, the JVM, the driver, PySpark's daemon and a worker of it
        assert time.monotonic() < deadline
        time.sleep(0.1)
    if victim == "driver":
        os.kill(int(driver), signal.SIGKILL)
        livy.until(batch, "dead", fatal=())
    else:
        assert livy("DELETE", batch) == (200, {"msg": "deleted"})
        assert livy("GET", batch)[0] == 404
    assert family(int(leader)) == []


def test_names_are_completed(livy: Livy, session: str) -> None:
    livy.run(session, "frame = spark.range(3)")
    _, body = livy("POST", f"{session}/completion", {"code": "frame.sel", "kind": "pyspark", "cursor": 9})
    assert body == {"candidates": ["select", "selectExpr"]}


def test_properties_reach_spark_and_no_list_of_processes(livy: Livy) -> None:
    secret, odd = "plant-5519-s3a", "a b=c:d\\e # größe"
    conf = {"spark.hadoop.fs.s3a.secret.key": secret, "spark.odd.one": odd, "spark.sql.shuffle.partitions": "3"}
    session = livy.open(conf=conf, driverMemory="600m")
    keys = [*conf, "spark.master", "spark.app.name"]
    code = f"print([sc.getConf().get(one) for one in {keys!r}])"
    assert livy.text(session, code) == repr([*conf.values(), "local[2]", "livy-session-" + session.rpartition("/")[2]])
    assert 500 < int(livy.text(session, "sc._jvm.java.lang.Runtime.getRuntime().maxMemory() // 2**20")) <= 600
    assert livy.text(session, "import os; os.environ.get('PYSPARK_SUBMIT_ARGS')") == ""
    arguments = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
    assert any(b"SparkSubmit" in one for one in arguments)
    assert not any(secret.encode() in one for one in arguments)
    assert [*(livy.work / "sessions").rglob("*.conf")] == []
    livy("DELETE", session)


def test_files_are_uploaded_and_added(livy: Livy) -> None:
    own = livy.open()
    assert livy.upload(f"{own}/upload-pyfile", "sent_module.py", b"def twice(n): return 2 * n") == 200
    assert livy.upload(f"{own}/upload-file", "sent.txt", bytes(range(256))) == 200
    assert livy("POST", f"{own}/add-pyfile", {"uri": livy.file("added_module.py", "word = 'added'")}) == (200, None)
    assert livy("POST", f"{own}/add-file", {"uri": "file:" + livy.file("added.txt", "text")}) == (200, None)
    assert livy("POST", f"{own}/add-file", {"uri": "/etc/passwd"})[0] == 400
    assert livy("POST", f"{own}/add-file", {"uri": livy.file("x", "") + "-is-not-there"})[0] == 500
    code = "import sent_module, added_module\nfrom pyspark.sql.functions import udf\n"
    code += "twice = udf(sent_module.twice, 'long')\n"  # a module of its own name is imported on the executors
    code += "spark.range(3).select(twice('id')).collect()[2][0], added_module.word"
    assert livy.text(own, code) == "(4, 'added')"
    code = "from pyspark import SparkFiles\nopen(SparkFiles.get('added.txt')).read(), "
    assert (
        livy.text(own, code + "open(SparkFiles.get('sent.txt'), 'rb').read() == bytes(range(256))") == "('text', True)"
    )
    assert livy("DELETE", own)[0] == 200


def test_py_files_of_a_session_can_be_imported(livy: Livy) -> None:
    own = livy.open(pyFiles=[livy.file("given_module.py", "word = 'given'")])
    assert livy.text(own, "import given_module; given_module.word") == "'given'"
    assert livy("DELETE", own)[0] == 200


def test_nothing_but_the_work_folder_is_written(livy: Livy, session: str) -> None:
    assert livy.text(session, "spark.sql('create or replace temp view v as select 1 a')")
    assert {path.name for path in livy.work.iterdir()} <= {"sessions", "warehouse", "metastore", "files"}


def test_tables_outlive_their_session_and_the_server(tmp_path: Path) -> None:
    save = "spark.range({}).write.mode('overwrite').saveAsTable('kept'); spark.table('kept').count()"
    with serving(tmp_path) as first:
        own = first.open()
        assert first.text(own, save.format(3)) == "3"
        first("DELETE", own)
        again = first.open()
        assert first.text(again, "spark.table('kept').count()") == "3"
        assert first.text(again, save.format(5)) == "5"
    with serving(tmp_path) as second:
        assert second.text(second.open(), "spark.table('kept').count()") == "5"
    assert list((tmp_path / "warehouse" / "kept").glob("*.parquet"))


def test_a_server_that_is_killed_takes_its_processes_along(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        own = server.open()
        pid = int(server.text(own, "import os; os.getpid()"))
        server.post(own, SPIN)
        deadline = time.monotonic() + 60
        while len(family(pid)) < 4:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        server.process.kill()
        server.process.wait()
        wait_until_gone(pid, seconds=15)
