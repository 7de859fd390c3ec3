"""Rows that open something only in a state: a friendship that its own maker accepts."""

from __future__ import annotations

from dataclasses import replace

from setterbase.prover import rows
from setterbase.prover.attacks import effects, forge, insert
from setterbase.prover.attacks.common import Speaker
from setterbase.prover.attacks.judge import Attempt
from setterbase.prover.attacks.moves import setting
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.verdict import Deed
from setterbase.prover.world import Row, Values


def run(ctx: Context) -> None:
    for identity in ctx.cast:
        if identity.side is None or identity.privileged:
            continue
        with ctx.arena.acting(identity):
            for relation in ctx.catalog.relations.values():
                if ctx.attacked(relation) and relation.is_table and not relation.is_partition:
                    _table(ctx, identity, relation)


def _table(ctx: Context, identity: Identity, table: Relation) -> None:
    theirs = ctx.world.b if identity.side == "a" else ctx.world.a
    victim = theirs.main(table.oid)
    if victim is None or table.label in ctx.public or not ctx.axes.has(table.oid):
        return
    if not table.may(identity.role, "insert"):
        return
    state = forge.asked_by_others(ctx, table)
    if not state:
        return
    mine = ctx.world.other(theirs)
    for attempt in insert.attempts(ctx, table, victim, mine, theirs, identity):
        if not attempt.refs:
            continue
        at_once = replace(attempt, row={**attempt.row, **state})
        if not insert.make(ctx, identity, table, table, at_once, victim):
            continue
        for asked in ({}, *forge.demanded(ctx, table, "insert", attempt.row)):
            row = {**attempt.row, **asked}
            if row != at_once.row:
                _afterwards(ctx, identity, table, replace(attempt, row=row), state)


def _afterwards(
    ctx: Context, identity: Identity, table: Relation, attempt: Attempt, state: Values
) -> None:
    """Made as it may be made, then accepted by the one who made it."""
    said = forge.allowed(table, identity.role, "insert", attempt.row)
    made = rows.insert(table, said, overriding=False, returning=False)
    with ctx.arena.savepoint():
        if not ctx.arena.keep(made).ok:
            return
        stored = effects.stored(ctx, table, said)
        if stored is None:
            return
        ctx.arena.become(identity)
        accept = setting(table, table, Row(table.oid, stored, identity.side or ""), state)
        done = ctx.arena.keep(accept)
        if not done.ok or not done.count:
            return
        sight = effects.sees_more(ctx, identity, [table.oid])
        if sight is not None:
            Speaker(ctx, identity, table, "accept").leak(
                f"makes a row with {attempt.what}, accepts it itself, and then reads "
                f"{sight.relation.label}",
                [made.as_string(), accept.as_string(), sight.statement],
                [table.oid, sight.relation.oid],
                sight.row,
                deeds=[Deed("insert", {}, said), Deed("update", None, state), sight.deed],
            )
