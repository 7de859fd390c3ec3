"""A coach is made with their auth user, in the auth service's own transaction, or not at all."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.support.acting import Role, acting_as
from tests.support.servers import Connection, Database

CAMILLE: dict[str, Any] = {"name": "Camille Laurent", "specialty": "Perte de poids"}
ADDRESS = "camille@exemple.fr"
PROVIDER = {"provider": "email", "providers": ["email"]}


def gotrue_creates(
    connection: Connection,
    app_metadata: object,
    *,
    email: str | None = ADDRESS,
    user_metadata: object = None,
) -> UUID:
    """The statements of the admin call: the user first, app_metadata by an update."""
    user = uuid4()
    with connection.transaction():
        connection.execute(
            "insert into auth.users (id, email, raw_app_meta_data, raw_user_meta_data)"
            " values (%s, %s, %s, %s)",
            [user, email, json.dumps(PROVIDER), json.dumps(user_metadata or {})],
        )
        mark(connection, user, app_metadata)
    return user


def mark(connection: Connection, user: UUID, app_metadata: object) -> None:
    connection.execute(
        "update auth.users set raw_app_meta_data = raw_app_meta_data || %s where id = %s",
        [json.dumps(app_metadata), user],
    )


def asked(**changes: object) -> dict[str, object]:
    return {"setterbase_coach": {**CAMILLE, **changes}}


def counts(connection: Connection) -> tuple[int, ...]:
    """Users, tenants, settings and memberships."""
    found = connection.execute(
        "select (select count(*) from auth.users), (select count(*) from public.coachs),"
        " (select count(*) from public.coach_settings), (select count(*) from public.memberships)"
    ).fetchone()
    assert found is not None
    return tuple(found)


@pytest.mark.grants("current", "legacy")
def test_the_auth_service_makes_user_tenant_settings_and_owner(clone: Database) -> None:
    with clone.connect("supabase_auth_admin") as auth:
        user = gotrue_creates(auth, asked(timezone="europe/PARIS"), email="Camille@Exemple.fr")
    with clone.connect() as db:
        assert counts(db) == (1, 1, 1, 1)
        assert db.execute(
            "select id, name, specialty, email, timezone, status from public.coachs"
        ).fetchone() == (user, *CAMILLE.values(), ADDRESS, "Europe/Paris", "active")
        assert db.execute(
            "select coach_id, user_id, role, active from public.memberships"
        ).fetchone() == (user, user, "owner", True)
        with acting_as(db, sub=user):
            assert db.execute("select id from public.coachs").fetchall() == [(user,)]
            assert db.execute("select public.current_coach_id()").fetchone() == (user,)


def test_a_mark_that_comes_with_the_insert(db: Connection) -> None:
    """@supabase/lite and SQL may write the user in one go."""
    user = uuid4()
    db.execute(
        "insert into auth.users (id, email, raw_app_meta_data) values (%s, %s, %s)",
        [user, ADDRESS, json.dumps(asked())],
    )
    assert counts(db) == (1, 1, 1, 1)


@pytest.mark.parametrize("mark", [{}, {"setterbase_coach": None}, {"role": "admin"}])
def test_a_user_without_the_mark_is_no_coach(db: Connection, mark: object) -> None:
    gotrue_creates(db, mark)
    assert counts(db) == (1, 0, 0, 0)


def test_what_users_write_themselves_makes_no_coach(db: Connection) -> None:
    """Sign-up lets anybody fill user_metadata."""
    user = gotrue_creates(db, {}, user_metadata=asked())
    db.execute(
        "update auth.users set raw_user_meta_data = %s where id = %s",
        [json.dumps({"app_metadata": asked(), **asked()}), user],
    )
    assert counts(db) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        ({"setterbase_coach": "Camille"}, "setterbase_coach: must be an object"),
        ({"setterbase_coach": {}}, "name: is missing"),
        (asked(name="  "), "name: is missing"),
        (asked(name=None), "name: is missing"),
        (asked(name=7), "name: must be a text"),
        (asked(name="x" * 201), "name: is longer than 200 characters"),
        (asked(specialty="x" * 201), "specialty: is longer than 200 characters"),
        (asked(specialty=["sport"]), "specialty: must be a text"),
        (asked(timezone="Europe/Atlantis"), "timezone: is no time zone, such as Europe/Paris"),
        (asked(timezone="EST+5"), "timezone: is no time zone, such as Europe/Paris"),
        (asked(time_zone="Europe/Paris"), "time_zone: is not expected"),
        (
            asked(name=None, timezone="Mars"),
            "name: is missing; timezone: is no time zone, such as Europe/Paris",
        ),
    ],
)
def test_what_is_no_coach_leaves_no_user_either(
    db: Connection, metadata: object, problem: str
) -> None:
    with pytest.raises(psycopg.Error) as told:
        gotrue_creates(db, metadata)
    assert (told.value.sqlstate, told.value.diag.message_primary) == ("PT422", problem)
    assert counts(db) == (0, 0, 0, 0)


def test_a_user_without_e_mail(db: Connection) -> None:
    with pytest.raises(psycopg.Error, match="email: is missing") as told:
        gotrue_creates(db, asked(), email=None)
    assert told.value.sqlstate == "PT422"


@pytest.mark.parametrize("there", [ADDRESS, "Camille@EXEMPLE.fr"])
def test_an_e_mail_that_another_tenant_has(db: Connection, there: str) -> None:
    db.execute("insert into public.coachs (name, email) values ('Other', %s)", [there])
    with pytest.raises(psycopg.Error, match="a coach with this e-mail exists") as told:
        gotrue_creates(db, asked())
    assert told.value.sqlstate == "PT409"
    assert counts(db) == (0, 1, 1, 0)


def test_an_existing_tenant_of_the_same_id_is_not_taken_over(db: Connection) -> None:
    user = gotrue_creates(db, {})
    db.execute("insert into public.coachs (id, name, email) values (%s, 'Other', 'o@x.fr')", [user])
    taken = pytest.raises(psycopg.Error, match="a coach with this id exists")
    with taken as told, db.transaction():
        mark(db, user, asked())
    assert told.value.sqlstate == "PT409"
    assert counts(db) == (1, 1, 1, 0)


def test_a_user_who_is_there_already_can_become_a_coach(db: Connection) -> None:
    user = gotrue_creates(db, {})
    mark(db, user, asked())
    assert counts(db) == (1, 1, 1, 1)


def test_a_second_mark_changes_nothing(db: Connection) -> None:
    user = gotrue_creates(db, asked())
    db.execute("update public.coachs set name = 'Renamed', timezone = 'Asia/Tokyo'")
    mark(db, user, asked(name="Another", timezone="UTC"))
    mark(db, user, {"setterbase_coach": {}})
    assert db.execute("select name, timezone from public.coachs").fetchone() == (
        "Renamed",
        "Asia/Tokyo",
    )
    assert counts(db) == (1, 1, 1, 1)


def test_a_tenant_that_was_deleted_does_not_come_back(db: Connection) -> None:
    """The auth service rewrites app_metadata when a provider is added, say."""
    user = gotrue_creates(db, asked())
    db.execute("delete from public.coachs")
    mark(db, user, {"providers": ["email", "google"]})
    assert counts(db) == (1, 0, 0, 0)


def test_who_goes_takes_along_a_tenant_in_which_nothing_has_happened(clone: Database) -> None:
    with clone.connect("supabase_auth_admin") as auth:
        user = gotrue_creates(auth, asked())
        other = gotrue_creates(auth, asked(), email="other@exemple.fr")
        auth.commit()
        auth.execute("delete from auth.users where id = %s", [user])
    with clone.connect() as db:
        assert counts(db) == (1, 1, 1, 1)
        assert db.execute("select id from public.coachs").fetchone() == (other,)


@pytest.mark.parametrize(
    "happened",
    [
        "insert into public.leads (coach_id) values (%(id)s)",
        "update public.coachs set currency = 'CHF' where id = %(id)s",
        "update public.coach_settings set followup_after_days = 3 where coach_id = %(id)s",
        "insert into public.memberships (coach_id, user_id) values (%(id)s, %(other)s)",
    ],
)
def test_a_tenant_with_a_history_outlives_its_user(clone: Database, happened: str) -> None:
    with clone.connect("supabase_auth_admin") as auth:
        user = gotrue_creates(auth, asked())
        other = gotrue_creates(auth, {}, email="other@exemple.fr")
    with clone.connect() as db:
        db.execute(happened.encode(), {"id": user, "other": other})
    with clone.connect("supabase_auth_admin") as auth:
        auth.execute("delete from auth.users where id = %s", [user])
    with clone.connect() as db:
        assert db.execute("select id from public.coachs").fetchall() == [(user,)]
        members = db.execute("select user_id from public.memberships").fetchall()
        assert members == ([(other,)] if "memberships" in happened else [])


def test_a_writer_in_the_middle_is_waited_for(clone: Database) -> None:
    with clone.connect("supabase_auth_admin") as auth:
        user = gotrue_creates(auth, asked())
    with clone.connect() as n8n, clone.connect("supabase_auth_admin", autocommit=True) as auth:
        n8n.execute("insert into public.leads (coach_id) values (%s)", [user])
        auth.execute("set lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            auth.execute("delete from auth.users where id = %s", [user])
        n8n.commit()
        auth.execute("delete from auth.users where id = %s", [user])
    with clone.connect() as db:
        assert db.execute("select count(*) from public.leads").fetchone() == (1,)


def test_the_api_roles_cannot_provision(db: Connection) -> None:
    roles: tuple[Role, ...] = ("anon", "authenticated", "service_role")
    for role in roles:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_as(db, role):
            gotrue_creates(db, asked())
