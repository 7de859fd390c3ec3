"""The fast path writes what `ingest_event` and the triggers make of the same world."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from setterbase.seeding import load, plan
from setterbase_seed.coaches import made
from setterbase_seed.coaching import blocks
from setterbase_seed.world import PROFILES, Coach, World
from tests.support.servers import Connection, Database

WORLD = World(seed=7, day=date(2026, 10, 31), days=40)
AS_OF = datetime(2026, 10, 31, tzinfo=UTC)

# Every column but what is random (ids) or bookkeeping of the moment of writing.
COMPARED = {
    "leads": """
        select to_jsonb(l) - '{id,updated_at}'::text[] from public.leads as l
        order by l.coach_id, l.contact_id
    """,
    "messages": """
        select l.contact_id, to_jsonb(m) - '{id,lead_id}'::text[]
        from public.messages as m join public.leads as l on l.id = m.lead_id
        order by l.coach_id, l.contact_id, m.created_at
    """,
    "sequences": """
        select l.contact_id, to_jsonb(s) - '{id,lead_id}'::text[]
        from public.message_sequences as s join public.leads as l on l.id = s.lead_id
        order by l.coach_id, l.contact_id
    """,
    "history": """
        select l.contact_id, to_jsonb(h) - '{id,lead_id,recorded_at}'::text[]
        from public.lead_status_history as h join public.leads as l on l.id = h.lead_id
        order by l.coach_id, l.contact_id, h.changed_at, h.id
    """,
    "daily": "select to_jsonb(d) from private.kpi_days as d order by d.coach_id, d.date",
    "dashboards": """
        select to_jsonb(k) - '{last_updated}'::text[]
        from public.coach_dashboard_kpis_live as k order by k.coach_id
    """,
    "materialized": """
        select to_jsonb(k) - '{last_updated}'::text[]
        from public.coach_dashboard_kpis as k order by k.coach_id
    """,
}
# Of the read API, with the clock held: what a client would see.
FUNCTIONS = (
    "get_response_rates(%(coach)s)",
    "get_top_sources(%(coach)s)",
    "get_top_professions(%(coach)s)",
    "get_loss_reasons(%(coach)s)",
    "get_funnel(%(coach)s)",
    "get_kpi_history(%(coach)s, '2026-09-01', '2026-10-31', 'week')",
    "get_kpi_comparison(%(coach)s, '2026-10-10', '2026-10-31')",
)


@pytest.fixture
def coaches() -> list[Coach]:
    return sorted((one.coach for one in made(WORLD, 3)), key=lambda coach: coach.id)


def seed(connection: Connection, coaches: list[Coach]) -> None:
    plan.make_coaches(connection, made(WORLD, 3))
    todo = plan.plan(connection, WORLD, coaches, total=260, profile=PROFILES["demo"])
    load.load(connection, todo, workers=0)


def ingest(connection: Connection, coaches: list[Coach], *, backwards: bool = False) -> None:
    plan.make_coaches(connection, made(WORLD, 3))
    todo = plan.plan(None, WORLD, coaches, total=260, profile=PROFILES["demo"])
    wanted = [b for part in todo.parts for b in blocks.chunks(part.coach, part.first, part.last)]
    for _, rows in blocks.stream(WORLD, wanted, form="events"):
        lines = rows.texts[0].decode().splitlines()
        answer = connection.execute("select private.ingest_lines(%s)", [lines]).fetchone()
        assert answer is not None
        counts = {k: v for k, v in answer[0].items() if k != "results"}
        assert counts == {"accepted": len(lines), "duplicates": 0, "dead_letters": 0}


def seen(connection: Connection, coaches: list[Coach]) -> dict[str, list[Any]]:
    connection.execute("select private.refresh_kpis()")
    result = {name: connection.execute(query).fetchall() for name, query in COMPARED.items()}
    for function in FUNCTIONS:
        for coach in coaches:
            query = f"select to_jsonb(f) from public.{function} as f"
            rows = connection.execute(query, {"coach": coach.id}).fetchall()
            result[f"{function} {coach.name}"] = rows
    return result


@pytest.mark.slow
def test_the_fast_path_equals_ingest(
    clone: Database, server: Any, grants: Any, coaches: list[Coach]
) -> None:
    with clone.connect(autocommit=True) as connection:
        seed(connection, coaches)
        fast = seen(connection, coaches)
    other = server.clone(server.migrated(grants))
    try:
        with other.connect(autocommit=True) as connection:
            ingest(connection, coaches)
            slow = seen(connection, coaches)
    finally:
        server.drop(other)
    assert fast.keys() == slow.keys()
    for name in fast:
        assert len(fast[name]) == len(slow[name]), name
        for mine, theirs in zip(fast[name], slow[name], strict=True):
            assert mine == theirs, f"{name}: {json.dumps(mine, default=str)}"
    assert len(fast["leads"]) == 260
    assert len(fast["history"]) > 260
