"""The form: fields from declarations, texts that the magic's own parser reads, and a message for each wrong field."""

from __future__ import annotations

from typing import Any

import pytest

from jpe_magics.core.form import changes, fields, line, message, named, problems, proposal, read, text_of, words_of
from jpe_magics.core.options import COMMON, parse
from jpe_magics.errors import OptionError
from jpe_magics.model.option import Option
from jpe_magics.targets.airflow import target as airflow

BY_NAME = {one.name: one for one in (*airflow.options, *COMMON)}
JOB = (
    Option("name", "str", "", required=True, example="kpi"),
    Option("mode", "choice", "", default="once", choices=("once", "cron")),
    Option("cron", "str", "", default="", example='"0 5 * * *"', modes=("cron",), main=True),
    Option("cores", "int", ""),
)


def sections(mode: str = "", unused: tuple[str, ...] = ()) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in fields(JOB, mode, {}, unused):
        found.setdefault(one.section, []).append(one.option.name)
    return found


def test_only_fields_that_mean_something_in_the_mode() -> None:
    assert sections("once")["main"] == ["name"]
    assert sections("cron")["main"] == ["name", "cron"]


def test_the_common_options_are_more_fields_and_switches() -> None:
    found = sections("once")
    assert found["switch"] == ["push", "trigger"]
    assert set(found["more"]) == {
        *("mode", "cores", "kinds", "output", "replace"),
        *("allow_unsaved", "allow_secrets", "keep_rejections", "wait"),
    }
    assert "switch" not in sections("once", ("push", "trigger"))


def test_labels_controls_and_what_counts_where_nothing_is_typed() -> None:
    found = {one.option.name: one for one in fields(airflow.options, "per_cell", {"retries": 7, "tags": ("a", "b")})}
    assert (found["trigger"].label, found["trigger"].control) == ("Auto-trigger DAG", "three")
    assert (found["push"].label, found["push"].control, found["push"].section) == ("Auto-push", "flag", "switch")
    assert (found["dag_id"].label, found["dag_id"].placeholder) == ("DAG id", "e.g. etl_daily")
    assert (found["retries"].control, found["retries"].placeholder) == ("number", "7")
    assert (found["tags"].control, found["tags"].placeholder) == ("list", "a, b")
    assert (found["session_conf"].control, found["mode"].control) == ("map", "choice")
    assert found["schedule"].placeholder == "none"
    assert {one.option.name for one in fields(JOB, "", {})} & {"trigger"}
    assert next(one.label for one in fields(JOB, "", {}) if one.option.name == "trigger") == "Auto-trigger"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("dag_id", " etl ", "etl"),
        ("dag_id", "  ", None),
        ("description", "-x; $HOME 'quoted' \"and\" {so} \\ on", "-x; $HOME 'quoted' \"and\" {so} \\ on"),
        ("description", "--dag-id", "--dag-id"),
        ("tags", "etl, sales ,", ("etl", "sales")),
        ("session_conf", "a.b=1\n\nc.d=x=y, z\n", {"a.b": "1", "c.d": "x=y, z"}),
        ("session_conf", "-a=1", {"-a": "1"}),
        ("retries", "5", 5),
        ("catchup", True, True),
        ("push", False, False),
        ("trigger", None, None),
        ("mode", "batch", "batch"),
        ("output", "out put/", "out put/"),
    ],
)
def test_a_field_is_read_as_the_line_would_be(name: str, text: Any, value: Any) -> None:
    from jpe_magics.magics.line import split

    option = BY_NAME[name]
    assert read(option, text) == value
    # and the whole line, quoted, split and parsed as the magic does, says the same
    _, target, *words = split(line("airflow", words_of(option, text)))
    assert parse(target, airflow.options, words).values == ({} if value is None else {name: value})


def test_a_value_becomes_the_text_that_reads_back_as_it() -> None:
    for name, value in [("tags", ("a", "b")), ("session_conf", {"a.b": "1", "c.d": "2"}), ("retries", 3)]:
        assert read(BY_NAME[name], text_of(BY_NAME[name], value)) == value
    assert text_of(BY_NAME["push"], "on") is None
    assert text_of(BY_NAME["dag_id"], None) == ""


def test_only_what_differs_from_what_counts_anyway_is_said() -> None:
    shown = fields(airflow.options, "per_cell", {})
    values = {"dag_id": "etl", "retries": "3", "schedule": "none", "tags": "a", "push": True, "catchup": True}
    counting = {"dag_id": "etl", "push": True, "retries": 5}
    assert changes(shown, values, counting) == {"retries": 3, "tags": ("a",), "catchup": True}


def wrong(values: dict[str, Any], counting: dict[str, Any] | None = None) -> dict[str, str]:
    own = airflow.options
    return problems(airflow.check, own, fields(own, "per_cell", {}), values, counting or {})


def test_every_wrong_field_has_its_message() -> None:
    assert wrong({"dag_id": "etl"}) == {}
    found = wrong({"dag_id": "a b", "retries": "x", "schedule": "soon", "session_conf": "foo", "timezone": "Mars"})
    assert found.keys() == {"dag_id", "retries", "schedule", "session_conf", "timezone"}
    assert found["dag_id"] == "may hold letters, digits, _ - and . only, not 'a b'"
    assert found["retries"] == "must be a whole number, not 'x'"
    assert found["session_conf"] == "takes NAME=VALUE"


def test_what_must_be_given_is_missed_and_the_rest_is_checked_all_the_same() -> None:
    assert wrong({"retry_delay": "soon"}).keys() == {"dag_id", "retry_delay"}


def test_what_the_notebook_says_wrongly_is_said_at_its_field() -> None:
    assert wrong({"dag_id": "etl"}, {"timezone": 5, "mode": ["batch"]}).keys() == {"timezone", "mode"}
    assert wrong({"dag_id": "etl", "timezone": "UTC"}, {"timezone": 5}) == {}


def test_an_error_that_names_no_field_ends_the_look() -> None:
    def check(options: Any) -> None:
        raise OptionError("two of them contradict each other", where="somewhere")

    assert problems(check, JOB, fields(JOB, "", {}), {}, {}) == {"": "two of them contradict each other"}


def test_whose_error_it_is() -> None:
    assert named(OptionError("x", where="--run-param n=…"), ["run_param"]) == "run_param"
    assert named(OptionError("x", where="--no-push"), ["push"]) == "push"
    assert named(OptionError("x", where="dag_id"), ["dag_id"]) == "dag_id"
    assert named(OptionError("x", where="airflow"), ["dag_id"]) == ""
    assert message(OptionError("--wait is for a run")) == "is for a run"


@pytest.mark.parametrize(
    ("notebook", "proposed"),
    [
        ("etl_daily", "etl_daily"),
        ("ETL daily (v2)", "ETL_daily_v2"),
        ("Größe der Märkte", "Gro_e_der_Markte"),
        ("日次レポート", "notebook"),
        ("2026 plan", "notebook_2026_plan"),
        ("x" * 300, "x" * 100),
        ("", "notebook"),
    ],
)
def test_a_name_is_proposed_that_the_target_takes(notebook: str, proposed: str) -> None:
    def check(word: str) -> bool:
        return word.isidentifier() and word.isascii() and len(word) <= 100

    assert proposal(notebook, check) == proposed


def test_nothing_is_proposed_where_nothing_fits() -> None:
    assert proposal("etl", lambda word: False) == ""
