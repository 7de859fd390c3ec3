"""What a refresh takes up, what it says, and what is left when it is disturbed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.sql.kpis.exact import assert_exact, marks
from tests.support import servers
from tests.support.events import COACH, OTHER, add_coach
from tests.support.legs import Leg
from tests.support.servers import Connection, Database


def agree(db: Connection) -> None:
    db.execute("select private.refresh_kpis()")
    assert_exact(db)


def test_a_new_coach_appears_with_the_refresh(db: Connection) -> None:
    db.execute("select private.refresh_kpis()")
    add_coach(db)
    seen = "select count(*) from public.coach_dashboard_kpis where coach_id = %s"
    assert db.execute(seen, [COACH]).fetchone() == (0,)
    db.execute("select private.refresh_kpis()")
    assert db.execute(seen, [COACH]).fetchone() == (1,)


def refresh(db: Connection, *, full: bool = False) -> dict[str, Any]:
    row = db.execute("select private.refresh_kpis(%s)", [full]).fetchone()
    assert row is not None
    answer: dict[str, Any] = row[0]
    assert answer.pop("duration_ms") > 0
    return answer


def add_lead(db: Connection, at: str = "2026-01-01", coach: UUID = COACH) -> None:
    db.execute("insert into public.leads (coach_id, created_at) values (%s, %s)", [coach, at])


def refreshed(changes: int, days: int, tenants: int) -> dict[str, Any]:
    return {"status": "refreshed", "changes": changes, "days": days, "tenants": tenants}


UNCHANGED = {"status": "unchanged", "changes": 0, "days": 0, "tenants": 0}


def test_it_writes_only_what_differs(db: Connection) -> None:
    add_coach(db)
    add_lead(db)
    assert refresh(db) == refreshed(2, 1, 1)  # the lead, and the settings of the new tenant
    assert refresh(db) == UNCHANGED
    add_lead(db, "2026-01-02")
    assert refresh(db) == refreshed(1, 1, 1)
    db.execute("update public.leads set created_at = '2026-01-02'")
    assert refresh(db) == refreshed(2, 2, 1)  # of two leads one was there already
    db.execute("update public.leads set first_name = 'Ada', created_at = created_at")
    assert refresh(db) == UNCHANGED
    db.execute("update public.leads set source = 'bio'")
    assert refresh(db) == refreshed(2, 0, 1)  # for the list of sources
    assert_exact(db)


def test_days_that_stay_as_they_were_are_not_written(db: Connection) -> None:
    """A lead of three days is lost on a fourth; one of them counts it by its status."""
    add_coach(db)
    db.execute(
        "insert into public.leads (coach_id, created_at, status, qualified_at, call_proposed_at)"
        " values (%s, '2026-01-01', 'engaged', '2026-01-02', '2026-01-03')",
        [COACH],
    )
    refresh(db)
    rows = "select date::text, ctid from public.kpi_daily where date between %s and %s"
    stay = db.execute(rows, ["2026-01-02", "2026-01-03"]).fetchall()
    assert len(stay) == 2
    db.execute("update public.leads set status = 'lost', lost_at = '2026-01-04'")
    assert refresh(db) == refreshed(2, 2, 1)
    assert db.execute(rows, ["2026-01-02", "2026-01-03"]).fetchall() == stay
    assert_exact(db)


def test_a_conversation_that_goes_on_lengthens_its_first_day(db: Connection) -> None:
    add_coach(db)
    add_lead(db)

    def say(direction: str, at: str) -> None:
        db.execute(
            "insert into public.messages (coach_id, lead_id, direction, created_at)"
            " select coach_id, id, %s, %s from public.leads",
            [direction, at],
        )

    say("out", "2026-01-01T12:00:00Z")
    say("in", "2026-01-01T13:00:00Z")
    refresh(db)
    say("out", "2026-01-05T12:00:00Z")
    assert refresh(db)["days"] == 2
    found = (
        "select date::text, discussion_seconds, messages_sent from public.kpi_daily order by date"
    )
    assert db.execute(found).fetchall() == [("2026-01-01", 4 * 86400, 1), ("2026-01-05", 0, 1)]
    assert_exact(db)
    # On a day of its own messages both change at once.
    say("in", "2026-01-01T18:00:00Z")
    db.execute("update public.leads set last_message_at = '2026-01-06T12:00:00Z'")
    refresh(db)
    assert_exact(db)


def test_a_day_of_nothing_but_a_win_that_was_undone(db: Connection) -> None:
    """The hour of a win counts though its lead is lost since; such a day comes and goes."""
    add_coach(db)
    db.execute(
        "insert into public.leads (coach_id, created_at, status, qualified_at)"
        " values (%s, '2026-01-01', 'qualified', '2026-01-01')",
        [COACH],
    )
    refresh(db)
    db.execute(
        "update public.leads set status = 'lost', lost_at = '2026-01-09', won_at = '2026-01-05'"
    )
    refresh(db)
    wins = "select date::text, win_hours from public.kpi_daily where win_hours <> '{}'"
    assert db.execute(wins).fetchall() == [("2026-01-05", [1])]  # midnight in UTC
    assert_exact(db)
    db.execute("update public.leads set won_at = null")
    refresh(db)
    assert db.execute("select count(*) from public.kpi_daily").fetchone() == (2,)
    assert_exact(db)


def test_every_refresh_is_remembered(db: Connection) -> None:
    add_coach(db)
    add_lead(db)
    refresh(db)
    refresh(db)
    found = db.execute(
        "select days, tenants, changes, finished_at > started_at from private.kpi_refreshes"
        " order by id"
    ).fetchall()
    assert found == [(1, 1, 2, True), (0, 0, 0, True)]


def test_an_unchanged_world_is_not_projected_again(clone: Database) -> None:
    """The materialized view is not even touched: whoever holds it keeps no idle refresh waiting."""
    with clone.connect() as db:
        add_coach(db)
        refresh(db)
    with clone.connect() as holder, clone.connect() as db:
        holder.execute("create index held on private.coach_dashboard_kpis (leads_week)")
        db.execute("set lock_timeout = '1s'")
        assert refresh(db) == UNCHANGED
        add_lead(db)
        with pytest.raises(psycopg.errors.LockNotAvailable):  # the lock is one that would be felt
            refresh(db)


def test_days_end_without_any_write(db: Connection) -> None:
    """Yesterday the dashboards said two leads today; today nobody wrote, and they say none."""
    add_coach(db)
    add_coach(db, OTHER, timezone="Asia/Kathmandu")
    db.execute(
        "insert into public.leads (coach_id, created_at) select id, now() - interval '1 day'"
        " from public.coachs, generate_series(1, 2)"
    )
    refresh(db)
    db.execute("update private.kpi_zones set today = today - 1 where timezone = 'Europe/Paris'")
    db.execute("refresh materialized view private.coach_dashboard_kpis")
    today = "select leads_today from public.coach_dashboard_kpis where coach_id = %s"
    assert db.execute(today, [COACH]).fetchone() == (2,)
    assert refresh(db) == refreshed(0, 0, 0)
    assert db.execute(today, [COACH]).fetchone() == (0,)
    assert_exact(db)
    assert refresh(db) == UNCHANGED


def test_assumptions_change_the_dashboard_and_no_day(db: Connection) -> None:
    add_coach(db)
    add_lead(db)
    refresh(db)
    db.execute("update public.coach_settings set acquisition_cost_per_lead = 3.5")
    assert refresh(db) == refreshed(1, 0, 1)
    assert_exact(db)


def test_a_new_time_zone_counts_one_tenant_anew(db: Connection) -> None:
    for coach in (COACH, OTHER):
        add_coach(db, coach)
        add_lead(db, "2026-01-01T23:30:00Z", coach)  # the second of January in Paris
    refresh(db)
    db.execute("update public.kpi_daily set leads = 7 where coach_id = %s", [OTHER])
    db.execute("update public.coachs set timezone = 'UTC' where id = %s", [COACH])
    db.execute("update public.coachs set name = 'No day depends on it' where id = %s", [OTHER])
    assert refresh(db) == refreshed(1, 2, 1)
    days = "select date::text, leads from public.kpi_daily where coach_id = %s"
    assert db.execute(days, [COACH]).fetchall() == [("2026-01-01", 1)]
    assert db.execute(days, [OTHER]).fetchall() == [("2026-01-02", 7)]  # nobody looked there


def test_full_mends_what_nobody_marked(db: Connection) -> None:
    add_coach(db)
    add_lead(db)
    refresh(db)
    db.execute("update public.kpi_daily set leads = 7")
    db.execute("update private.kpi_totals set leads = 9, best_hour = 3")
    add_lead(db)
    assert refresh(db, full=True) == refreshed(0, 1, 1)  # the mark is in the count
    assert_exact(db)
    assert marks(db) == 0
    assert refresh(db, full=True) == refreshed(0, 0, 1)


@pytest.mark.parametrize("table", ["messages", "leads", "message_sequences", "coach_settings"])
def test_a_truncate_counts_everything_anew(db: Connection, table: str) -> None:
    add_coach(db)
    add_lead(db)
    db.execute(
        "insert into public.messages (coach_id, lead_id, direction) select coach_id, id, 'out'"
        " from public.leads"
    )
    refresh(db)
    db.execute(f"truncate public.{table} cascade".encode())
    assert refresh(db)["status"] == "refreshed"
    assert_exact(db)


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


def until_it_waits(database: Database, blocked: Connection) -> None:
    waiting = "select count(*) from pg_stat_activity where pid = %s and wait_event_type = 'Lock'"
    deadline = time.monotonic() + 20
    with database.connect("supabase_admin", autocommit=True) as admin:
        while admin.execute(waiting, [blocked.info.backend_pid]).fetchone() != (1,):
            assert time.monotonic() < deadline
            time.sleep(0.01)


@contextmanager
def held_up(database: Database) -> Iterator[Connection]:
    """A refresh that waits in its middle, after kpi_daily was written; yields its connection."""
    with (
        database.connect() as holder,
        database.connect() as held,
        ThreadPoolExecutor(1) as elsewhere,
    ):
        holder.execute("create index held on private.coach_dashboard_kpis (leads_week)")
        running = elsewhere.submit(held.execute, "select private.refresh_kpis()")
        until_it_waits(database, held)
        try:
            yield held
        finally:
            if not holder.closed:
                holder.rollback()
            running.exception(20)


def test_a_refresh_killed_while_it_waits_within(coach: Database) -> None:
    with held_up(coach) as killed, coach.connect("supabase_admin", autocommit=True) as admin:
        admin.execute("select pg_terminate_backend(%s, 5000)", [killed.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            killed.execute("select 1")
    with coach.connect() as db:
        assert db.execute("select sum(leads) from public.kpi_daily").fetchone() == (1,)
        agree(db)


def test_marks_written_while_it_runs_are_for_the_next(coach: Database) -> None:
    with coach.connect() as open_since_before:
        add_lead(open_since_before, "2026-01-01")
        with held_up(coach):
            with coach.connect() as writer:
                writer.execute("set statement_timeout = '5s'")
                add_lead(writer, "2026-01-02")
            open_since_before.commit()
    assert leads_counted(coach) == 2
    with coach.connect() as db:
        assert refresh(db) == refreshed(2, 2, 1)
        assert_exact(db)
    assert leads_counted(coach) == 4


def test_two_writers_of_one_tenant_do_not_wait(coach: Database) -> None:
    with coach.connect() as one, coach.connect() as two:
        add_lead(one)
        two.execute("set lock_timeout = '1s'")
        add_lead(two)
        assert marks(two) - marks(one) == 0


@pytest.mark.slow
def test_kill_9_loses_no_mark(leg: Leg) -> None:
    """The server's answer to a backend that is gone: it ends the others too, and recovers."""
    durable = replace(leg, settings={**leg.settings, "synchronous_commit": "on"})
    server = servers.start(durable)
    try:
        database = server.clone(server.migrated("current"))
        with database.connect() as db:
            add_coach(db)
            refresh(db)
        for killed_at in range(4):
            with database.connect() as db:
                add_lead(db, f"2026-01-0{killed_at + 1}")
            with pytest.raises(psycopg.OperationalError), held_up(database) as held:
                kill_9(held)
            wait_for(database)
            assert leads_counted(database) == 0
        with database.connect() as db:
            assert refresh(db) == refreshed(4, 4, 1)
            assert_exact(db)
        assert leads_counted(database) == 4
    finally:
        servers.end(server, keep=False)


def kill_9(connection: Connection) -> None:
    """Its backend; returns when the server has noticed, by raising."""
    os.kill(connection.info.backend_pid, signal.SIGKILL)
    connection.execute("select 1")


def wait_for(database: Database) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with database.connect() as db:
                db.execute("select 1")
                return
        except psycopg.OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize("full", [False, True])
def test_a_tenant_that_is_deleted_meanwhile_stops_no_refresh(coach: Database, full: bool) -> None:
    with coach.connect() as db:
        add_coach(db, OTHER)
        refresh(db)
        add_lead(db, "2026-02-01", OTHER)
        add_lead(db, "2026-02-01")
    with (
        coach.connect() as deleter,
        coach.connect() as refresher,
        ThreadPoolExecutor(1) as elsewhere,
    ):
        deleter.execute("delete from public.coachs where id = %s", [OTHER])
        running = elsewhere.submit(refresh, refresher, full=full)
        until_it_waits(coach, refresher)
        deleter.commit()
        assert running.result(20)["tenants"] == 1
        refresher.commit()
    with coach.connect() as db:
        agree(db)


def test_a_tenant_is_not_deleted_while_it_is_counted(coach: Database) -> None:
    with (
        coach.connect() as refresher,
        coach.connect() as deleter,
        ThreadPoolExecutor(1) as elsewhere,
    ):
        add_lead(refresher, "2026-02-01")
        refresher.commit()
        refresh(refresher)
        away = "delete from public.coachs where id = %s"
        running = elsewhere.submit(deleter.execute, away, [COACH])
        until_it_waits(coach, deleter)
        refresher.commit()
        running.result(20)
        deleter.commit()
    with coach.connect() as db:
        agree(db)


def test_readers_read_during_a_refresh(coach: Database) -> None:
    with coach.connect() as writer, coach.connect() as reader:
        writer.execute("select private.refresh_kpis()")
        reader.execute("set statement_timeout = '2s'")
        assert reader.execute("select total_leads from public.coach_dashboard_kpis").fetchone() == (
            1,
        )
