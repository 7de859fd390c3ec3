"""After any writes and a refresh, the materialized dashboards equal the live ones."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sql.kpis import worlds
from tests.support.events import COACH, OTHER, add_coach
from tests.support.servers import Connection, Database

Write = Callable[[Connection], object]

SET = [
    "status = '{status}'",
    "status = '{status}', status_changed_at = '{at}'",
    "won_at = null",
    "won_at = '{at}'",
    "lost_at = null",
    "qualified_at = null, call_proposed_at = null, call_booked_at = null",
    "call_booked_at = '{at}'",
    "time_to_action_minutes = null",
    "time_to_action_minutes = 5",
    "call_no_show_at = '{at}'",
    "call_attended_at = null, call_no_show_at = null",
    "created_at = '{at}'",
    "deal_value = 12.34",
    "deal_value = null",
    "gender = 'other', age = null",
    "email = 'x@example.com'",
    "lead_magnet_sent_at = '{at}'",
    "status_changed_at = null",
]
WRITES = [
    *(f"update public.leads set {change} {{which}}" for change in SET),
    "delete from public.leads {which}",
    "update public.messages set created_at = '{at}' {which}",
    "update public.messages set direction = 'in' {which}",
    "delete from public.messages {which}",
    "truncate public.messages",
    "truncate public.leads cascade",
    "update public.coachs set timezone = '{zone}'",
    "update public.coachs set status = 'disabled'",
    "update public.coach_settings set acquisition_cost_per_lead = 3.5, no_show_estimate_pct = 20",
    "delete from public.coachs where id = '" + str(OTHER) + "'",
]
writes = st.builds(
    lambda text, **words: text.format(**words),
    st.sampled_from(WRITES),
    status=st.sampled_from(
        ["new", "engaged", "qualified", "call_booked", "won", "lost", "relance"]
    ),
    at=st.sampled_from(worlds.EDGES).map(str),
    zone=st.sampled_from(worlds.ZONES),
    which=st.sampled_from(["", "where id < '00000000-0000-4000-8000-000000000004'"]),
)

DIFFERENCES = """
select k.coach_id, f.key, to_jsonb(k) -> f.key, f.value
from public.coach_dashboard_kpis_live as l
left join public.coach_dashboard_kpis as k using (coach_id)
cross join lateral jsonb_each(to_jsonb(l)) as f
where f.key <> 'last_updated' and to_jsonb(k) -> f.key is distinct from f.value
union all
select k.coach_id, 'gone', null, null from public.coach_dashboard_kpis as k
where not exists (
  select from public.coach_dashboard_kpis_live as l where l.coach_id = k.coach_id
)
"""
# What kpi_daily must hold is stated once more by its own view.
DAYS = """
(table public.kpi_daily except table private.kpi_days)
union all
(table private.kpi_days except table public.kpi_daily)
"""


def agree(db: Connection) -> None:
    db.execute("select private.refresh_kpis()")
    assert db.execute(DIFFERENCES).fetchall() == []
    assert db.execute(DAYS).fetchall() == []


@settings(max_examples=20)
@given(worlds.worlds, worlds.worlds, st.lists(writes, max_size=6))
def test_materialized_equals_live_after_any_writes(
    db: Connection, world: worlds.World, other: worlds.World, program: list[str]
) -> None:
    with db.transaction(force_rollback=True):
        worlds.build(db, world)
        add_coach(db, OTHER, timezone=other["zone"])
        agree(db)
        for statement in program:
            db.execute(statement.encode())
        agree(db)


def test_a_new_coach_appears_with_the_refresh(db: Connection) -> None:
    db.execute("select private.refresh_kpis()")
    add_coach(db)
    seen = "select count(*) from public.coach_dashboard_kpis where coach_id = %s"
    assert db.execute(seen, [COACH]).fetchone() == (0,)
    db.execute("select private.refresh_kpis()")
    assert db.execute(seen, [COACH]).fetchone() == (1,)


def test_it_writes_only_what_differs(db: Connection) -> None:
    add_coach(db)
    db.execute("insert into public.leads (coach_id, created_at) values (%s, '2026-01-01')", [COACH])

    def days() -> object:
        return db.execute("select private.refresh_kpis() -> 'days'").fetchone()

    assert days() == (1,)
    assert days() == (0,)
    db.execute("insert into public.leads (coach_id, created_at) values (%s, '2026-01-02')", [COACH])
    assert days() == (1,)
    db.execute("update public.leads set created_at = '2026-01-02'")
    assert days() == (2,)


@pytest.fixture
def coach(clone: Database) -> Database:
    with clone.connect() as db:
        add_coach(db)
        db.execute("insert into public.leads (coach_id) values (%s)", [COACH])
        db.execute("select private.refresh_kpis()")
        db.execute("insert into public.leads (coach_id) values (%s)", [COACH])
    return clone


def leads_counted(database: Database) -> int:
    with database.connect() as db:
        row = db.execute("select total_leads from public.coach_dashboard_kpis").fetchone()
    assert row is not None
    return int(row[0])


def test_two_refreshes_at_once(coach: Database) -> None:
    with coach.connect() as one, coach.connect() as two:
        two.execute("set statement_timeout = '10s'")  # it must not wait
        assert one.execute("select private.refresh_kpis() ->> 'status'").fetchone() == (
            "refreshed",
        )
        assert two.execute("select private.refresh_kpis()").fetchone() == ({"status": "busy"},)
        assert leads_counted(coach) == 1
        one.commit()
        two.rollback()
        assert two.execute("select private.refresh_kpis() ->> 'status'").fetchone() == (
            "unchanged",
        )
    assert leads_counted(coach) == 2


def test_a_refresh_that_is_killed_leaves_the_old_figures(coach: Database) -> None:
    with coach.connect() as killed, coach.connect("supabase_admin", autocommit=True) as admin:
        killed.execute("select private.refresh_kpis()")
        admin.execute("select pg_terminate_backend(%s, 5000)", [killed.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            killed.commit()
    assert leads_counted(coach) == 1
    with coach.connect() as db:
        assert db.execute("select count(*) from private.kpi_refreshes").fetchone() == (1,)
        assert db.execute("select private.refresh_kpis() ->> 'status'").fetchone() == ("refreshed",)
    assert leads_counted(coach) == 2


def test_a_refresh_killed_while_it_waits_within(coach: Database) -> None:
    """Held up in the middle by a lock on the materialized view, after kpi_daily was written."""
    with (
        coach.connect() as holder,
        coach.connect() as killed,
        coach.connect("supabase_admin", autocommit=True) as admin,
        ThreadPoolExecutor(1) as elsewhere,
    ):
        holder.execute("create index held on private.coach_dashboard_kpis (total_leads)")
        running = elsewhere.submit(killed.execute, "select private.refresh_kpis()")
        waiting = (
            "select count(*) from pg_stat_activity where pid = %s and wait_event_type = 'Lock'"
        )
        for _ in range(400):
            if admin.execute(waiting, [killed.info.backend_pid]).fetchone() == (1,):
                break
            threading.Event().wait(0.01)
        admin.execute("select pg_terminate_backend(%s, 5000)", [killed.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            running.result(20)
    with coach.connect() as db:
        assert db.execute("select sum(leads) from public.kpi_daily").fetchone() == (1,)
        agree(db)


def test_readers_read_during_a_refresh(coach: Database) -> None:
    with coach.connect() as writer, coach.connect() as reader:
        writer.execute("select private.refresh_kpis()")
        reader.execute("set statement_timeout = '2s'")
        assert reader.execute("select total_leads from public.coach_dashboard_kpis").fetchone() == (
            1,
        )
