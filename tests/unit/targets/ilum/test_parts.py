"""Small parts: what is read out of answers, logs, rows."""

from __future__ import annotations

from typing import Any

import pytest

from jpe_magics.model.record import Record
from jpe_magics.targets.ilum.links import page
from jpe_magics.targets.ilum.logs import SHOWN, brief, cut, where_it_failed
from jpe_magics.targets.ilum.plan import texts
from jpe_magics.targets.ilum.recorded import last, made
from jpe_magics.targets.ilum.resources import JOB, SCHEDULE, SERVICE, Run, Workload, ident, log_lines


def test_what_a_server_says_is_not_believed() -> None:
    hostile = {"jobId": 7.5, "state": ["x"], "tags": 3, "error": {"a": 1}, "submitTime": "soon", "jobs": "none"}
    assert Workload.of(JOB, hostile) == Workload("")
    assert Run.of({"jobInstanceId": None, "error": 5, "result": {}, "endTime": None}) == Run("")
    assert log_lines({"content": "x"}) == log_lines(None) == log_lines([1, "a"]) == []
    assert Workload.of(JOB, {"jobId": "x" * 1000, "state": "y" * 1000}) == Workload("", state="y" * 40)


def test_tags_are_read_however_they_are_told() -> None:
    for tags in ("team=data; jpe_export=x", {"team": "data", "jpe_export": "x"}, ["team=data", "jpe_export=x"]):
        found = Workload.of(JOB, {"jobId": "1", "jobName": "kpi", "tags": tags})
        assert found.is_of("x")
        assert not found.is_of("y")
        assert not found.may_be_of("kpi")
        assert found.is_exported
    untold = Workload.of(JOB, {"jobId": "1", "jobName": "kpi"})
    assert not untold.is_of("x")
    assert untold.may_be_of("kpi")
    assert not untold.may_be_of("other")


def test_the_parameters_of_a_run_are_read_and_not_shown() -> None:
    for args in (["n=4", "q=a=b", "x"], "n=4;q=a=b;x"):
        job = Workload.of(JOB, {"jobId": "1", "args": args})
        assert job.values == (("n", "4"), ("q", "a=b"))
        assert "a=b" not in repr(job)
    assert Workload.of(SERVICE, {"id": "1", "args": ["n=4"]}).values == ()
    assert Run.of({"jobInstanceId": "1", "jobConfig": {"n": "4", "m": [1]}}).values == (("n", "4"), ("m", ""))
    assert Run.of({"jobInstanceId": "1", "jobConfig": "n=4"}).values == Workload.of(JOB, {"args": 5}).values == ()


def test_ids_may_be_numbers() -> None:
    assert Workload.of(SERVICE, {"id": 7, "jobs": [8, {"jobId": 9}]}).drivers == (Workload("8"), Workload("9"))
    assert Run.of({"jobInstanceId": 7, "jobId": 0}) == Run("7", "0")
    assert ident(True) == ident(None) == ident(["7"]) == ""


@pytest.mark.parametrize(
    ("told", "ended", "error"),
    [
        ({"startTime": 1}, False, ""),
        ({"endTime": 2}, True, ""),
        ({"result": "{}"}, True, ""),
        ({"error": {"message": None, "stackTrace": None}}, False, ""),
        ({"error": {"message": "no", "stackTrace": ["a", "b"]}}, True, "no"),
        ({"error": {"stackTrace": "a\nValueError: b"}}, True, "ValueError: b"),
        ({"error": "no"}, True, "no"),
    ],
)
def test_when_a_run_has_ended(told: dict[str, object], ended: bool, error: str) -> None:
    run = Run.of({"jobInstanceId": "1", **told})
    assert (run.ended, run.error) == (ended, error)


def test_the_drivers_log_is_chosen() -> None:
    assert log_lines([{"role": "EXECUTOR", "log": ["a"]}, {"type": "driver", "log": ["b\x07"]}]) == ["b"]
    assert log_lines([{"name": "x", "log": "a\nb"}]) == ["a", "b"]
    named = [{"name": "drivers-kpi-exec-1", "role": "EXECUTOR", "log": ["a"]}, {"role": "DRIVER", "log": ["b"]}]
    assert log_lines(named) == ["b"], "the job is about drivers, and so is an executor's name"


def test_the_last_traceback_is_shown() -> None:
    first = ["Traceback (most recent call last):", "  a", "KeyError: 1"]
    second = ["Traceback (most recent call last):", "  b", "ValueError: 2"]
    assert where_it_failed([*first, "", "During handling", "", *second, "INFO x"]) == "\n".join(second)
    assert where_it_failed([*first[:2]]) == "\n".join(first[:2])
    long = ["Traceback (most recent call last):", *["  x"] * 99, "E: 1"]
    shown = cut(where_it_failed(long)).splitlines()
    assert (len(shown), shown[0], shown[-1]) == (SHOWN, long[0], "E: 1")
    assert cut("\n".join(long)) == "\n".join(shown)
    assert len(cut("x" * 10**6)) == len(cut("a\n" + "x" * 10**6)) - 2 == 2000
    assert brief("a\nb") == "a"
    assert len(brief("x" * 10**6)) == 300


@pytest.mark.parametrize("show", [cut, brief])
def test_what_looks_like_a_secret_is_not_shown(show: Any) -> None:
    secret = "".join(("Hx7", "kQ9", "-not-a-real-one"))  # in pieces: scanners of this repository look for such texts
    assert show(f'con = connect("db", password="{secret}")') == 'con = connect("db", password="***")'
    assert show(f"ValueError: bad {secret}", [("db_password", secret)]) == "ValueError: bad ***"
    assert show(f"ValueError: bad {secret}", [("region", secret)]) == f"ValueError: bad {secret}"
    far = show("x " * 140 + f"password={secret}")
    assert secret[:3] not in far, "it is masked before it is cut"


_BARE = "".join(("Hx7kQ9", "vT2mZ4pL8w"))


@pytest.mark.parametrize("show", [cut, brief])
@pytest.mark.parametrize(
    "said",
    [
        "HTTPError: 401 for url: https://host/api?api_key={}&page=1",
        "Py4JJavaError: jdbc:postgresql://host/db?user=etl&password={}",
        "RuntimeError: login failed with password={}",
        "spark.hadoop.fs.s3a.secret.key={}",
    ],
)
def test_a_secret_without_quotes_is_not_shown(show: Any, said: str) -> None:
    """In code such a word would be a variable's name; what a program says has none."""
    assert show(said.format(_BARE)) == said.format("***")


def test_texts_are_what_the_module_reads() -> None:
    from jpe_magics.core.coerce import coerce, type_of

    values = [True, False, 3, -0.5, "a b", "", [1, "x"], {"a": None}, "true"]
    for (_, written), value in zip(texts([("x", one) for one in values]), values, strict=True):
        assert coerce(type_of(value), written) == value


def test_pages() -> None:
    assert page("", JOB, "1") == page("http://h", SCHEDULE, "1") == ""
    assert page("http://h/", SERVICE, "a b") == "http://h/workloads/details/group/a%20b"


def test_what_a_record_made_last() -> None:
    rows = [
        {"kind": "service", "place": "1", "note": "created"},
        {"kind": "service", "place": "0", "note": "stopped: 1 is in its place"},
        {"kind": "run", "place": "r1", "note": "started"},
        {"kind": "job", "place": "j", "note": "submitted"},
        {"kind": "run", "place": "r1", "note": "returned {}"},
        {"kind": "schedule", "place": "s", "note": "created"},
        {"kind": "schedule", "place": "s", "note": "taken back"},
        {"place": None},
    ]
    record = Record(id="x", published=tuple(rows))
    assert made(record, "service") == "1"
    assert made(record, "schedule") == ""
    assert last(record, "run", "job") == ("run", "r1")
