"""One transaction that is rolled back; every attempt in a savepoint, as an identity of the API.

The attacks speak to `Arena` alone (`acting`, `attempt`, `keep`), so that the same matrix can be
driven through HTTP by another class of these methods.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql as psql
    from psycopg.errors import Diagnostic

    from setterbase.prover.identities import Identity

PATIENCE = 4  # seconds for one attempt
_TRIES = 3
CROSSED = frozenset({"40P01", "40001"})  # others work there too: worth another try
BUSY = frozenset({"57014", "55P03"}) | CROSSED  # neither taken nor refused


@dataclass(frozen=True)
class Outcome:
    """What came back: rows, how many were touched, or the error."""

    rows: tuple[tuple[Any, ...], ...] = ()
    count: int = 0
    state: str | None = None
    message: str = ""

    @property
    def ok(self) -> bool:
        return self.state is None

    @property
    def text(self) -> str:
        if self.state is not None:
            return self.message
        return "\n".join(" ".join("" if v is None else str(v) for v in row) for row in self.rows)


class Arena:
    """The connection, and how to act on it without leaving a trace.

    Commands that answer nothing (savepoints, roles, settings) wait and travel with the next
    statement: a proof is thousands of small statements, and the way there is most of their time.
    """

    def __init__(self, connection: psycopg.Connection[Any], path: str) -> None:
        self._connection = connection
        self._waiting: list[str] = []
        self.path = path  # the search_path that the API sets
        self.attempts = 0
        self.errors: list[Outcome] = []  # of attempts, the latest last
        self._depth = 0

    @property
    def connection(self) -> psycopg.Connection[Any]:
        """The connection itself, with nothing left waiting."""
        self.flush()
        return self._connection

    def flush(self) -> None:
        """Sends what waits, so that the connection is as it should be."""
        if self._waiting:
            self._run("select")

    def owner(self, statement: psql.Composable | str) -> list[tuple[Any, ...]]:
        """Runs as the connected role, outside any attempt's rollback."""
        cursor = self._run(statement)
        return cursor.fetchall() if cursor.description else []

    def try_owner(self, statement: psql.Composable | str) -> Outcome:
        """Runs as the connected role; kept when it succeeds, undone when it fails.

        One that met others on its way (a deadlock, of which the savepoint lets go) is tried again.
        """
        for _ in range(_TRIES):
            with self.savepoint() as point:
                outcome = self._outcome(statement)
                point.keep = outcome.ok
            if outcome.state not in CROSSED:
                break
        return outcome

    @contextmanager
    def savepoint(self) -> Iterator[_Point]:
        """A savepoint that is rolled back at the end unless `keep` was set."""
        self._depth += 1
        point = _Point(f"p{self._depth}")
        self._later(f"savepoint {point.name}")
        try:
            yield point
        finally:
            self._depth -= 1
            if point.keep:
                self._later(f"release savepoint {point.name}")
            else:
                self._later(f"rollback to savepoint {point.name}; release savepoint {point.name}")

    @contextmanager
    def acting(self, identity: Identity) -> Iterator[None]:
        """As `identity`, for any number of attempts; everything is undone at the end."""
        with self.savepoint():
            self._later(f"set local statement_timeout = '{PATIENCE}s'")
            self._later(become(identity, self.path))
            yield

    def attempt(self, statement: psql.Composable | str) -> Outcome:
        """One statement as whoever we are, undone."""
        for _ in range(_TRIES):
            with self.savepoint():
                outcome = self._outcome(statement)
            if outcome.state not in CROSSED:
                break
        return outcome

    def keep(self, statement: psql.Composable | str) -> Outcome:
        """One statement as whoever we are; its effect stays until the savepoint around it ends."""
        return self.try_owner(statement)

    @contextmanager
    def notices(self) -> Iterator[list[str]]:
        """What the server remarks meanwhile, beside its answers."""
        heard: list[str] = []

        def hear(notice: Diagnostic) -> None:
            heard.append(notice.message_primary or "")

        self._connection.add_notice_handler(hear)
        try:
            yield heard
        finally:
            self._connection.remove_notice_handler(hear)

    def become(self, identity: Identity) -> None:
        self._later(become(identity, self.path))

    def back(self) -> None:
        """The connected role again, inside the current savepoint."""
        self._later("reset role")

    def _later(self, command: str) -> None:
        self._waiting.append(command)

    def _run(self, statement: psql.Composable | str) -> psycopg.Cursor[Any]:
        text = statement if isinstance(statement, str) else statement.as_string(self._connection)
        parts, self._waiting = [*self._waiting, text], []
        cursor = self._connection.execute("; ".join(parts))
        while cursor.nextset():
            pass
        return cursor

    def _outcome(self, statement: psql.Composable | str) -> Outcome:
        from psycopg import Error

        self.attempts += 1
        try:
            cursor = self._run(statement)
            rows = tuple(cursor.fetchall()) if cursor.description else ()
        except Error as error:
            primary = error.diag.message_primary or str(error)
            extra = " ".join(
                part for part in (error.diag.message_detail, error.diag.message_hint) if part
            )
            failed = Outcome(state=error.sqlstate or "?????", message=f"{primary} {extra}".strip())
            self.errors.append(failed)
            return failed
        return Outcome(rows=rows, count=max(cursor.rowcount, 0))


@dataclass
class _Point:
    name: str
    keep: bool = False


def quote(text: str) -> str:
    """A standard string literal."""
    return "'" + text.replace("'", "''") + "'"


def become(identity: Identity, path: str) -> str:
    """What PostgREST does before a request: role, claims, headers, method and path."""
    claims = identity.raw_claims
    settings = {
        "request.jwt.claims": claims,
        "request.headers": json.dumps(identity.headers),
        "request.method": "POST",
        "request.path": "/",
        "request.cookies": "{}",
    }
    lines = [f"set local search_path = {path}", f"set local role {identity.role}"]
    settings |= identity.settings
    lines += [f"set local {name} = {quote(value)}" for name, value in settings.items()]
    return "; ".join(lines)
