"""People of a tenant: linked, invited, given another role; nobody is left half invited."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg
import pytest

from setterbase import coaches
from setterbase.coaches import Coach
from setterbase.errors import SetterbaseError, TargetError, UsageError
from setterbase.provisioning import admin, members
from setterbase.provisioning.create import Draft, create
from setterbase.provisioning.members import Joined
from tests.support.auth_api import AuthApi, Call, Failure
from tests.support.servers import Database

pytestmark = pytest.mark.legs(18)

COACH = "camille@exemple.fr"
SAM = "sam@exemple.fr"


@pytest.fixture(autouse=True)
def camille(project: AuthApi) -> UUID:
    """The coach of these tests."""
    with admin.connect(project.api) as api:
        made = create(api, Draft(COACH, "Camille", "Sport"))
    assert made.coach_id
    return made.coach_id


def join(project: AuthApi, asked: str, role: members.Role = "member") -> Joined:
    with psycopg.connect(project.database.url(), autocommit=True) as connection:
        return members.join(
            connection,
            lambda: admin.connect(project.api),
            _coach(connection),
            asked,
            role,
        )


def set_role(project: AuthApi, asked: str, role: members.Role) -> members.RoleSet:
    with psycopg.connect(project.database.url(), autocommit=True) as connection:
        return members.set_role(connection, _coach(connection), asked, role)


def _coach(connection: psycopg.Connection) -> Coach:
    return coaches.find(coaches.every(connection), COACH)


def people(database: Database) -> dict[str, tuple[str, bool]]:
    with database.connect() as db:
        rows = db.execute(
            "select u.email, m.role, m.active from public.memberships as m"
            " inner join auth.users as u on u.id = m.user_id"
        ).fetchall()
    return {email: (role, active) for email, role, active in rows}


def users(database: Database) -> int:
    with database.connect() as db:
        found = db.execute("select count(*) from auth.users").fetchone()
    assert found is not None
    return int(found[0])


def test_a_new_person_gets_an_account_and_a_link(project: AuthApi, clone: Database) -> None:
    done = join(project, "Sam@Exemple.fr", "viewer")
    assert (done.result, done.email, done.role) == ("joined", SAM, "viewer")
    assert done.magic_link
    assert done.magic_link not in repr(done)
    assert people(clone)[SAM] == ("viewer", True)
    with clone.connect() as db:  # a member is no coach
        assert db.execute("select count(*) from public.coachs").fetchone() == (1,)


def test_somebody_who_has_an_account_gets_no_link(project: AuthApi, clone: Database) -> None:
    with admin.connect(project.api) as api:
        user = api.create_user(uuid4(), SAM, {})
    project.calls.clear()
    done = join(project, str(user).upper(), "owner")
    assert (done.result, done.user_id, done.magic_link) == ("joined", user, None)
    assert people(clone)[SAM] == ("owner", True)
    assert project.calls == []
    assert join(project, SAM, "owner").result == "existing"


def test_a_membership_that_is_there(project: AuthApi, clone: Database) -> None:
    join(project, SAM)
    with pytest.raises(UsageError, match=f"{SAM} is member of {COACH} already"):
        join(project, SAM, "admin")
    with clone.connect() as db:
        db.execute("update public.memberships set active = false where role = 'member'")
    assert join(project, SAM).result == "reopened"
    assert people(clone)[SAM] == ("member", True)


def test_a_member_of_a_disabled_tenant_stays_paused(project: AuthApi, clone: Database) -> None:
    join(project, SAM)
    with clone.connect() as db:
        db.execute("update public.coachs set status = 'disabled'")
    assert join(project, SAM).result == "existing"
    assert people(clone)[SAM] == ("member", False)


def test_an_id_that_is_nobodys(project: AuthApi) -> None:
    called = list(project.calls)
    for nobody in (str(uuid4()), "sam", "s a m@exemple.fr"):
        with pytest.raises(UsageError, match="no user has the id"):
            join(project, nobody)
    for broken in ("\udcff", "sam\udcff@exemple.fr"):
        with pytest.raises(UsageError, match="holds what is no text"):
            join(project, broken)
    assert project.calls == called


STEPS: list[tuple[Call, Failure]] = [
    ("create", "refuse"),
    ("create", "lose"),
    ("link", "refuse"),
    ("link", "lose"),
]


@pytest.mark.parametrize(("step", "failure"), STEPS)
def test_whichever_call_fails_nobody_is_half_invited(
    project: AuthApi, clone: Database, step: Call, failure: Failure
) -> None:
    project.failures = {step: [failure]}
    with pytest.raises(TargetError, match="nothing is left of what was made"):
        join(project, SAM)
    assert project.failures == {step: []}
    assert users(clone) == 1
    assert join(project, SAM).result == "joined"


def test_a_membership_that_the_database_refuses(project: AuthApi, clone: Database) -> None:
    with clone.connect() as db:
        db.execute(
            "create function public.refuse() returns trigger language plpgsql"
            " as 'begin raise exception ''the tenant is full''; end'"
        )
        db.execute(
            "create trigger refuse before insert on public.memberships"
            " for each row execute function public.refuse()"
        )
    with pytest.raises(TargetError, match="the tenant is full; nothing is left"):
        join(project, SAM)
    assert users(clone) == 1


def test_an_api_of_another_project(project: AuthApi, server: object, clone: Database) -> None:
    from tests.support import auth_api

    elsewhere = clone.server.clone(clone.server.migrated("current"))
    with auth_api.serve(elsewhere) as other:
        mixed = AuthApi(clone, url=other.url)
        with pytest.raises(TargetError) as told:
            join(mixed, SAM)
    assert "must name the same project" in str(told.value)
    assert (users(clone), users(elsewhere)) == (1, 0)


def test_a_role_is_changed(project: AuthApi, clone: Database) -> None:
    user = join(project, SAM).user_id
    for asked in ("SAM@exemple.fr", str(user)):
        set_role(project, asked, "member")
        done = set_role(project, asked, "admin")
        assert (done.before, done.after) == ("member", "admin")
    assert people(clone)[SAM] == ("admin", True)


def test_a_stranger_has_no_role(project: AuthApi) -> None:
    with pytest.raises(UsageError, match="is no member of"):
        set_role(project, SAM, "admin")


def test_a_tenant_keeps_an_owner(project: AuthApi, clone: Database) -> None:
    with pytest.raises(UsageError, match=f"{COACH} is the last owner"):
        set_role(project, COACH, "admin")
    assert set_role(project, COACH, "owner").before == "owner"
    join(project, SAM, "owner")
    with clone.connect() as db:
        db.execute(
            "update public.memberships as m set active = false from auth.users as u"
            " where u.id = m.user_id and u.email = %s",
            [SAM],
        )
    with pytest.raises(SetterbaseError, match="last owner"):
        set_role(project, COACH, "viewer")
    with clone.connect() as db:
        db.execute("update public.memberships set active = true")
    assert set_role(project, COACH, "viewer").after == "viewer"
    assert people(clone)[COACH] == ("viewer", True)
