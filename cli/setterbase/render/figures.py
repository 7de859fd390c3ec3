"""Figures as people write them, and bars."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from setterbase.render.words import weekday

if TYPE_CHECKING:
    from rich.text import Text

Number = int | float | Decimal

NOTHING = "—"
_DECIMALS = {"count": 0, "percent": 1, "ratio": 2, "years": 1, "hours": 0}
_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£"}


def figure(value: Number | None, unit: str, lang: str, *, currency: str = "EUR") -> str:
    """A KPI's value in its unit; `—` for null. Units are those of kpi_catalog."""
    if value is None:
        return NOTHING
    match unit:
        case "percent":
            return percent(value, lang)
        case "currency":
            return money(value, currency, lang)
        case "minutes":
            return duration(value, lang)
        case "hours" | "hour":
            return f"{number(value, lang)} h"
        case "weekday":
            return weekday(int(value), lang)
        case _:
            return number(value, lang, _DECIMALS.get(unit))


def number(value: Number, lang: str, decimals: int | None = None) -> str:
    """With thousands separators; `decimals` None shows as many as there are, at most two."""
    exact = Decimal(str(value))
    places = 2 if decimals is None else decimals
    rounded = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{rounded:,f}"
    if decimals is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    text = text.replace("-", "−")
    return text.translate({ord(","): " ", ord("."): ","}) if lang == "fr" else text


def percent(value: Number, lang: str) -> str:
    """With one decimal."""
    return number(value, lang, 1) + (" %" if lang == "fr" else "%")


def money(value: Number, currency: str, lang: str) -> str:
    """With the currency's sign or code, and cents unless the sum is whole."""
    whole = Decimal(str(value)) == int(value)
    sign = _SIGNS.get(currency, currency)
    text = number(value, lang, 0 if whole else 2)
    if lang == "fr":
        return f"{text} {sign}"
    minus, digits = ("−", text[1:]) if text.startswith("−") else ("", text)
    return f"{minus}{sign}{digits}" if len(sign) == 1 else f"{minus}{sign} {digits}"


def duration(minutes: Number, lang: str) -> str:
    """Minutes as `42 min`, `6 h 12`, `3 d 4 h`, rounded to what is shown."""
    whole = int(Decimal(str(minutes)).quantize(Decimal(1), ROUND_HALF_UP))
    if whole < 60:
        return f"{whole} min"
    if whole < 48 * 60:
        return f"{whole // 60} h {whole % 60:02}"
    hours = (whole + 30) // 60
    day = "j" if lang == "fr" else "d"
    return f"{number(hours // 24, lang)} {day} {hours % 24} h"


def instant(moment: datetime, zone: str) -> str:
    """A time on the clock of `zone`, or of UTC where this machine does not know that zone."""
    from zoneinfo import ZoneInfo

    try:
        return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"
    except (KeyError, OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def clean(text: str) -> str:
    """`text` on one line, without what would move a terminal's cursor or change its colours."""
    return "".join(c if c.isprintable() or c == "\xa0" else f"\\x{ord(c):02x}" for c in text)


def bar(share: Number | None, cells: int, *, style: str = "cyan", track: bool = True) -> Text:
    """`share` percent of `cells`, rounded half up; one cell at least for anything above nothing."""
    from rich.text import Text

    part = min(max(float(share or 0), 0.0), 100.0) / 100
    full = int(part * cells + 0.5)
    if part > 0:
        full = max(full, 1)
    text = Text("█" * full, style)
    if track:
        text.append("░" * (cells - full), "bright_black")
    return text
