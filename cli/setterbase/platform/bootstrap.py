"""What a cluster holds before the first migration: the roles and schemas of a Supabase project.

The SQL is beside this file, in `sql/`. Roles belong to the cluster, the rest to each database, so
a further database of the same cluster takes `apply` as well as the first one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import psycopg
from psycopg import sql

from setterbase.db import query

_SQL = "setterbase.platform.sql"


def apply(
    connection: psycopg.Connection[Any], grants: Literal["current", "legacy"] = "current"
) -> None:
    """Make the connected database a fresh Supabase project, in one transaction.

    `connection` is a superuser's. A database that is one already keeps what it has.
    """
    with connection.transaction():
        # Two databases of one cluster may be made at once; roles are common to both.
        connection.execute("select pg_advisory_xact_lock(hashtext('setterbase.bootstrap'))")
        connection.execute(query("roles", _SQL))
        done = connection.execute("select to_regprocedure('auth.jwt()') is not null").fetchone()
        if done == (True,):
            return
        connection.execute(query("database", _SQL))
        # What the auth service makes for itself, made as itself: it owns the lot.
        connection.execute("set local role supabase_auth_admin")
        connection.execute(query("auth_tables", _SQL))
        connection.execute(query("auth_functions", _SQL))
        connection.execute("reset role")
        connection.execute(query(f"grants_{grants}", _SQL))
        connection.execute(query("pgrst", _SQL))
        connection.execute(query("cron", _SQL))


def set_passwords(connection: psycopg.Connection[Any], passwords: Mapping[str, str]) -> None:
    """Give login roles their passwords, committed; the server only ever sees SCRAM verifiers."""
    for role, password in passwords.items():
        verifier = connection.pgconn.encrypt_password(
            password.encode(), role.encode(), b"scram-sha-256"
        ).decode()
        connection.execute(
            sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(verifier))
        )
    connection.commit()
