"""When a cron expression names times that come, in the two dialects."""

from __future__ import annotations

from datetime import datetime

import pytest

from jpe_magics.core.cron import check_cron

START = datetime(2026, 1, 1)  # noqa: DTZ001 - any will do


def test_a_day_must_fit_both_of_its_fields_where_the_first_field_is_seconds() -> None:
    check_cron("0 0 31 2 MON", START)  # crontab(5): each Monday of February too
    with pytest.raises(ValueError, match="never comes"):
        check_cron("0 0 0 31 2 MON", START, seconds_first=True)
    check_cron("0 0 0 29 2 MON", START, seconds_first=True)


@pytest.mark.parametrize("text", ["R 5 * * *", "0 r(1-5) * * *", "", "61 5 * * *", "0 5 * *  MONDAYS"])
def test_what_is_no_cron_expression(text: str) -> None:
    with pytest.raises(ValueError, match="is no cron expression"):
        check_cron(text, START)


@pytest.mark.parametrize("text", ["0 5 * MAR,APR FRI", "@daily", "*/5 8-18 * * 1-5", "0 5 29 2 *"])
def test_what_is_one(text: str) -> None:
    check_cron(text, START)
