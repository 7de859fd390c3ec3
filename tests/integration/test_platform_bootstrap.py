"""A fresh database is a Supabase project: roles, rights and schemas, under both bootstraps."""

from __future__ import annotations

import json
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from setterbase.platform import bootstrap
from tests.support.acting import Role, acting_as
from tests.support.servers import Database, Grants

EVERYBODY: tuple[Role, ...] = ("anon", "authenticated", "service_role")

# rolname: superuser, inherit, createrole, createdb, login, replication, bypassrls
HOSTED_ROLES = {
    "anon": (False, True, False, False, False, False, False),
    "authenticated": (False, True, False, False, False, False, False),
    "authenticator": (False, False, False, False, True, False, False),
    "postgres": (False, True, True, True, True, True, True),
    "service_role": (False, True, False, False, False, False, True),
    "supabase_admin": (True, True, True, True, True, True, True),
    "supabase_auth_admin": (False, False, False, False, True, False, False),
}

HOSTED_SETTINGS = {
    "anon": ["statement_timeout=3s"],
    "authenticated": ["statement_timeout=8s"],
    "authenticator": ["statement_timeout=8s", "lock_timeout=8s"],
    "postgres": ['search_path="$user", public, extensions'],
    "service_role": None,
    "supabase_admin": ['search_path="$user", public, auth, extensions'],
    "supabase_auth_admin": ["search_path=auth", "idle_in_transaction_session_timeout=60000"],
}


def test_roles_have_the_attributes_of_hosted(bare: Database) -> None:
    with bare.connect() as db:
        found = db.execute(
            "select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin,"
            " rolreplication, rolbypassrls from pg_roles where rolname !~ '^pg_'"
        ).fetchall()
        settings = db.execute("select rolname, rolconfig from pg_roles where rolname !~ '^pg_'")
        assert {name: tuple(rest) for name, *rest in found} == HOSTED_ROLES
        assert dict(settings.fetchall()) == HOSTED_SETTINGS


def test_memberships_are_those_of_hosted(bare: Database) -> None:
    with bare.connect() as db:
        version = db.info.server_version // 10000
        found = db.execute(
            "select m.member::regrole::text, m.roleid::regrole::text, bool_or(m.admin_option)"
            " from pg_auth_members as m where m.member::regrole::text !~ '^pg_' group by 1, 2"
        ).fetchall()
    admin = version >= 16  # before, createrole alone was enough to grant them
    expected: set[tuple[str, str, bool]]
    expected = {("authenticator", role, False) for role in EVERYBODY}
    for role in (*EVERYBODY, "pg_monitor", "pg_read_all_data", "pg_signal_backend"):
        expected.add(("postgres", role, admin))
    if admin:
        expected.add(("postgres", "authenticator", True))
    assert set(found) == expected


def test_postgres_becomes_each_api_role_and_authenticator_does(bare: Database) -> None:
    for login in ("postgres", "authenticator"):
        with bare.connect(login) as db:
            for role in EVERYBODY:
                with acting_as(db, role):
                    assert db.execute("select current_user").fetchone() == (role,)


def test_postgres_makes_schemas_and_roles_and_is_no_superuser(bare: Database) -> None:
    with bare.connect() as db:
        db.execute("create schema private")
        db.execute("create table public.notes (id integer)")
        db.execute("create role app_reader")
        db.execute("drop role app_reader")
        assert db.execute("select current_setting('is_superuser')").fetchone() == ("off",)
        with pytest.raises(errors.InsufficientPrivilege):
            db.execute("create role other superuser")


def test_postgres_uses_auth_users_and_alters_nothing(bare: Database) -> None:
    user = uuid4()
    with bare.connect(autocommit=True) as db:
        db.execute("create table public.owners (id uuid references auth.users (id))")
        db.execute("insert into auth.users (id, email) values (%s, 'a@example.com')", [user])
        db.execute("update auth.users set email = 'b@example.com' where id = %s", [user])
        db.execute(
            "create function public.tg_noop() returns trigger language plpgsql"
            " as 'begin return new; end'"
        )
        db.execute(
            "create trigger _100_noop after insert on auth.users"
            " for each row execute function public.tg_noop()"
        )
        assert db.execute("select email from auth.users").fetchall() == [("b@example.com",)]
        db.execute("delete from auth.users")
        for forbidden in (
            "alter table auth.users add column x integer",
            "drop table auth.users cascade",
            "create table auth.mine (id integer)",
            "create or replace function auth.uid() returns uuid language sql as 'select null'",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                db.execute(forbidden)


@pytest.mark.parametrize("role", EVERYBODY)
def test_api_roles_cannot_read_auth(bare: Database, role: Role) -> None:
    with (
        bare.connect() as db,
        pytest.raises(errors.InsufficientPrivilege),
        acting_as(db, role),
    ):
        db.execute("select * from auth.users")


@pytest.mark.grants("current", "legacy")
def test_a_new_object_is_open_to_api_roles_under_legacy_alone(
    bare: Database, grants: Grants
) -> None:
    with bare.connect() as db:
        db.execute("create table public.notes (id integer generated always as identity)")
        db.execute("create sequence public.numbers")
        rights = db.execute(
            "select r.role,"
            " has_table_privilege(r.role, 'public.notes', 'select, insert, update, delete'),"
            " has_sequence_privilege(r.role, 'public.numbers', 'usage'),"
            " has_schema_privilege(r.role, 'public', 'usage'),"
            " has_schema_privilege(r.role, 'public', 'create')"
            " from unnest(%s::text[]) as r (role)",
            [list(EVERYBODY)],
        ).fetchall()
    opened = grants == "legacy"
    assert set(rights) == {(role, opened, opened, True, False) for role in EVERYBODY}


@pytest.mark.grants("current", "legacy")
def test_functions_are_granted_by_name_under_legacy_and_to_public_always(
    bare: Database, grants: Grants
) -> None:
    with bare.connect() as db:
        db.execute("create function public.one() returns integer language sql as 'select 1'")
        db.execute("revoke execute on function public.one() from public")
        left = db.execute(
            "select has_function_privilege('anon', 'public.one()', 'execute')"
        ).fetchone()
    assert left == (grants == "legacy",)  # the trap: revoking from public is not enough there


SUB = "6e6f1d3c-6b0f-4c84-9d0e-0b6cf3a1a111"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (None, None, None, None)),
        ({"request.jwt.claims": ""}, (None, None, None, None)),
        (
            {"request.jwt.claims": json.dumps({"sub": SUB, "role": "anon", "email": "a@b.c"})},
            (SUB, "anon", "a@b.c", {"sub": SUB, "role": "anon", "email": "a@b.c"}),
        ),
        (
            {"request.jwt.claim.sub": SUB, "request.jwt.claim.role": "anon"},
            (SUB, "anon", None, None),
        ),
        (
            {"request.jwt.claim.email": "old@b.c", "request.jwt.claims": '{"email": "new@b.c"}'},
            (None, None, "old@b.c", {"email": "new@b.c"}),
        ),
        ({"request.jwt.claims": '{"role": "anon"}'}, (None, "anon", None, {"role": "anon"})),
    ],
)
def test_auth_functions_read_the_token_wherever_it_is(
    bare: Database, settings: dict[str, str], expected: tuple[object, ...]
) -> None:
    with bare.connect() as db:
        for name, value in settings.items():
            db.execute("select set_config(%s, %s, true)", [name, value])
        db.execute("set local role anon")
        assert (
            db.execute("select auth.uid()::text, auth.role(), auth.email(), auth.jwt()").fetchone()
            == expected
        )


def test_auth_uid_refuses_a_sub_that_is_no_uuid(bare: Database) -> None:
    with (
        bare.connect() as db,
        pytest.raises(errors.InvalidTextRepresentation),
        acting_as(db, claims={"sub": "malformed"}),
    ):
        db.execute("select auth.uid()")


def test_letters_with_accents_have_case(bare: Database) -> None:
    with bare.connect() as db:
        row = db.execute("select lower('ÉÇŒ'), 'Étudiante' ilike 'étudiante'").fetchone()
    assert row == ("éçœ", True)


@pytest.mark.grants("current", "legacy")
def test_the_bootstrap_runs_again_and_changes_nothing(bare: Database, grants: Grants) -> None:
    with bare.connect("supabase_admin") as admin:
        before = _rights(admin)
        bootstrap.apply(admin, grants)
        bootstrap.apply(admin, "current")
        assert _rights(admin) == before


def test_no_password_is_accepted_for_nothing(bare: Database) -> None:
    wrong = bare.url().replace(bare.server.password, "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(bare.url().replace(f":{bare.server.password}@", "@"))


def _rights(admin: psycopg.Connection[object]) -> list[object]:
    return admin.execute(
        "select defaclrole::regrole::text, defaclobjtype::text, defaclacl::text"
        " from pg_default_acl order by 1, 2, 3"
    ).fetchall()


def test_postgres_configures_postgrest_and_nothing_else_of_a_superuser(bare: Database) -> None:
    with bare.connect() as connection:
        connection.execute("alter role authenticator set pgrst.db_max_rows = '1000'")
        row = connection.execute(
            "select rolconfig from pg_roles where rolname = 'authenticator'"
        ).fetchone()
        assert row
        assert "pgrst.db_max_rows=1000" in row[0]
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("alter role authenticator set log_statement = 'all'")
        connection.rollback()
