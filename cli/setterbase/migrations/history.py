"""The table that tells what ran here, shared with the official Supabase CLI.

`supabase_migrations.schema_migrations(version text primary key, statements text[], name text)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from setterbase.db import query
from setterbase.errors import MigrationError, TargetError

if TYPE_CHECKING:
    import psycopg

    from setterbase.migrations.files import MigrationFile

_QUERIES = "setterbase.migrations.queries"


@dataclass(frozen=True)
class Applied:
    """A row of the history; `statements` is None where whoever recorded it left them out."""

    version: str
    name: str
    statements: list[str] | None


def read(connection: psycopg.Connection[Any]) -> list[Applied]:
    """What was applied, by version; nothing when there is no history yet.

    Raises MigrationError when the role may not read it, TargetError when the connection is lost.
    """
    with _explained(connection, "read"), connection.cursor() as cursor:
        cursor.execute("select to_regclass('supabase_migrations.schema_migrations') is not null")
        if not _single(cursor):
            return []
        rows = cursor.execute(query("history", _QUERIES)).fetchall()
    return sorted(
        (Applied(version, name, statements) for version, name, statements in rows),
        key=lambda applied: applied.version,
    )


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Make the table exactly as the official CLI makes it, unless it is there.

    Raises MigrationError when the role may not, TargetError when the connection is lost.
    """
    with _explained(connection, "create"), connection.cursor() as cursor:
        cursor.execute(query("history_is_ready", _QUERIES))
        if not _single(cursor):
            with connection.transaction():
                cursor.execute(query("create_history", _QUERIES))


def record(connection: psycopg.Connection[Any], file: MigrationFile) -> None:
    """Write the row of `file`, inside the caller's transaction."""
    connection.execute(
        query("record", _QUERIES),
        {"version": file.version, "name": file.name, "statements": file.recorded},
    )


@contextmanager
def _explained(connection: psycopg.Connection[Any], verb: str) -> Iterator[None]:
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        reason = error.diag.message_primary or " ".join(str(error).split())
        if connection.broken or connection.closed:
            raise TargetError(
                f"the connection to the database was lost: {reason}.", hint="Run it again."
            ) from error
        raise MigrationError(
            f"cannot {verb} the history of migrations: {reason}.",
            hint="Connect as `postgres`, the role that owns the schema supabase_migrations.",
        ) from error


def _single(cursor: psycopg.Cursor[Any]) -> Any:
    row = cursor.fetchone()
    return row[0] if row else None
