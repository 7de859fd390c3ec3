"""KPIs over time, as tables with bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def history(
    rows: Sequence[Row], grain: str, *, currency: str, lang: str, kpi: Kpi | None = None
) -> RenderableType:
    """A line a period: a KPI (leads) with a bar beside the greatest one's, then the usual ones."""
    code = kpi.code if kpi else "total_leads"
    heading = word(_USUAL[code], lang) if code in _USUAL else kpi.label(lang) if kpi else ""
    others = [other for other in _USUAL if other != code]
    names = [word("period", lang), heading, "", *(word(_USUAL[other], lang) for other in others)]
    made = table(*names, right=[1, *range(3, len(names))])
    cells = 10 if grain == "week" else 18
    most = max((row[code] or 0 for row in rows), default=0)
    for row in rows:
        value = row[code]
        made.add_row(
            period(row, grain),
            figure(value, kpi.unit if kpi else "count", lang, currency=currency),
            bar(100 * (value or 0) / most if most else 0, cells, track=False),
            *(_quiet(row[other], _usual(row[other], other, currency, lang)) for other in others),
        )
    return made


def _usual(value: Any, code: str, currency: str, lang: str) -> str:
    unit = "currency" if code == "total_revenue" else "count"
    return figure(value, unit, lang, currency=currency)


def period(row: Row, grain: str) -> str:
    """The name of a period: a day, a week by its first day, a month, a year."""
    start = row["period_start"]
    match grain:
        case "month":
            return f"{start:%Y-%m}"
        case "year":
            return f"{start:%Y}"
        case "week":
            return f"{start:%Y-%m-%d} – {row['period_end']:%m-%d}"
        case _:
            return f"{start:%Y-%m-%d}"


def comparison(
    rows: Sequence[Row], catalog: Sequence[Kpi], *, currency: str, lang: str, cells: int = 14
) -> RenderableType:
    """A line a KPI: the window, the one before, and the change with a bar, full at 100 %."""
    kpis = {kpi.code: kpi for kpi in catalog}
    headings = [word(name, lang) for name in ("kpi", "current", "previous", "change")]
    made = table(*headings, "", right=[1, 2, 3])
    section = ""
    for row in rows:
        kpi = kpis[row["code"]]
        if kpi.section != section:
            section = kpi.section
            made.add_row(Text(word(section, lang).upper(), "bold cyan"))
        told, share = _change(row, kpi.unit, currency, lang)
        made.add_row(
            f"  {kpi.label(lang)}",
            figure(row["current"], kpi.unit, lang, currency=currency),
            figure(row["previous"], kpi.unit, lang, currency=currency),
            told,
            bar(share, cells, track=False),
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
