"""Values that people write on the command line."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from setterbase.commands.options import Lang, day, language, moment, window
from setterbase.errors import UsageError


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-31T12:00:00Z",
        "2026-10-31 13:00+01:00",
        " 2026-10-31T12:00:00.000Z ",
        "20261031T120000Z",
    ],
)
def test_a_moment(text: str) -> None:
    assert moment(text) == datetime(2026, 10, 31, 12, tzinfo=UTC)
    assert moment(None) is None


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-10-32", "2026-10-32T00:00:00Z", "1761912000"]
)
def test_no_moment(text: str) -> None:
    with pytest.raises(UsageError, match="Write it like 2026-10-31T12:00:00Z or 2026-10-31"):
        moment(text)


def test_a_day_is_a_moment_too() -> None:
    told = moment(" 2026-10-31 ")
    assert (told, type(told)) == (date(2026, 10, 31), date)
    with pytest.raises(UsageError, match="no moment of a business"):
        moment("0001-01-01")


def test_a_window() -> None:
    assert window("2026-10-31", "2026-10-31") == (date(2026, 10, 31), date(2026, 10, 31))
    assert window(None, "2026-10-31") == (None, date(2026, 10, 31))
    with pytest.raises(UsageError, match="--from 2026-10-31 is after --to 2026-10-30"):
        window("2026-10-31", "2026-10-30")


def test_a_moment_says_its_zone() -> None:
    with pytest.raises(UsageError, match="Add Z for UTC or an offset"):
        moment("2026-10-31T12:00:00")


def test_a_day() -> None:
    assert day("2026-10-31", "--from") == date(2026, 10, 31)
    assert day(None, "--from") is None
    with pytest.raises(UsageError, match="--to '31/10/2026' is no date"):
        day("31/10/2026", "--to")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "fr_CA"}, "fr"),
        ({}, "en"),
    ],
)
def test_the_language_of_the_locale(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language(None) == expected
    assert language(Lang.fr) == "fr"
    assert language(Lang.en) == "en"
