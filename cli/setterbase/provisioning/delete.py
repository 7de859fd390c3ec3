"""A tenant goes whole, with the accounts that had no other use, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from setterbase.db import rows
from setterbase.errors import SetterbaseError
from setterbase.provisioning.catalogue import TenantTable, tenant_tables
from setterbase.provisioning.tenants import QUERIES

if TYPE_CHECKING:
    import psycopg

    from setterbase.coaches import Coach


class DeletionError(SetterbaseError):
    """A tenant could not be deleted; it is as it was."""


@dataclass(frozen=True)
class Account:
    """An auth user of the tenant; `leaves` when nothing else is theirs."""

    id: UUID
    email: str | None
    leaves: bool


@dataclass(frozen=True)
class Deletion:
    """Rows by table that hold any, and the accounts of the tenant's people."""

    rows: dict[str, int]
    accounts: list[Account] = field(default_factory=list)


def preview(connection: psycopg.Connection[Any], coach: Coach) -> Deletion:
    """What a deletion would take, and whose accounts would stay."""
    return Deletion(
        _count(connection, coach, tenant_tables(connection)),
        [
            Account(**row)
            for row in rows(connection, "leavers", {"coach_id": coach.id}, package=QUERIES)
        ],
    )


def delete(connection: psycopg.Connection[Any], coach: Coach) -> Deletion:
    """Delete a tenant: its rows in every table, and accounts that belong to nothing else.

    One transaction of the database, the accounts included: over the API they would go in another,
    and one of the two could fail alone. Answers what went. Raises DeletionError; all is as it was
    then.
    """
    import psycopg

    try:
        with connection.transaction():
            # A large tenant takes longer than the platform lets a statement run.
            connection.execute("set local statement_timeout = 0")
            connection.execute("set local lock_timeout = '10s'")
            connection.execute(
                "select from public.coachs as c where c.id = %s for update", [coach.id]
            )
            tables = tenant_tables(connection)
            gone = preview(connection, coach)
            _empty(connection, coach, tables)
            connection.execute(
                "delete from auth.users as u where u.id = any(%s)",
                [[account.id for account in gone.accounts if account.leaves]],
            )
            connection.execute("delete from public.coachs as c where c.id = %s", [coach.id])
            # Takes up the marks of the rows that went, and takes the tenant out of the dashboards.
            connection.execute(
                "select pg_advisory_xact_lock(hashtextextended('setterbase.refresh_kpis', 0))"
            )
            connection.execute("select private.refresh_kpis()")
            if left := _count(connection, coach, tables):
                raise DeletionError(
                    f"rows of {coach.email} would stay in {', '.join(left)}: nothing was deleted.",
                    hint="A trigger or another session writes there; run it again.",
                )
    except psycopg.Error as error:
        raise DeletionError(
            f"{coach.name} <{coach.email}> could not be deleted:"
            f" {error.diag.message_primary or error}. All is as it was.",
            hint="Mend the cause and run it again.",
        ) from error
    return gone


def _count(
    connection: psycopg.Connection[Any], coach: Coach, tables: list[TenantTable]
) -> dict[str, int]:
    from psycopg import sql

    counted = {}
    for table in tables:
        found = connection.execute(
            sql.SQL("select count(*) from {} as t where {}").format(
                table.identifier(), table.of(coach.id)
            )
        ).fetchone()
        if found and found[0]:
            counted[table.label] = int(found[0])
    return counted


def _empty(connection: psycopg.Connection[Any], coach: Coach, tables: list[TenantTable]) -> None:
    """Delete the tenant's rows where deleting the tenant does not."""
    from psycopg import sql

    for table in tables:
        if not table.cascades and table.key != "id":
            connection.execute(
                sql.SQL("delete from {} as t where {}").format(
                    table.identifier(), table.of(coach.id)
                )
            )
