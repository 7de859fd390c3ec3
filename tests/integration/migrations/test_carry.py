"""A database with rows is right after a migration that keeps something new of them."""

from __future__ import annotations

from uuid import UUID

from setterbase.migrations import apply, files
from tests.sql.kpis import lists
from tests.sql.kpis.exact import assert_exact, marks
from tests.support.events import COACH, OTHER, add_coach
from tests.support.schema import MIGRATIONS
from tests.support.servers import Connection, Database


def up(database: Database, *, to: str) -> None:
    """Every migration before this version, or with it where it ends in it."""
    with database.connect(autocommit=True) as connection:
        apply.up(connection, [f for f in files.discover(MIGRATIONS) if f.version <= to])


def add_leads(db: Connection, coach: object, number: int, day: int) -> None:
    db.execute(
        "insert into public.leads (coach_id, contact_id, source, job_title, status, loss_reason)"
        " select %(coach)s, %(day)s || '-' || n, (array['bio', 'story', null])[1 + n %% 3],"
        " (array['Chef', 'chef ', 'Pilote', ''])[1 + n %% 4],"
        " (array['new', 'won', 'lost', 'qualified', 'call_booked'])[1 + n %% 5],"
        " case when n %% 5 = 2 then 'price' end"
        " from generate_series(1, %(number)s) as n",
        {"coach": coach, "number": number, "day": day},
    )
    db.execute(
        "insert into public.messages (coach_id, lead_id, direction)"
        " select coach_id, id, 'out' from public.leads where coach_id = %s",
        [coach],
    )


def test_lead_counts_are_those_of_the_leads_without_their_marks(bare: Database) -> None:
    gone = UUID("10000000-0000-4000-8000-00000000000f")
    up(bare, to="20261121122000")
    with bare.connect() as db:
        for coach in (COACH, gone):
            add_coach(db, coach)
            add_leads(db, coach, 30, day=1)
        db.execute("select private.refresh_kpis()")
        # What no refresh has taken up: a new tenant, new leads, others that changed, moved or went.
        add_coach(db, OTHER)
        add_leads(db, OTHER, 10, day=2)
        add_leads(db, COACH, 10, day=2)
        db.execute("update public.leads set source = 'ads' where contact_id like '1-1%%'")
        db.execute("delete from public.leads where contact_id like '1-2%%'")
        db.execute("delete from public.coachs where id = %s", [gone])
    up(bare, to="20261121150000")
    with bare.connect() as db:
        lists.read_logs_of_any_length(db)
        assert marks(db) > 0
        lists.assert_lists(db, [COACH, OTHER, gone])
        db.execute("delete from private.kpi_tenant_changes")  # whoever doubts would count anew
        lists.assert_lists(db, [COACH])
        db.execute("select private.refresh_kpis()")
        lists.assert_lists(db, [COACH, OTHER, gone])
        assert_exact(db)


def test_dashboards_stay_as_they_were_and_old_marks_are_taken_up(bare: Database) -> None:
    up(bare, to="20261121150000")
    asked = "select to_jsonb(k) from public.coach_dashboard_kpis as k order by coach_id"
    with bare.connect() as db:
        for coach in (COACH, OTHER):
            add_coach(db, coach)
            add_leads(db, coach, 20, day=1)
        db.execute("select private.refresh_kpis()")
        # Several talks that grow in one write were once marked beside the leads.
        db.execute(
            "insert into public.messages (coach_id, lead_id, direction, created_at)"
            " select coach_id, id, 'in', now() + interval '1 minute' from public.leads"
        )
        db.execute(
            "insert into public.messages (coach_id, lead_id, direction, created_at)"
            " select coach_id, id, 'in', now() + interval '2 minutes' from public.leads"
        )
        before = db.execute(asked).fetchall()
        assert db.execute("select 1 from private.kpi_lead_changes where leads = 0").fetchone()
    up(bare, to="20261121160000")
    with bare.connect() as db:
        assert db.execute(asked).fetchall() == before
        assert marks(db) > 0
        db.execute("select private.refresh_kpis()")
        lists.assert_lists(db, [COACH, OTHER])
        assert_exact(db)
        assert db.execute(asked).fetchall() != before
