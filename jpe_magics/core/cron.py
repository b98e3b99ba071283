"""Cron expressions, checked with the parser that Airflow itself uses."""

from __future__ import annotations

import re
from datetime import datetime

_RANDOM = re.compile(r"(?<![a-z])r(?![a-z])", re.IGNORECASE)


def check_cron(text: str, start: datetime, *, seconds_first: bool = False) -> None:
    """Raise ValueError, its text to be read behind the option's name, unless `text` names times that come.

    `seconds_first` means six fields, the first one seconds, as in Spring, where a day must fit its month's and its
    week's field; with five fields, as in crontab(5), either will do.  `start` is when it begins to count.

    >>> check_cron("0 5 30 2 *", datetime(2026, 1, 1))
    Traceback (most recent call last):
    ValueError: names a date that never comes
    """
    from croniter import CroniterBadDateError, CroniterError, croniter

    if _RANDOM.search(text):
        raise ValueError("is no cron expression (R, a time by chance, is an extension of the parser alone)")
    try:
        times = croniter(text, start, second_at_beginning=seconds_first, day_or=not seconds_first)
    except (CroniterError, ValueError, KeyError, AttributeError) as error:
        raise ValueError("is no cron expression") from error
    try:
        times.get_next(datetime)
    except CroniterBadDateError:
        raise ValueError("names a date that never comes") from None
