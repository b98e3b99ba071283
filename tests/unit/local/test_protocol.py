from __future__ import annotations

from typing import Any

import pytest

from jpe_magics.local.protocol import (
    Kind,
    LivyError,
    kind_of,
    page,
    seconds,
    session_request,
    statement_request,
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("pyspark", Kind.PYSPARK), ("python", Kind.PYSPARK), ("sql", Kind.SQL), ("shared", Kind.SHARED)],
)
def test_kinds_and_their_aliases(text: str, kind: Kind) -> None:
    assert kind_of(text) is kind


@pytest.mark.parametrize("text", ["spark", "scala", "sparkr", "r", "pyspark3", "", "PySpark"])
def test_every_other_kind_is_a_400(text: str) -> None:
    with pytest.raises(LivyError) as refused:
        kind_of(text)
    assert refused.value.status == 400
    assert f"Invalid kind: {text}" in refused.value.body["msg"]


def test_what_sparkmagic_sends_is_taken() -> None:
    request = session_request({"kind": "pyspark", "heartbeatTimeoutInSecond": 60})
    assert request.kind is Kind.PYSPARK
    assert request.heartbeat_timeout == 60


def test_fields_become_spark_properties_and_win_over_conf() -> None:
    request = session_request(
        {
            "name": "etl",
            "driverMemory": "2g",
            "driverCores": 2,
            "executorMemory": "1g",
            "executorCores": "3",
            "numExecutors": 4,
            "queue": "q",
            "jars": ["a.jar", "b.jar"],
            "pyFiles": ["m.py"],
            "files": ["f"],
            "archives": [],
            "proxyUser": "someone",
            "conf": {"spark.driver.memory": "9g", "spark.sql.shuffle.partitions": 8, "spark.x": True},
        }
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
        "spark.jars": "a.jar,b.jar",
        "spark.submit.pyFiles": "m.py",
        "spark.files": "f",
        "spark.archives": "",
        "spark.sql.shuffle.partitions": "8",
        "spark.x": "true",
    }


def test_null_is_as_good_as_absent() -> None:
    assert session_request({"kind": None, "name": None, "conf": None, "jars": None}).name is None


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
        {"idleTimeout": "10"},
    ],
)
def test_a_wrong_session_body_is_a_400(body: Any) -> None:
    with pytest.raises(LivyError) as refused:
        session_request(body)
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
    [("90s", 90), ("10m", 600), ("2min", 120), ("1h", 3600), ("1d", 86400), (" 500 MS ", 0.5)],
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
