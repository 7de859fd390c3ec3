"""Breaks of functions: helpers that forget, definer functions that do not ask, grants too many."""

from __future__ import annotations

import re
from collections.abc import Iterator

from setterbase.prover.breaks.model import Break, ident
from setterbase.prover.context import Context
from setterbase.prover.model import Function, Relation
from setterbase.prover.texts import helper_text, tables_of

_F = "broken_by_verify"
_ACTIVE = re.compile(r"\band\s+(?:\w+\.)?(?:is_)?active\b(?:\s*=\s*true)?", re.I)
_CLOSED = "row security is on there too, and no policy lets anyone in"
_NO = frozenset({"trigger", "event_trigger", "void"})


def breaks(ctx: Context) -> Iterator[Break]:
    used = _in_policies(ctx)
    for function in ctx.catalog.functions.values():
        if function.is_ours:
            yield from _existing(ctx, function, function.oid in used)
    for table in ctx.catalog.tables:
        if ctx.axes.has(table.oid) and ctx.world.b.main(table.oid) and len(table.key) >= 1:
            yield from _added(ctx, table)
    yield from _schemas(ctx)


def _in_policies(ctx: Context) -> set[int]:
    text = "\n".join(
        [p.text for r in ctx.catalog.relations.values() for p in r.policies]
        + [r.definition or "" for r in ctx.catalog.relations.values()]
    )
    return {
        f.oid
        for f in ctx.catalog.functions.values()
        if re.search(rf"\b{re.escape(f.name)}\(", text)
    }


def _existing(ctx: Context, function: Function, used: bool) -> Iterator[Break]:
    head = f"{ident(function.schema, function.name)}({function.signature})"
    exposed = function.schema in ctx.catalog.exposed
    own = {function.oid}
    around = {t.oid for t in ctx.catalog.tables if ctx.axes.has(t.oid)}
    if (
        exposed
        and not function.definer
        and "authenticated" in function.grants
        and (function.returns not in _NO)
    ):
        yield Break(
            "invoker function made definer",
            function.label,
            (f"alter function {head} security definer",),
            own,
            guarded=_asks(ctx, function),
        )
    if exposed and "authenticated" not in function.grants and function.returns != "trigger":
        yield Break(
            "function granted",
            function.label,
            (f"grant execute on function {head} to authenticated",),
            own,
            guarded=_reads_nobody(ctx, function),
        )
    if not used:
        return
    memberships = [(ctx.catalog.relations[o], t) for o, (_, t) in ctx.axes.memberships.items()]
    if not function.arguments and memberships and function.returns in ("uuid[]", "uuid"):
        table, tenant = memberships[0]
        column = f"m.{ident(tenant.columns[0])}"
        array = f"array_agg({column})" if function.returns == "uuid[]" else column
        yield Break(
            "helper that forgets the user",
            function.label,
            (_replace(function, f"select {array} from {ident(table.schema, table.name)} m"),),
            around,
            everywhere=True,
        )
    if not function.arguments and function.returns == "uuid[]" and not memberships:
        return
    if function.returns == "boolean" and function.definer and not function.arguments:
        yield Break(
            "helper that says yes",
            function.label,
            (_replace(function, "select true"),),
            around,
            everywhere=True,
        )
    if _ACTIVE.search(function.body) and not function.returns_set:
        yield Break(
            "helper that counts the disabled",
            function.label,
            (_replace(function, _ACTIVE.sub("", function.body, count=1)),),
            around,
            everywhere=True,
        )


def _telling(ctx: Context, table: Relation) -> str:
    """The column of the key by which one would ask for a row."""
    for name in reversed(table.key):
        if ctx.catalog.base_type(table.columns[name].type_oid).category in ("U", "N"):
            return name
    return table.key[0]


def _reads_nobody(ctx: Context, function: Function) -> str:
    """A function that touches no tenant's row may be called by all."""
    if any(ctx.axes.has(t.oid) for t in tables_of(ctx.catalog, function)):
        return _asks(ctx, function)
    return "it works on no table with a tenant axis"


def _asks(ctx: Context, function: Function) -> str:
    """Whether a function, or a helper of it, asks for itself who is calling."""
    text = helper_text(ctx.catalog, function)
    if re.search(r"auth\.(uid|jwt|role|email)\(|request\.jwt", text):
        return "it asks for itself who is calling"
    return "" if tables_of(ctx.catalog, function) else "it reads no table"


def _replace(function: Function, body: str) -> str:
    returns = f"setof {function.returns}" if function.returns_set else function.returns
    plpgsql = "plpgsql" if re.match(r"\s*(declare|begin)\b", body, re.I) else "sql"
    body = (
        re.sub(r"^\s*RETURN\b(.*)$", r"select (\1)", body, flags=re.S) if plpgsql == "sql" else body
    )
    return (
        f"create or replace function {ident(function.schema, function.name)}"
        f"({function.signature}) returns {returns} language {plpgsql} stable "
        f"security definer set search_path = '' as $broken${body}$broken$"
    )


def _added(ctx: Context, table: Relation) -> Iterator[Break]:
    home = ctx.catalog.exposed[0] if ctx.catalog.exposed else "public"
    here, name = ident(table.schema, table.name), ident(home, _F)
    key = _telling(ctx, table)
    kind = table.columns[key].type

    def made(what: str, arguments: str, returns: str, body: str, language: str = "sql") -> Break:
        return Break(
            what,
            table.label,
            (
                f"create function {name}({arguments}) returns {returns} language {language} "
                f"security definer set search_path = '' as $broken${body}$broken$",
                f"grant execute on function {name} to authenticated",
            ),
            widens=True,
        )

    match = f"t.{ident(key)} = {_F}.{ident(key)}"
    yield made(
        "definer function reads by id",
        f"{ident(key)} {kind}",
        f"setof {here}",
        f"select t.* from {here} t where {match}",
    )
    if not ctx.exposed(table):
        return
    yield made(
        "definer function reads all", "", "jsonb", f"select jsonb_agg(to_jsonb(t)) from {here} t"
    )
    yield made(
        "definer function deletes by id",
        f"{ident(key)} {kind}",
        "void",
        f"delete from {here} t where {match}",
    )
    yield made(
        "definer function empties", "", "void", f"begin truncate {here} cascade; end", "plpgsql"
    )
    yield made("definer function counts", "", "bigint", f"select count(*) from {here} t")
    yield made(
        "error that tells",
        f"{ident(key)} {kind}",
        "void",
        f"declare v text; begin select t::text into v from {here} t where {match}; "
        "raise exception 'not yours: %', v; end",
        "plpgsql",
    )


def _schemas(ctx: Context) -> Iterator[Break]:
    hidden: dict[str, set[int]] = {}
    for relation in ctx.catalog.tables:
        if (
            not ctx.exposed(relation)
            and ctx.axes.has(relation.oid)
            and (ctx.world.b.main(relation.oid))
        ):
            hidden.setdefault(relation.schema, set()).add(relation.oid)
    for schema, tables in hidden.items():
        yield Break(
            "hidden schema exposed",
            schema,
            (
                f"grant usage on schema {ident(schema)} to authenticated",
                f"grant select on all tables in schema {ident(schema)} to authenticated",
            ),
            tables,
            exposes=schema,
            equivalent="" if any(not ctx.catalog.relations[t].rls for t in tables) else _CLOSED,
        )
