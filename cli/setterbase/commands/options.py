"""Options that several commands share."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from setterbase.errors import UsageError
from setterbase.output import Format

if TYPE_CHECKING:
    from datetime import date, datetime


_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Report(StrEnum):
    """How a report, which is no table of rows, is written to stdout."""

    table = "table"
    json = "json"


class Grain(StrEnum):
    """How long a period of the history is."""

    day = "day"
    week = "week"
    month = "month"
    year = "year"


class Lang(StrEnum):
    """The language of labels and numbers."""

    fr = "fr"
    en = "en"


OutputRows = Annotated[Format, typer.Option("--output", help="How the result is written.")]
OutputReport = Annotated[Report, typer.Option("--output", help="How the result is written.")]
OneCoach = Annotated[
    str | None,
    typer.Option(
        "--coach", metavar="ID|EMAIL", help="Whose; may be left out when there is only one."
    ),
]
Language = Annotated[
    Lang | None,
    typer.Option(
        "--lang", help="Language of labels and numbers.", show_default="fr in a French locale"
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="TIME",
        help="Count from then: 2026-10-31T12:00:00Z, or the end of a day, 2026-10-31.",
    ),
]

From = Annotated[
    str | None, typer.Option("--from", metavar="DATE", help="First day; default 29 days before.")
]
To = Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day; default today.")]


def moment(text: str | None) -> datetime | date | None:
    """An instant in RFC 3339, or a day: its end, on each coach's own clock.

    Raises UsageError, also for an instant that does not say its offset.
    """
    from datetime import date, datetime

    if text is None:
        return None
    words = text.strip()
    parsed: datetime | date
    try:
        parsed = (
            date.fromisoformat(words) if _DAY.fullmatch(words) else datetime.fromisoformat(words)
        )
    except ValueError:
        raise UsageError(
            f"--as-of {text!r} is no time.",
            hint="Write it like 2026-10-31T12:00:00Z or 2026-10-31.",
        ) from None
    if not 1900 <= parsed.year < 9000:
        raise UsageError(
            f"--as-of {text!r} is no moment of a business.", hint="Name one of this era."
        )
    if isinstance(parsed, datetime) and parsed.tzinfo is None:
        raise UsageError(
            f"--as-of {text!r} does not say its time zone.",
            hint=f"Add Z for UTC or an offset: {words}Z, {words}+01:00.",
        )
    return parsed


def day(text: str | None, name: str) -> date | None:
    """A date in ISO 8601. Raises UsageError."""
    from datetime import date

    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{name} {text!r} is no date.", hint="Write it like 2026-10-31.") from None


def window(from_date: str | None, to_date: str | None) -> tuple[date | None, date | None]:
    """The days of --from and --to. Raises UsageError for a window that ends before it begins."""
    first, last = day(from_date, "--from"), day(to_date, "--to")
    if first and last and first > last:
        raise UsageError(
            f"--from {first} is after --to {last}.", hint="Both days belong to the window."
        )
    return first, last


def language(asked: Lang | None) -> str:
    """`fr` or `en`: as asked, else as the locale says; English for any other."""
    import os

    if asked:
        return asked.value
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"
