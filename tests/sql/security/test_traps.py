"""The traps of row level security, each put back on purpose: the probe must see the leak.

Every probe first finds the schema sound, then finds the leak that the trap opens.
"""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.sql.security.probes import rows_of, springs, tenants_read
from tests.support.acting import acting_as
from tests.support.servers import Connection
from tests.support.world import INACTIVE_A, PERSONAS, TENANTS, A, B

BOTH = pytest.mark.grants("current", "legacy")


@BOTH
def test_a_granted_materialized_view_shows_every_tenant(wdb: Connection) -> None:
    springs(
        wdb,
        tenants_read("private.coach_dashboard_kpis"),
        sound="42501",
        trap="grant usage on schema private to authenticated;"
        " grant select on private.coach_dashboard_kpis to authenticated",
        leaks=[*TENANTS],
    )


@pytest.mark.grants("legacy")
def test_a_materialized_view_in_public_is_granted_by_the_legacy_bootstrap(wdb: Connection) -> None:
    wdb.execute(
        "create materialized view public.figures as select * from private.coach_dashboard_kpis"
    )
    assert len(tenants_read("public.figures")(wdb)) == 3


def test_an_invoker_view_over_the_materialized_one_is_denied(wdb: Connection) -> None:
    """Why the dashboard has owner rights."""
    springs(
        wdb,
        tenants_read("public.coach_dashboard_kpis"),
        sound=[A],
        trap="alter view public.coach_dashboard_kpis set (security_invoker = true)",
        leaks="42501",
    )


def test_the_dashboard_without_its_filter(wdb: Connection) -> None:
    springs(
        wdb,
        tenants_read("public.coach_dashboard_kpis"),
        sound=[A],
        trap="create or replace function private.visible_coach_ids() returns uuid[] language sql"
        " stable set search_path = pg_catalog, pg_temp"
        " return array(select k.coach_id from private.coach_dashboard_kpis as k where"
        " (k.totals).messages_sent > 2); grant execute on function private.visible_coach_ids()"
        " to authenticated; grant usage on schema private to authenticated;"
        " grant select on private.coach_dashboard_kpis to authenticated",
        leaks=[A, B],
    )


def test_a_cheap_function_peeks_where_the_barrier_is_down(wdb: Connection) -> None:
    """The planner asks the cheapest condition first: without a barrier, that of the attacker."""
    wdb.execute("create table probe.peeked (coach_id uuid)")
    wdb.execute("grant insert on probe.peeked to authenticated")
    wdb.execute(
        "create function probe.peek(coach_id uuid) returns boolean language plpgsql"
        " cost 0.0000001 as 'begin insert into probe.peeked values (coach_id); return true; end'"
    )

    def peeked(db: Connection) -> list[UUID]:
        with acting_as(db, sub=A):
            db.execute("select * from public.coach_dashboard_kpis where probe.peek(coach_id)")
        seen = db.execute("delete from probe.peeked returning coach_id").fetchall()
        return sorted({tenant for (tenant,) in seen})

    springs(
        wdb,
        peeked,
        sound=[A],
        # In a world of three tenants either way to them may be the cheaper; here all are looked at.
        trap="alter view public.coach_dashboard_kpis set (security_barrier = false);"
        " set local enable_indexscan = off; set local enable_bitmapscan = off",
        leaks=[*TENANTS],
    )


def test_the_live_dashboard_with_the_rights_of_its_owner(wdb: Connection) -> None:
    springs(
        wdb,
        tenants_read("public.coach_dashboard_kpis_live"),
        sound=[A],
        trap="alter view public.coach_dashboard_kpis_live reset (security_invoker)",
        leaks=[*TENANTS],
    )


def test_an_argument_that_is_compared_with_itself(wdb: Connection) -> None:
    """`where coach_id = coach_id` in get_top_sources: everything that the policies let through.

    For coach A nothing shows; a platform admin who asks for A is given every tenant's figures.
    """
    springs(
        wdb,
        _sources_of_a_for_an_admin,
        sound=3,
        trap="create or replace function public.get_top_sources("
        'coach_id uuid default null, "limit" integer default 3)'
        " returns table (source_name text, lead_count bigint, percentage numeric) language sql"
        " stable set search_path = pg_catalog, pg_temp begin atomic"
        " select l.source, count(*), 100.0 from public.leads as l where coach_id = coach_id"
        " group by l.source; end",
        leaks=6,
    )


def _sources_of_a_for_an_admin(db: Connection) -> int:
    with acting_as(db, claims=PERSONAS["platform_admin"].claims):
        row = db.execute("select lead_count from public.get_top_sources(%s)", [A]).fetchone()
    assert row is not None
    return int(row[0])


def test_an_unqualified_column_in_the_subquery_of_a_policy(wdb: Connection) -> None:
    """It binds to the inner table, so the condition holds for every row."""
    springs(
        wdb,
        tenants_read("public.leads"),
        sound=[A],
        trap="alter policy leads_select_member on public.leads using (exists ("
        " select from public.memberships as m where m.coach_id = coach_id"
        " and m.user_id = (select private.my_user_id())))",
        leaks=[*TENANTS],
    )


def test_admin_by_user_metadata(wdb: Connection) -> None:
    springs(
        wdb,
        rows_of("select * from public.leads", "forger_in_user_metadata"),
        sound=0,
        trap="create or replace function private.admin_in(claims jsonb) returns boolean"
        " language sql immutable"
        " return coalesce(claims -> 'user_metadata' ->> 'role' = 'admin', false)",
        leaks=6,
    )


MY_COACH_IDS = (
    "create or replace function private.my_coach_ids() returns uuid[] language sql stable"
    " security definer set search_path = pg_catalog, pg_temp return array(select m.coach_id"
    " from public.memberships as m inner join public.coachs as c on c.id = m.coach_id"
    " where m.user_id = (select private.my_user_id()) and {condition})"
)


@pytest.mark.parametrize(
    ("name", "condition", "leaks"),
    [("inactive_a", "c.status = 'active'", 3), ("owner_of_disabled", "m.active", 1)],
)
def test_a_membership_that_opens_nothing(
    wdb: Connection, name: str, condition: str, leaks: int
) -> None:
    springs(
        wdb,
        rows_of("select * from public.leads", name),
        sound=0,
        trap=MY_COACH_IDS.format(condition=condition),
        leaks=leaks,
    )


def test_an_inactive_member_who_is_reactivated_and_back(wdb: Connection) -> None:
    count = rows_of("select * from public.messages", "inactive_a")
    for active, rows in ((True, 9), (False, 0)):
        wdb.execute(
            "update public.memberships set active = %s where user_id = %s", [active, INACTIVE_A]
        )
        assert count(wdb) == rows


@pytest.mark.parametrize("name", ["malformed_sub", "sub_of_a_in_braces", "sub_is_a_list"])
def test_a_malformed_sub_is_nobody_and_no_error(wdb: Connection, name: str) -> None:
    springs(
        wdb,
        rows_of("select * from public.leads", name),
        sound=0,
        trap="create or replace function private.user_in(claims jsonb) returns uuid"
        " language sql immutable return (claims ->> 'sub')::uuid",
        leaks=3 if name == "sub_of_a_in_braces" else "22P02",
    )
