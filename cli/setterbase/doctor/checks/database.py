"""What the database's catalogue says, a file of SQL for each thing that is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from setterbase.db import query
from setterbase.doctor.model import Finding, Look, UnseenError, Verdict, World
from setterbase.migrations import status as standing
from setterbase.migrations.status import DRIFT, State

_QUERIES = "setterbase.doctor.queries"


def told_by(*names: str) -> Look:
    """The findings of `queries/<name>.sql`: what, mend and, unless it is a problem, the verdict."""

    def look(world: World) -> Iterator[Finding]:
        for name in names:
            for what, mend, *verdict in _rows(world, name):
                yield Finding(what, mend, Verdict(verdict[0]) if verdict else Verdict.PROBLEM)

    return look


def jobs(world: World) -> Iterator[Finding]:
    """The job catalogue is run, by pg_cron where it is, and its latest runs went well."""
    assert world.connection is not None
    found = world.connection.execute("select to_regclass('cron.job') is not null").fetchone()
    queries = ("pg_cron", "cron_history") if found == (True,) else ("local_jobs",)
    return iter(told_by(*queries)(world))


def nobody(world: World) -> Iterator[Finding]:
    """auth.uid() is null for a request without claims; an older one raises an error instead."""
    import psycopg

    assert world.connection is not None
    with world.connection.transaction(force_rollback=True):
        for name in ("request.jwt.claims", "request.jwt.claim.sub"):
            world.connection.execute("select set_config(%s, '', true)", [name])
        try:
            row = world.connection.execute(query("signed_in_user", _QUERIES)).fetchone()
        except psycopg.DataError:
            row = None
    if row != (True,):
        yield Finding(
            "auth.uid() fails, or names somebody, when a request has no claims: policies that call"
            " it fail with it.",
            "Upgrade the project: a present auth.uid() reads its settings through nullif(…, '').",
        )


def migrations(world: World) -> Iterator[Finding]:
    """The database is where supabase/migrations/ leads."""
    if world.files is None:
        raise UnseenError("this is no project's folder: there is no supabase/migrations/")
    assert world.connection is not None
    entries = standing.status(world.connection, world.files)
    if pending := [entry.label for entry in entries if entry.state is State.PENDING]:
        yield Finding(
            f"{len(pending)} migrations are not applied, the first is {pending[0]}.",
            "Run `setterbase migrate up`.",
        )
    for entry in entries:
        if entry.state in DRIFT:
            yield Finding(f"{entry.label} {entry.why}.", "See `setterbase migrate status`.")


def _rows(world: World, name: str) -> list[tuple[Any, ...]]:
    assert world.connection is not None
    # Without parameters: then a % is a %.
    return world.connection.execute(query(name, _QUERIES)).fetchall()
