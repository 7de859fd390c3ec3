"""What the copy held before the first request, and how it comes to hold it again.

A request that is kept mostly changes a few rows. So the tables that differ are written anew, which
takes milliseconds; only where the structure itself has changed is the whole copy made again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from setterbase import db

if TYPE_CHECKING:
    import psycopg

_QUERIES = "setterbase.prover.rest.queries"


@dataclass(frozen=True)
class Table:
    schema: str
    name: str
    columns: tuple[str, ...]


@dataclass
class Memory:
    """The state of a database, as its superuser reads it; the connection commits each statement."""

    connection: psycopg.Connection[Any]
    structure: Any = None
    rows: dict[Table, bytes] = field(default_factory=dict)
    sequences: dict[str, tuple[int, int | None]] = field(default_factory=dict)

    def learn(self) -> None:
        """Keeps the state as it is now."""
        found = self.connection.execute(db.query("tables", _QUERIES)).fetchall()
        tables = [Table(schema, name, tuple(columns)) for schema, name, columns in found]
        self.structure = self._structure()
        self.rows = {table: self._rows(table) for table in tables}
        self.sequences = self._sequences()

    def clock(self) -> int:
        """Moves on with every transaction that wrote anything, kept or not."""
        row = self.connection.execute(
            "select pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint"
        ).fetchone()
        assert row is not None
        return int(row[0])

    def restore(self) -> bool:
        """Writes back what differs. False when that takes a new copy, since the structure does."""
        from psycopg import sql

        if self._structure() != self.structure:
            return False
        changed = [t for t, rows in self.rows.items() if self._rows(t) != rows]
        if changed:
            with self.connection.transaction():
                # Neither triggers nor foreign keys: the rows are as they were.
                self.connection.execute("set local session_replication_role = replica")
                for table in changed:
                    name = sql.Identifier(table.schema, table.name)
                    self.connection.execute(sql.SQL("delete from {}").format(name))
                    self._write(table)
        now = self._sequences()
        for sequence, (start, value) in self.sequences.items():
            if now[sequence] != (start, value):
                self.connection.execute(
                    "select pg_catalog.setval(%s, %s, %s)",
                    [sequence, start if value is None else value, value is not None],
                )
        return True

    def differs(self) -> bool:
        """Whether any row of any table does."""
        return any(self._rows(table) != rows for table, rows in self.rows.items())

    def _write(self, table: Table) -> None:
        from psycopg import sql

        if not self.rows[table]:
            return
        with self.connection.cursor().copy(
            sql.SQL("copy {} ({}) from stdin").format(
                sql.Identifier(table.schema, table.name), _listed(table)
            )
        ) as into:
            into.write(self.rows[table])

    def _rows(self, table: Table) -> bytes:
        from psycopg import sql

        with self.connection.cursor().copy(
            sql.SQL("copy (select {} from only {}) to stdout").format(
                _listed(table), sql.Identifier(table.schema, table.name)
            )
        ) as out:
            return b"".join(bytes(part) for part in out)

    def _structure(self) -> Any:
        return self.connection.execute(db.query("structure", _QUERIES)).fetchone()

    def _sequences(self) -> dict[str, tuple[int, int | None]]:
        found = self.connection.execute(db.query("sequences", _QUERIES)).fetchall()
        return {name: (start, value) for name, start, value in found}


def _listed(table: Table) -> Any:
    from psycopg import sql

    return sql.SQL(", ").join(map(sql.Identifier, table.columns))
