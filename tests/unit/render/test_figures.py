"""Figures as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from setterbase.render.figures import bar, clean, duration, figure, instant, number


@pytest.mark.parametrize(
    ("value", "unit", "fr", "en"),
    [
        (None, "percent", "—", "—"),
        (None, "currency", "—", "—"),
        (0, "count", "0", "0"),
        (1234567, "count", "1 234 567", "1,234,567"),
        (74.1, "percent", "74,1 %", "74.1%"),
        (100, "percent", "100,0 %", "100.0%"),
        (-5.25, "percent", "−5,3 %", "−5.3%"),
        (3.04, "ratio", "3,04", "3.04"),
        (38.6, "years", "38,6", "38.6"),
        (1791.5, "currency", "1 791,50 €", "€1,791.50"),
        (7200.0, "currency", "7 200 €", "€7,200"),
        (-12.5, "currency", "−12,50 €", "−€12.50"),
        (47, "hours", "47 h", "47 h"),
        (18, "hour", "18 h", "18 h"),
        (0, "hour", "0 h", "0 h"),
        (6, "weekday", "samedi", "Saturday"),
        (372, "minutes", "6 h 12", "6 h 12"),
    ],
)
def test_every_unit(value: float | None, unit: str, fr: str, en: str) -> None:
    assert figure(value, unit, "fr") == fr
    assert figure(value, unit, "en") == en
    if value is not None:
        assert figure(Decimal(str(value)), unit, "en") == en


def test_currencies_without_a_sign_keep_their_code() -> None:
    assert figure(1500, "currency", "en", currency="CHF") == "CHF 1,500"
    assert figure(1500, "currency", "fr", currency="CHF") == "1 500 CHF"
    assert figure(9.9, "currency", "en", currency="GBP") == "£9.90"


def test_halves_are_rounded_away_from_zero_as_in_sql() -> None:
    assert number(0.25, "en", 1) == "0.3"
    assert number(Decimal("2.5"), "en", 0) == "3"


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (0, "0 min"),
        (59.4, "59 min"),
        (59.5, "1 h 00"),
        (61, "1 h 01"),
        (1233.6, "20 h 34"),
        (2879, "47 h 59"),
        (2880, "2 j 0 h"),
        (4500, "3 j 3 h"),
    ],
)
def test_durations(minutes: float, told: str) -> None:
    assert duration(minutes, "fr") == told
    assert duration(minutes, "en") == told.replace("j", "d")


def test_a_time_on_the_clock_of_the_coach() -> None:
    noon = datetime(2026, 10, 31, 12, tzinfo=UTC)
    assert instant(noon, "Europe/Paris") == "2026-10-31 13:00 Europe/Paris"
    assert instant(noon, "Nowhere/Land") == "2026-10-31 12:00 UTC"


@pytest.mark.parametrize(
    ("share", "drawn"),
    [
        (0, "░░░░░░░░░░"),
        (None, "░░░░░░░░░░"),
        (0.1, "█░░░░░░░░░"),
        (25, "███░░░░░░░"),
        (100, "██████████"),
        (250, "██████████"),
    ],
)
def test_bars(share: float | None, drawn: str) -> None:
    assert bar(share, 10).plain == drawn
    assert bar(share, 10, track=False).plain == drawn.rstrip("░")


def test_names_cannot_play_with_the_terminal() -> None:
    assert clean("Zoé\x1b[2J\n💬") == "Zoé\\x1b[2J\\x0a💬"
