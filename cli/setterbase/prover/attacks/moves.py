"""Rows that change hands by an update: one's own given away, another's taken, a parent switched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from setterbase.prover import rows
from setterbase.prover.attacks import effects
from setterbase.prover.attacks.common import BLIND_LIMIT, Speaker, show
from setterbase.prover.attacks.judge import Attempt, Made, asks, attached, lets_in, own_row
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.refs import Ref
from setterbase.prover.verdict import Deed
from setterbase.prover.world import Row, Side, Values


def move(
    ctx: Context, identity: Identity, relation: Relation, home: Relation, may: list[str]
) -> None:
    """One's own row handed to the other tenant, and theirs taken over."""
    axis = ctx.axes.of[home.oid]
    if axis.ref is None or not set(axis.columns) <= set(may) or axis.kind == "profile":
        return
    if axis.ref.several:
        return  # who else is let in, those inside decide
    mine = ctx.world.a if identity.side == "a" else ctx.world.b
    theirs = ctx.world.other(mine)
    own, victim = own_row(mine, home, identity), theirs.main(home.oid)
    if own is None or victim is None:
        return
    pointing = {n for r in ctx.refs[home.oid] for n in r.columns} - set(home.key)
    every = [n for n in may if n in pointing or n in axis.columns]
    for what, row, to in (("out", own, victim), ("in", victim, own)):
        for columns in (list(axis.columns), every) if what == "in" else (list(axis.columns),):
            wanted = {n: to.values.get(n) for n in columns}
            filters = [row, None] if home.estimate < BLIND_LIMIT else [row]
            if any(
                _moved(ctx, identity, relation, home, found, row, wanted, what) for found in filters
            ):
                break


def _moved(
    ctx: Context,
    identity: Identity,
    relation: Relation,
    home: Relation,
    found: Row | None,
    row: Row,
    wanted: Values,
    what: str,
) -> bool:
    axis = ctx.axes.of[home.oid]
    assert axis.ref is not None
    statement = setting(relation, home, found, wanted)
    with ctx.arena.savepoint():
        outcome = ctx.arena.keep(statement)
        if not outcome.ok or not outcome.count:
            return False
        stored = find(ctx, home, {**row.values, **wanted})
        if stored is None or any(stored.get(n) != wanted[n] for n in wanted):
            return False
        if effects.changed(ctx, home, [row]) is None:
            return False  # another row has that key: this one stayed
        if what == "out" and asks(
            ctx, identity, home, Attempt("move", "", stored, [axis.ref]), stored
        ):
            return False
        if what == "out" and lets_in(ctx, identity, home, [axis.ref], stored):
            return False
        if what == "out" and effects.keeps(ctx, identity, home, stored):
            return False
        reason = (
            "hands a row to another tenant"
            if what == "out"
            else "takes over a row of another tenant"
        )
        Speaker(ctx, identity, relation, "move").leak(
            reason,
            [statement.as_string()],
            [home.oid],
            show(dict(stored)),
            deeds=[_deed(home, found, row, wanted)],
        )
    return True


def _deed(home: Relation, found: Row | None, row: Row, wanted: Values) -> Deed:
    """The change of `row`, found by its key or, with every other, by nothing."""
    key = row.key(home)
    return Deed("update", {} if found is None else key, wanted, victim=key)


def find(ctx: Context, home: Relation, row: Values) -> Values | None:
    return effects.stored(ctx, home, {n: row[n] for n in home.key} if home.key else row)


def setting(relation: Relation, home: Relation, row: Row | None, wanted: Values) -> Any:
    from psycopg import sql

    return sql.SQL("update {} set {} where {}").format(
        rows.name(relation),
        rows.assignments(wanted),
        rows.where(home, row.key(home)) if row is not None else sql.SQL("true"),
    )


def repoint(
    ctx: Context, identity: Identity, relation: Relation, home: Relation, may: list[str]
) -> None:
    """One's own row made to point at another's: an organisation switched, a child reattached."""
    axis = ctx.axes.of[home.oid]
    mine = ctx.world.a if identity.side == "a" else ctx.world.b
    own = own_row(mine, home, identity)
    if own is None:
        return
    for ref, wanted in switches(ctx, mine, home, may):
        found: Row | None = own
        statement = setting(relation, home, own, wanted)
        with ctx.arena.savepoint():
            outcome = ctx.arena.keep(statement)
            if not (outcome.ok and outcome.count) and home.estimate < BLIND_LIMIT:
                found = None
                statement = setting(relation, home, None, wanted)  # asks for no right to read
                outcome = ctx.arena.keep(statement)
            if not outcome.ok or not outcome.count:
                continue
            stored = find(ctx, home, {**own.values, **wanted})
            if stored is None or any(stored.get(n) != v for n, v in wanted.items()):
                continue
            say = Speaker(ctx, identity, relation, "attach")
            made = Made(statement.as_string(), (_deed(home, found, own, wanted),))
            if axis.kind == "profile" or ref.is_key:
                sight = effects.sees_more(ctx, identity, [home.oid])
                if sight is not None:
                    say.leak(
                        f"sets its own {', '.join(wanted)} to another tenant and then reads "
                        f"{sight.relation.label}",
                        [made.statement, sight.statement],
                        [home.oid, sight.relation.oid],
                        sight.row,
                        deeds=[*made.deeds, sight.deed],
                    )
                continue
            attached(ctx, identity, say, home, Attempt("attach", "", stored, [ref]), stored, made)


def switches(
    ctx: Context, mine: Side, home: Relation, may: list[str]
) -> Iterator[tuple[Ref, Values]]:
    """References that no tenant column is part of, with what points at the other's row or key."""
    axis = ctx.axes.of[home.oid]
    theirs = ctx.world.other(mine)
    for ref in ctx.refs[home.oid]:
        free = [n for n in ref.columns if n in may and n not in axis.columns]
        if not free or len(free) < len([n for n in ref.columns if n not in axis.columns]):
            continue
        if isinstance(ref.target, int) and ctx.axes.has(ref.target):
            target = theirs.main(ref.target)
            if target is not None:
                aims = zip(ref.columns, ref.target_columns, strict=True)
                yield ref, {c: target.values.get(t) for c, t in aims if c in free}
        elif ref.is_key:
            yield ref, {free[0]: theirs.keys.get(str(ref.target).removeprefix("key:"))}
