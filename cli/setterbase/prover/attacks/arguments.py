"""Calls of a function, with the other tenant's ids where an argument could be one."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from setterbase.prover import rows
from setterbase.prover.attacks import objects, scalars
from setterbase.prover.context import Context
from setterbase.prover.model import Argument, Function, Relation, Type
from setterbase.prover.texts import tables_of
from setterbase.prover.world import Side

if TYPE_CHECKING:
    from psycopg import sql

Call = tuple[tuple[Argument, str | None], ...]
_JSON = ("json", "jsonb")
_LIMIT = 28
_PER_ARGUMENT = 5


def calls(ctx: Context, function: Function, theirs: Side, mine: Side | None) -> Iterator[Call]:
    """Calls worth making, the likeliest first, each at most once."""
    tables = tables_of(ctx.catalog, function)
    options = [candidates(ctx, function, a, theirs, tables) for a in function.arguments]
    own = (
        [candidates(ctx, function, a, mine, tables)[:1] for a in function.arguments]
        if mine is not None
        else []
    )
    seen: set[tuple[tuple[str, str | None], ...]] = set()
    plans = itertools.chain(_plain(function, options), _mixed(function, options, own))
    made = 0
    for call in plans:
        shape = tuple((a.name, v) for a, v in call)
        if shape in seen:
            continue
        seen.add(shape)
        made += 1
        yield call
        if made >= _LIMIT:
            return


def statement(function: Function, call: Call, ctx: Context) -> sql.Composed:
    """`select x::text from f(name => value, …) as x`, as PostgREST would call it."""
    from psycopg import sql

    named = all(a.name for a, _ in call)
    parts = []
    for argument, value in call:
        kind = ctx.catalog.types[argument.type_oid]
        cast = sql.SQL("{}::{}").format(sql.Literal(value), rows.as_written(kind.formatted))
        if argument.variadic:
            cast = (
                sql.SQL("variadic {}").format(cast)
                if not named
                else sql.SQL("variadic {} => {}").format(sql.Identifier(argument.name), cast)
            )
        elif named:
            cast = sql.SQL("{} => {}").format(sql.Identifier(argument.name), cast)
        parts.append(cast)
    return sql.SQL("select x::text from {}({}) as x").format(
        sql.Identifier(function.schema, function.name), sql.SQL(", ").join(parts)
    )


def own_call(ctx: Context, function: Function, mine: Side) -> Call:
    """The call that a member would make for their own tenant."""
    tables = tables_of(ctx.catalog, function)
    return tuple(
        (a, candidates(ctx, function, a, mine, tables)[0])
        for a in function.arguments
        if not a.has_default or _is_id(ctx, a)
    )


def _is_id(ctx: Context, argument: Argument) -> bool:
    return ctx.catalog.base_type(argument.type_oid).name == "uuid"


def _plain(function: Function, options: list[list[str | None]]) -> Iterator[Call]:
    firsts = [o[0] for o in options]
    yield tuple(zip(function.arguments, firsts, strict=True))
    if any(a.has_default for a in function.arguments):
        yield tuple(
            (a, v) for a, v in zip(function.arguments, firsts, strict=True) if not a.has_default
        )
    for place, values in enumerate(options):
        for value in values[1:]:
            yield tuple(
                (a, value if i == place else firsts[i]) for i, a in enumerate(function.arguments)
            )


def _mixed(
    function: Function, options: list[list[str | None]], own: list[list[str | None]]
) -> Iterator[Call]:
    arguments = function.arguments
    if own and len(arguments) > 1:
        for place in range(len(arguments)):
            yield tuple(
                (a, options[i][0] if i == place else own[i][0]) for i, a in enumerate(arguments)
            )
    if arguments:
        yield tuple((a, None) for a in arguments)
        for place in range(len(arguments)) if len(arguments) > 1 else ():
            yield tuple((a, None if i == place else options[i][0]) for i, a in enumerate(arguments))
    if len(arguments) == 2:
        for pair in itertools.product(options[0], options[1]):
            yield tuple(zip(arguments, pair, strict=True))


def candidates(
    ctx: Context, function: Function, argument: Argument, side: Side | None, tables: list[Relation]
) -> list[str | None]:
    """Values for one argument, never an empty list."""
    kind = ctx.catalog.types[argument.type_oid]
    base = ctx.catalog.base_type(argument.type_oid)
    if base.relation is not None:
        return list(_records(ctx, base, side)) or [None]
    if argument.variadic or base.category == "A":
        element = ctx.catalog.types[base.element] if base.element else kind
        inner = _values(ctx, function, argument.name, element, side, tables)
        return ["{" + json.dumps(v) + "}" for v in inner if v is not None] or ["{}"]
    return _values(ctx, function, argument.name, base, side, tables)[: _most(base)] or [None]


def _records(ctx: Context, base: Type, side: Side | None) -> Iterator[str]:
    """Rows of the side in a table's row type: what points and no more, then all of it."""
    table = ctx.catalog.relations.get(base.relation or 0)
    row = side.main(table.oid) if side is not None and table is not None else None
    if table is None or row is None:
        return
    pointing = {n for r in ctx.refs[table.oid] for n in r.columns} | set(table.key)
    for names in (pointing, set(table.columns)):
        fields = (row.values.get(n) if n in names else None for n in table.columns)
        yield "(" + ",".join("" if v is None else _field(v) for v in fields) + ")"


def _field(value: str) -> str:
    """A value inside the text of a row."""
    return '"' + value.replace("\\", "\\\\").replace('"', '""') + '"'


def _most(base: Type) -> int:
    return 12 if base.name in _JSON else _PER_ARGUMENT


def _values(
    ctx: Context,
    function: Function,
    name: str,
    base: Type,
    side: Side | None,
    tables: list[Relation],
) -> list[str | None]:
    if base.name in _JSON:
        return list(objects.of(ctx, function, name, side, tables))
    return scalars.values(ctx, function, name, base, side, tables)
