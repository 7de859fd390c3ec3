"""KPIs over time, as tables with bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from setterbase.kpis.catalog import Kpi
from setterbase.render.figures import NOTHING, bar, figure, number, percent
from setterbase.render.lists import table
from setterbase.render.words import word

Row = Mapping[str, Any]


# The columns beside the bars, unless the bars are theirs.
_USUAL = {
    "total_leads": "leads",
    "total_messages_sent": "sent",
    "total_messages_received": "received",
    "calls_booked": "booked",
    "leads_won": "deals_won",
    "total_revenue": "revenue",
}
# Between two columns of a table, and what a bar needs to tell more from less.
_GAP = 2
_LEAST_CELLS = 6


def history(
    rows: Sequence[Row],
    grain: str,
    *,
    currency: str,
    lang: str,
    kpi: Kpi | None = None,
    width: int = 80,
) -> RenderableType:
    """A line a period: a KPI (leads) with a bar beside the greatest one's, then the usual ones.

    Of the usual ones as many as `width` has room for: no figure is cut.
    """
    code = kpi.code if kpi else "total_leads"
    heading = word(_USUAL[code], lang) if code in _USUAL else kpi.label(lang) if kpi else ""
    periods = [period(row, grain) for row in rows]
    unit = kpi.unit if kpi else "count"
    values = [figure(row[code], unit, lang, currency=currency) for row in rows]
    beside = {
        other: [
            word(_USUAL[other], lang),
            *(_usual(row[other], other, currency, lang) for row in rows),
        ]
        for other in _USUAL
        if other != code
    }
    names = [word("period", lang), heading, ""]
    room = width - _taken([names[0], *periods], [heading, *values])
    while beside and room - _taken(*beside.values()) < _LEAST_CELLS:
        beside.popitem()
    cells = min(max(room - _taken(*beside.values()), 0), 10 if grain == "week" else 18)
    made = table(*names, *(told[0] for told in beside.values()), right=[1, *range(3, 9)])
    most = max((row[code] or 0 for row in rows), default=0)
    for place, row in enumerate(rows):
        value = row[code]
        made.add_row(
            periods[place],
            values[place],
            bar(100 * (value or 0) / most if most else 0, cells, track=False),
            *(_quiet(row[other], told[place + 1]) for other, told in beside.items()),
        )
    return made


def _taken(*columns: Sequence[str]) -> int:
    """How wide these columns are, each with the gap to the next."""
    return sum(max(map(len, column)) + _GAP for column in columns)


def _usual(value: Any, code: str, currency: str, lang: str) -> str:
    unit = "currency" if code == "total_revenue" else "count"
    return figure(value, unit, lang, currency=currency)


def period(row: Row, grain: str) -> str:
    """The name of a period: a day, a month, a year; days for a week and for a part of a longer one.

    A window may begin or end within a month: that is not to be taken for the whole of it.
    """
    start, end = row["period_start"], row["period_end"]
    after = end + timedelta(days=1) if end < date.max else None
    match grain:
        case "day":
            return f"{start:%Y-%m-%d}"
        case "month" if start.day == 1 and (after is None or after.day == 1):
            return f"{start:%Y-%m}"
        case "year" if f"{start:%m-%d} {end:%m-%d}" == "01-01 12-31":
            return f"{start:%Y}"
        case _:
            return f"{start:%Y-%m-%d} – {end:%m-%d}"


def comparison(
    rows: Sequence[Row], catalog: Sequence[Kpi], *, currency: str, lang: str, width: int = 80
) -> RenderableType:
    """A line a KPI: the window, the one before, and the change with a bar, full at 100 %.

    Where `width` has no room for all, first the bars give way, then the labels: no figure is cut.
    """
    kpis = {kpi.code: kpi for kpi in catalog}
    headings = [word(name, lang) for name in ("kpi", "current", "previous", "change")]
    labels = [f"  {kpis[row['code']].label(lang)}" for row in rows]
    changes = [_change(row, kpis[row["code"]].unit, currency, lang) for row in rows]
    told = [
        [figure(row[name], kpis[row["code"]].unit, lang, currency=currency) for row in rows]
        for name in ("current", "previous")
    ]
    told.append([words for words, _ in changes])
    columns = [[heading, *column] for heading, column in zip(headings[1:], told, strict=True)]
    room = width - _taken(*columns) - _taken([headings[0], *labels])
    cells = min(room, 14) if room >= _LEAST_CELLS else 0
    made = table(*headings, *([""] if cells else []), right=[1, 2, 3])
    made.columns[0].max_width = max(width - _taken(*columns), _LEAST_CELLS)
    section = ""
    for place, row in enumerate(rows):
        kpi = kpis[row["code"]]
        if kpi.section != section:
            section = kpi.section
            made.add_row(Text(word(section, lang).upper(), "bold cyan"))
        made.add_row(
            labels[place],
            *(column[place] for column in told),
            *([bar(changes[place][1], cells, track=False)] if cells else []),
        )
    return made


def _change(row: Row, unit: str, currency: str, lang: str) -> tuple[str, Decimal]:
    """The change in words, and how long its bar is in percent.

    In points for a share, which has no sensible share of itself; in itself where it was nothing.
    """
    change: Decimal | None = row["change"]
    if change is None:
        return NOTHING, Decimal(0)
    size, part = abs(change), row["change_pct"]
    if unit == "percent":
        told, share = f"{number(size, lang, 1)} pt", size
    elif part is not None:
        told, share = percent(abs(part), lang), abs(part)
    else:
        told, share = figure(size, unit, lang, currency=currency), Decimal(100 if size else 0)
    if change == 0:
        return "=", Decimal(0)
    return f"{'▲' if change > 0 else '▼'} {told}", share


def _quiet(value: Any, told: str) -> Text:
    return Text(told, "" if value else "bright_black")
