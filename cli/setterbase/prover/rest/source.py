"""What a copy takes from the target: schema, roles, settings, and rows that belong to nobody.

The target is only read. None of its tenants' rows leaves it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from setterbase import db
from setterbase.errors import TargetError
from setterbase.platform import binaries
from setterbase.prover import catalog, config, inference, prove, refs, scope, texts
from setterbase.prover.model import Relation

if TYPE_CHECKING:
    import psycopg

_QUERIES = "setterbase.prover.rest.queries"
_LIMIT = 20_000  # rows of a table that belongs to nobody; what is larger is no catalogue
# What decides about reach. Ports, secrets and pools are the copy's own.
SETTINGS = (
    "pgrst.db_schemas",
    "pgrst.db_extra_search_path",
    "pgrst.db_pre_request",
    "pgrst.db_aggregates_enabled",
    "pgrst.db_use_legacy_gucs",
)


@dataclass(frozen=True)
class Common:
    """A table that belongs to no tenant, and its rows as COPY writes them."""

    schema: str
    name: str
    columns: tuple[str, ...]
    rows: bytes


@dataclass(frozen=True)
class Source:
    """Everything that a copy is made of."""

    database: str
    schemas: tuple[str, ...]  # the project's own, exposed or not
    dump: str
    roles: list[dict[str, Any]]
    members: list[dict[str, Any]]
    settings: dict[str, str]
    extensions: list[dict[str, Any]]
    auth_functions: list[dict[str, Any]]
    auth_triggers: list[str]
    common: list[Common]


def read(
    connection: psycopg.Connection[Any], asked: Sequence[str], settings: config.Config
) -> Source:
    """The target's parts. Raises TargetError when its schema cannot be read."""
    connection.execute("set transaction read only")
    connection.execute("set local search_path = pg_catalog; set local statement_timeout = '30s'")
    found = connection.execute(
        "select current_database(), array_agg(n.nspname::text order by n.nspname) "
        "from pg_catalog.pg_namespace as n "
        "where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"
    ).fetchone()
    assert found is not None
    schemas = tuple(n for n in found[1] if not scope.is_managed(n))
    told = {
        name: _all(connection, name)
        for name in ("roles", "members", "extensions", "auth_functions", "auth_triggers")
    }
    pgrst = _all(connection, "settings", {"names": list(SETTINGS)})
    common = _common(connection, asked, settings)
    connection.rollback()
    return Source(
        database=found[0],
        schemas=schemas,
        dump=_dump(connection, schemas),
        roles=told["roles"],
        members=told["members"],
        settings={row["name"]: row["value"] for row in pgrst},
        extensions=told["extensions"],
        auth_functions=told["auth_functions"],
        auth_triggers=[row["definition"] for row in told["auth_triggers"]],
        common=common,
    )


def _all(
    connection: psycopg.Connection[Any], name: str, params: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    from psycopg.rows import dict_row

    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(db.query(name, _QUERIES), params).fetchall()


def _common(
    connection: psycopg.Connection[Any], asked: Sequence[str], settings: config.Config
) -> list[Common]:
    """Catalogues come along: functions and defaults count on their rows."""
    found = catalog.load(connection, asked)
    prove.refuse_empty(found)
    evidence = texts.gather(found)
    references = refs.find(found, evidence)
    declared = config.override(found, references, settings)
    inferred = inference.infer(found, references, evidence)
    tables = [t for t in found.tables if t.oid in declared or not inferred.has(t.oid)]
    return [c for t in tables if t.can_fill and (c := _rows(connection, t)) is not None]


def _rows(connection: psycopg.Connection[Any], table: Relation) -> Common | None:
    from psycopg import sql

    columns = tuple(c.name for c in table.columns.values() if not c.generated)
    name = sql.Identifier(table.schema, table.name)
    count = connection.execute(
        sql.SQL("select count(*) from (select from {} limit {}) as counted").format(
            name, sql.Literal(_LIMIT + 1)
        )
    ).fetchone()
    if count is None or not 0 < count[0] <= _LIMIT:
        return None
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    with connection.cursor().copy(
        sql.SQL("copy (select {} from {}) to stdout").format(listed, name)
    ) as out:
        return Common(table.schema, table.name, columns, b"".join(bytes(part) for part in out))


def _dump(connection: psycopg.Connection[Any], schemas: Sequence[str]) -> str:
    """`pg_dump` of the project's schemas; the password travels in the environment."""
    from psycopg.conninfo import conninfo_to_dict

    words = ["--schema-only", "--no-publications", "--no-subscriptions", "--no-security-labels"]
    words += ["--no-tablespaces", "--lock-wait-timeout=5s"]
    words += [f'--schema="{name}"' for name in schemas]
    known = {**conninfo_to_dict(connection.info.dsn), "password": connection.info.password}
    environment = {"PATH": os.environ.get("PATH", ""), "PGAPPNAME": "setterbase"}
    names = {"dbname": "PGDATABASE", "application_name": "PGAPPNAME"}
    for key, value in known.items():
        if value is not None and key not in ("connect_timeout", "options"):
            environment[names.get(key, f"PG{key.upper()}")] = str(value)
    done = subprocess.run(
        [binaries.packaged() / "pg_dump", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "error" in line] or ["no word"]
        denied = "permission denied" in lines[0]
        raise TargetError(
            f"the schema of {connection.info.dbname} cannot be read: {lines[0]}.",
            hint="Connect as `postgres` of the project, who may read its schema."
            if denied
            else "`verify` without --http needs no copy.",
        )
    return done.stdout
