"""The moment in which a batch is alone with the tables: locks, and triggers set aside.

A batch writes what the triggers would have, so these must not run. `alter table … disable trigger`
is transactional: a batch that dies leaves them enabled. Its lock (SHARE ROW EXCLUSIVE) lets readers
through and makes writers wait for the batch's end, so no row of theirs misses its trigger. Only the
named triggers are set aside: whatever else hangs on the tables (marks of changed days, say) runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, LiteralString

from setterbase.errors import TargetError

if TYPE_CHECKING:
    import psycopg

WRITING: tuple[tuple[LiteralString, LiteralString], ...] = (
    ("leads", "_100_normalize"),
    ("messages", "_050_number"),
    ("messages", "_100_insert"),
)
DELETING: tuple[tuple[LiteralString, LiteralString], ...] = (
    ("leads", "_100_normalize"),
    ("messages", "_100_delete"),
)
_TRIES = 12
PATIENCE = ("5s", "400ms")


@contextmanager
def alone(
    connection: psycopg.Connection[Any],
    triggers: tuple[tuple[LiteralString, LiteralString], ...],
) -> Iterator[None]:
    """Within the block, one transaction with both tables locked and these triggers set aside.

    Raises TargetError when other writers do not let it in.
    """
    from psycopg import sql

    def alter(verb: LiteralString) -> None:
        for table, trigger in triggers:
            statement: LiteralString = "alter table public.{} " + verb + " trigger {}"
            connection.execute(
                sql.SQL(statement).format(sql.Identifier(table), sql.Identifier(trigger))
            )

    with connection.transaction():
        _lock(connection, list(dict.fromkeys(table for table, _ in triggers)))
        alter("disable")
        yield
        alter("enable")


def _lock(connection: psycopg.Connection[Any], tables: list[LiteralString]) -> None:
    """Lock both tables, so that nobody else ever is the victim of a deadlock.

    An ingest locks leads before messages, a plain insert of a message the other way round: no order
    suits both. So the second lock is waited for less long than PostgreSQL's deadlock_timeout (1 s),
    then both are let go and taken the other way round; the first one, which holds up nothing, is
    waited for long enough that an autovacuum in the way is told to leave.
    """
    import psycopg
    from psycopg import sql

    for _ in range(_TRIES):
        try:
            with connection.transaction():
                for table, patience in zip(tables, PATIENCE, strict=True):
                    connection.execute("select set_config('lock_timeout', %s, true)", [patience])
                    connection.execute(
                        sql.SQL("lock table public.{} in share row exclusive mode").format(
                            sql.Identifier(table)
                        )
                    )
        except psycopg.errors.LockNotAvailable:
            tables = tables[::-1]
            continue
        connection.execute("set local lock_timeout to default")
        return
    raise TargetError(
        "leads and messages are in use: other transactions hold them open.",
        hint="Try again when they have ended; pg_stat_activity shows them.",
    )
