"""What the catalogue says there is in `public` and `private`."""

from __future__ import annotations

from typing import Literal, TypeVar

import psycopg
from psycopg import sql

from tests.support.servers import Connection

Key = TypeVar("Key")
Kind = Literal["table", "view", "materialized view"]
KINDS: dict[str, Kind] = {
    "r": "table",
    "p": "table",
    "f": "table",
    "v": "view",
    "m": "materialized view",
}


def relations(db: Connection, schema: str) -> dict[str, Kind]:
    """The tables, views and materialized views of a schema."""
    found = db.execute(
        "select relname, relkind::text from pg_class"
        " where relnamespace = %s::regnamespace and relkind in ('r', 'p', 'f', 'v', 'm')",
        [schema],
    )
    return {name: KINDS[kind] for name, kind in found}


def functions(db: Connection, schema: str) -> dict[str, str]:
    """signature → a call with null for every argument."""
    found = db.execute(
        """
        select p.oid::regprocedure::text, format(
          '%%I.%%I(%%s)', %(schema)s::text, p.proname, coalesce((
            select string_agg('null::' || format_type(a.type, null), ', ' order by a.n)
            from unnest(p.proargtypes::oid[]) with ordinality as a (type, n)
          ), '')
        )
        from pg_proc as p where p.pronamespace = %(schema)s::regnamespace
        """,
        {"schema": schema},
    )
    return dict(found.fetchall())


def sequences(db: Connection) -> list[str]:
    """The sequences of both schemas, qualified."""
    found = db.execute(
        "select relnamespace::regnamespace || '.' || relname from pg_class"
        " where relkind = 'S' and relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
    )
    return [name for (name,) in found]


PROBE = """
create schema probe;
grant usage on schema probe to public;
create function probe.attempts(statements text[]) returns text[] language plpgsql as $$
declare
  v_statement text;
  v_rows bigint;
  v_outcomes text[] = '{}';
begin
  foreach v_statement in array statements loop
    begin
      execute v_statement;
      get diagnostics v_rows = row_count;
      raise exception using errcode = 'ZZZZZ', message = v_rows;
    exception when others then
      v_outcomes = v_outcomes || case when sqlstate = 'ZZZZZ' then sqlerrm else sqlstate end;
    end;
  end loop;
  return v_outcomes;
end;
$$;
"""
"""Makes `attempts` possible in a database; nothing of it is in `public` or `private`."""


def attempts(db: Connection, statements: dict[Key, str]) -> dict[Key, int | str]:
    """`attempt` of many statements in one round trip, in a database with `PROBE`."""
    row = db.execute("select probe.attempts(%s)", [list(statements.values())]).fetchone()
    assert row is not None
    # An SQLSTATE has five characters, of which a count here never has so many.
    outcomes = [int(text) if len(text) < 5 else text for text in row[0]]
    return dict(zip(statements, outcomes, strict=True))


def attempt(db: Connection, statement: str, *values: object) -> int | str:
    """How many rows a statement returned or changed; its SQLSTATE when it failed.

    Nothing of it remains, whatever it did.
    """
    try:
        with db.transaction(force_rollback=True):
            return db.execute(sql.SQL(statement), values or None).rowcount
    except psycopg.Error as error:
        return error.sqlstate or type(error).__name__
