"""Throwaway servers: one per major and test process, started when the first test asks for it."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg import sql

from setterbase.platform import account, binaries, bootstrap, cluster, embedded, processes
from tests.support import schema, scratch
from tests.support.legs import Leg

Grants = Literal["current", "legacy"]
Connection = psycopg.Connection[Any]

PREFIX = f"setterbase-tests-{os.geteuid()}-"
KEEP_SECONDS = 900
KEEP_SERVERS = 3
KEEP_DATABASES = 5

# Nothing here has to survive a power cut, so nothing waits for the disk.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "shared_buffers": "32MB",
    "max_connections": "40",
    "max_wal_size": "4GB",
}


@dataclass(frozen=True)
class Database:
    """A database of a throwaway server."""

    server: Server
    name: str

    def url(self, role: str = "postgres") -> str:
        """Its address for `role`: postgres, authenticator, supabase_admin, supabase_auth_admin."""
        return embedded.url(self.server.port, role, self.server.password, self.name)

    @contextmanager
    def connect(self, role: str = "postgres", *, autocommit: bool = False) -> Iterator[Connection]:
        """A connection, committed at the end unless an exception leaves the block."""
        with psycopg.connect(self.url(role), autocommit=autocommit) as connection:
            yield connection


@dataclass
class Server:
    """A running throwaway cluster and the templates made on it."""

    leg: Leg
    place: cluster.Cluster
    port: int
    password: str
    templates: dict[str, Database | Exception] = field(default_factory=dict)
    shared: dict[Grants, Database] = field(default_factory=dict)
    kept: list[Database] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def maintenance(self) -> Database:
        """The database `postgres`; with pg_cron on the 15 leg, and migrated there too."""
        return Database(self, "postgres")

    def bare(self, grants: Grants) -> Database:
        """The template of a fresh project, before any migration."""
        return self._template(f"bare_{grants}", None, grants)

    def migrated(self, grants: Grants) -> Database:
        """The template with every migration applied, keyed by what the schema is made of."""
        return self._template(f"migrated_{grants}_{schema.digest()}", self.bare(grants), grants)

    def clone(self, template: Database) -> Database:
        """A fresh copy of a template."""
        database = Database(self, f"t{next(self.numbers)}_{os.getpid()}")
        self._create(database, template)
        return database

    def borrow(self, grants: Grants) -> Database:
        """The database whose tests roll back."""
        if grants not in self.shared:
            self.shared[grants] = self.clone(self.migrated(grants))
        return self.shared[grants]

    def keep(self, database: Database) -> bool:
        """Keep the database of a failed test, the first few of a run."""
        self.shared = {key: kept for key, kept in self.shared.items() if kept != database}
        if len(self.kept) >= KEEP_DATABASES:
            return False
        self.kept.append(database)
        return True

    def drop(self, database: Database) -> None:
        """Drop a database whoever is still connected."""
        with self.maintenance.connect("supabase_admin", autocommit=True) as connection:
            name = sql.Identifier(database.name)
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))

    def _template(self, name: str, base: Database | None, grants: Grants) -> Database:
        if name not in self.templates:
            try:
                self.templates[name] = self._make(Database(self, name), base, grants)
            except Exception as error:
                self.templates[name] = error
        made = self.templates[name]
        if isinstance(made, Exception):
            raise made  # a migration that fails fails once, not again for every test
        return made

    def _make(self, database: Database, base: Database | None, grants: Grants) -> Database:
        self._create(database, base)
        if base is None:
            with database.connect("supabase_admin") as connection:
                bootstrap.apply(connection, grants)
        else:
            schema.apply(database.url())
        return database

    def _create(self, database: Database, template: Database | None) -> None:
        statement = sql.SQL("create database {} template {} owner {}").format(
            sql.Identifier(database.name),
            sql.Identifier(template.name if template else "template0"),
            sql.Identifier("postgres"),
        )
        with self.maintenance.connect("supabase_admin", autocommit=True) as connection:
            connection.execute(statement)


def start(leg: Leg, *, on_disk: bool = False) -> Server:
    """Make and start a throwaway cluster of this leg; sweeps away those of earlier runs first."""
    _sweep()
    who = account.choose()
    folder = scratch.folder(PREFIX, on_disk=on_disk)
    (folder / "run").write_text(str(os.getpid()), encoding="utf-8")
    who.own(folder)
    programs = binaries.readable(leg.installation(), who)
    place = cluster.Cluster(folder, programs, who, {**FAST, **leg.settings})
    password = secrets.token_hex(8)
    try:
        cluster.create(place, password)
        server = Server(leg, place, cluster.start(place).port, password)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    with server.maintenance.connect("supabase_admin") as connection:
        bootstrap.apply(connection)
        bootstrap.set_passwords(
            connection,
            dict.fromkeys(("postgres", "authenticator", "supabase_auth_admin"), password),
        )
    return server


def end(server: Server, *, keep: bool) -> None:
    """Stop and remove; with `keep` and a failed test's database, leave it running."""
    if keep and server.kept:
        (server.place.folder / "kept").touch()
        return
    cluster.stop(server.place)
    shutil.rmtree(server.place.folder, ignore_errors=True)


def _sweep() -> None:
    """Remove servers whose run is over: it was killed, or it kept a failed test's database.

    Of the kept ones the newest stay for a while, for whoever is looking at them.
    """
    over = [folder for folder in scratch.places(PREFIX) if _is_over(folder)]
    recent = time.time() - KEEP_SECONDS
    newest = sorted(over, key=_kept_at, reverse=True)[:KEEP_SERVERS]
    for folder in set(over) - {folder for folder in newest if _kept_at(folder) > recent}:
        data = folder / "data"
        processes.stop(
            processes.of_cluster(data, cluster.name_of(data)), grace=5.0, first=cluster.FAST_STOP
        )
        shutil.rmtree(folder, ignore_errors=True)


def _kept_at(folder: Path) -> float:
    """When its run kept it, in seconds; 0 for one that was not kept or that another run removes."""
    try:
        return (folder / "kept").stat().st_mtime
    except OSError:
        return 0


def _is_over(folder: Path) -> bool:
    try:
        return not processes.alive(int((folder / "run").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return False  # being made, or being removed
