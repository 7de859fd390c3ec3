"""The KPIs of section 6 of the design, computed once more: from rows, in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row

from tests.support.servers import Connection

Row = dict[str, Any]


@dataclass(frozen=True)
class Tenant:
    """What there is of a tenant: its own row, its settings, leads and messages."""

    coach: Row
    settings: Row
    leads: list[Row]
    messages: list[Row]


def read(db: Connection, coach: object) -> Tenant:
    def rows(query: str) -> list[Row]:
        with db.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), [coach]).fetchall()

    return Tenant(
        rows("select * from public.coachs where id = %s")[0],
        rows("select * from public.coach_settings where coach_id = %s")[0],
        rows("select * from public.leads where coach_id = %s"),
        rows("select * from public.messages where coach_id = %s order by created_at, id"),
    )


def half_away(value: Fraction, digits: int) -> Decimal:
    scaled = abs(value) * 10**digits
    whole = int(scaled + Fraction(1, 2))
    return Decimal(whole if value >= 0 else -whole).scaleb(-digits)


def ratio(part: Any, whole: Any, digits: int = 1, scale: int = 1) -> Decimal | None:
    if not whole:
        return None
    return half_away(Fraction(part) * scale / Fraction(whole), digits)


def percent(part: Any, whole: Any) -> Decimal | None:
    return ratio(part, whole, scale=100)


def local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone))


def threads(tenant: Tenant) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = {lead["id"]: [] for lead in tenant.leads}
    for message in tenant.messages:
        found[message["lead_id"]].append(message)
    return found


def replies(thread: list[Row]) -> list[bool]:
    """For each outbound message of a lead in order, whether it was answered before the next."""
    sent = [m["created_at"] for m in thread if m["direction"] == "out"]
    received = [m["created_at"] for m in thread if m["direction"] == "in"]
    ends = [*sent[1:], None][: len(sent)]
    return [
        any(at <= moment and (end is None or moment < end) for moment in received)
        for at, end in zip(sent, ends, strict=True)
    ]


def minutes(span: timedelta) -> Fraction:
    return Fraction(span // timedelta(microseconds=1), 60_000_000)


def best_slot(tenant: Tenant) -> tuple[int | None, int | None]:
    zone = tenant.coach["timezone"]
    wins = [local(x["won_at"], zone) for x in tenant.leads if x["won_at"]]
    slots = Counter((moment.isoweekday(), moment.hour) for moment in wins)
    if not slots:
        return None, None
    return min(slots, key=lambda slot: (-slots[slot], slot))


def kpis(tenant: Tenant, now: datetime) -> Row:
    leads, settings = tenant.leads, tenant.settings

    def count(name: str, *values: object) -> int:
        return sum(1 for x in leads if (x[name] in values if values else x[name] is not None))

    total, statuses = len(leads), Counter(x["status"] for x in leads)
    sent = sum(1 for m in tenant.messages if m["direction"] == "out")
    received = len(tenant.messages) - sent
    by_lead = threads(tenant)
    spans = [
        minutes(thread[-1]["created_at"] - thread[0]["created_at"])
        for thread in by_lead.values()
        if {m["direction"] for m in thread} == {"in", "out"}
    ]
    answered = [replies(thread) for thread in by_lead.values()]
    zone = tenant.coach["timezone"]
    today = local(now, zone).date()
    days = [local(x["created_at"], zone).date() for x in leads]
    genders = Counter(x["gender"] for x in leads if x["gender"])
    ages = [x["age"] for x in leads if x["age"] is not None]
    deals = [x["deal_value"] for x in leads if x["status"] == "won"]
    deals = [value for value in deals if value is not None]
    revenue = sum(deals, Decimal(0))
    no_shows = count("call_no_show_at")
    due = sum(1 for x in leads if x["call_no_show_at"] or x["call_attended_at"])
    waits = [x["time_to_action_minutes"] for x in leads]
    waits = [wait for wait in waits if wait is not None]
    qualified = count("qualified_at")
    magnets, emails = count("lead_magnet_sent_at"), count("email")
    cost = settings["acquisition_cost_per_lead"]
    weekday, hour = best_slot(tenant)

    def estimate(measured: int, share: Decimal) -> int:
        return measured or int(half_away(Fraction(qualified) * Fraction(share) / 100, 0))

    estimated = [
        ("lead_magnets_sent", magnets == 0),
        ("emails_captured", emails == 0),
        ("no_show_rate", due == 0),
        ("acquisition_cost", cost is not None),
        ("roi_pct", bool(cost) and total > 0),
        ("ai_efficiency", True),
        ("hours_saved_monthly", True),
    ]
    return {
        "total_messages_sent": sent,
        "total_messages_received": received,
        "total_leads": total,
        "leads_today": days.count(today),
        "leads_week": in_window(days, today - timedelta(days=6), today),
        "avg_messages_per_lead": ratio(sent + received, total, 2),
        "avg_discussion_minutes": ratio(sum(spans), len(spans)),
        **{f"msg{n}_rate": response_rate(answered, n) for n in range(1, 5)},
        "contacted_leads": sum(1 for thread in answered if thread),
        "qualified_leads": qualified,
        "calls_proposed": count("call_proposed_at"),
        "calls_booked": count("call_booked_at"),
        "qualification_rate": percent(qualified, total),
        "call_booking_rate": percent(count("call_booked_at"), count("call_proposed_at")),
        "lead_magnets_sent": estimate(magnets, settings["lead_magnet_estimate_pct"]),
        "emails_captured": estimate(emails, settings["email_estimate_pct"]),
        "no_show_rate": percent(no_shows, due) if due else settings["no_show_estimate_pct"],
        **{f"{gender}_count": genders[gender] for gender in ("male", "female", "other")},
        **{
            f"{gender}_pct": percent(genders[gender], genders.total())
            for gender in ("male", "female", "other")
        },
        "avg_age": ratio(sum(ages), len(ages)),
        "new_leads": statuses["new"],
        "engaged_leads": statuses["engaged"],
        "leads_won": statuses["won"],
        "leads_lost": statuses["lost"],
        "leads_relance": statuses["relance"],
        "lost_rate": percent(statuses["lost"], total),
        "relance_rate": percent(statuses["relance"], total),
        "win_rate": percent(statuses["won"], statuses["won"] + statuses["lost"]),
        "total_revenue": revenue,
        "deals_count": len(deals),
        "avg_deal_value": ratio(revenue, len(deals), 2),
        "acquisition_cost": None if cost is None else half_away(Fraction(cost) * total, 2),
        "roi_pct": percent(revenue - cost * total, cost * total) if cost else None,
        "ai_efficiency": settings["ai_efficiency_pct"],
        "hours_saved_monthly": settings["hours_saved_monthly"],
        "avg_time_to_action_minutes": ratio(sum(waits), len(waits)),
        "estimated_kpis": [name for name, is_one in estimated if is_one],
        "best_conversion_weekday": weekday,
        "best_conversion_hour": hour,
    }


def response_rate(answered: list[list[bool]], number: int) -> Decimal | None:
    reached = [thread[number - 1] for thread in answered if len(thread) >= number]
    return percent(sum(reached), len(reached))


def in_window(days: Iterable[date], first: date, last: date) -> int:
    return sum(1 for day in days if first <= day <= last)
