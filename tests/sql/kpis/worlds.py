"""Small random tenants: rows written directly, at the moments where calendars are awkward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from psycopg import sql

from tests.support.events import COACH, add_coach
from tests.support.servers import Connection

ZONES = (
    *("Europe/Paris", "UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"),
    *("Pacific/Apia", "Australia/Lord_Howe"),
)

EDGES = [
    datetime(2026, 10, 24, 21, 59, 59, 999999, tzinfo=UTC),  # a microsecond to midnight in Paris
    datetime(2026, 10, 24, 22, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # 02:30 in Paris, for the first time
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),  # and for the second
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),  # 03:00 in Paris, where 02:00 does not exist
    datetime(2026, 11, 1, 5, 30, tzinfo=UTC),  # New York goes back
    datetime(2028, 2, 28, 23, 30, tzinfo=UTC),
    datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 30, tzinfo=UTC),
    datetime(1999, 12, 31, 23, 59, tzinfo=UTC),
    datetime(2011, 12, 30, 10, 0, tzinfo=UTC),  # the 31st in Samoa, after the 29th
    datetime(2026, 4, 5, 13, 30, tzinfo=UTC),  # midnight on Lord Howe, no longer in summer time
]
# Around the present, as days before it: what leads_today and leads_week look at.
RECENT = [timedelta(days=number, seconds=offset) for number in (0, 1, 5, 6, 7) for offset in (0, 9)]

moments = st.one_of(st.sampled_from(EDGES), st.sampled_from(RECENT))
maybe = st.one_of(st.none(), moments)

leads = st.fixed_dictionaries(
    {
        "created_at": moments,
        "status": st.sampled_from(
            [
                "new",
                "engaged",
                "qualified",
                "call_proposed",
                "call_booked",
                "won",
                "lost",
                "relance",
            ]
        ),
    },
    optional={
        "gender": st.sampled_from(["male", "female", "other", None]),
        "age": st.one_of(st.none(), st.integers(0, 130)),
        "email": st.sampled_from([None, "x@example.com"]),
        "deal_value": st.sampled_from([None, 0, 0.05, 100, 1791.5, 999999.99]),
        "qualified_at": maybe,
        "call_proposed_at": maybe,
        "call_booked_at": maybe,
        "call_attended_at": maybe,
        "call_no_show_at": maybe,
        "won_at": maybe,
        "lost_at": maybe,
        "lead_magnet_sent_at": maybe,
        "status_changed_at": maybe,
        "source": st.sampled_from([None, "bio", "story"]),
        "job_title": st.sampled_from([None, "Chef", "chef ", "CHEF", " Pilote"]),
        "loss_reason": st.sampled_from([None, "price", "other"]),
    },
)
messages = st.tuples(st.integers(0, 9), st.sampled_from(["in", "out"]), moments)
settings = st.fixed_dictionaries(
    {},
    optional={
        "acquisition_cost_per_lead": st.sampled_from([None, 0, 0.1, 12.5, 33.33]),
        "lead_magnet_estimate_pct": st.sampled_from([0, 50, 75, 100]),
        "email_estimate_pct": st.sampled_from([0, 60, 12.5]),
        "no_show_estimate_pct": st.sampled_from([0, 17, 17.5]),
    },
)
worlds = st.fixed_dictionaries(
    {
        "zone": st.sampled_from(ZONES),
        "leads": st.lists(leads, max_size=6),
        "messages": st.lists(messages, max_size=12),
        "settings": settings,
    }
)

World = dict[str, Any]


def absolute(value: Any, now: datetime) -> Any:
    return now - value if isinstance(value, timedelta) else value


def insert(db: Connection, table: str, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        db.execute(
            sql.SQL("insert into public.{} ({}) values ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, row)),
                sql.SQL(", ").join(map(sql.Literal, row.values())),
            )
        )


def build(db: Connection, world: World, coach: UUID = COACH) -> datetime:
    """Write a world; returns the present of the transaction."""
    row = db.execute("select now()").fetchone()
    assert row is not None
    now: datetime = row[0]
    add_coach(db, coach, timezone=world["zone"])
    if world["settings"]:
        assignments = sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value))
            for name, value in world["settings"].items()
        )
        db.execute(sql.SQL("update public.coach_settings set {}").format(assignments))
    ids = [UUID(int=number, version=4) for number in range(1, len(world["leads"]) + 1)]
    insert(
        db,
        "leads",
        [
            {"id": key, "coach_id": coach, **{k: absolute(v, now) for k, v in lead.items()}}
            for key, lead in zip(ids, world["leads"], strict=True)
        ],
    )
    insert(
        db,
        "messages",
        [
            {
                "coach_id": coach,
                "lead_id": ids[number % len(ids)],
                "direction": direction,
                "created_at": absolute(at, now),
            }
            for number, direction, at in world["messages"]
            if ids
        ],
    )
    return now
