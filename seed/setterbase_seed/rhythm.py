"""When things happen: tables that one random number indexes.

All of them are built from whole numbers alone. `exp`, `log` and `gauss` differ in the last bit
between C libraries, and one bit moves a message to another second.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

DAY = 86_400
HOUR = 3_600
SLOTS = 256

# How many people write in each local hour, on a weekday and at the weekend.
_WEEKDAY = (2, 1, 1, 1, 1, 2, 6, 14, 18, 14, 12, 14, 26, 22, 14, 12, 14, 20, 30, 36, 42, 46, 34, 12)
_WEEKEND = (5, 3, 2, 1, 1, 1, 2, 5, 10, 18, 26, 30, 28, 24, 24, 26, 26, 26, 28, 30, 34, 36, 26, 12)
# Monday to Sunday: resolutions on Monday, thumbs at rest on Saturday.
WEEKDAYS = (118, 108, 104, 100, 84, 78, 108)

# Standard offsets in hours. The zone database differs between machines and years; the rhythm of a
# day needs no more than this.
_OFFSETS = {
    "Europe/London": 0, "Europe/Lisbon": 0, "Europe/Dublin": 0, "Africa/Casablanca": 1,
    "Europe/Athens": 2, "Europe/Helsinki": 2, "Europe/Bucharest": 2, "Africa/Cairo": 2,
    "Indian/Reunion": 4, "Asia/Dubai": 4, "Asia/Kolkata": 5, "Asia/Bangkok": 7, "Asia/Tokyo": 9,
    "Australia/Sydney": 10, "Pacific/Noumea": 11, "Pacific/Auckland": 12, "Pacific/Tahiti": -10,
    "America/Guadeloupe": -4, "America/Martinique": -4, "America/Montreal": -5,
    "America/Toronto": -5, "America/New_York": -5, "America/Chicago": -6, "America/Denver": -7,
    "America/Los_Angeles": -8, "America/Sao_Paulo": -3, "UTC": 0,
}  # fmt: skip


def spread(weights: Sequence[int], slots: int) -> list[int]:
    """`slots` positions of `weights`, each as often as its weight says, in order."""
    total = sum(weights)
    table: list[int] = []
    seen = 0
    for position, weight in enumerate(weights):
        seen += weight
        table += [position] * ((seen * slots + total // 2) // total - len(table))
    return table


def delays(shortest: int, longest: int, power: int) -> tuple[int, ...]:
    """Seconds from `shortest` to `longest`; the greater `power`, the more of them are short."""
    top = (SLOTS - 1) ** power
    return tuple(shortest + (longest - shortest) * i**power // top for i in range(SLOTS))


HOURS = (tuple(spread(_WEEKDAY, SLOTS)), tuple(spread(_WEEKEND, SLOTS)))
FIRST_TOUCH = delays(45, 2 * HOUR, 4)  # an automation answers at once, a setter later
CHAT = delays(20, 25 * 60, 3)  # both are looking at the screen
LATER = delays(4 * 60, 20 * HOUR, 3)  # an answer when there is time


def offset(timezone: str) -> int:
    """Seconds east of Greenwich that this zone's people live by; France's for an unknown zone."""
    return _OFFSETS.get(timezone, 1) * HOUR


def midnight(day: date) -> int:
    """Seconds since 1970 at which `day` begins in UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def stamps(start: int, days: int) -> tuple[list[str], list[str]]:
    """Texts of the days from the second `start` on, and of the seconds of a day.

    `days_text[(t - start) // DAY] + seconds_text[t % DAY]` is `t` as PostgreSQL and RFC 3339
    read it; looking two texts up is ten times as fast as formatting one.
    """
    calendar = [
        datetime.fromtimestamp(start + day * DAY, UTC).strftime("%Y-%m-%dT") for day in range(days)
    ]
    clock = [
        f"{hour:02}:{minute:02}:{second:02}Z"
        for hour in range(24)
        for minute in range(60)
        for second in range(60)
    ]
    return calendar, clock
