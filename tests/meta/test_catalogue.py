"""The catalogue follows the rules, and each rule is shown to see what it forbids."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.meta.sins import SINS, Sin
from tests.support import access, catalogue
from tests.support.servers import Connection

RULES = {path.stem: path.read_text() for path in (Path(__file__).parent / "rules").glob("*.sql")}
BOTH = pytest.mark.grants("current", "legacy")
API_ROLES = ("anon", "authenticated", "service_role")

RIGHTS = """
with objects as (
  select c.oid, c.relnamespace as schema, c.oid::regclass::text as name, c.relacl as acl,
    (case when c.relkind = 'S' then 's' else 'r' end)::"char" as kind, c.relowner as owner
  from pg_class as c where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all
  select p.oid, p.pronamespace, p.oid::regprocedure::text, p.proacl, 'f', p.proowner
  from pg_proc as p
  union all
  select a.attrelid, c.relnamespace, c.oid::regclass || '.' || a.attname, a.attacl, 'c', c.relowner
  from pg_attribute as a inner join pg_class as c on c.oid = a.attrelid where a.attacl is not null
)
select o.name, coalesce(r.rolname, 'public'), a.privilege_type
from objects as o
cross join lateral aclexplode(coalesce(o.acl, acldefault(o.kind, o.owner))) as a
left join pg_roles as r on r.oid = a.grantee
where o.schema in ('public'::regnamespace, 'private'::regnamespace) and a.grantee <> o.owner
"""


def offenders(db: Connection, rule: str) -> list[str]:
    return [offender for (offender,) in db.execute(RULES[rule].encode())]


def rights(db: Connection) -> set[tuple[str, str, str]]:
    """Every right of anybody but the owner, as (object, grantee, right)."""
    db.execute("set local search_path = public")
    return set(db.execute(RIGHTS).fetchall())


def agreed() -> set[tuple[str, str, str]]:
    expected = {(name, "authenticated", "SELECT") for name in access.SERVICE}
    for name, privileges in access.SERVICE.items():
        expected |= {(name, "service_role", privilege) for privilege in privileges}
    for name, roles in (access.FUNCTIONS | access.PRIVATE_FUNCTIONS).items():
        expected |= {(name, role, "EXECUTE") for role in roles}
    return expected


@BOTH
@pytest.mark.parametrize("rule", RULES)
def test_the_schema_keeps_the_rule(db: Connection, rule: str) -> None:
    db.execute("set local search_path = ''")
    assert offenders(db, rule) == []


def test_each_rule_has_a_sin() -> None:
    assert set(SINS) == set(RULES)


CASES = [
    pytest.param(rule, sin, id=f"{rule}-{number}")
    for rule, sins in SINS.items()
    for number, sin in enumerate(sins)
]


@pytest.mark.parametrize(("rule", "sin"), CASES)
def test_bad_then_seen_then_mended_then_gone(db: Connection, rule: str, sin: Sin) -> None:
    db.execute("set local search_path = ''")
    db.execute(sin.commit.encode())
    assert sin.offender in offenders(db, rule)
    db.execute(sin.mend.encode())
    assert offenders(db, rule) == []


@BOTH
def test_nobody_has_a_right_that_was_not_agreed(db: Connection) -> None:
    assert rights(db) == agreed()


@BOTH
@pytest.mark.parametrize(
    ("grant", "right"),
    [
        ("select on public.leads to anon", ("leads", "anon", "SELECT")),
        (
            "update (status) on public.leads to authenticated",
            ("leads.status", "authenticated", "UPDATE"),
        ),
        ("truncate on public.leads to service_role", ("leads", "service_role", "TRUNCATE")),
        (
            "select on private.coach_dashboard_kpis to authenticated",
            ("private.coach_dashboard_kpis", "authenticated", "SELECT"),
        ),
        (
            "usage on sequence public.lead_status_history_id_seq to authenticated",
            ("lead_status_history_id_seq", "authenticated", "USAGE"),
        ),
        ("execute on function public.health() to anon", ("health()", "anon", "EXECUTE")),
        (
            "execute on function private.my_lead(uuid, text[]) to public",
            ("private.my_lead(uuid,text[])", "public", "EXECUTE"),
        ),
    ],
)
def test_a_right_too_many_is_seen(db: Connection, grant: str, right: tuple[str, str, str]) -> None:
    db.execute(f"grant {grant}".encode())
    assert rights(db) - agreed() == {right}
    db.execute(f"revoke {grant.replace(' to ', ' from ')}".encode())
    assert rights(db) == agreed()


@pytest.mark.grants("legacy")
def test_a_table_that_the_legacy_bootstrap_opened_is_seen(db: Connection) -> None:
    db.execute("create table public.deals (id integer generated always as identity)")
    too_many = {(name, role) for name, role, _ in rights(db) - agreed()}
    assert too_many == {(name, role) for name in ("deals", "deals_id_seq") for role in API_ROLES}


@BOTH
def test_what_is_made_later_is_closed_only_by_its_own_revoke(db: Connection) -> None:
    """The reason for `revoke execute … from public` at the end of every domain."""
    db.execute("create function private.later() returns integer return 1")
    assert rights(db) - agreed() == {("private.later()", "public", "EXECUTE")}
    db.execute("revoke execute on all functions in schema private from public")
    assert rights(db) == agreed()


@BOTH
def test_no_policy_helper_is_missing_for_those_who_are_asked(db: Connection) -> None:
    """A signed-in user reads each relation without an error, whoever they are."""
    from tests.support.acting import acting_as
    from tests.support.world import STRANGER

    with acting_as(db, sub=STRANGER):
        for relation in catalogue.relations(db, "public"):
            db.execute(f"select * from public.{relation} limit 1".encode())
