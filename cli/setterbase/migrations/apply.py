"""Bring a database up to the files: in order, one transaction a file, one runner at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from setterbase.db import query
from setterbase.errors import MigrationError, TargetError
from setterbase.migrations import guard, history, status

if TYPE_CHECKING:
    import psycopg

    from setterbase.migrations.files import MigrationFile, SqlFile
    from setterbase.migrations.statements import Statement

_QUERIES = "setterbase.migrations.queries"

# "setter" in ASCII. Any fixed number will do, as long as no one else locks it and it never changes:
# two versions of this tool must exclude each other too.
LOCK_KEY = int.from_bytes(b"setter")
_LOCK_POLL_SECONDS = 0.2

Progress = Callable[["MigrationFile", int, int], None]
"""Called before each file, with its position from 1 and how many there are."""


def up(
    connection: psycopg.Connection[Any],
    files: Sequence[MigrationFile],
    *,
    include_all: bool = False,
    on_file: Progress | None = None,
    on_wait: Callable[[], None] | None = None,
) -> list[MigrationFile]:
    """Apply what is pending of `files` (from `files.discover`) and return it, in order.

    `connection` is in autocommit mode and logs in as `postgres` or as someone who may become it;
    it ends up acting as `postgres`. A file that fails leaves the database as it was before that
    file; those before it stay. `on_wait` is called once when another `up` is at work; this one then
    waits for it. `include_all` also applies files older than the newest applied one.

    Raises DriftError when files and history disagree and MigrationError for a file that cannot run
    in a transaction, both before anything is touched; MigrationError when a file fails; TargetError
    when the connection is lost.
    """
    if not connection.autocommit:
        raise ValueError("migrations need a connection in autocommit mode")
    _act_as_postgres(connection)
    with _alone(connection, on_wait):
        entries = status.status(connection, files)
        status.refuse_drift(entries, include_all=include_all)
        wanted = {e.version for e in entries if e.state in (status.State.PENDING, status.State.GAP)}
        pending = [file for file in files if file.version in wanted]
        guard.check(pending)
        if pending:
            history.prepare(connection)
        for number, file in enumerate(pending, start=1):
            if on_file:
                on_file(file, number, len(pending))
            run(connection, file, finish=partial(history.record, connection, file))
    return pending


def run(
    connection: psycopg.Connection[Any],
    file: SqlFile,
    *,
    finish: Callable[[], None] | None = None,
) -> None:
    """Run the statements of `file`, then `finish`, in one transaction as `postgres`.

    Raises MigrationError when a statement fails, TargetError when the connection is lost.
    """
    import psycopg

    at: Statement | None = None
    try:
        connection.execute(query("fresh_session", _QUERIES))
        with connection.transaction():
            for at in file.statements:
                # Binary results make psycopg use the extended protocol, which the official CLI
                # uses: one statement a message, or an error.
                connection.execute(at.text, prepare=False, binary=True)
            at = None
            connection.execute(query("act_as_postgres", _QUERIES))
            if finish:
                finish()
    except psycopg.Error as error:
        _explain(connection, file, at, error)


def _explain(
    connection: psycopg.Connection[Any],
    file: SqlFile,
    statement: Statement | None,
    error: psycopg.Error,
) -> NoReturn:
    """Raise the error that says where, what, why and what next."""
    if connection.broken or connection.closed:
        raise TargetError(
            f"the connection was lost in the middle of {file.label}.",
            hint="The database takes back what a lost connection left unfinished: see "
            "`setterbase migrate status`, then run the command again.",
        ) from error
    where = "at its end"
    if statement:
        offset = statement.code_start
        if error.diag.statement_position:
            offset = statement.start + int(error.diag.statement_position) - 1
        where = f"on line {file.line(offset)}, in `{_first_line(statement.code)}`"
    raise MigrationError(
        f"{file.label} failed {where}: {_reason(error)}.", hint=_next_step(error.sqlstate)
    ) from error


def _reason(error: psycopg.Error) -> str:
    """The server's message, detail and hint on one line, with the SQLSTATE."""
    told = [error.diag.message_primary or str(error)]
    told += [part for part in (error.diag.message_detail, error.diag.message_hint) if part]
    if not error.diag.statement_position and error.diag.context:
        told.append(f"in {error.diag.context.splitlines()[0]}")
    text = "; ".join(" ".join(part.split()).rstrip(".") for part in told)
    return f"{text} (SQLSTATE {error.sqlstate or 'unknown'})"


def _next_step(sqlstate: str | None) -> str:
    undone = "Nothing of this file was applied;"
    match sqlstate:
        case "42501":
            return f"{undone} it must get by with the rights of `postgres`, who is no superuser."
        case "25001":
            return f"{undone} take out what cannot run inside a transaction."
        case "55P03" | "57014" | "40P01":
            return f"{undone} run the command again when the database is less busy."
        case _:
            return f"{undone} mend it and run the command again."


def _first_line(code: str, width: int = 80) -> str:
    line = code.splitlines()[0].strip() if code else ""
    return line if len(line) <= width else line[: width - 1] + "…"


def _act_as_postgres(connection: psycopg.Connection[Any]) -> None:
    import psycopg

    try:
        connection.execute(query("act_as_postgres", _QUERIES))
    except psycopg.Error as error:
        raise MigrationError(
            f"{connection.info.user} may not act as `postgres`: "
            f"{error.diag.message_primary or error}.",
            hint="Connect as postgres: whoever runs a migration owns what it makes.",
        ) from error


@contextmanager
def _alone(
    connection: psycopg.Connection[Any], on_wait: Callable[[], None] | None
) -> Iterator[None]:
    """Hold the lock of this tool. A lost connection gives it back, so a killed run blocks no one.

    Asked again and again rather than waited for: a waiting statement would fall to the
    statement_timeout that a hosted database sets.
    """
    import psycopg

    waiting = False
    while not _locked(connection):
        if on_wait and not waiting:
            on_wait()
        waiting = True
        time.sleep(_LOCK_POLL_SECONDS)
    try:
        yield
    finally:
        with suppress(psycopg.Error):  # the connection may be gone, and the lock with it
            connection.execute("select pg_advisory_unlock(%s)", [LOCK_KEY])


def _locked(connection: psycopg.Connection[Any]) -> bool:
    import psycopg

    try:
        row = connection.execute("select pg_try_advisory_lock(%s)", [LOCK_KEY]).fetchone()
    except psycopg.OperationalError as error:
        raise TargetError(
            "the connection was lost while waiting for another `migrate up`.", hint="Run it again."
        ) from error
    return bool(row and row[0])
