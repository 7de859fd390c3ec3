"""People of a tenant: linked, invited, given another role."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID, uuid4

from setterbase.db import query, rows
from setterbase.errors import TargetError, UsageError
from setterbase.provisioning.admin import Admin, RefusedError, UnreachedError
from setterbase.provisioning.create import is_email, refused_beforehand, storable, undo
from setterbase.provisioning.tenants import QUERIES

if TYPE_CHECKING:
    import psycopg

    from setterbase.coaches import Coach

Role = Literal["owner", "admin", "member", "viewer"]
OpenAdmin = Callable[[], AbstractContextManager[Admin]]


@dataclass(frozen=True)
class Joined:
    """Somebody's membership: made, opened again, or there before; a link for a new account."""

    result: Literal["joined", "reopened", "existing"]
    coach_id: UUID
    user_id: UUID
    email: str
    role: str
    magic_link: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class RoleSet:
    """A member's role before and after."""

    coach_id: UUID
    user_id: UUID
    email: str | None
    before: str
    after: str


def join(
    connection: psycopg.Connection[Any],
    open_admin: OpenAdmin,
    coach: Coach,
    asked: str,
    role: Role,
    *,
    redirect_to: str | None = None,
) -> Joined:
    """Make the user of this e-mail (or id) a member; an account is made for a new e-mail.

    The admin API is opened for a new account alone. A membership of the same role stays as it is,
    an inactive one is opened. Raises UsageError when it has another role, or when an id is
    nobody's; an account that was made by then is taken out again.
    """
    asked = asked.strip()
    if not storable(asked) or not storable(redirect_to or ""):
        raise UsageError("an e-mail or an address holds what is no text.", hint="Type it anew.")
    found = rows(connection, "user", {"asked": asked}, package=QUERIES)
    if found:
        return _join(connection, coach, found[0]["id"], found[0]["email"] or "", role)
    if not is_email(asked):
        raise UsageError(f"no user has the id {asked}.", hint="Name an e-mail to make an account.")
    with open_admin() as admin:
        return _invite(connection, admin, coach, asked.lower(), role, redirect_to)


def set_role(connection: psycopg.Connection[Any], coach: Coach, asked: str, role: Role) -> RoleSet:
    """Give a member another role.

    Raises UsageError for a stranger, and for the last owner who is not inactive.
    """
    with connection.transaction():
        connection.execute("select from public.coachs where id = %s for update", [coach.id])
        people = rows(connection, "people", {"coach_id": coach.id}, package=QUERIES)
        one = next(
            (
                person
                for person in people
                if asked.strip().lower()
                in (str(person["user_id"]), (person["email"] or "").lower())
            ),
            None,
        )
        if one is None:
            raise UsageError(
                f"{asked.strip()} is no member of {coach.email}.",
                hint="`setterbase coach show` lists them; `invite-member` adds one.",
            )
        others = [p for p in people if p["role"] == "owner" and p["user_id"] != one["user_id"]]
        if one["role"] == "owner" != role and not any(p["active"] or p["paused"] for p in others):
            raise UsageError(
                f"{asked.strip()} is the last owner of {coach.email}.",
                hint="Make somebody else the owner first.",
            )
        params = {"role": role, "coach_id": coach.id, "user_id": one["user_id"]}
        connection.execute(query("set_role", QUERIES), params)
    return RoleSet(coach.id, one["user_id"], one["email"], one["role"], role)


def _invite(
    connection: psycopg.Connection[Any],
    admin: Admin,
    coach: Coach,
    email: str,
    role: Role,
    redirect_to: str | None,
) -> Joined:
    wanted = uuid4()
    made = wanted
    try:
        made = admin.create_user(wanted, email, {})
    except RefusedError as refused:
        if refused_beforehand(refused):
            raise UsageError(f"{email}: {refused.message}.", hint="Nothing was made.") from None
        raise undo(admin, made, refused) from None
    except UnreachedError:
        raise
    except BaseException as error:
        raise undo(admin, made, error) from None
    try:
        link = admin.recovery_link(email, redirect_to)
        joined = _join(connection, coach, made, email, role)
    except BaseException as error:
        raise undo(admin, made, _explained(error)) from None
    return Joined(joined.result, coach.id, made, email, role, link.url)


def _join(
    connection: psycopg.Connection[Any], coach: Coach, user_id: UUID, email: str, role: Role
) -> Joined:
    params = {"coach_id": coach.id, "user_id": user_id, "role": role}
    with connection.transaction():
        if rows(connection, "join", params, package=QUERIES):
            return Joined("joined", coach.id, user_id, email, role)
        there = next(iter(rows(connection, "membership", params, package=QUERIES)), None)
        if there is None:  # taken away between the two statements
            raise TargetError(
                f"{email or user_id} is leaving {coach.email} right now.",
                hint="Run the command again.",
            )
        if there["role"] != role:
            raise UsageError(
                f"{email or user_id} is {there['role']} of {coach.email} already.",
                hint=f"Change that with `setterbase coach set-role … --role {role}`.",
            )
        if there["is_open"]:
            return Joined("existing", coach.id, user_id, email, role)
        connection.execute(query("reopen", QUERIES), params)
    return Joined("reopened", coach.id, user_id, email, role)


def _explained(error: BaseException) -> BaseException:
    """A user whom the database does not know lives in another project."""
    import psycopg

    if isinstance(error, psycopg.errors.ForeignKeyViolation):
        return TargetError(
            "the API made a user whom the database does not know.",
            hint="DATABASE_URL and SUPABASE_URL must name the same project.",
        )
    if isinstance(error, psycopg.Error):
        return TargetError(
            f"the database refused the membership: {error.diag.message_primary or error}.",
            hint="Run the command again.",
        )
    return error
