from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jpe_magics.local.bodies import (
    SessionRequest,
    batch_request,
    completion_request,
    page,
    resource_uri,
    seconds,
    session_request,
    statement_request,
)
from jpe_magics.local.files import Files
from jpe_magics.local.protocol import Kind, LivyError


def session(body: Any, folder: Path | None = None) -> SessionRequest:
    return session_request(body, Files([] if folder is None else [folder]))


def test_what_sparkmagic_sends_is_taken() -> None:
    request = session({"kind": "pyspark", "heartbeatTimeoutInSecond": 60})
    assert request.kind is Kind.PYSPARK
    assert request.heartbeat_timeout == 60


def test_fields_become_spark_properties_and_win_over_conf(tmp_path: Path) -> None:
    request = session(
        {
            "name": "etl",
            "driverMemory": "2g",
            "driverCores": 2,
            "executorMemory": "1g",
            "executorCores": "3",
            "numExecutors": 4,
            "queue": "q",
            "jars": [f"{tmp_path}/a.jar", "https://example.org/b.jar"],
            "pyFiles": [f"file://{tmp_path}/m.py"],
            "files": [f"local:{tmp_path}/f"],
            "archives": [],
            "proxyUser": "someone",
            "conf": {"spark.driver.memory": "9g", "spark.sql.shuffle.partitions": 8, "spark.x": True}
            | {"spark.jars": f"{tmp_path}/c.jar, s3a://b/d.jar"},
        },
        tmp_path,
    )
    assert request.kind is Kind.SHARED
    assert request.name == "etl"
    assert request.conf == {
        "spark.app.name": "etl",
        "spark.driver.memory": "2g",
        "spark.driver.cores": "2",
        "spark.executor.memory": "1g",
        "spark.executor.cores": "3",
        "spark.executor.instances": "4",
        "spark.yarn.queue": "q",
        "spark.jars": f"{tmp_path}/a.jar,https://example.org/b.jar,{tmp_path}/c.jar,s3a://b/d.jar",
        "spark.submit.pyFiles": f"{tmp_path}/m.py",
        "spark.files": f"{tmp_path}/f",
        "spark.sql.shuffle.partitions": "8",
        "spark.x": "true",
    }


def test_null_is_as_good_as_absent() -> None:
    assert session({"kind": None, "name": None, "conf": None, "jars": None}).name is None


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {"colour": "red"},
        {"kind": ["pyspark"]},
        {"driverCores": "many"},
        {"driverCores": True},
        {"jars": "a.jar"},
        {"jars": [{}]},
        {"conf": ["a"]},
        {"conf": {"a": {}}},
        {"ttl": "soon"},
        {"ttl": ""},
        {"idleTimeout": "10 fortnights"},
        {"idleTimeout": "10fortnights"},
        {"name": "7"},
        {"name": ""},
        {"jars": ["a.jar"]},
        {"conf": {"spark.jars": "a.jar"}},
        {"pyFiles": ["/etc/passwd"]},
        {"file": "/etc/passwd"},
    ],
)
def test_a_wrong_session_body_is_a_400(body: Any) -> None:
    with pytest.raises(LivyError) as refused:
        session(body)
    assert refused.value.status == 400


@pytest.mark.parametrize("body", [None, {}, {"kind": "sql"}, {"code": ["x"]}, {"code": "x", "more": 1}])
def test_a_wrong_statement_body_is_a_400(body: Any) -> None:
    with pytest.raises(LivyError) as refused:
        statement_request(body)
    assert refused.value.status == 400


def test_a_statement_has_its_own_kind_or_none() -> None:
    assert statement_request({"code": "x"}).kind is None
    assert statement_request({"code": "", "kind": "sql"}).kind is Kind.SQL


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90s", 90), ("10m", 600), ("2min", 120), ("1h", 3600), ("1d", 86400), ("500MS", 0.5), ("1500", 1.5)],
)
def test_times(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [0, 1, 2]),
        ({"from": "1"}, [1, 2, 3]),
        ({"size": "1"}, [0]),
        ({"from": "3", "size": "9"}, [3, 4]),
        ({"from": "9"}, []),
        ({"from": "-2", "size": "2"}, [0, 1]),
        ({"size": "-1"}, []),
    ],
)
def test_pages(query: dict[str, str], expected: list[int]) -> None:
    assert page(range(5), query, size=3) == range(5)[slice(expected[0], expected[-1] + 1) if expected else slice(0)]


def test_a_page_that_is_no_number_is_a_400() -> None:
    with pytest.raises(LivyError) as refused:
        page([], {"from": "x"}, size=1)
    assert refused.value.status == 400


def test_a_batch_is_a_python_file_with_arguments(tmp_path: Path) -> None:
    body = {"file": f"file:{tmp_path}/a%20b.py", "args": ["1", 2], "name": "b", "className": "X", "driverMemory": "1g"}
    request = batch_request({**body, "proxyUser": "p", "conf": {"a": "b"}}, Files([tmp_path]))
    assert request.file == f"{tmp_path}/a b.py"
    assert (request.name, request.args, request.proxy_user) == ("b", ["1", "2"], "p")
    assert request.conf == {"a": "b", "spark.app.name": "b", "spark.driver.memory": "1g"}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "requirement failed: File is required."),
        ({"file": None}, "requirement failed: File is required."),
        ({"file": "/etc/x.py"}, "requirement failed: Local path /etc/x.py cannot be added to user sessions."),
        ({"file": "x.py"}, "requirement failed: Path 'x.py' is not absolute."),
        ({"file": "/x.jar"}, "is no local Python file"),
        ({"file": "s3a://bucket/x.py"}, "is no local Python file"),
        ({"file": "/x.py", "kind": "pyspark"}, 'Unrecognized field "kind"'),
        ({"file": "/x.py", "heartbeatTimeoutInSecond": 1}, 'Unrecognized field "heartbeatTimeoutInSecond"'),
        ({"file": ["x.py"]}, "Can not deserialize file"),
        ({"file": "/x.py", "args": "a"}, "Can not deserialize args"),
        ("x.py", "Can not deserialize the body"),
    ],
)
def test_a_wrong_batch_body_is_a_400(body: Any, text: str) -> None:
    with pytest.raises(LivyError) as refused:
        batch_request(body, Files())
    assert refused.value.status == 400
    assert text in str(refused.value.body)


@pytest.mark.parametrize(
    ("body", "cursor"),
    [
        ({"code": "abc"}, 3),
        ({"code": "abc", "cursor": 1}, 1),
        ({"code": "abc", "cursor": 9}, 3),
        ({"code": "", "cursor": -4}, 0),
    ],
)
def test_a_cursor_stands_in_the_code(body: Any, cursor: int) -> None:
    assert completion_request(body).cursor == cursor


@pytest.mark.parametrize("body", [None, {}, {"code": 1, "cursor": "x"}, {"code": "x", "kind": "spark"}, {"codes": "x"}])
def test_a_wrong_completion_body_is_a_400(body: Any) -> None:
    with pytest.raises(LivyError) as refused:
        completion_request(body)
    assert refused.value.status == 400


def test_a_resource_has_a_uri() -> None:
    assert resource_uri({"uri": "/a.py"}) == "/a.py"
    for body in (None, {}, {"uri": ["x"]}, {"url": "x"}):
        with pytest.raises(LivyError) as refused:
            resource_uri(body)
        assert refused.value.status == 400
