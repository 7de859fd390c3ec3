"""Cron expressions of five fields, in UTC, as pg_cron reads them."""

from __future__ import annotations

import re
from datetime import datetime

# minute, hour, day of the month, month, day of the week (0 and 7 are Sunday)
RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def is_due(expression: str, moment: datetime) -> bool:
    """Whether the minute of `moment` (UTC) is named. Raises ValueError for no expression."""
    fields = expression.split()
    if len(fields) != len(RANGES):
        raise ValueError("five fields are expected")
    minute, hour, day, month, weekday = (
        _values(field, *bounds) for field, bounds in zip(fields, RANGES, strict=True)
    )
    if moment.minute not in minute or moment.hour not in hour or moment.month not in month:
        return False
    by_day = moment.day in day
    by_weekday = moment.isoweekday() % 7 in {number % 7 for number in weekday}
    # With both restricted either will do; so cron has it.
    if fields[2].startswith("*") or fields[4].startswith("*"):
        return by_day and by_weekday
    return by_day or by_weekday


def _values(field: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for item in field.lower().split(","):
        span, _, step = item.partition("/")
        if step and not (step.isdecimal() and int(step) > 0):
            raise ValueError(f"{item!r} has no step")
        if span == "*":
            first, last = low, high
        else:
            first_name, dash, last_name = span.partition("-")
            first = _number(first_name, low, high)
            last = _number(last_name, low, high) if dash else (high if step else first)
        if first > last:
            raise ValueError(f"{item!r} ends before it begins")
        found.update(range(first, last + 1, int(step or 1)))
    return found


def _number(text: str, low: int, high: int) -> int:
    names = {12: _MONTHS, 7: _DAYS}.get(high, ())
    if text in names:
        return names.index(text) + low
    if not re.fullmatch(r"\d{1,2}", text) or not low <= int(text) <= high:
        raise ValueError(f"{text!r} is not from {low} to {high}")
    return int(text)
