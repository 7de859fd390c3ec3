"""Views that filter with their owner's rights and no barrier: a caller's own condition comes first.

A condition that fails on a value tells the value. A cast does so, and no request can name one; a
cheap function of the schema that does so is as good as the table itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from setterbase.prover import rows, witness
from setterbase.prover.arena import Outcome
from setterbase.prover.attacks.common import base_tables, kind_of
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Column, Function, Relation
from setterbase.prover.verdict import Deed, Kind, Verdict

if TYPE_CHECKING:
    from psycopg import sql

_UNSAYABLE = "PostgREST calls no function of a column in a condition, and casts none there"


def run(ctx: Context) -> None:
    """As a member of A, every view of somebody's rows that has no barrier."""
    me = next((i for i in ctx.cast if i.name == "member of A"), None)
    if me is None:
        return
    with ctx.arena.acting(me):
        for view in ctx.catalog.relations.values():
            if view.kind == "v" and ctx.attacked(view) and _is_open(ctx, view):
                _view(ctx, me, view)


def _is_open(ctx: Context, view: Relation) -> bool:
    """Its owner's rights, no barrier, and rows of somebody under it."""
    held = [o for o in view.options if o.startswith("security_")]
    if any(not o.endswith(("=false", "=off", "=0")) for o in held) or view.label in ctx.public:
        return False
    return any(ctx.axes.has(b) for b in base_tables(ctx, view))


def _view(ctx: Context, me: Identity, view: Relation) -> None:
    for asked, by_function, deed in _conditions(ctx, me, view):
        with ctx.arena.notices() as notices:
            outcome = ctx.arena.attempt(asked)
        told = _told(ctx, me, outcome, notices)
        if told is None:
            continue
        proof = witness.build(
            ctx, me, [asked.as_string()], [view.oid, *base_tables(ctx, view)], told
        )
        kind, what = (
            (Kind.LEAK, f"{by_function} is called with rows that the view filters away")
            if by_function
            else (Kind.ORACLE, "a caller's own condition meets rows that the view filters away")
        )
        reason = f"without security_barrier {what}, and it tells them"
        ctx.say(
            Verdict(
                view.label,
                kind_of(view),
                "select",
                me.name,
                kind,
                reason,
                proof,
                deeds=() if deed is None else (deed,),
                unsayable=_UNSAYABLE if deed is None else "",
            )
        )
        if by_function:
            return


def _told(ctx: Context, me: Identity, outcome: Outcome, notices: list[str]) -> str | None:
    """The first message that carries a mark of others."""
    said = [*notices, outcome.message if not outcome.ok else ""]
    return next((text for text in said if ctx.foreign(me, text)), None)


def _conditions(
    ctx: Context, me: Identity, view: Relation
) -> Iterator[tuple[sql.Composed, str, Deed | None]]:
    """Questions with a condition that tells what it is given, the function in it, as a request."""
    from psycopg import sql

    name = rows.name(view)
    for function, argument in _functions(ctx, me, view):
        of_row = function.schema == view.schema and argument == sql.Identifier("r")
        deed = Deed(
            "select", {function.name: None}, dict.fromkeys(view.columns_for(me.role, "select"))
        )
        yield (
            sql.SQL(
                "select 1 from {} as r where case when {}::text ~ {} then {}({}) is null end"
            ).format(
                name,
                argument,
                sql.Literal(ctx.pattern(me)),
                sql.Identifier(function.schema, function.name),
                argument,
            ),
            f"{function.schema}.{function.name}",
            deed if of_row else None,
        )
    for column in _texts(ctx, me, view):
        field = sql.Identifier(column.name)
        asked = sql.SQL(
            "select 1 from {} where case when {}::text ~ {} then ({}::text || 'k')::integer < 0 end"
        ).format(name, field, sql.Literal(ctx.pattern(me)), field)
        yield asked, "", None


def _texts(ctx: Context, me: Identity, view: Relation) -> Iterator[Column]:
    for name in view.columns_for(me.role, "select"):
        kind = ctx.catalog.base_type(view.columns[name].type_oid)
        if kind.category == "S" or kind.name == "uuid":
            yield view.columns[name]


def _functions(
    ctx: Context, me: Identity, view: Relation
) -> Iterator[tuple[Function, sql.Composable]]:
    """Functions of one argument that the caller may execute, with what the view gives them."""
    from psycopg import sql

    for function in ctx.catalog.functions.values():
        needed = [a for a in function.arguments if not a.has_default]
        if me.role not in function.grants or function.kind != "f" or function.returns_set:
            continue
        if len(needed) != 1 or needed[0].variadic or function.returns in ("void", "trigger"):
            continue
        if ctx.catalog.types[needed[0].type_oid].relation == view.oid:
            yield function, sql.Identifier("r")
            continue
        wanted = ctx.catalog.base_type(needed[0].type_oid)
        for column in _texts(ctx, me, view):
            kind = ctx.catalog.base_type(column.type_oid)
            if kind.name == wanted.name or kind.category == wanted.category == "S":
                yield function, sql.Identifier("r", column.name)
