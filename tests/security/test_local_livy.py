"""`jpe livy` runs code: neither a web page nor another user of the machine may drive it, or read what it keeps."""

from __future__ import annotations

import base64
import hmac
import http.client
import json
import os
import re
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jpe_magics.local import command, guard
from jpe_magics.local.options import LivyOptions
from jpe_magics.local.server import serving
from tests.security.leaving import Processes

PASSWORD = "only-for-me-7719"
LOGIN = "Basic " + base64.b64encode(f"jpe:{PASSWORD}".encode()).decode()
CODE = json.dumps({"kind": "pyspark"}).encode()
#: Every call of the protocol that makes, runs, changes or tells something.
CALLS = [
    tuple(one.split())
    for one in """
    GET /sessions · POST /sessions · GET /sessions/0 · DELETE /sessions/0 · GET /sessions/0/log
    POST /sessions/0/connect
    POST /sessions/0/statements · GET /sessions/0/statements · POST /sessions/0/statements/0/cancel
    POST /sessions/0/completion · POST /sessions/0/upload-file · GET /batches · POST /batches · DELETE /batches/0
    PUT /sessions · PATCH /sessions · OPTIONS /sessions · HEAD /sessions · GET / · GET /ui
    """.replace("\n", "·").split("·")
    if one.strip()
]


def options(folder: Path, **values: Any) -> LivyOptions:
    return LivyOptions(**{"python": sys.executable, "work_dir": folder / "work", "spark": False, **values})


class Browser:
    """Sends what it is told to, with nothing added but what HTTP asks for."""

    def __init__(self, port: int) -> None:
        self.port = port

    def __call__(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            known = {"Host": f"127.0.0.1:{self.port}", "Content-Length": str(len(body))}
            for name, value in {**known, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        told = json.loads(raw) if raw else None
        return answer.status, told, {name.lower(): value for name, value in answer.getheaders()}


@contextmanager
def running(folder: Path, password: str | None = PASSWORD, **values: Any) -> Iterator[Browser]:
    with serving(options(folder, **values), password=password) as port:
        yield Browser(port)


def sessions(ask: Browser) -> int:
    return int(ask("GET", "/sessions", Authorization=LOGIN)[1]["total"])


@pytest.fixture(scope="module")
def livy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with running(tmp_path_factory.mktemp("livy")) as ask:
        yield ask


@pytest.mark.parametrize(
    "wrong", ["", "Basic", "Basic {jpe:}", "Basic {jpe:only-for-me-7718}", "Basic {x}", "Bearer x"]
)
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_nothing_is_done_or_told_without_the_password(livy: Browser, method: str, path: str, wrong: str) -> None:
    login = re.sub(r"{(.*)}", lambda pair: base64.b64encode(pair[1].encode()).decode(), wrong)
    status, told, headers = livy(method, path, CODE, Authorization=login, Content_Type="application/json")
    assert status == 401
    assert "total" not in (told or {})
    assert headers["www-authenticate"].startswith("Basic ")
    assert sessions(livy) == 0


#: What a page of another origin can have a browser send, with the password that a user once typed in.
PAGES: dict[str, dict[str, str]] = {
    "fetch": {"Origin": "https://evil.example", "Content_Type": "application/json"},
    "fetch, sandboxed": {"Origin": "null", "Content_Type": "application/json"},
    "fetch from another port": {"Origin": "http://127.0.0.1:1", "Content_Type": "application/json"},
    "fetch without a preflight": {"Origin": "https://evil.example", "Content_Type": "text/plain"},
    "form": {"Origin": "https://evil.example", "Content_Type": "application/x-www-form-urlencoded"},
    "form as text": {"Content_Type": "text/plain"},
    "old form": {"Content_Type": "application/x-www-form-urlencoded"},
    "form with a file": {"Content_Type": "multipart/form-data; boundary=x"},
    "beacon": {"Content_Type": "text/plain;charset=UTF-8"},
    "no type at all": {},
    "JSON in disguise": {"Content_Type": "text/plain; application/json"},
    "rebound name": {"Host": "evil.example", "Content_Type": "application/json"},
    "rebound name with the port": {"Host": "evil.example:{port}", "Content_Type": "application/json"},
    "all addresses": {"Host": "0.0.0.0:{port}", "Content_Type": "application/json"},
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("password", [PASSWORD, None], ids=["with its password", "--no-auth"])
def test_no_web_page_drives_it(tmp_path: Path, page: str, password: str | None) -> None:
    with running(tmp_path, password) as ask:
        given = {name: value.format(port=ask.port) for name, value in PAGES[page].items()}
        for method, path in (("POST", "/sessions"), ("POST", "/batches"), ("DELETE", "/sessions/0")):
            status, _, headers = ask(method, path, CODE, Authorization=LOGIN, **given)
            assert status in (400, 403, 415), (method, status)
            assert not [name for name in headers if name.startswith("access-control-")]
        assert sessions(ask) == 0


def test_a_preflight_allows_nothing(livy: Browser) -> None:
    asks = {"Origin": "https://evil.example", "Access_Control_Request_Method": "POST"}
    status, _, headers = livy(
        "OPTIONS", "/sessions", **asks, Access_Control_Request_Headers="content-type,authorization"
    )
    assert status == 403
    assert not [name for name in headers if name.startswith("access-control-")]


def test_the_right_login_does_it(tmp_path: Path) -> None:
    with running(tmp_path) as ask:
        assert ask("POST", "/sessions", CODE, Authorization=LOGIN, Content_Type="application/json")[0] == 201
        assert sessions(ask) == 1


def test_the_password_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return real(one, other)

    monkeypatch.setattr(guard.hmac, "compare_digest", compare)
    headers = {"host": "127.0.0.1:1", "authorization": LOGIN}
    guard.check("GET", headers, port=1, password=PASSWORD)
    assert len(compared) == 1
    assert compared[0][0] == compared[0][1]


# --- other users of the machine


def open_to_others(folder: Path) -> list[str]:
    """Return what others may list, read or change: all that has such a mode and no closed folder above it."""
    found = []
    for path in [folder, *sorted(folder.rglob("*"))]:
        above = [one for one in path.parents if one == folder or folder in one.parents]
        if path.stat().st_mode & 0o077 and not any(not one.stat().st_mode & 0o011 for one in above):
            found.append(f"{stat.filemode(path.stat().st_mode)} {path}")
    return found


@pytest.mark.parametrize("there", [False, True], ids=["made by us", "there before, open to all"])
def test_nobody_else_reads_what_it_keeps(tmp_path: Path, there: bool) -> None:
    kept = tmp_path / "kept"
    if there:
        kept.mkdir(mode=0o755)
        (kept / "warehouse").mkdir(mode=0o755)
    before = os.umask(0)
    try:
        with command._work_dir(kept) as work, running(tmp_path, work_dir=work) as ask:
            assert ask("POST", "/sessions", CODE, Authorization=LOGIN, Content_Type="application/json")[0] == 201
            for name in ("metastore", "warehouse"):
                (work / name / "table").mkdir()
            assert (work / "sessions" / "0").is_dir()
            assert [one for one in open_to_others(work) if not there or not one.endswith("/kept")] == []
    finally:
        os.umask(before)


#: What PySpark does when it starts its JVM (pyspark/java_gateway.py, pyspark/sql/session.py), and nothing else.
PYSPARK = {
    "pyspark/__init__.py": """
import os, shlex, subprocess, sys, time
class SparkContext:
    _gateway = _active_spark_context = None
    applicationId, uiWebUrl = "local-1", None
    def statusTracker(self): return self
    def getJobIdsForGroup(self, group): return []
    def setJobGroup(self, *words): pass
    @classmethod
    def launch(cls, conf):
        command = [sys.executable, os.environ["SPARK_HOME"] + "/submit.py"]
        for key, value in conf.items():
            command += ["--conf", "%s=%s" % (key, value)]
        command += shlex.split(os.environ.get("PYSPARK_SUBMIT_ARGS", "pyspark-shell"))
        cls._gateway = type("Gateway", (), {})()
        cls._gateway.proc = subprocess.Popen(command)
        while not os.path.exists(os.environ["SPARK_HOME"] + "/started"):
            time.sleep(0.01)
        cls._active_spark_context = cls()
""",
    "pyspark/sql.py": """
from pyspark import SparkContext
class Builder:
    def __init__(self): self.conf = {}
    def config(self, key, value):
        self.conf[key] = value
        return self
    def getOrCreate(self):
        SparkContext.launch(self.conf)
        return SparkSession()
class SparkSession:
    builder = Builder()
    @property
    def sparkContext(self): return SparkContext._active_spark_context
class SQLContext:
    def __init__(self, context, session): pass
""",
    "py4j/__init__.py": "",
    "py4j/protocol.py": "class Py4JError(Exception): pass\n",
    "submit.py": """
import os, stat, sys, time
home, words = os.path.dirname(__file__), sys.argv[1:]
seen = [word for flag, word in zip(words, words[1:]) if flag == "--conf"]
if "--properties-file" in words:
    path = words[words.index("--properties-file") + 1]
    seen += ["mode %o" % stat.S_IMODE(os.stat(path).st_mode), "in " + path]
    seen += open(path, encoding="latin-1").read().splitlines()
open(home + "/conf.new", "w").write("\\n".join(seen))
os.rename(home + "/conf.new", home + "/started")
while True:
    time.sleep(60)
""",
}


def test_no_property_of_a_session_is_among_the_arguments_of_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in PYSPARK.items():
        (tmp_path / "home" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "home" / name).write_text(text)
    monkeypatch.setenv("SPARK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "home"))
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", "--verbose pyspark-shell")
    secret = "plant-5519-s3a"
    body = json.dumps({"kind": "pyspark", "conf": {"spark.hadoop.fs.s3a.secret.key": secret}}).encode()
    with running(tmp_path, spark=True) as ask, Processes() as processes:
        assert ask("POST", "/sessions", body, Authorization=LOGIN, Content_Type="application/json")[0] == 201
        end = time.monotonic() + 60
        while (state := ask("GET", "/sessions/0", Authorization=LOGIN)[1]["state"]) != "idle":
            assert state == "starting", ask("GET", "/sessions/0/log", Authorization=LOGIN)
            assert time.monotonic() < end
            time.sleep(0.02)
        looks = processes.looks
        while processes.looks < looks + 2:
            time.sleep(0.01)
        submitted = (tmp_path / "home" / "started").read_text().split("\n")
        properties = next(line[3:] for line in submitted if line.startswith("in "))
        assert not Path(properties).exists()
        assert PASSWORD.encode() not in b"".join(processes.arguments)
    assert f"spark.hadoop.fs.s3a.secret.key={secret}" in submitted
    assert "mode 600" in submitted
    assert any(b"submit.py" in one and b"--verbose" in one for one in processes.arguments)
    assert secret.encode() not in b"".join(processes.arguments)
