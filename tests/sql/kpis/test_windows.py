"""History and comparison: windows of kpi_daily, whole and without gaps, whatever the grain."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import errors
from psycopg.rows import dict_row

from tests.sql.kpis import oracle, worlds
from tests.support.catalogue import attempt
from tests.support.events import COACH, add_coach
from tests.support.servers import Connection

DAYS = st.dates(date(2026, 10, 20), date(2026, 11, 5)) | st.dates(
    date(1999, 1, 1), date(2028, 3, 9)
)
GRAINS = ("day", "week", "month", "year")

# A figure of a window is a sum of kpi_daily, or a ratio of two: (of, whole, digits, scale).
SUMS = {
    "total_messages_sent": "messages_sent",
    "total_messages_received": "messages_received",
    "total_leads": "leads",
    "contacted_leads": "msg1_sent",
    "qualified_leads": "qualified_leads",
    "calls_proposed": "calls_proposed",
    "calls_booked": "calls_booked",
    "lead_magnets_sent": "lead_magnets",
    "emails_captured": "emails",
    "male_count": "males",
    "female_count": "females",
    "other_count": "others",
    "leads_won": "won_leads",
    "leads_lost": "lost_leads",
    "total_revenue": "revenue",
    "deals_count": "deals",
}
RATIOS: dict[str, tuple[tuple[str, ...], tuple[str, ...], int, int]] = {
    "avg_messages_per_lead": (("messages_sent", "messages_received"), ("leads",), 2, 1),
    **{f"msg{n}_rate": ((f"msg{n}_replied",), (f"msg{n}_sent",), 1, 100) for n in range(1, 5)},
    "qualification_rate": (("qualified_leads",), ("leads",), 1, 100),
    "call_booking_rate": (("calls_booked",), ("calls_proposed",), 1, 100),
    "no_show_rate": (("no_shows",), ("calls_due",), 1, 100),
    "male_pct": (("males",), ("males", "females", "others"), 1, 100),
    "female_pct": (("females",), ("males", "females", "others"), 1, 100),
    "other_pct": (("others",), ("males", "females", "others"), 1, 100),
    "avg_age": (("age_sum",), ("ages",), 1, 1),
    "win_rate": (("won_leads",), ("won_leads", "lost_leads"), 1, 100),
    "avg_deal_value": (("revenue",), ("deals",), 2, 1),
    "avg_time_to_action_minutes": (("action_minutes",), ("timed_actions",), 1, 1),
}


def rows(db: Connection, query: str, *values: object) -> list[dict[str, Any]]:
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), values).fetchall()


def figures(days: list[dict[str, Any]], first: date, last: date) -> dict[str, Any]:
    """The figures of a window of kpi_daily."""
    inside = [day for day in days if first <= day["date"] <= last]

    def total(*parts: str) -> Decimal:
        return sum((Decimal(day[part]) for day in inside for part in parts), Decimal(0))

    found: dict[str, Any] = {code: total(part) for code, part in SUMS.items()}
    for code, (part, whole, digits, scale) in RATIOS.items():
        found[code] = oracle.ratio(total(*part), total(*whole), digits, scale)
    found["avg_discussion_minutes"] = oracle.ratio(
        total("discussion_seconds"), total("discussions") * 60
    )
    return found


@settings(max_examples=12)
@given(worlds.worlds, DAYS, DAYS, st.sampled_from(GRAINS))
def test_windows_are_sums_of_their_days(
    db: Connection, world: worlds.World, one: date, other: date, grain: str
) -> None:
    first, last = min(one, other), max(one, other)
    if grain == "day":
        first = max(first, last - timedelta(days=40))
    with db.transaction(force_rollback=True):
        worlds.build(db, world)
        db.execute("select private.refresh_kpis()")
        days = rows(db, "select * from public.kpi_daily")
        history = rows(
            db, "select * from public.get_kpi_history(%s, %s, %s, %s)", COACH, first, last, grain
        )
        assert [(x["period_start"], x["period_end"]) for x in history] == periods(
            first, last, grain
        )
        for row in history:
            start, end = row.pop("period_start"), row.pop("period_end")
            assert row == figures(days, start, end)
        now, before = figures(days, first, last), previous(days, first, last)
        comparison = rows(
            db, "select * from public.get_kpi_comparison(%s, %s, %s)", COACH, first, last
        )
        assert {x["code"]: (x["current"], x["previous"]) for x in comparison} == {
            code: (now[code], before[code]) for code in now
        }
        for row in comparison:
            check_change(row)


def previous(days: list[dict[str, Any]], first: date, last: date) -> dict[str, Any]:
    """The figures of the window of equal length before it."""
    return figures(days, first - (last - first) - timedelta(days=1), first - timedelta(days=1))


def check_change(row: dict[str, Any]) -> None:
    now, before = row["current"], row["previous"]
    if now is None or before is None:
        assert (row["change"], row["change_pct"]) == (None, None)
        return
    assert row["change"] == now - before
    assert row["change_pct"] == oracle.ratio(now - before, abs(before), 1, 100)


def periods(first: date, last: date, grain: str) -> list[tuple[date, date]]:
    """The calendar's days, weeks from Monday, months or years, cut to the window."""

    def begins(day: date) -> bool:
        return {
            "day": True,
            "week": day.isoweekday() == 1,
            "month": day.day == 1,
            "year": (day.month, day.day) == (1, 1),
        }[grain]

    starts = [first]
    day = first + timedelta(days=1)
    while day <= last:
        if begins(day):
            starts.append(day)
        day += timedelta(days=1)
    ends = [start - timedelta(days=1) for start in starts[1:]] + [last]
    return list(zip(starts, ends, strict=True))


@settings(max_examples=8)
@given(worlds.worlds)
def test_the_whole_life_is_the_dashboard(db: Connection, world: worlds.World) -> None:
    """One window over all days gives what the dashboard measures."""
    with db.transaction(force_rollback=True):
        worlds.build(db, world)
        db.execute("select private.refresh_kpis()")
        # Ninety-nine years hold every moment of these worlds, the present among them.
        whole = figures(
            rows(db, "select * from public.kpi_daily"), date(1990, 1, 1), date(2089, 1, 1)
        )
        (kpis,) = rows(db, "select * from public.coach_dashboard_kpis")
        estimated = set(kpis["estimated_kpis"])
        assert {code: whole[code] for code in whole if code not in estimated} == {
            code: kpis[code] for code in whole if code not in estimated
        }


def test_a_window_without_a_measurement_shows_no_estimate(db: Connection) -> None:
    add_coach(db)
    db.execute(
        "insert into public.leads (coach_id, status, created_at) values (%s, 'qualified', %s)",
        [COACH, datetime(2026, 10, 5, tzinfo=UTC)],
    )
    db.execute("select private.refresh_kpis()")
    (row,) = rows(
        db, "select * from public.get_kpi_history(%s, '2026-10-01', '2026-10-31', 'year')", COACH
    )
    assert (row["total_leads"], row["qualified_leads"]) == (1, 1)
    assert (row["lead_magnets_sent"], row["emails_captured"], row["no_show_rate"]) == (0, 0, None)


@pytest.mark.parametrize(
    ("window", "current", "before", "change"),
    [
        ("'2026-10-04', '2026-10-04'", 8, 4, 100),
        ("'2026-10-03', '2026-10-04'", 12, 3, 300),
        ("'2026-10-02', '2026-10-03'", 6, 1, 500),
        ("'2026-10-05', '2026-10-08'", 0, 15, -100),
        ("'2026-10-01', '2026-10-04'", 15, 0, None),
    ],
)
def test_a_comparison_is_with_the_days_just_before(
    db: Connection, window: str, current: int, before: int, change: int | None
) -> None:
    """1, 2, 4 and 8 leads on the first four days of October."""
    add_coach(db)
    db.execute(
        "insert into public.leads (coach_id, created_at) select %s, timestamptz"
        " '2026-10-01 12:00Z' + day * interval '1 day' from generate_series(0, 3) as day,"
        " generate_series(1, (2 ^ day)::integer)",
        [COACH],
    )
    db.execute("select private.refresh_kpis()")
    (row,) = rows(
        db,
        f"select * from public.get_kpi_comparison('{COACH}', {window}) where code = 'total_leads'",
    )
    assert (row["current"], row["previous"], row["change_pct"]) == (current, before, change)


def test_the_default_window_is_the_last_thirty_days(db: Connection) -> None:
    add_coach(db, timezone="Pacific/Kiritimati")
    found = rows(db, "select period_start, period_end from public.get_kpi_history(%s)", COACH)
    row = db.execute("select (now() at time zone 'Pacific/Kiritimati')::date").fetchone()
    assert row is not None
    assert len(found) == 30
    assert found[-1]["period_end"] == row[0]


@pytest.mark.parametrize(
    ("window", "outcome"),
    [
        ("'2026-10-01', '2026-10-01'", 1),
        ("'2028-02-28', '2028-03-01'", 3),
        ("'2026-10-02', '2026-10-01'", "22023"),
        ("'2026-10-01', '2026-10-02', 'hour'", "22023"),
        ("'2026-10-01', '2026-10-02', ''", "22023"),
        ("'2026-10-01', '2026-10-02', 'quarter'", "22023"),
        ("'2026-10-01', '2026-10-02', 'of no kind'", "22023"),
        ("'2026-10-01', '2026-10-02', null", 2),
        ("'1900-01-01', '2026-10-02', 'year'", "22023"),
        ("'-infinity', '2026-10-02', 'year'", "22023"),
        ("'2026-10-01', 'infinity', 'year'", "22023"),
        ("'infinity', 'infinity'", "22023"),
        ("'0001-01-01 BC', '0001-01-02 BC'", "22023"),
        ("'9999-12-31', '10000-01-01'", "22023"),
        ("'0001-01-01', '0001-01-02'", 2),
        ("'9999-12-31', '9999-12-31', 'year'", 1),
    ],
)
def test_bad_windows_are_refused_at_once(db: Connection, window: str, outcome: int | str) -> None:
    add_coach(db)
    db.execute("set local statement_timeout = '3s'")
    call = f"select * from public.get_kpi_history('{COACH}', {window})"
    assert attempt(db, call) == outcome
    if window.count(",") == 1:
        compared = attempt(db, f"select * from public.get_kpi_comparison('{COACH}', {window})")
        assert compared == (outcome if isinstance(outcome, str) else 32)


@pytest.mark.parametrize("grain", ["quarter", "foo", "day; drop", "DAY"])
def test_a_grain_that_nobody_knows_is_explained(db: Connection, grain: str) -> None:
    add_coach(db)
    with pytest.raises(errors.InvalidParameterValue, match="one of day, week, month, year"):
        db.execute("select * from public.get_kpi_history(%s, grain => %s)", [COACH, grain])


def test_days_begin_at_the_tenants_midnight_whatever_their_length(db: Connection) -> None:
    """Leads at both ends of the day of 23 hours, of that of 25, and of the 29th of February."""
    add_coach(db, timezone="Europe/Paris")
    moments = [
        *("2026-03-28T22:59:59Z", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z"),
        *("2026-03-29T22:00:00Z", "2026-10-24T21:59:59Z", "2026-10-24T22:00:00Z"),
        *("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T22:59:59Z"),
        *("2026-10-25T23:00:00Z", "2028-02-28T22:59:59Z", "2028-02-28T23:00:00Z"),
        *("2028-02-29T22:59:59Z", "2028-02-29T23:00:00Z"),
    ]
    db.cursor().executemany(
        "insert into public.leads (coach_id, created_at) values (%s, %s)",
        [(COACH, moment) for moment in moments],
    )
    db.execute("select private.refresh_kpis()")

    def leads(first: str, last: str, grain: str) -> list[tuple[str, str, int]]:
        query = "select * from public.get_kpi_history(%s, %s, %s, %s)"
        return [
            (str(row["period_start"]), str(row["period_end"]), row["total_leads"])
            for row in rows(db, query, COACH, first, last, grain)
        ]

    def counts(first: str, last: str) -> list[int]:
        return [count for _, _, count in leads(first, last, "day")]

    assert counts("2026-03-28", "2026-03-30") == [1, 2, 1]
    assert counts("2026-10-24", "2026-10-26") == [1, 4, 1]
    assert counts("2028-02-28", "2028-03-01") == [1, 2, 1]
    assert leads("2026-10-24", "2026-10-27", "week") == [
        ("2026-10-24", "2026-10-25", 5),
        ("2026-10-26", "2026-10-27", 1),
    ]
    assert leads("2028-01-31", "2028-03-31", "month") == [
        ("2028-01-31", "2028-01-31", 0),
        ("2028-02-01", "2028-02-29", 3),
        ("2028-03-01", "2028-03-31", 1),
    ]
    assert leads("2026-03-29", "2028-02-29", "year") == [
        ("2026-03-29", "2026-12-31", 9),
        ("2027-01-01", "2027-12-31", 0),
        ("2028-01-01", "2028-02-29", 3),
    ]
    # One day beside the leap day; two beside the two before.
    for window, found in (
        (("2028-03-01", "2028-03-01"), (1, 2)),
        (("2028-02-29", "2028-03-01"), (3, 1)),
        (("2026-10-25", "2026-10-25"), (4, 1)),
    ):
        (row,) = rows(
            db,
            "select * from public.get_kpi_comparison(%s, %s, %s) where code = 'total_leads'",
            COACH,
            *window,
        )
        assert (row["current"], row["previous"]) == found
