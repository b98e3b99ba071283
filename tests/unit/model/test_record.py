"""The fold of a record's lines."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpe_magics.model.finding import Finding, Rejection
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.publication import Published
from jpe_magics.model.record import Record, Row, fold, is_id, new_id, report_fields, utc
from jpe_magics.model.report import Report

DAG = Published("dag", "etl", "https://airflow.example/dags/etl", "created").to_json()
RUN = Published("run", "manual", "https://airflow.example/runs/1", "started").to_json()


def test_fold_of_a_whole_life() -> None:
    record = fold(
        [
            {"v": 1, "id": "a", "event": "begin", "time": "T1", "status": "intent", "target": "airflow", "name": "etl"},
            {"v": 1, "id": "a", "event": "published", "time": "T2", "status": "exported", "published": [DAG]},
            {"v": 1, "id": "a", "event": "state", "time": "T3", "status": "running", "published": [DAG, RUN]},
            {"v": 1, "id": "a", "event": "state", "time": "T4", "status": "running"},
            {"v": 1, "id": "a", "event": "state", "time": "T5", "status": "failed", "error": "task x failed"},
        ]
    )
    assert (record.id, record.time, record.target, record.name) == ("a", "T1", "airflow", "etl")
    assert record.published == (DAG, RUN)
    assert (record.status, record.error) == ("failed", "task x failed")
    assert [(state["status"], state["time"]) for state in record.states] == [
        ("intent", "T1"),
        ("exported", "T2"),
        ("running", "T3"),
        ("failed", "T5"),
    ]
    assert record.row == Row("a", "T1", "", "airflow", "etl", "", "", "failed", RUN["link"], True)


def test_order_is_that_of_the_lines_and_not_of_the_clock() -> None:
    record = fold([{"id": "a", "time": "2026-02", "status": "intent"}, {"id": "a", "time": "2026-01", "status": "ok"}])
    assert (record.time, record.status) == ("2026-02", "ok")


def test_a_state_that_comes_again_is_kept() -> None:
    lines = [{"id": "a", "time": f"T{at}", "status": word} for at, word in enumerate(["running", "queued", "running"])]
    assert [state["status"] for state in fold(lines).states] == ["running", "queued", "running"]


def test_states_within_one_tick_of_the_clock() -> None:
    lines = [{"id": "a", "time": "T", "status": word} for word in ("running", "queued", "running", "running")]
    record = fold(lines[:1])
    for line in lines[1:]:
        record = record.after(line)
    assert record == fold(lines)
    assert (record.status, record.states[-1]["status"]) == ("running", "running")


def test_newer_and_foreign_lines_are_read_for_what_is_known() -> None:
    record = fold(
        [
            {"v": 99, "id": "a", "time": 5, "status": "ok", "name": ["x"], "files": "no", "hologram": {}},
            {"v": None, "id": 7, "published": [1, DAG], "notebook": [], "secrets_allowed": "yes", "rerun": None},
        ]
    )
    assert record == Record(id="a", status="ok", states=({"status": "ok", "time": ""},), published=(DAG,))


def test_without_an_id_there_is_no_record() -> None:
    with pytest.raises(ValueError, match="no line with an id"):
        fold([{"status": "ok"}])


def test_to_json_folds_back_into_the_same_record() -> None:
    record = Record(
        id="a", time="T", notebook={"path": "/n.ipynb"}, published=(DAG,), status="ok", rerun={"group": "1"},
        states=({"status": "intent", "time": "T"}, {"status": "ok", "time": "U"}), secrets_allowed=True,
    )  # fmt: skip
    assert fold([json.loads(json.dumps(record.to_json()))]) == record


def test_after_is_what_the_log_would_give_back() -> None:
    first: dict[str, Any] = {"id": "a", "time": "T1", "status": "intent", "warnings": [{"code": "JPE301"}]}
    then = {"id": "a", "time": "T2", "status": "exported", "published": [DAG], "warnings": [{"code": "JPE602"}]}
    assert fold([first]).after({key: value for key, value in then.items() if key != "id"}) == fold([first, then])


VALUES = st.one_of(
    st.text(max_size=5), st.none(), st.integers(), st.lists(st.sampled_from([DAG, RUN])), st.just({"path": "p"})
)
LINES = st.lists(
    st.dictionaries(
        st.sampled_from(["time", "user", "target", "name", "status", "published", "notebook", "error", "other"]), VALUES
    ),
    max_size=6,
)


@settings(deadline=None)
@given(LINES)
def test_a_row_built_line_by_line_is_the_row_of_the_whole(lines: list[dict[str, Any]]) -> None:
    row = Row("a")
    for line in lines:
        row = row.after({**line, "id": "a"})
    assert row == fold([{"id": "a"}, *lines]).row


@settings(deadline=None)
@given(LINES)
def test_states_grow_one_by_one_as_they_do_at_once(lines: list[dict[str, Any]]) -> None:
    record = fold([{"id": "a"}])
    for line in lines:
        record = record.after(line)
    assert record == fold([{"id": "a"}, *lines])


def test_ids_sort_by_time_and_differ_by_chance() -> None:
    now = datetime(2026, 11, 5, 23, 59, 59, tzinfo=timezone(timedelta(hours=2)))
    early, same, late = new_id(now, bytes(5)), new_id(now, b"\x01" * 5), new_id(now + timedelta(seconds=1), bytes(5))
    assert early == "261105-215959-aaaaaaaa"
    assert early < same < late
    assert all(map(is_id, (early, same, late)))
    assert utc(now) == "2026-11-05T21:59:59.000Z"
    with pytest.raises(ValueError, match="five random bytes"):
        new_id(now, b"")


@pytest.mark.parametrize("value", ["", " a", "a b", "a\n", "../a", "-rf", "ä", "a" * 101, None, 3, ["a"], "a%"])
def test_what_is_no_id(value: object) -> None:
    assert not is_id(value)


def test_report_fields_say_what_people_read() -> None:
    report = Report(
        target="airflow",
        source="live notebook, 2 cells",
        options={"dag_id": "etl"},
        rejected=(Rejection(4, 3, "id4", 2, 2, "magic", "%x", "a magic"),),
        warnings=(Finding("JPE301", "never run", 4, 3, "id4"),),
        parameters=(Parameter("out", "any", None, False, "f(x)", "where to"),),
        status=400,
        error="secrets",
    )
    told = report_fields(report)
    assert told["status"] == "refused"
    assert told["rejections"][0]["cell"] == 4
    assert told["rejections"][0]["number"] == told["warnings"][0]["number"] == 3
    assert (told["parameters"][0]["expression"], told["parameters"][0]["description"]) == ("f(x)", "where to")
    assert fold([{"id": "a", **told}]).rejections == tuple(told["rejections"])
