"""The options of `%export_pipeline airflow`: their declarations and their rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from jpe_magics.core.cron import check_cron
from jpe_magics.errors import OptionError
from jpe_magics.model.option import Option
from jpe_magics.targets.airflow.session import conf_problem

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
            raise OptionError(f"the target airflow has no option {name!r}", where=name)
    given = {option.name: options.get(option.name, option.default) for option in OPTIONS}
    checked: dict[str, Any] = {}
    for name, value in given.items():
        missing = value is None or value == ""
        checked[name] = _RULES[name](name, _BY_NAME[name].default if missing else value)
    _check_times(checked["schedule"], checked["start_date"])
    return checked


def _wrong(name: str, why: str, meant: str = "") -> OptionError:
    option = _BY_NAME[name]
    hint = f"for example {option.flag} {option.example}" if option.example else ""
    if meant:
        hint = f"did you mean {option.flag} {meant}?"
    return OptionError(f"{option.flag} {why}", where=option.flag, hint=hint)


def _shown(value: Any) -> str:
    shown = repr(value)  # what can't be printed is escaped in it
    return shown if len(shown) <= 60 else shown[:59] + "…"


def _dag_id(name: str, value: Any) -> str:
    """Return an id as Airflow's `validate_key` takes it, that is also safe as a file's name."""
    if value is None:
        raise _wrong(name, "is needed")
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_.-]+", value):
        raise _wrong(name, f"may hold letters, digits, _ - and . only, not {_shown(value)}")
    if len(value) > 250:
        raise _wrong(name, f"may have 250 characters at most, not {len(value)}")
    if value.startswith((".", "-")):
        raise _wrong(name, f"must begin with a letter, a digit or _, not {_shown(value)}: it names the file too")
    return value


def _conn_id(name: str, value: Any) -> str:
    """Airflow's rule for connection ids (`sanitize_conn_id`)."""
    if not isinstance(value, str) or not re.fullmatch(r"[\w#!()\-.:/\\]{1,250}", value):
        raise _wrong(name, f"is no id of a connection: {_shown(value)}")
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(name, f"must be text, not {_shown(value)}")
    return value


def _flag(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word in ("true", "1", "false", "0"):
        return word in ("true", "1")
    raise _wrong(name, f"is on or off, not {_shown(value)}")


def _mode(name: str, value: Any) -> str:
    if value not in MODES:
        raise _wrong(name, f"is one of {', '.join(MODES)}, not {_shown(value)}")
    return str(value)


def _retries(name: str, value: Any) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,4}", text):
        raise _wrong(name, f"must be a whole number from 0, not {_shown(value)}")
    return int(text)


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _retry_delay(name: str, value: Any) -> int:
    """Return seconds; `90`, `90s`, `5m`, `1h30m` and `1d` are understood."""
    text = str(value).strip().lower()
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]+|([0-9]+[smhd])+", text):
        raise _wrong(name, f"must be seconds, or a time like 30s, 5m, 1h30m, not {_shown(value)}")
    seconds = sum(int(count) * _UNITS[unit or "s"] for count, unit in re.findall(r"([0-9]+)([smhd]?)", text))
    if seconds > 86400:  # Airflow's own limit of a retry's delay
        raise _wrong(name, f"may be a day at most, not {_shown(value)}")
    return seconds


def _tags(name: str, value: Any) -> tuple[str, ...]:
    words = value.split(",") if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)) or not all(isinstance(word, str) for word in words):
        raise _wrong(name, f"must be words with commas between, not {_shown(value)}")
    tags = tuple(dict.fromkeys(word.strip() for word in words if word.strip()))
    for tag in tags:
        if len(tag) > 100:  # the column in Airflow's database
            raise _wrong(name, f"may have 100 characters each at most, not {len(tag)}: {_shown(tag)}")
    return tags


def _start_date(name: str, value: Any) -> str:
    """Return a day, or a day and time, in ISO's spelling and without a zone."""
    text = value.isoformat() if isinstance(value, date) else str(value).strip()
    shape = re.fullmatch(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?(.*)", text, re.ASCII)
    if shape and re.fullmatch(r"[T\d:.]*(Z|[+-]\d\d:?\d\d)", shape[3]):
        raise _wrong(name, "must have no offset: the zone is given by --timezone")
    try:
        if not shape or shape[3]:
            raise ValueError
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(name, f"must be a date like 2026-01-01 or 2026-01-01T06:00, not {_shown(value)}") from None
    return moment.isoformat() if shape[1] else moment.date().isoformat()


def _timezone(name: str, value: Any) -> str:
    from zoneinfo import ZoneInfo

    text = _text(name, value)
    try:
        ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        raise _wrong(name, f"is no zone of the IANA time zone database: {_shown(value)}") from None
    return text


#: Airflow's own presets, and behind them two more that its parser, croniter, knows.
_PRESETS = (
    *("@once", "@continuous", "@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly"),
    *("@midnight", "@annually"),
)


def _schedule(name: str, value: Any) -> str | None:
    """Return an expression that Airflow takes, None for no schedule."""
    text = " ".join(_text(name, value).split())
    if text.lower() in ("none", "@none"):
        return None
    if text in _PRESETS:
        return text
    if text.startswith("@"):
        near = get_close_matches(text.lower(), _PRESETS, 1, cutoff=0.7)
        raise _wrong(name, f"is not one of {', '.join(_PRESETS)}: {_shown(text)}", "".join(near))
    return text


def _check_times(schedule: str | None, start: str) -> None:
    """Refuse what names no time (30 February); Airflow's scheduler would stumble over it at run time."""
    if schedule is None or schedule.startswith("@"):
        return
    try:
        check_cron(schedule, datetime.fromisoformat(start))
    except ValueError as error:
        why = str(error).replace("is no cron expression", "is no cron expression, nor a name like @daily")
        raise _wrong("schedule", f"{_shown(schedule)} {why}") from None


def _session_conf(name: str, value: Any) -> dict[str, str]:
    pairs = dict(value or {})
    for key, one in pairs.items():
        problem = conf_problem(key, one)
        if problem:
            raise _wrong(name, problem)
    return pairs


_RULES: Mapping[str, Callable[[str, Any], Any]] = {
    "dag_id": _dag_id,
    "schedule": _schedule,
    "mode": _mode,
    "start_date": _start_date,
    "catchup": _flag,
    "timezone": _timezone,
    "tags": _tags,
    "owner": _text,
    "description": _text,
    "retries": _retries,
    "retry_delay": _retry_delay,
    "livy_conn_id": _conn_id,
    "session_conf": _session_conf,
    "unpause": _flag,
}
