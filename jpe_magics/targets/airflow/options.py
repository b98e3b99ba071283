"""The options of `%export_pipeline airflow`: their declarations and their rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from jpe_magics.core.cron import check_cron
from jpe_magics.model.option import Option
from jpe_magics.targets.airflow.session import conf_problem
from jpe_magics.targets.rules import on_or_off, one_of, shown, unknown, words, wrong

MODES = ("per_cell", "batch")

OPTIONS: tuple[Option, ...] = (
    Option(
        "dag_id",
        "str",
        "the DAG's id, and its file's name: letters, digits, '_', '-' and '.'",
        required=True,
        preset=True,
        metavar="ID",
        example="etl_daily",
        label="DAG id",
        main=True,
    ),
    Option(
        "schedule",
        "str",
        "a cron expression, @daily, @hourly …, or none",
        default="none",
        preset=True,
        metavar="CRON",
        example='"0 6 * * 1-5"',
        main=True,
    ),
    Option(
        "mode",
        "choice",
        "per_cell: a task per cell in one session; batch: one task for the notebook",
        default="per_cell",
        choices=MODES,
        setting="default_mode",
        preset=True,
        main=True,
    ),
    Option(
        "start_date",
        "str",
        "the first day, or day and time, of the schedule",
        default="2026-01-01",
        preset=True,
        metavar="DATE",
        example="2026-01-01",
        main=True,
    ),
    Option("catchup", "flag", "also run the intervals between the start date and now", default=False, label="Catch up"),
    Option(
        "timezone",
        "str",
        "the schedule's time zone, with its daylight saving time",
        default="UTC",
        preset=True,
        metavar="ZONE",
        example="Europe/Warsaw",
        label="Time zone",
    ),
    Option(
        "tags",
        "list",
        "tags in Airflow's list of DAGs",
        default=(),
        preset=True,
        metavar="TAG,…",
        example="etl,sales",
        main=True,
    ),
    Option("owner", "str", "the tasks' owner", default="", metavar="NAME", example="data-team"),
    Option(
        "description",
        "str",
        "one line for Airflow's list of DAGs",
        default="",
        preset=True,
        metavar="TEXT",
        main=True,
    ),
    Option(
        "retries", "int", "how often a failed task is tried again", default=3, preset=True, metavar="N", example="3"
    ),
    Option(
        "retry_delay",
        "str",
        "the wait before the first retry; it doubles with each",
        default="1m",
        metavar="TIME",
        example="5m",
    ),
    Option(
        "livy_conn_id",
        "str",
        "Airflow's connection to Livy",
        default="ilum-livy-proxy",
        setting="default_livy_conn_id",
        metavar="ID",
        example="ilum-livy-proxy",
        label="Livy connection",
    ),
    Option(
        "session_conf",
        "map",
        "Spark configuration or a field of Livy's session (repeatable)",
        metavar="KEY=VALUE",
        example="spark.executor.memory=4g",
        label="Session configuration",
    ),
    Option(
        "unpause",
        "flag",
        "unpause the DAG although somebody paused it",
        default=False,
        label="Unpause a paused DAG",
    ),
)
_BY_NAME = {option.name: option for option in OPTIONS}


def check_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options, typed; raise `OptionError` that names the wrong one.

    `schedule` becomes None for "none", `retry_delay` seconds, `tags` a tuple, `session_conf` a dict; all that
    is left is what JSON can hold.
    """
    for name in options:
        if name not in _BY_NAME:
            raise unknown("airflow", name)
    given = {option.name: options.get(option.name, option.default) for option in OPTIONS}
    checked: dict[str, Any] = {}
    for name, value in given.items():
        missing = value is None or value == ""
        checked[name] = _RULES[name](_BY_NAME[name], _BY_NAME[name].default if missing else value)
    _check_times(checked["schedule"], checked["start_date"])
    return checked


def _dag_id(option: Option, value: Any) -> str:
    """Return an id as Airflow's `validate_key` takes it, that is also safe as a file's name."""
    if value is None:
        raise wrong(option, "is needed")
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_.-]+", value):
        raise wrong(option, f"may hold letters, digits, _ - and . only, not {shown(value)}")
    if len(value) > 250:
        raise wrong(option, f"may have 250 characters at most, not {len(value)}")
    if value.startswith((".", "-")):
        raise wrong(option, f"must begin with a letter, a digit or _, not {shown(value)}: it names the file too")
    return value


def _conn_id(option: Option, value: Any) -> str:
    """Airflow's rule for connection ids (`sanitize_conn_id`)."""
    if not isinstance(value, str) or not re.fullmatch(r"[\w#!()\-.:/\\]{1,250}", value):
        raise wrong(option, f"is no id of a connection: {shown(value)}")
    return value


def _text(option: Option, value: Any) -> str:
    if not isinstance(value, str):
        raise wrong(option, f"must be text, not {shown(value)}")
    return value


def _retries(option: Option, value: Any) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,4}", text):
        raise wrong(option, f"must be a whole number from 0 to 9999, not {shown(value)}")
    return int(text)


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _retry_delay(option: Option, value: Any) -> int:
    """Return seconds; `90`, `90s`, `5m`, `1h30m` and `1d` are understood."""
    text = str(value).strip().lower()
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]+|([0-9]+[smhd])+", text):
        raise wrong(option, f"must be seconds, or a time like 30s, 5m, 1h30m, not {shown(value)}")
    seconds = sum(int(count) * _UNITS[unit or "s"] for count, unit in re.findall(r"([0-9]+)([smhd]?)", text))
    if seconds > 86400:  # Airflow's own limit of a retry's delay
        raise wrong(option, f"may be a day at most, not {shown(value)}")
    return seconds


def _tags(option: Option, value: Any) -> tuple[str, ...]:
    tags = tuple(dict.fromkeys(words(option, value)))
    for tag in tags:
        if len(tag) > 100:  # the column in Airflow's database
            raise wrong(option, f"may have 100 characters each at most, not {len(tag)}: {shown(tag)}")
    return tags


def _start_date(option: Option, value: Any) -> str:
    """Return a day, or a day and time, in ISO's spelling and without a zone."""
    text = value.isoformat() if isinstance(value, date) else str(value).strip()
    shape = re.fullmatch(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?(.*)", text, re.ASCII)
    if shape and re.fullmatch(r"[T\d:.]*(Z|[+-]\d\d:?\d\d)", shape[3]):
        raise wrong(option, "must have no offset: the zone is given by --timezone")
    try:
        if not shape or shape[3]:
            raise ValueError
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise wrong(option, f"must be a date like 2026-01-01 or 2026-01-01T06:00, not {shown(value)}") from None
    return moment.isoformat() if shape[1] else moment.date().isoformat()


def _timezone(option: Option, value: Any) -> str:
    from zoneinfo import ZoneInfo

    text = _text(option, value)
    try:
        ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        raise wrong(option, f"is no zone of the IANA time zone database: {shown(value)}") from None
    return text


#: Airflow's own presets, and behind them two more that its parser, croniter, knows.
_PRESETS = (
    *("@once", "@continuous", "@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly"),
    *("@midnight", "@annually"),
)


def _schedule(option: Option, value: Any) -> str | None:
    """Return an expression that Airflow takes, None for no schedule."""
    text = " ".join(_text(option, value).split())
    if text.lower() in ("none", "@none"):
        return None
    if text in _PRESETS:
        return text
    if text.startswith("@"):
        from difflib import get_close_matches

        near = get_close_matches(text.lower(), _PRESETS, 1, cutoff=0.7)
        meant = f"did you mean {option.flag} {near[0]}?" if near else ""
        raise wrong(option, f"is not one of {', '.join(_PRESETS)}: {shown(text)}", meant)
    if len(text.split()) == 6:
        raise wrong(option, f"has six fields, and Airflow takes the sixth for seconds: {shown(text)}")
    return text


def _check_times(schedule: str | None, start: str) -> None:
    """Refuse what names no time (30 February); Airflow's scheduler would stumble over it at run time."""
    if schedule is None or schedule.startswith("@"):
        return
    try:
        check_cron(schedule, datetime.fromisoformat(start))
    except ValueError as error:
        why = str(error).replace("is no cron expression", "is no cron expression, nor a name like @daily")
        raise wrong(_BY_NAME["schedule"], f"{shown(schedule)} {why}") from None


def _session_conf(option: Option, value: Any) -> dict[str, str]:
    pairs = dict(value or {})
    for key, one in pairs.items():
        problem = conf_problem(key, one)
        if problem:
            raise wrong(option, problem)
    return pairs


_RULES: Mapping[str, Callable[[Option, Any], Any]] = {
    "dag_id": _dag_id,
    "schedule": _schedule,
    "mode": one_of,
    "start_date": _start_date,
    "catchup": on_or_off,
    "timezone": _timezone,
    "tags": _tags,
    "owner": _text,
    "description": _text,
    "retries": _retries,
    "retry_delay": _retry_delay,
    "livy_conn_id": _conn_id,
    "session_conf": _session_conf,
    "unpause": on_or_off,
}
