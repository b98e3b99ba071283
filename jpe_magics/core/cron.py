"""Cron expressions, checked with the parser that Airflow itself uses."""

from __future__ import annotations

from datetime import datetime


def check_cron(text: str, start: datetime, *, seconds_first: bool = False) -> None:
    """Raise ValueError, its text to be read behind the option's name, unless `text` names times that come.

    `seconds_first` means six fields, the first one seconds (as in Spring).  `start` is when it begins to
    count.

    >>> check_cron("0 5 30 2 *", datetime(2026, 1, 1))
    Traceback (most recent call last):
    ValueError: names a date that never comes
    """
    from croniter import CroniterBadDateError, CroniterError, croniter

    try:
        times = croniter(text, start, second_at_beginning=seconds_first)
    except (CroniterError, ValueError, KeyError, AttributeError) as error:
        raise ValueError(f"is no cron expression ({error})") from None
    try:
        times.get_next(datetime)
    except CroniterBadDateError:
        raise ValueError("names a date that never comes") from None
