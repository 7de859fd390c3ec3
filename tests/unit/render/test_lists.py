"""Lists of leads, coaches, dead letters; figures over time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from rich.console import RenderableType

from setterbase.coaches import Coach
from setterbase.ingest.dead_letters import DeadLetter
from setterbase.ingest.load import Rejected, Report
from setterbase.kpis.catalog import Kpi
from setterbase.render import ingest, lists, periods
from setterbase.render.page import page
from tests.unit.render.boards import CATALOG


def lines(drawn: RenderableType, width: int = 80) -> list[str]:
    return page(drawn, width=width, colour=False).splitlines()


def test_followups() -> None:
    lead: dict[str, Any] = {
        "lead_id": UUID(int=1),
        "user_id_instagram": "zoe",
        "first_name": None,
        "last_name": None,
        "contact_id": "8841",
        "status": "call_proposed",
        "days_since_contact": 1200,
        "priority": "high",
    }
    assert lines(lists.followups([lead], lang="en", more=3)) == [
        "priority  contact  name  status          days",
        "high      zoe      —     call proposed  1,200",
        "… and 3 more",
    ]
    named = lines(lists.followups([{"coach": "Ana", **lead}], lang="fr"))
    assert named[0].split() == ["priorité", "coach", "contact", "nom", "statut", "jours"]
    assert named[1].split()[:3] == ["haute", "Ana", "zoe"]
    known = {**lead, "user_id_instagram": None, "first_name": "Zoé", "last_name": "Martin"}
    assert lines(lists.followups([known], lang="en"))[1].split()[:4] == [
        "high",
        "8841",
        "Zoé",
        "Martin",
    ]
    assert lines(lists.followups([], lang="en")) == ["Nobody to follow up."]


def test_shares() -> None:
    rows = [{"source_name": "unknown", "lead_count": 3, "percentage": Decimal("50.0")}]
    assert lines(lists.shares(rows, "source_name", lang="fr"))[1].split() == [
        "inconnue",
        "3",
        "50,0",
        "%",
        "█" * 12 + "░" * 12,
    ]
    assert lines(lists.shares([], "source_name", lang="en")) == ["nothing yet"]


def test_overview_has_a_line_for_a_coach_without_figures() -> None:
    ana = Coach(UUID(int=1), "Ana", None, "a@x.fr", "Europe/Paris", "EUR", "active")
    bea = Coach(UUID(int=2), "Bea", None, "b@x.fr", "Europe/Paris", "EUR", "disabled")
    row = {
        "coach_id": ana.id,
        "total_leads": 10,
        "leads_week": 2,
        "calls_booked": 3,
        "leads_won": 1,
        "win_rate": None,
        "total_revenue": Decimal("1500"),
    }
    drawn = lines(lists.overview([ana, bea], [row], lang="en"))
    assert drawn[1].split() == ["Ana", "10", "2", "3", "1", "—", "€1,500"]
    assert drawn[2].split() == ["Bea", "(disabled)", *["—"] * 6]


def test_dead_letters_show_the_event_on_one_line_and_no_controls() -> None:
    now = datetime(2026, 10, 31, tzinfo=UTC)
    letter = DeadLetter(
        7, "not_json: \x1b[2J", None, None, 2, now, now, now, "accepted", "a\nb\x07"
    )
    assert lines(lists.dead_letters([letter]), 120) == [
        "    7  not_json: \\x1b[2J  → accepted  (delivered 2 times)",
        "       a\\x0ab\\x07",
    ]
    assert lines(lists.dead_letters([])) == ["No dead letters."]


def test_the_report_of_an_ingest() -> None:
    report = Report(accepted=1200, duplicates=0, dead_letters=3, line=1203)
    assert len(lines(ingest.report(Report()))) == 3
    report.reasons.update({"not_json": 2, "unknown_coach": 1})
    report.examples.update(
        not_json=Rejected(7, "the text is no JSON"), unknown_coach=Rejected(9, "no such coach")
    )
    assert lines(ingest.report(report)) == [
        "accepted      1,200",
        "duplicates        0",
        "dead letters      3",
        "",
        "2  not_json       line 7: the text is no JSON",
        "1  unknown_coach  line 9: no such coach",
    ]


def test_history_bars_are_of_the_busiest_period() -> None:
    def row(day: int, leads: int) -> dict[str, Any]:
        return {
            "period_start": date(2026, 10, day),
            "period_end": date(2026, 10, day + 6),
            "total_leads": leads,
            "total_messages_sent": 0,
            "total_messages_received": 1,
            "calls_booked": 0,
            "leads_won": 0,
            "total_revenue": Decimal(0),
        }

    rows = [row(5, 4), row(12, 8), row(19, 0)]
    drawn = lines(periods.history(rows, "week", currency="EUR", lang="en"))
    assert [line.count("█") for line in drawn] == [0, 5, 10, 0]
    assert drawn[1].startswith("2026-10-05 – 10-11      4")
    assert max(map(len, drawn)) <= 80
    assert len(lines(periods.history([], "day", currency="EUR", lang="en"))) == 1


@pytest.mark.parametrize(
    ("grain", "first", "last", "told"),
    [
        ("day", (2026, 10, 5), (2026, 10, 5), "2026-10-05"),
        ("week", (2026, 12, 28), (2027, 1, 3), "2026-12-28 – 01-03"),
        ("month", (2028, 2, 1), (2028, 2, 29), "2028-02"),
        ("month", (2027, 2, 1), (2027, 2, 28), "2027-02"),
        ("month", (2028, 2, 1), (2028, 2, 28), "2028-02-01 – 02-28"),
        ("month", (2026, 10, 23), (2026, 10, 31), "2026-10-23 – 10-31"),
        ("month", (9999, 12, 1), (9999, 12, 31), "9999-12"),
        ("year", (2026, 1, 1), (2026, 12, 31), "2026"),
        ("year", (2026, 1, 1), (2026, 11, 21), "2026-01-01 – 11-21"),
        ("year", (2026, 10, 23), (2026, 12, 31), "2026-10-23 – 12-31"),
    ],
)
def test_a_part_of_a_period_is_not_called_the_whole(
    grain: str, first: tuple[int, int, int], last: tuple[int, int, int], told: str
) -> None:
    row = {"period_start": date(*first), "period_end": date(*last)}
    assert periods.period(row, grain) == told


@pytest.mark.parametrize("width", [32, 40, 50, 66, 80, 200])
def test_no_figure_is_cut_however_narrow_the_terminal(width: int) -> None:
    """The longest label beside the bars; then the comparison, whose labels give way."""
    days = [
        {
            "period_start": date(2026, 10, day),
            "period_end": date(2026, 10, day),
            "total_leads": 1234,
            "total_messages_sent": 5678,
            "total_messages_received": 0,
            "calls_booked": 2,
            "leads_won": 1,
            "total_revenue": Decimal("1234567.50"),
            "avg_discussion_minutes": Decimal(minutes),
        }
        for day, minutes in ((1, 200), (2, 100))
    ]
    kpi = Kpi("avg_discussion_minutes", "activity", "", "Discussion time", "minutes", "")
    drawn = periods.history(days, "day", currency="EUR", lang="en", kpi=kpi, width=width)
    told = lines(drawn, width)
    assert max(map(len, told)) <= width
    assert not [line for line in told if "…" in line]
    assert [line[:27].split() for line in told[1:]] == [
        ["2026-10-01", "3", "h", "20"],
        ["2026-10-02", "1", "h", "40"],
    ]
    bars = [line.count("█") for line in told[1:]]
    assert bars[0] == min(max(width - 29, 0), bars[0])
    assert bars[1] == (bars[0] + 1) // 2
    assert ("1,234" in told[1]) == (width >= 50)
    assert ("€1,234,567.50" in told[1]) == (width == 200)

    row = {
        "code": "total_revenue",
        "current": Decimal(12345),
        "previous": Decimal(9000),
        "change": Decimal(3345),
        "change_pct": Decimal("37.2"),
    }
    compared = periods.comparison([row], CATALOG, currency="EUR", lang="en", width=width)
    told = lines(compared, width)
    for words in ("€12,345", "€9,000", "▲ 37.2%"):
        assert words in told[-1]
    assert ("█" in told[-1]) == (width >= 50)


def test_history_draws_the_kpi_that_is_asked_for() -> None:
    rows = [
        {
            "period_start": date(2026, month, 1),
            "period_end": date(2026, month, {9: 30}.get(month, 31)),
            "total_leads": 3,
            "total_messages_sent": 0,
            "total_messages_received": 0,
            "calls_booked": 2,
            "leads_won": 1,
            "total_revenue": Decimal("90.50"),
            "win_rate": rate,
        }
        for month, rate in ((8, Decimal("25.0")), (9, None), (10, Decimal("50.0")))
    ]
    win_rate = Kpi("win_rate", "pipeline", "Taux de gain", "Win rate", "percent", "")
    drawn = lines(periods.history(rows, "month", currency="EUR", lang="en", kpi=win_rate))
    assert drawn[0].lower().split()[:5] == ["period", "win", "rate", "leads", "sent"]
    assert [line.count("█") for line in drawn] == [0, 9, 0, 17]
    assert drawn[0].endswith("revenue")
    assert drawn[1].split()[:2] == ["2026-08", "25.0%"]
    assert drawn[2].split()[:3] == ["2026-09", "—", "3"]

    revenue = Kpi("total_revenue", "performance", "", "", "currency", "")
    drawn = lines(periods.history(rows, "month", currency="EUR", lang="en", kpi=revenue))
    assert drawn[0].lower().split().count("revenue") == 1
    assert drawn[1].split()[1] == "€90.50"


def test_comparison_tells_shares_in_points_and_the_rest_in_percent() -> None:
    def row(code: str, *values: str | None) -> dict[str, Any]:
        names = ("current", "previous", "change", "change_pct")
        numbers = [None if value is None else Decimal(value) for value in values]
        return {"code": code, "unit": "", **dict(zip(names, numbers, strict=True))}

    drawn = lines(
        periods.comparison(
            [
                row("total_leads", "30", "40", "-10", "-25.0"),
                row("msg1_rate", "60.0", "50.0", "10.0", "20.0"),
                row("msg2_rate", "50.0", "50.0", "0.0", "0.0"),
                row("msg3_rate", None, "50.0", None, None),
                row("total_revenue", "500", "0", "500", None),
            ],
            CATALOG,
            currency="EUR",
            lang="en",
        )
    )
    cells = [line.split("  ") for line in drawn]
    told = [[cell.strip() for cell in line if cell.strip()] for line in cells]
    assert told == [
        ["KPI", "current", "before", "change"],
        ["ACTIVITY"],
        ["Leads", "30", "40", "▼ 25.0%", "████"],
        ["RESPONSE RATES"],
        ["Replies to message 1", "60.0%", "50.0%", "▲ 10.0 pt", "█"],
        ["Replies to message 2", "50.0%", "50.0%", "="],
        ["Replies to message 3", "—", "50.0%", "—"],
        ["PERFORMANCE"],
        ["Revenue", "€500", "€0", "▲ €500", "█" * 14],
    ]


def test_the_catalogue_names_each_section_once() -> None:
    drawn = lines(lists.catalog(CATALOG, lang="en"))
    assert drawn.count("PERFORMANCE") == 1
    assert "  msg1_rate  Replies to message 1" in drawn
