"""KPIs over time, as tables with bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from setterbase.kpis.catalog import Kpi
from setterbase.render.figures import NOTHING, bar, figure, money, number, percent
from setterbase.render.lists import table
from setterbase.render.words import word

Row = Mapping[str, Any]


def history(rows: Sequence[Row], grain: str, *, currency: str, lang: str) -> RenderableType:
    """A line a period: leads with a bar beside the busiest period's, messages, calls, revenue."""
    headings = ("period", "leads", "", "sent", "received", "booked", "deals_won", "revenue")
    names = [word(name, lang) if name else "" for name in headings]
    made = table(*names, right=[1, 3, 4, 5, 6, 7])
    cells = 10 if grain == "week" else 18
    most = max((row["total_leads"] for row in rows), default=0)
    for row in rows:
        leads = row["total_leads"]
        made.add_row(
            period(row, grain),
            number(leads, lang),
            bar(100 * leads / most if most else 0, cells, track=False),
            *(
                _quiet(row[code], figure(row[code], "count", lang))
                for code in (
                    "total_messages_sent",
                    "total_messages_received",
                    "calls_booked",
                    "leads_won",
                )
            ),
            _quiet(row["total_revenue"], money(row["total_revenue"], currency, lang)),
        )
    return made


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
