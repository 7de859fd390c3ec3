"""A temporary object with the name of one of ours must never stand in for it.

PostgreSQL looks into pg_temp first for tables and types, even under an empty search path; only a
path that names pg_temp last is safe. Somebody with SQL as `authenticated` can make temporary
objects, and the check of a temporary domain runs with the rights of whoever casts to it.
"""

from __future__ import annotations

import pytest

from tests.support.acting import acting_as
from tests.support.servers import Connection
from tests.support.world import PERSONAS, A, lead_id

READS = (
    "select count(*) from public.leads",
    "select count(*) from public.coach_dashboard_kpis",
    "select count(*) from public.coach_dashboard_kpis_live",
    "select public.current_coach_id()",
    "select public.get_dashboard()",
    "select count(*) from public.get_kpi_history()",
    "select count(*) from public.get_kpi_comparison()",
    "select count(*) from public.admin_overview()",
)
WRITES = (
    "select public.set_lead_status('{lead}', 'won', 10, 'price')",
    "select public.add_lead_note('{lead}', 'Hello')",
    "select public.add_lead_tag('{lead}', 'new')",
    "select public.remove_lead_tag('{lead}', 'vip')",
    "select public.update_settings('{{\"followup_after_days\": 3}}')",
)
SERVICE = (
    'select public.ingest_event(\'{{"id": "x", "type": "lead", "coach_id": "{a}",'
    ' "contact_id": "new", "at": "2026-10-01T10:00:00Z", "age": 30}}\')',
    "select public.health()",
    "insert into public.messages (coach_id, lead_id, direction) values ('{a}', '{lead}', 'in')",
    "update public.leads set status = 'relance'",
    "delete from public.messages",
)
# What a caller's own statement casts by itself runs as the caller; that is no escalation.
TYPES = ("uuid", "text", "jsonb", "timestamptz", "date", "name")


@pytest.fixture
def trapped(wdb: Connection) -> Connection:
    """The world, with a temporary domain for each type that we use, telling who evaluates it."""
    wdb.execute("create table probe.caught (who text)")
    wdb.execute("grant insert, select, delete on probe.caught to public")
    wdb.execute("grant all on probe.caught to authenticated, service_role")
    return wdb


def caught(db: Connection, name: str, statement: str) -> list[str]:
    """As whom the attacker's checks ran while somebody's statement did."""
    persona = PERSONAS[name]
    words = {"a": A, "lead": lead_id(db, A)}
    with db.transaction(force_rollback=True):
        with acting_as(db, persona.role, persona.claims):
            db.execute("reset role")  # the schema is the session's; make the traps as its owner
            db.execute(
                "create function pg_temp.evil() returns boolean language plpgsql as"
                " 'begin insert into probe.caught values (current_user); return true; end'"
            )
            for kind in TYPES:
                domain = f"pg_temp.{kind} as pg_catalog.{kind} check (pg_temp.evil())"
                db.execute(f"create domain {domain}".encode())
            db.execute(f"set local role {persona.role}".encode())
            db.execute(statement.format(**words).encode())
        return [who for (who,) in db.execute("select distinct who from probe.caught order by 1")]


@pytest.mark.parametrize("statement", READS + WRITES)
def test_temporary_types_run_nothing_as_the_owner(trapped: Connection, statement: str) -> None:
    assert "postgres" not in caught(trapped, "owner_a", statement)


@pytest.mark.parametrize("statement", SERVICE)
def test_temporary_types_run_nothing_as_the_owner_for_services(
    trapped: Connection, statement: str
) -> None:
    assert "postgres" not in caught(trapped, "service_role", statement)


def test_the_trap_springs_when_the_path_is_empty(trapped: Connection) -> None:
    trapped.execute("alter function private.my_coach_ids() set search_path = ''")
    assert caught(trapped, "owner_a", READS[0]) == ["postgres"]


def test_a_cast_inside_a_definer_springs_it_too(trapped: Connection) -> None:
    trapped.execute("alter function private.my_lead(uuid, text[]) set search_path = ''")
    assert caught(trapped, "owner_a", WRITES[2]) == ["postgres"]


def test_temporary_tables_shadow_nothing(wdb: Connection) -> None:
    """Tables of our names in pg_temp, first in the caller's own path."""
    for relation in ("leads", "memberships", "coachs", "coach_dashboard_kpis", "kpi_catalog"):
        wdb.execute(
            f"create temporary table {relation} as select * from public.{relation}".encode()
        )
        wdb.execute(f"grant select on pg_temp.{relation} to public".encode())
    wdb.execute("update pg_temp.memberships set user_id = %s, active = true", [A])
    with acting_as(wdb, sub=A):
        wdb.execute("set local search_path = pg_temp, public")
        assert wdb.execute("select count(*) from public.leads").fetchone() == (3,)
        assert wdb.execute("select count(*) from public.admin_overview()").fetchone() == (0,)
        row = wdb.execute("select public.get_dashboard() -> 'coach' ->> 'id'").fetchone()
        assert row == (str(A),)


def test_operators_and_functions_of_the_callers_path_shadow_nothing(wdb: Connection) -> None:
    wdb.execute("create schema evil; grant usage on schema evil to public")
    wdb.execute(
        "create function evil.always(uuid, uuid) returns boolean language sql as 'select true';"
        "create operator evil.= (leftarg = uuid, rightarg = uuid, function = evil.always);"
        "create function evil.lower(text) returns text language sql as 'select ''x''';"
        "create function evil.now() returns timestamptz language sql"
        " as 'select ''epoch''::timestamptz'"
    )
    with acting_as(wdb, sub=A):
        wdb.execute("set local search_path = evil, pg_catalog, public")
        assert wdb.execute("select count(*) from public.leads").fetchone() == (3,)
        assert wdb.execute("select count(*) from public.coach_dashboard_kpis").fetchone() == (1,)
        history = wdb.execute("select max(period_end) > '2020-01-01' from public.get_kpi_history()")
        assert history.fetchone() == (True,)
        top = wdb.execute("select profession from public.get_top_professions()").fetchall()
        assert top == [("Chef",)]
