"""A throwaway copy of a target: a cluster of its own, where the attacked rows may be committed.

PostgREST sees only what is committed, and a target must not hold the rows of an attack for even a
moment. So its schema is rebuilt beside it, and everything happens there.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from setterbase import db
from setterbase.errors import TargetError
from setterbase.platform import account, binaries, bootstrap, cluster, embedded, processes
from setterbase.prover.rest.source import SETTINGS, Source

if TYPE_CHECKING:
    import psycopg

_PREFIX, _RUN = "setterbase-copy-", "run"  # which holds the process that it is made for
_API = "postgrest.conf"
_NAME, _PRISTINE, _BARE = "copy", "pristine", "template1"
# It is gone in a minute: nothing waits for the disk, nothing is tidied.
_FAST = {
    **dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes", "jit"), "off"),
    "autovacuum": "off",  # its statistics would throw away the plans that connections keep
}


@dataclass(frozen=True)
class Copy:
    """Where a copy runs; `url` is for any of the roles that log in.

    `api_file` is what its PostgREST is started with, and known by when the run was killed.
    """

    port: int
    password: str
    api_file: Path

    def url(self, role: str = "postgres", database: str = _NAME) -> str:
        return embedded.url(self.port, role, self.password, database)

    @contextmanager
    def superuser(self, database: str = _NAME) -> Iterator[psycopg.Connection[Any]]:
        """A connection of the copy's superuser, each statement committed."""
        import psycopg

        url = self.url(cluster.SUPERUSER, database)
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection

    def empty(self) -> None:
        """A bare project in the place of whatever was here."""
        self._swap(_NAME, _BARE)

    def remember(self) -> None:
        """Keeps the copy as it is now, for `restore`. Nobody may be connected to it."""
        self._swap(_PRISTINE, _NAME)

    def restore(self) -> None:
        """The copy as it was when it was remembered; whoever is connected is sent away."""
        self._swap(_NAME, _PRISTINE)

    def _swap(self, to: str, of: str) -> None:
        with self.superuser("postgres") as connection:
            connection.execute(f"drop database if exists {to} with (force)".encode())
            connection.execute(f"create database {to} template {of} owner postgres".encode())


@contextmanager
def yard(parent: Path | None = None) -> Iterator[Copy]:
    """A cluster with room for a copy, gone with the block. Its `template1` is a bare project.

    It lies in a fresh folder of `parent`, or of where temporary folders lie.
    """
    import psycopg

    who = account.choose()
    parent = parent or Path(tempfile.gettempdir())
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    try:
        (folder / _RUN).write_text(str(os.getpid()), encoding="utf-8")
        who.own(folder)
        programs = binaries.readable(binaries.find(), who)
        place = cluster.Cluster(folder, programs, who, _FAST)
        password = secrets.token_hex(16)
        cluster.create(place, password)
        try:
            (folder / _API).touch()
            copy = Copy(cluster.start(place).port, password, folder / _API)
            with copy.superuser(_BARE) as connection:
                bootstrap.apply(connection)
            with psycopg.connect(copy.url(cluster.SUPERUSER, "postgres")) as connection:
                bootstrap.set_passwords(
                    connection, dict.fromkeys(("postgres", "authenticator"), password)
                )
            yield copy
        finally:
            cluster.stop(place)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Removes places whose run was killed outright, and stops what still runs there."""
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            run = int((folder / _RUN).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # another account's, or one that is just being made
        if not processes.alive(run):
            data = folder / "data"
            left = processes.given(folder / _API)
            left += processes.of_cluster(data, cluster.name_of(data))
            processes.stop(left, grace=5.0, first=cluster.FAST_STOP)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def made(source: Source, place: Copy | None = None) -> Iterator[Copy]:
    """The copy, gone with the block; in `place`, which outlives it, until the next is made there.

    Raises TargetError when the schema cannot be rebuilt.
    """
    with nullcontext(place) if place else yard() as copy:
        copy.empty()
        with copy.superuser() as connection:
            _roles(connection, source)
            _schemas(connection, source)
            _objects(connection, source)
            _rows(connection, source)
        yield copy


def _roles(connection: psycopg.Connection[Any], source: Source) -> None:
    from psycopg import sql

    there = {name for (name,) in connection.execute("select rolname from pg_roles")}
    for role in source.roles:
        if role["name"] not in there:
            words = ["inherit" if role["inherits"] else "noinherit"]
            words += ["bypassrls"] if role["bypasses"] else []
            connection.execute(
                sql.SQL("create role {} nologin {}").format(
                    sql.Identifier(role["name"]), sql.SQL(" ").join(map(sql.SQL, words))
                )
            )
    known = {
        (granted, member)
        for granted, member in connection.execute(
            "select a.roleid::regrole::text, a.member::regrole::text from pg_auth_members as a"
        )
    }
    for one in source.members:
        pair = one["granted"], one["member"]
        if pair not in known and cluster.SUPERUSER not in pair:
            connection.execute(
                sql.SQL("grant {} to {}").format(*(sql.Identifier(name) for name in pair))
            )
    for name in SETTINGS:  # an earlier copy of this place may have had them
        connection.execute(sql.SQL("alter role authenticator reset {}").format(sql.SQL(name)))
    for name, value in source.settings.items():
        connection.execute(
            sql.SQL("alter role authenticator set {} = {}").format(
                sql.SQL(name),  # one of source.SETTINGS
                sql.Literal(value),
            )
        )


def _schemas(connection: psycopg.Connection[Any], source: Source) -> None:
    """Empty schemas, then the extensions, which may live in them.

    The default privileges of `public` go with the schema: what the dump grants is all there is.
    """
    from psycopg import sql

    for name in source.schemas:
        connection.execute(
            sql.SQL("drop schema if exists {0} cascade; create schema {0}").format(
                sql.Identifier(name)
            )
        )
    found = connection.execute("select name from pg_catalog.pg_available_extensions")
    available = {name for (name,) in found}
    for extension in source.extensions:
        if extension["name"] in available:
            connection.execute(
                sql.SQL(
                    "create schema if not exists {1}; "
                    "create extension if not exists {0} with schema {1} cascade"
                ).format(sql.Identifier(extension["name"]), sql.Identifier(extension["schema"]))
            )


def _objects(connection: psycopg.Connection[Any], source: Source) -> None:
    connection.execute("set search_path = ''; set check_function_bodies = off")
    for function in source.auth_functions:
        there = connection.execute(
            "select pg_catalog.to_regprocedure(%s) is not null", [function["signature"]]
        ).fetchone()
        if there == (False,):
            _execute(connection, function["definition"])
    # psql's own commands, and schemas that are there by now.
    lines = [line for line in source.dump.splitlines() if not line.startswith("\\")]
    text = re.sub(r"(?m)^CREATE SCHEMA .*;$", "", "\n".join(lines))
    _execute(connection, text)
    for trigger in source.auth_triggers:
        _execute(connection, trigger)


def _execute(connection: psycopg.Connection[Any], text: str) -> None:
    from psycopg import Error

    try:
        connection.execute(text.encode())
    except Error as error:
        said = error.diag.message_primary or str(error)
        raise TargetError(
            f"the schema cannot be rebuilt beside the target: {said}.",
            hint="The copy has PostgreSQL 18 with the extensions plpgsql and vector alone; "
            "`verify` without --http needs no copy.",
        ) from None


def _rows(connection: psycopg.Connection[Any], source: Source) -> None:
    """The rows that belong to nobody, without triggers: they are as they were."""
    from psycopg import sql

    connection.execute("set session_replication_role = replica")
    for table in source.common:
        name = sql.Identifier(table.schema, table.name)
        listed = sql.SQL(", ").join(map(sql.Identifier, table.columns))
        with connection.cursor().copy(
            sql.SQL("copy {} ({}) from stdin").format(name, listed)
        ) as into:
            into.write(table.rows)
        for column, sequence in connection.execute(
            db.query("serials", "setterbase.prover.rest.queries"),
            {"schema": table.schema, "table": table.name},
        ).fetchall():
            if sequence is not None:
                connection.execute(
                    sql.SQL("select setval({}, max({})) from {}").format(
                        sql.Literal(sequence), sql.Identifier(column), name
                    )
                )
    connection.execute("reset session_replication_role")
