"""Which tables hold a tenant's rows, asked of the database: a table of tomorrow is among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from setterbase.db import rows
from setterbase.provisioning.tenants import QUERIES

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

DEAD_LETTERS = "private.dead_letters"


@dataclass(frozen=True)
class TenantTable:
    """A table with rows of tenants: `key` holds the tenant's id.

    `cascades` tells that its rows go with the tenant by foreign key.
    """

    schema: str
    name: str
    key: str
    cascades: bool
    columns: list[str]
    order_by: list[str]

    @property
    def label(self) -> str:
        """`schema.table`, as files and reports name it."""
        return f"{self.schema}.{self.name}"

    def identifier(self) -> sql.Identifier:
        """The quoted name."""
        from psycopg import sql

        return sql.Identifier(self.schema, self.name)

    def of(self, coach_id: UUID) -> sql.Composed:
        """The condition by which a row `t` is this tenant's."""
        from psycopg import sql

        owned = sql.SQL("{} = {}").format(sql.Identifier("t", self.key), sql.Literal(coach_id))
        if self.label != DEAD_LETTERS:
            return owned
        # A torn line names its tenant in a text that nobody could take apart.
        return sql.SQL("({} or (t.coach_id is null and lower(t.raw) like {}))").format(
            owned, sql.Literal(f"%{coach_id}%")
        )


def tenant_tables(connection: psycopg.Connection[Any]) -> list[TenantTable]:
    """All of them, `public.coachs` first, then `public`, then by name."""
    return [TenantTable(**row) for row in rows(connection, "tenant_tables", package=QUERIES)]
