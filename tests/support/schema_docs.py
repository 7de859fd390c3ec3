"""docs/schema.md from the catalogue. `python -m tests.support.schema_docs` writes it anew."""

from __future__ import annotations

from pathlib import Path

from tests.support.servers import Connection

FILE = Path(__file__).resolve().parents[2] / "docs" / "schema.md"

HEAD = """# The schema

Written from the catalogue by `make docs`; a test holds it to the database. `public` is what clients
see through the API, `private` is never exposed. Who may do what is stated in `60_policies.sql` of
each domain; tables are filtered by the policy that stands beside them.
"""

RELATIONS = """
select c.oid, c.relname, c.relkind::text, coalesce(obj_description(c.oid, 'pg_class'), '')
from pg_class as c
where c.relnamespace = %s::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
order by c.relkind in ('v', 'm'), c.relname collate "C"
"""

COLUMNS = """
select
  a.attname,
  format_type(a.atttypid, a.atttypmod),
  case
    when a.attidentity <> '' then 'counted up'
    when d.adbin is not null then 'default `' || pg_get_expr(d.adbin, d.adrelid) || '`'
    when a.attnotnull then 'required'
    else ''
  end,
  coalesce(col_description(a.attrelid, a.attnum), '')
from pg_attribute as a
left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = %s and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""

# Not the null constraints, which the columns state, and which are constraints since 18 only.
CONSTRAINTS = """
select k.conname, pg_get_constraintdef(k.oid)
from pg_constraint as k
where k.conrelid = %s and k.contype in ('p', 'u', 'f', 'c')
order by array_position(array['p', 'u', 'f', 'c'], k.contype::text), k.conname collate "C"
"""

POLICIES = """
select
  p.polname,
  case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
    when 'd' then 'delete' else 'all' end,
  array(select r::regrole::text from unnest(p.polroles) as r order by 1),
  pg_get_expr(p.polqual, p.polrelid)
from pg_policy as p where p.polrelid = %s order by p.polname collate "C"
"""

RIGHTS = """
select g.grantee::regrole::text, array_agg(lower(g.privilege_type) order by g.privilege_type)
from pg_class as c cross join lateral aclexplode(c.relacl) as g
where c.oid = %s and g.grantee <> c.relowner group by g.grantee order by 1
"""

FUNCTIONS = """
select
  p.proname,
  pg_get_function_arguments(p.oid),
  pg_get_function_result(p.oid),
  case p.provolatile when 's' then 'reads' when 'i' then 'computes' else 'writes' end,
  coalesce((
    select string_agg(g.grantee::regrole::text, ', ' order by g.grantee::regrole::text)
    from aclexplode(p.proacl) as g where g.grantee <> p.proowner
  ), 'nobody'),
  coalesce(obj_description(p.oid, 'pg_proc'), '')
from pg_proc as p
where p.pronamespace = %s::regnamespace and p.prorettype <> 'trigger'::regtype
order by p.proname collate "C", p.oid::regprocedure::text collate "C"
"""


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return [*lines, ""]


def _relation(db: Connection, oid: int, name: str, kind: str, comment: str) -> list[str]:
    words = {"r": "table", "p": "table", "v": "view", "m": "materialized view"}
    lines = [f"### {name}", "", f"*{words[kind]}* — {comment}", ""]
    columns = db.execute(COLUMNS, [oid]).fetchall()
    head = ("column", "type", "", "") if kind in "rp" else ("column", "type")
    lines += _table(head, [(f"`{c[0]}`", *c[1 : len(head)]) for c in columns])
    rules = [f"- `{name}`: {text}" for name, text in db.execute(CONSTRAINTS, [oid])]
    for policy, command, roles, condition in db.execute(POLICIES, [oid]):
        rules.append(f"- policy `{policy}`, {command} to {', '.join(roles)}: `{condition}`")
    for role, privileges in db.execute(RIGHTS, [oid]):
        rules.append(f"- {role}: {', '.join(privileges)}")
    return [*lines, *rules, ""] if rules else lines


def write(db: Connection) -> str:
    """The whole document."""
    db.execute("set local search_path = ''")
    lines = [HEAD]
    for schema in ("public", "private"):
        lines += [f"## {schema}", ""]
        for oid, name, kind, comment in db.execute(RELATIONS, [schema]).fetchall():
            lines += _relation(db, oid, name, kind, comment)
        lines += [f"## Functions of {schema}", ""]
        for name, arguments, result, does, callers, comment in db.execute(FUNCTIONS, [schema]):
            lines += (
                [f"### {schema}.{name}", "", comment, ""]
                if comment
                else [f"### {schema}.{name}", ""]
            )
            lines += [f"- arguments: `{arguments}`"] if arguments else []
            lines += [f"- returns: `{result}`", f"- {does}; callable by {callers}", ""]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Write the file, from a server of its own."""
    from tests.support import servers
    from tests.support.legs import LEGS

    server = servers.start(LEGS[0])
    try:
        with server.migrated("current").connect() as db:
            FILE.write_text(write(db), encoding="utf-8")
    finally:
        servers.end(server, keep=False)


if __name__ == "__main__":
    main()
