"""A target's form: what stands in it, what is wrong with it, the line that says the same, and what is proposed."""

from __future__ import annotations

from typing import Any

import pytest

from jpe_magics.magics.line import split
from jpe_magics.panel.declared import presets
from jpe_magics.panel.draft import Draft
from jpe_magics.panel.prefill import proposals
from jpe_magics.panel.sheet import Sheet
from jpe_magics.targets.airflow import target as airflow
from jpe_magics.targets.ilum import target as ilum
from jpe_magics.targets.py import target as py


def draft(target: Any = airflow, **typed: Any) -> Draft:
    made = Draft(target, {})
    for name, value in typed.items():
        made = made.with_typed(name, value)
    return made


def test_defaults_are_placeholders_and_what_the_notebook_says_is_text() -> None:
    form = Draft(airflow, {"schedule": "@daily", "retries": 3, "mode": "batch", "kinds": ("auto",)})
    assert (form.values["schedule"], form.values["retries"], form.values["mode"]) == ("@daily", "", "batch")
    placeholders = {one.option.name: one.placeholder for one in form.fields}
    assert (placeholders["retries"], placeholders["kinds"], form.values["kinds"]) == ("3", "auto", "")
    assert (form.values["push"], form.values["trigger"], form.values["catchup"]) == (True, None, False)


def test_typed_over_proposed_over_what_counts() -> None:
    form = Draft(airflow, {"owner": "a"}, proposed={"owner": "b"})
    assert form.values["owner"] == "b"
    assert form.with_typed("owner", "c").values["owner"] == "c"
    emptied = form.with_typed("owner", "")
    assert emptied.values["owner"] == ""
    assert "owner" not in emptied.changes


def test_an_empty_field_is_missed_gently_until_touched_or_pressed() -> None:
    form = draft()
    assert (form.missing, form.errors, form.ready) == ({"dag_id"}, {}, False)
    touched = form.with_typed("dag_id", "etl").with_typed("dag_id", "")
    assert (touched.missing, touched.errors) == (frozenset(), {"dag_id": "DAG id is needed"})
    pressed = Sheet().with_draft(form).pressed().draft
    assert pressed is not None
    assert (pressed.missing, pressed.errors) == (frozenset(), {"dag_id": "DAG id is needed"})


@pytest.mark.parametrize(
    ("target", "mode", "names"),
    [
        (airflow, "per_cell", {"dag_id"}),
        (ilum, "single", {"name"}),
        (ilum, "service", {"name"}),
        (ilum, "cron", {"name", "cron"}),
        (py, "", set()),
    ],
)
def test_what_must_be_given_is_marked_in_the_modes_that_need_it(target: Any, mode: str, names: set[str]) -> None:
    form = draft(target, **({"mode": mode} if mode else {}))
    assert {one.option.name for one in form.fields if one.required} == names
    filled = form.with_typed("cron", "0 5 * * *") if mode == "cron" else form
    assert {one.option.name for one in filled.fields if one.required} == names, (
        "it is no less required once it is given"
    )


@pytest.mark.parametrize(
    ("target", "typed", "told"),
    [
        (airflow, {"dag_id": "a b"}, "DAG id may hold letters"),
        (airflow, {"dag_id": "x", "tags": "a" * 101}, "Tags may have 100 characters each"),
        (ilum, {"name": "n", "executors": "many"}, "Executors must be a whole number"),
    ],
)
def test_a_message_is_a_sentence_that_names_its_field(target: Any, typed: dict[str, str], told: str) -> None:
    form = draft(target)
    for name, text in typed.items():
        form = form.with_typed(name, text)
    (message,) = form.errors.values()
    assert message.startswith(told)


def test_messages_name_the_controls_beside_them() -> None:
    form = draft(ilum, mode="cron", cron="0 5 * * *", six_field_cron=True, name="n")
    assert not any("--" in text for text in form.errors.values())
    assert "cron" in form.errors
    both = draft(ilum, name="n", executors="3", spark_conf="spark.executor.instances=4")
    assert "“Spark configuration” spark.executor.instances=4" in both.errors["executors"]


def test_a_setting_s_entries_are_there_to_choose_from() -> None:
    texts = presets(ilum, {"spark_images": {"Cluster default": "", "Mine": "registry/mine"}}.__getitem__)
    form = Draft(ilum, {}, presets=texts)
    assert {one.option.name: one.presets for one in form.fields if one.presets} == {
        "image": ("Cluster default", "Mine")
    }
    assert presets(airflow, {}.__getitem__) == {}


def test_modes_bring_their_fields_and_keep_what_was_typed() -> None:
    form = draft(ilum, name="kpi", mode="cron", cron="soon", execute=True)
    assert form.button == "Create schedule"
    assert "execute" not in form.values
    assert form.errors.keys() == {"cron"}
    single = form.with_typed("mode", "single")
    assert (single.button, dict(single.errors), single.ready) == ("Submit job", {}, True)
    assert "cron" not in single.values
    assert "trigger" not in single.values
    assert single.with_typed("mode", "cron").values["cron"] == "soon"
    assert draft(ilum, name="kpi", mode="cron").missing == {"cron"}
    assert "trigger" in draft(ilum, mode="service").values


def test_a_file_has_no_switches() -> None:
    assert {"push", "trigger", "wait"}.isdisjoint(draft(py).values)
    assert (draft(py).button, draft(py).ready) == ("Download .py", True)


def test_a_mode_that_is_none_is_shown_as_the_default_and_said_to_be_wrong() -> None:
    form = Draft(airflow, {"mode": ["x"], "dag_id": "etl"})
    assert form.values["mode"] == "per_cell"
    assert form.ready  # the form's own value counts
    assert form.line({}, {}) == "%export_pipeline airflow --mode per_cell"


def test_the_line_says_the_same_as_the_form() -> None:
    form = draft(dag_id="etl", schedule="0 6 * * 1-5", retries="3", description="it's -x", trigger=False, wait=True)
    sheet = Sheet().with_draft(form).with_parameter("n", "-3", this_run=False)
    sheet = sheet.with_parameter("region", "E U", this_run=True)
    line = form.line(sheet.parameters, sheet.run_parameters)
    assert line.startswith("%export_pipeline airflow --dag-id etl --schedule '0 6 * * 1-5' ")
    assert "--no-trigger" in line
    assert "--retries" not in line  # 3 counts anyway
    from jpe_magics.core.options import parse

    words = split(line)[2:]
    given = sheet.given()
    assert parse("airflow", airflow.options, words) == given
    assert given.values["param"] == {"n": "-3"}
    assert given.values["run_param"] == {"region": "E U"}
    assert sheet.given(replace=True).values["replace"] is True


def test_no_secret_stands_in_the_line() -> None:
    form = draft(dag_id="etl", session_conf="spark.hadoop.fs.s3a.secret.key=hunter2horse")
    line = form.line({"password": "hunter2horse's"}, {"token": "ghp_" + "a1B2" * 9})
    assert "hunter2horse" not in line
    assert "ghp_a1B2" not in line
    assert "spark.hadoop.fs.s3a.secret.key=***" in line
    assert form.given({}, {}).values["session_conf"] == {"spark.hadoop.fs.s3a.secret.key": "hunter2horse"}


def test_an_unknown_option_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="no option 'dagid'"):
        draft(dagid="x")


def test_parameters_are_checked_by_their_types_once_they_are_known() -> None:
    sheet = Sheet().with_draft(draft(dag_id="etl")).with_parameter("n", "x", this_run=False)
    assert sheet.ready
    from dataclasses import replace

    known = replace(sheet, types={"n": "int"})
    assert dict(known.parameter_errors) == {"n": "must be a whole number, not 'x'"}
    assert not known.ready
    assert known.with_parameter("n", "", this_run=False).ready
    gone = replace(sheet, types={})
    assert dict(gone.parameter_errors) == {"n": "the notebook has no such parameter"}


LAST = {
    "dag_id": "etl_prod",
    "schedule": "@daily",
    "mode": "batch",
    "retries": 5,
    "retry_delay": 60,
    "tags": ["a", "b"],
    "session_conf": {"spark.executor.memory": "4g"},
    "catchup": True,
    "timezone": "UTC",
}


def counting(target: Any = airflow, **more: Any) -> dict[str, Any]:
    return {one.name: one.default for one in target.options} | more


def test_the_last_exports_values_are_proposed_where_they_are_others() -> None:
    found = proposals(airflow, counting(), (), "nb", LAST)
    assert found == {
        "dag_id": "etl_prod",
        "schedule": "@daily",
        "mode": "batch",
        "retries": "5",
        "tags": "a, b",
        "session_conf": "spark.executor.memory=4g",
        "catchup": True,
    }
    form = Draft(airflow, counting(), found)
    assert form.ready
    checked = airflow.check({**counting(), **form.given({}, {}).values})
    assert (checked["retry_delay"], checked["tags"], checked["retries"]) == (60, ("a", "b"), 5)


def test_what_the_notebook_or_the_environment_says_now_is_not_proposed_away() -> None:
    found = proposals(airflow, counting(schedule="@hourly"), {"schedule"}, "nb", LAST)
    assert "schedule" not in found
    assert proposals(airflow, counting(schedule="@hourly"), (), "nb", {"schedule": None})["schedule"] == "none"


def test_nothing_foreign_or_masked_is_proposed() -> None:
    bad = {
        "dag_id": "../../etc",
        "retries": "a lot",
        "mode": 7,
        "tags": {"x": 1},
        "session_conf": {"spark.hadoop.fs.s3a.secret.key": "***"},
        "owner": "ghp_…",
        "unknown": 1,
        "timezone": "Mars/Olympus",
    }
    assert proposals(airflow, counting(), (), "nb", bad) == {"dag_id": "nb"}


def test_a_name_is_proposed_that_the_target_itself_takes() -> None:
    assert proposals(airflow, counting(), (), "etl daily (v2)", {}) == {"dag_id": "etl_daily_v2"}
    assert proposals(ilum, counting(ilum), (), "Zürich", {}) == {"name": "Zurich"}
    assert proposals(airflow, counting(dag_id="mine"), (), "nb", {}) == {}
    assert proposals(py, {}, (), "nb", {}) == {}


def test_ilums_last_values_come_back_too() -> None:
    options = dict(ilum.check({"name": "kpi", "mode": "cron", "cron": "0 5 * * *", "tags": "team=data,env=prod"}))
    from jpe_magics.adapters.history.log import plain

    found = proposals(ilum, counting(ilum), (), "nb", plain(options))
    assert (found["cron"], found["mode"], found["tags"]) == ("0 5 * * *", "cron", "team=data, env=prod")
    assert dict(ilum.check({**counting(ilum), **Draft(ilum, counting(ilum), found).given({}, {}).values})) == options
