"""When a schedule comes next, as far as it can be told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any


def when(options: Mapping[str, Any], now: datetime | None = None) -> str:
    """Return when the schedule of these checked options comes next after `now` (of no zone; None: it is asked in UTC).

    Ilum's API has no field for a time zone, and does not tell which one its scheduler keeps (OpenAPI 1.5.3): what
    counts is the wall clock of Ilum's core, and in most containers that is UTC.

    >>> when({"cron": "0 5 * * *", "six_field_cron": False}, datetime(2026, 11, 21, 6))
    "0 5 * * * by the clock of Ilum's core; if that is UTC, next at 2026-11-22 05:00"
    """
    from croniter import croniter

    cron, six = str(options["cron"]), bool(options["six_field_cron"])
    start = now or datetime.now(timezone.utc).replace(tzinfo=None)
    # as `core.cron` checks it: with seconds first a day must fit both fields
    coming = croniter(cron, start, second_at_beginning=six, day_or=not six).get_next(datetime)
    shown = f"{coming:%Y-%m-%d %H:%M}" + (f":{coming:%S}" if coming.second else "")
    return f"{cron} by the clock of Ilum's core; if that is UTC, next at {shown}"
