"""The options of the target airflow: what is taken, as what, and how the rest is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from jpe_magics.errors import OptionError
from jpe_magics.targets.airflow.options import OPTIONS, check_options


def checked(**options: Any) -> dict[str, Any]:
    return check_options({"dag_id": "etl", **options})


def test_a_dag_id_alone_is_enough() -> None:
    assert checked() == {
        "dag_id": "etl",
        "schedule": None,
        "mode": "per_cell",
        "start_date": "2026-01-01",
        "catchup": False,
        "timezone": "UTC",
        "tags": (),
        "owner": "",
        "description": "",
        "retries": 3,
        "retry_delay": 60,
        "livy_conn_id": "ilum-livy-proxy",
        "session_conf": {},
        "unpause": False,
    }


@pytest.mark.parametrize(
    ("name", "given", "typed"),
    [
        ("dag_id", "a.b-C_9", "a.b-C_9"),
        ("dag_id", "x" * 250, "x" * 250),
        ("schedule", "none", None),
        ("schedule", "None", None),
        ("schedule", "", None),
        ("schedule", None, None),
        ("schedule", "@daily", "@daily"),
        ("schedule", "@once", "@once"),
        ("schedule", "@midnight", "@midnight"),
        ("schedule", " 0  6 * * 1-5 ", "0 6 * * 1-5"),
        ("schedule", "*/5 * * * *", "*/5 * * * *"),
        ("schedule", "0 0 29 2 *", "0 0 29 2 *"),
        ("schedule", "0 0 * * MON#1", "0 0 * * MON#1"),
        ("schedule", "0 0 L * *", "0 0 L * *"),
        ("mode", "batch", "batch"),
        ("start_date", "2026-05-21", "2026-05-21"),
        ("start_date", "2026-05-21T06:30", "2026-05-21T06:30:00"),
        ("start_date", "2026-05-21 06:30:15", "2026-05-21T06:30:15"),
        ("start_date", date(2026, 5, 21), "2026-05-21"),
        ("catchup", True, True),
        ("catchup", "false", False),
        ("timezone", "Europe/Warsaw", "Europe/Warsaw"),
        ("tags", "a, b,,a", ("a", "b")),
        ("tags", ["a", " b "], ("a", "b")),
        ("retries", "0", 0),
        ("retries", 5, 5),
        ("retry_delay", "90", 90),
        ("retry_delay", 90, 90),
        ("retry_delay", "30s", 30),
        ("retry_delay", "5m", 300),
        ("retry_delay", "1h30m", 5400),
        ("retry_delay", "0", 0),
        ("livy_conn_id", "my.livy-1", "my.livy-1"),
        ("session_conf", {"spark.x": "1", "driverMemory": "2g"}, {"spark.x": "1", "driverMemory": "2g"}),
        ("session_conf", None, {}),
        ("description", 'what\'s "this"\n', 'what\'s "this"\n'),
    ],
)
def test_what_is_taken(name: str, given: Any, typed: Any) -> None:
    assert checked(**{name: given})[name] == typed


@pytest.mark.parametrize(
    ("name", "given"),
    [
        *(("dag_id", one) for one in ("", None, "../x", "a/b", "a b", "a'b", 'a"b', "a\n", "größe", "x" * 300, 5)),
        *(("dag_id", one) for one in (".", "..", ".hidden", "-rf", "a\\b", "a\x00", "{{x}}")),
        *(("schedule", one) for one in ("@moon", "* * * *", "61 * * * *", "every day", "0 0 30 2 *", "0 0 31 4 *")),
        *(("schedule", one) for one in ("* * * * * * * *", "; rm", "@", 5, "0 0 * * FOO", "H H * * *", "0 5 * * * *")),
        *(("mode", one) for one in ("cells", "PER_CELL")),
        *(("start_date", one) for one in ("yesterday", "2026-13-01", "2026-02-30", "21.05.2026", "20260521")),
        *(("timezone", one) for one in ("Mars", "../etc/passwd", "/etc/localtime", "Europe/", "CEST", 5)),
        *(("retries", one) for one in ("-1", "2.5", "many", True, "99999")),
        *(("retry_delay", one) for one in ("-5", "soon", "5 m", "1.5h", "2d", "m")),
        *(
            ("start_date", one)
            for one in ("2026-01-01T00:00+02:00", "2026-01-01T00:00Z", "2026-01-01T06", "٢026-01-01")
        ),
        ("tags", ["a", 5]),
        ("tags", "x" * 101),
        ("catchup", "maybe"),
        ("livy_conn_id", "a b"),
        ("livy_conn_id", "a\n"),
        ("owner", 5),
        ("session_conf", {"memory": "4g"}),
        ("session_conf", {"kind": "spark"}),
        ("session_conf", {"name": "x"}),
        ("session_conf", {"ttl": "1h"}),
        ("session_conf", {"heartbeatTimeoutInSecond": "60"}),
        ("session_conf", {"executorCores": "two"}),
        ("session_conf", {"conf": "{}"}),
    ],
)
def test_what_is_refused(name: str, given: Any) -> None:
    with pytest.raises(OptionError) as caught:
        checked(**{name: given})
    flag = "--" + name.replace("_", "-")
    assert caught.value.message.startswith(flag)
    assert caught.value.where == flag
    assert all(one.isprintable() for one in caught.value.message)
    assert len(caught.value.message) < 400
    example = next(option.example for option in OPTIONS if option.name == name)
    assert (example in caught.value.hint) if example else True


def test_both_limits_of_the_retries_are_told() -> None:
    with pytest.raises(OptionError, match="a whole number from 0 to 9999, not '1000000'"):
        checked(retries="1000000")
    assert checked(retries="9999")["retries"] == 9999


def test_a_mistyped_preset_is_named() -> None:
    with pytest.raises(OptionError) as caught:
        checked(schedule="@dialy")
    assert caught.value.hint == "did you mean --schedule @daily?"


def test_letters_of_other_languages_are_shown_as_they_are() -> None:
    with pytest.raises(OptionError, match="not 'ünïcode'"):
        checked(dag_id="ünïcode")
    with pytest.raises(OptionError, match="250 characters at most, not 300"):
        checked(dag_id="x" * 300)


def test_what_is_no_schedule_is_named_first_and_in_our_words() -> None:
    with pytest.raises(OptionError) as caught:
        checked(schedule="every day")
    assert caught.value.message == "--schedule 'every day' is no cron expression, nor a name like @daily"
    with pytest.raises(OptionError, match="'0 0 30 2 \\*' names a date that never comes"):
        checked(schedule="0 0 30 2 *")


def test_an_option_that_does_not_exist() -> None:
    with pytest.raises(OptionError, match="no option 'cron'"):
        checked(cron="@daily")


def test_what_a_notebook_may_preset() -> None:
    presets = {option.name for option in OPTIONS if option.preset}
    assert presets == {"dag_id", "schedule", "tags", "description", "mode", "start_date", "timezone", "retries"}


def test_settings_give_defaults() -> None:
    assert {option.name: option.setting for option in OPTIONS if option.setting} == {
        "mode": "default_mode",
        "livy_conn_id": "default_livy_conn_id",
    }
