"""Answers without a mark: a figure of another's row is known by changing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setterbase.prover import rows
from setterbase.prover.attacks import effects
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.world import Row, Side

if TYPE_CHECKING:
    from psycopg import sql


def followed(
    ctx: Context, identity: Identity, asked: sql.Composed, tables: list[Relation], theirs: Side
) -> tuple[str, str] | None:
    """The column of `theirs` whose value the answer follows, as `table.column`, and the answer.

    Amounts and moments alone: a yes or a no is what an oracle tells.
    """
    first = ctx.arena.attempt(asked)
    if not first.ok or not first.rows:
        return None
    for table in tables:
        row = theirs.main(table.oid)
        if row is None or not table.key or not ctx.axes.has(table.oid):
            continue
        if effects.is_visible(ctx, identity, table, row):
            continue
        for column in _figures(ctx, table, row):
            now = _answer_after(ctx, identity, asked, table, row, column)
            if now is not None and now != first.text:
                return f"{table.label}.{column}", first.text
    return None


def _figures(ctx: Context, table: Relation, row: Row) -> list[str]:
    """Columns with an amount or a moment that nothing points by."""
    pointing = {n for r in ctx.refs[table.oid] for n in r.columns} | set(table.key)
    return [
        c.name
        for c in table.columns.values()
        if c.writable
        and c.name not in pointing
        and row.values.get(c.name) is not None
        and ctx.catalog.base_type(c.type_oid).category in ("N", "D")
    ]


def _answer_after(
    ctx: Context, identity: Identity, asked: sql.Composed, table: Relation, row: Row, column: str
) -> str | None:
    """What is answered once the value differs; None when it may not differ, or nothing answers."""
    from psycopg import sql

    name = sql.Identifier(column)
    moment = ctx.catalog.base_type(table.columns[column].type_oid).category == "D"
    other = sql.SQL("{} - interval '1 day'" if moment else "{} + 1").format(name)
    with ctx.arena.savepoint():
        ctx.arena.back()
        done = ctx.arena.keep(
            sql.SQL("update {} set {} = {} where {}").format(
                rows.name(table), name, other, rows.where(table, row.key(table))
            )
        )
        if not done.ok or not done.count:
            return None
        ctx.arena.become(identity)
        outcome = ctx.arena.attempt(asked)
        return outcome.text if outcome.ok else None
