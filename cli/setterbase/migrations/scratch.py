"""Throwaway databases on the embedded platform, for building a schema and looking at it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def database() -> Iterator[str]:
    """A fresh project's database, dropped at the end; its address for `postgres`.

    Starts the embedded platform when it is down. Raises PlatformError when that fails.
    """
    import psycopg
    from psycopg import sql
    from psycopg.conninfo import make_conninfo

    from setterbase.platform import bootstrap, embedded

    url = embedded.database_url()
    name = f"scratch_{secrets.token_hex(6)}"
    quoted = sql.Identifier(name)
    with psycopg.connect(embedded.superuser_url(), autocommit=True) as admin:
        admin.execute(
            sql.SQL("create database {} template template0 owner postgres").format(quoted)
        )
        try:
            with psycopg.connect(embedded.superuser_url(name)) as connection:
                bootstrap.apply(connection)
            yield make_conninfo(url, dbname=name)
        finally:
            admin.execute(sql.SQL("drop database if exists {} with (force)").format(quoted))


def pg_dump() -> Path:
    """The packaged pg_dump, which reads every supported major."""
    from setterbase.platform import binaries

    return binaries.packaged() / "pg_dump"
