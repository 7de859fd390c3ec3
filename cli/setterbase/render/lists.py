"""Tables of rows: leads, sources, coaches, dead letters, the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from setterbase.coaches import Coach
from setterbase.ingest.dead_letters import DeadLetter
from setterbase.kpis.catalog import Kpi
from setterbase.render.figures import NOTHING, bar, clean, figure, money, number, percent
from setterbase.render.words import word

Row = Mapping[str, Any]

BAR_CELLS = 24
_PRIORITIES = {"high": "red", "medium": "yellow", "low": "bright_black"}


def table(*headings: str, right: Sequence[int] = ()) -> Table:
    """A plain table; columns numbered in `right` are right-aligned."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for position, heading in enumerate(headings):
        made.add_column(heading, no_wrap=True, justify="right" if position in right else "left")
    return made


def followups(
    leads: Sequence[Row], *, lang: str, title: bool = False, more: int = 0
) -> RenderableType:
    """Leads to write to; a row's `coach`, where there is one, gets a column.

    `more` says that so many are left out.
    """
    if not leads:
        return Text(word("nobody", lang))
    with_coach = "coach" in leads[0]
    headings = ["priority", *(["coach"] if with_coach else []), "contact", "name", "status"]
    made = table(*(word(name, lang) for name in (*headings, "days")), right=[len(headings)])
    for lead in leads:
        style = _PRIORITIES.get(lead["priority"], "")
        made.add_row(
            Text(word(lead["priority"], lang), style),
            *([Text(clean(lead["coach"]))] if with_coach else []),
            Text(clean(lead["user_id_instagram"] or lead["contact_id"] or NOTHING)),
            Text(clean(" ".join(filter(None, (lead["first_name"], lead["last_name"]))) or NOTHING)),
            Text(word(f"is_{lead['status']}", lang)),
            number(lead["days_since_contact"], lang),
        )
    parts: list[RenderableType] = [made]
    if title:
        parts.insert(0, Text(word("urgent", lang).upper(), "bold cyan"))
    if more > 0:
        parts.append(Text(word("more", lang).format(number(more, lang)), "bright_black"))
    return Group(*parts)


def shares(rows: Sequence[Row], name: str, *, lang: str) -> RenderableType:
    """Names with their count and share; `name` is the column of the names."""
    if not rows:
        return Text(word("nothing", lang))
    made = table(word(name, lang), word("leads", lang), word("share", lang), "", right=[1, 2])
    for row in rows:
        told = word(row[name], lang) if row[name] == "unknown" else row[name]
        made.add_row(
            Text(clean(told)),
            number(row["lead_count"], lang),
            percent(row["percentage"], lang),
            bar(row["percentage"], BAR_CELLS),
        )
    return made


def overview(coaches: Sequence[Coach], rows: Sequence[Row], *, lang: str) -> RenderableType:
    """One line a coach, from rows of coach_dashboard_kpis."""
    figures = {row["coach_id"]: row for row in rows}
    headings = ("coach", "leads", "week", "booked", "deals_won", "win_rate", "revenue")
    made = table(*(word(name, lang) for name in headings), right=range(1, 7))
    made.columns[0].max_width = 28
    for coach in coaches:
        name = Text(clean(coach.name))
        if coach.status != "active":
            name.append(f" ({word('disabled', lang)})", "bright_black")
        row = figures.get(coach.id)
        if row is None:
            made.add_row(name, *[NOTHING] * 6)
            continue
        counts = ("total_leads", "leads_week", "calls_booked", "leads_won")
        made.add_row(
            name,
            *(figure(row[code], "count", lang) for code in counts),
            figure(row["win_rate"], "percent", lang),
            money(row["total_revenue"], coach.currency, lang),
        )
    return made


def catalog(kpis: Sequence[Kpi], *, lang: str) -> RenderableType:
    """Every KPI by section: its code and label, and beneath them what it means."""
    parts: list[RenderableType] = []
    for section in dict.fromkeys(kpi.section for kpi in kpis):
        parts.append(Text(word(section, lang).upper(), "bold cyan"))
        for kpi in (kpi for kpi in kpis if kpi.section == section):
            head = Text("  ").append(kpi.code, "bold").append(f"  {kpi.label(lang)}")
            if kpi.badge_good_from is not None and kpi.badge_excellent_from is not None:
                good = number(kpi.badge_good_from, lang)
                excellent = number(kpi.badge_excellent_from, lang)
                head.append(f"  {word('good', lang)} ≥ {good}", "yellow")
                head.append(f"  {word('excellent', lang)} ≥ {excellent}", "green")
            parts.append(head)
            parts.append(Text(f"    {kpi.formula}", "bright_black"))
            if kpi.estimate_basis:
                parts.append(Text(f"    ≈ {kpi.estimate_basis}", "yellow"))
        parts.append(Text())
    return Group(*parts[:-1])


def dead_letters(letters: Sequence[DeadLetter]) -> RenderableType:
    """Each with its reason, and beneath it the event as it came."""
    if not letters:
        return Text("No dead letters.")
    parts: list[RenderableType] = []
    for letter in letters:
        head = Text.assemble(
            (f"{letter.id:>5}  ", "bold"),
            (clean(letter.reason), "red" if letter.resolution is None else "bright_black"),
        )
        if letter.resolution:
            head.append(f"  → {letter.resolution}", "green")
        if letter.deliveries > 1:
            head.append(f"  (delivered {letter.deliveries} times)", "bright_black")
        parts.append(head)
        parts.append(
            Text(
                f"       {_one_line(letter.raw)}", "bright_black", no_wrap=True, overflow="ellipsis"
            )
        )
    return Group(*parts)


def _one_line(raw: str, most: int = 1000) -> str:
    return clean(raw[:most]) + ("…" if len(raw) > most else "")
