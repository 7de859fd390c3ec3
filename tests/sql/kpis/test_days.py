"""kpi_daily: each part on the local day when it happened, told once more in Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from psycopg.rows import dict_row

from tests.sql.kpis import oracle, worlds
from tests.support.events import COACH, add_coach
from tests.support.servers import Connection

Days = dict[date, dict[str, Any]]


def days(tenant: oracle.Tenant) -> Days:
    """date → part → value, without the parts that are 0."""
    zone = tenant.coach["timezone"]
    found: Days = defaultdict(lambda: defaultdict(Decimal))

    def put(at: datetime | None, **parts: Any) -> None:
        for part, value in parts.items():
            if at is not None and value:
                found[oracle.local(at, zone).date()][part] += Decimal(value)

    for message in tenant.messages:
        way = "messages_sent" if message["direction"] == "out" else "messages_received"
        put(message["created_at"], **{way: 1})
    for lead in tenant.leads:
        put_lead(put, lead)
    for thread in oracle.threads(tenant).values():
        sent = [m["created_at"] for m in thread if m["direction"] == "out"]
        answered = oracle.replies(thread)
        for number, (at, reply) in enumerate(zip(sent[:4], answered, strict=False), 1):
            put(at, **{f"msg{number}_sent": 1, f"msg{number}_replied": int(reply)})
        if len({m["direction"] for m in thread}) == 2:
            first, last = thread[0]["created_at"], thread[-1]["created_at"]
            seconds = oracle.minutes(last - first) * 60
            put(first, discussions=1)
            put(first, discussion_seconds=Decimal(seconds.numerator) / seconds.denominator)
    wins = sorted(oracle.local(x["won_at"], zone) for x in tenant.leads if x["won_at"])
    for moment in sorted(wins, key=lambda m: m.replace(tzinfo=None)):
        found[moment.date()].setdefault("win_hours", []).append(moment.hour)
    return {day: dict(parts) for day, parts in found.items() if parts}


def put_lead(put: Any, lead: dict[str, Any]) -> None:
    status, gender = lead["status"], lead["gender"]
    put(
        lead["created_at"],
        leads=1,
        **({f"{gender}s": 1} if gender else {}),
        age_sum=lead["age"] or 0,
        ages=int(lead["age"] is not None),
        emails=int(lead["email"] is not None),
        new_leads=int(status == "new"),
        engaged_leads=int(status == "engaged"),
    )
    if status == "relance":
        put(lead["status_changed_at"] or lead["created_at"], relance_leads=1)
    if status == "won":
        known = lead["deal_value"] is not None
        put(lead["won_at"], won_leads=1, deals=int(known), revenue=lead["deal_value"] or 0)
    if status == "lost":
        put(lead["lost_at"], lost_leads=1)
    put(lead["qualified_at"], qualified_leads=1)
    put(lead["call_proposed_at"], calls_proposed=1)
    put(lead["call_booked_at"], calls_booked=1)
    due = [at for at in (lead["call_attended_at"], lead["call_no_show_at"]) if at]
    put(min(due, default=None), calls_due=1)
    put(lead["call_no_show_at"], no_shows=1)
    put(lead["lead_magnet_sent_at"], lead_magnets=1)
    if lead["time_to_action_minutes"] is not None:
        put(
            lead["call_booked_at"] or lead["created_at"],
            timed_actions=1,
            action_minutes=lead["time_to_action_minutes"],
        )


def stored(db: Connection) -> Days:
    with db.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute("select * from public.kpi_daily").fetchall()
    return {
        row["date"]: {
            part: value for part, value in row.items() if value and part not in ("coach_id", "date")
        }
        for row in rows
    }


@settings(max_examples=15)
@given(worlds.worlds)
def test_each_part_is_on_its_day(db: Connection, world: worlds.World) -> None:
    with db.transaction(force_rollback=True):
        worlds.build(db, world)
        db.execute("select private.refresh_kpis()")
        assert stored(db) == days(oracle.read(db, COACH))


MOMENTS = {
    "call_proposed_at": "calls_proposed",
    "call_booked_at": "calls_booked",
    "call_attended_at": "calls_due",
    "call_no_show_at": "no_shows",
    "lead_magnet_sent_at": "lead_magnets",
}


def test_one_lead_with_a_day_for_everything(db: Connection) -> None:
    """On the nth of October at 23:30 UTC, which is the next day in Paris."""
    add_coach(db)
    numbers = dict(zip(MOMENTS, range(4, 9), strict=True))
    moments = {
        "created_at": 2,
        "qualified_at": 3,
        **numbers,
        "won_at": 10,
        "lost_at": 11,
        "status_changed_at": 12,
    }
    columns = ", ".join(moments)
    values = ", ".join(f"'2026-10-{day:02}T23:30:00Z'" for day in moments.values())
    for status, part, day in (
        ("won", "won_leads", 11),
        ("lost", "lost_leads", 12),
        ("relance", "relance_leads", 13),
        ("new", "new_leads", 3),
        ("engaged", "engaged_leads", 3),
    ):
        with db.transaction(force_rollback=True):
            db.execute(
                f"insert into public.leads (coach_id, status, {columns})"
                f" values ('{COACH}', '{status}', {values})".encode()
            )
            db.execute("select private.refresh_kpis()")
            found = {
                (part, int(date.strftime("%d")))
                for date, parts in stored(db).items()
                for part in parts
            }
        expected = {(part, numbers[column] + 1) for column, part in MOMENTS.items()}
        expected |= {("leads", 3), ("qualified_leads", 4), ("win_hours", 11), (part, day)}
        expected |= {("timed_actions", 6), ("action_minutes", 6)}
        assert found == expected, status
