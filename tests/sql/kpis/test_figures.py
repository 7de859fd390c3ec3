"""Every figure equals the formula of the design, on small random tenants and on awkward days."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from psycopg.rows import dict_row

from tests.sql.kpis import oracle, worlds
from tests.support.events import COACH, OTHER, add_coach
from tests.support.servers import Connection


def row_of(db: Connection, view: str, coach: object = COACH) -> dict[str, Any]:
    with db.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            f"select * from public.{view} where coach_id = %s".encode(), [coach]
        ).fetchone()
    assert row is not None
    return {key: value for key, value in row.items() if key not in ("coach_id", "last_updated")}


def refresh(db: Connection) -> None:
    told = db.execute("select private.refresh_kpis() ->> 'status'").fetchone()
    assert told == ("refreshed",)


@settings(max_examples=30)
@given(worlds.worlds)
def test_live_and_materialized_equal_the_formulas(db: Connection, world: worlds.World) -> None:
    with db.transaction(force_rollback=True):
        now = worlds.build(db, world)
        expected = oracle.kpis(oracle.read(db, COACH), now)
        assert row_of(db, "coach_dashboard_kpis_live") == expected
        refresh(db)
        assert row_of(db, "coach_dashboard_kpis") == expected


def test_a_tenant_without_anything(db: Connection) -> None:
    add_coach(db)
    refresh(db)
    for view in ("coach_dashboard_kpis", "coach_dashboard_kpis_live"):
        row = row_of(db, view)
        nothing = {key for key, value in row.items() if value is None}
        assert nothing == {
            "avg_messages_per_lead",
            "avg_discussion_minutes",
            *(f"msg{n}_rate" for n in range(1, 5)),
            "qualification_rate",
            "call_booking_rate",
            "male_pct",
            "female_pct",
            "other_pct",
            "avg_age",
            "lost_rate",
            "relance_rate",
            "win_rate",
            "avg_deal_value",
            "acquisition_cost",
            "roi_pct",
            "avg_time_to_action_minutes",
            "best_conversion_weekday",
            "best_conversion_hour",
        }
        assert row["estimated_kpis"] == [
            "lead_magnets_sent",
            "emails_captured",
            "no_show_rate",
            "ai_efficiency",
            "hours_saved_monthly",
        ]
        assert (row["no_show_rate"], row["total_revenue"]) == (17, 0)


@pytest.mark.parametrize(
    ("qualified", "leads", "rate"),
    [(1, 16, "6.3"), (3, 16, "18.8"), (1, 80, "1.3"), (1, 3, "33.3"), (2, 3, "66.7")],
)
def test_halves_go_away_from_zero(db: Connection, qualified: int, leads: int, rate: str) -> None:
    add_coach(db)
    db.execute(
        "insert into public.leads (coach_id, status) select %s,"
        " case when n <= %s then 'qualified' else 'new' end from generate_series(1, %s) as n",
        [COACH, qualified, leads],
    )
    assert row_of(db, "coach_dashboard_kpis_live")["qualification_rate"] == Decimal(rate)


def test_a_loss_is_rounded_away_from_zero_too(db: Connection) -> None:
    """16 leads at 1.00 cost 16; a revenue of 15 is a return of -6.25 %."""
    add_coach(db)
    db.execute("update public.coach_settings set acquisition_cost_per_lead = 1")
    db.execute(
        "insert into public.leads (coach_id, status, deal_value) select %s,"
        " case when n = 1 then 'won' else 'new' end, 15 from generate_series(1, 16) as n",
        [COACH],
    )
    row = row_of(db, "coach_dashboard_kpis_live")
    assert (row["roi_pct"], row["total_revenue"]) == (Decimal("-6.3"), 15)


@pytest.mark.parametrize(
    ("table", "change", "code", "measured"),
    [
        ("leads", "lead_magnet_sent_at = now()", "lead_magnets_sent", 4),
        ("leads", "email = 'x@example.com'", "emails_captured", 4),
        ("leads", "call_attended_at = now()", "no_show_rate", 0),
        ("leads", "call_no_show_at = now()", "no_show_rate", 100),
    ],
)
def test_an_estimate_gives_way_to_a_measurement(
    db: Connection, table: str, change: str, code: str, measured: int
) -> None:
    add_coach(db)
    db.execute(
        "insert into public.leads (coach_id, status)"
        " select %s, 'qualified' from generate_series(1, 4)",
        [COACH],
    )
    before = row_of(db, "coach_dashboard_kpis_live")
    estimates = {"lead_magnets_sent": 3, "emails_captured": 2, "no_show_rate": 17}
    assert before[code] == estimates[code]
    assert code in before["estimated_kpis"]
    db.execute(f"update public.{table} set {change}".encode())
    after = row_of(db, "coach_dashboard_kpis_live")
    assert after[code] == measured
    assert set(before["estimated_kpis"]) - set(after["estimated_kpis"]) == {code}


@pytest.mark.parametrize(
    ("wins", "slot"),
    [
        (["2026-10-05T09:10Z", "2026-10-06T09:10Z"], (1, 11)),
        (["2026-10-06T09:10Z", "2026-10-06T08:10Z"], (2, 10)),
        (["2026-10-06T09:10Z", "2026-10-13T09:59Z", "2026-10-05T01:00Z"], (2, 11)),
        (["2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-24T09:00Z"], (7, 2)),
        (["2026-10-25T23:30Z"], (1, 0)),
        (["2028-02-28T23:30Z"], (2, 0)),
    ],
)
def test_the_best_hour_is_local_and_ties_go_to_the_earliest(
    db: Connection, wins: list[str], slot: tuple[int, int]
) -> None:
    add_coach(db)
    for at in wins:
        db.execute("insert into public.leads (coach_id, won_at) values (%s, %s)", [COACH, at])
    refresh(db)
    for view in ("coach_dashboard_kpis", "coach_dashboard_kpis_live"):
        row = row_of(db, view)
        assert (row["best_conversion_weekday"], row["best_conversion_hour"]) == slot


@pytest.mark.parametrize(
    ("zone", "as_of", "today", "week"),
    [
        # Created at 2026-10-24T22:30Z: on the 25th in Paris, on the 24th in New York.
        ("Europe/Paris", "2026-10-24T21:59:59Z", 0, 0),
        ("Europe/Paris", "2026-10-24T22:00:00Z", 1, 1),
        ("Europe/Paris", "2026-10-25T22:59:59Z", 1, 1),  # a day of 25 hours
        ("Europe/Paris", "2026-10-25T23:00:00Z", 0, 1),
        ("Europe/Paris", "2026-10-31T22:59:59Z", 0, 1),
        ("Europe/Paris", "2026-10-31T23:00:00Z", 0, 0),
        ("America/New_York", "2026-10-24T22:30:00Z", 1, 1),
        ("America/New_York", "2026-10-25T03:59:59Z", 1, 1),
        ("America/New_York", "2026-10-25T04:00:00Z", 0, 1),
    ],
)
def test_today_is_the_tenants_own(
    db: Connection, zone: str, as_of: str, today: int, week: int
) -> None:
    add_coach(db, timezone=zone)
    db.execute(
        "insert into public.leads (coach_id, created_at) values (%s, '2026-10-24T22:30Z')", [COACH]
    )
    refresh(db)
    for live in (True, False):
        found = db.execute(
            "select d -> 'leads_today' -> 'value', d -> 'leads_week' -> 'value'"
            " from (select public.get_dashboard(%s, %s, %s) -> 'kpis') as x (d)",
            [COACH, as_of, live],
        ).fetchone()
        assert found == (today, week)


def test_another_tenants_rows_count_for_nothing(db: Connection) -> None:
    add_coach(db, OTHER)
    db.execute("insert into public.leads (coach_id, status) values (%s, 'won')", [OTHER])
    test_a_tenant_without_anything(db)
