"""Cron expressions name the minutes that pg_cron would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from setterbase.platform.api.cron import is_due


@pytest.mark.parametrize(
    ("expression", "moment", "due"),
    [
        ("* * * * *", "2026-11-21T08:17", True),
        ("*/5 * * * *", "2026-11-21T08:15", True),
        ("*/5 * * * *", "2026-11-21T08:16", False),
        ("3-59/10 * * * *", "2026-11-21T08:23", True),
        ("3-59/10 * * * *", "2026-11-21T08:20", False),
        ("0 4 * * *", "2026-11-21T04:00", True),
        ("0 4 * * *", "2026-11-21T05:00", False),
        ("0,30 8-10 * * *", "2026-11-21T10:30", True),
        ("0 8 * * 6", "2026-11-21T08:00", True),  # a Saturday
        ("0 8 * * sat", "2026-11-21T08:00", True),
        ("0 8 * * 0", "2026-11-22T08:00", True),  # Sunday is 0 and 7
        ("0 8 * * 7", "2026-11-22T08:00", True),
        ("0 8 * * 1-5", "2026-11-21T08:00", False),
        ("0 8 1 * *", "2026-12-01T08:00", True),
        ("0 8 1 jan *", "2026-12-01T08:00", False),
        ("0 8 1 * 6", "2026-11-21T08:00", True),  # either day will do
        ("0 8 1 * 6", "2026-12-01T08:00", True),
        ("0 8 1 * 6", "2026-11-20T08:00", False),
        ("5/20 * * * *", "2026-11-21T08:45", True),
    ],
)
def test_a_minute_is_named_or_not(expression: str, moment: str, due: bool) -> None:
    assert is_due(expression, datetime.fromisoformat(moment).replace(tzinfo=UTC)) is due


def test_every_five_minutes_is_twelve_times_an_hour() -> None:
    start = datetime(2026, 11, 21, 8, tzinfo=UTC)
    minutes = [start + timedelta(minutes=number) for number in range(60)]
    assert sum(is_due("*/5 * * * *", minute) for minute in minutes) == 12


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "*/0 * * * *",
        "5-3 * * * *",
        "x * * * *",
        "30 seconds",
        "@hourly",
        "-1 * * * *",
        "1- * * * *",
    ],
)
def test_what_is_no_expression_is_told(expression: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        is_due(expression, datetime(2026, 11, 21, tzinfo=UTC))
