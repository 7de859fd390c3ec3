"""What a call of a function did to others: rows changed, rows planted, a caller promoted."""

from __future__ import annotations

import re

from setterbase.prover import rows, words
from setterbase.prover.attacks import effects
from setterbase.prover.attacks.common import show
from setterbase.prover.axes import is_person
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.world import Side, Values

_TOLD = re.compile(
    r"notif|audit|log|event|history|queue|outbox|request|invit|message|report|"
    r"feedback|comment|like|follow|vote|review|order|booking"
)


def damage(
    ctx: Context, identity: Identity, touched: set[int], theirs: Side, said: set[str]
) -> tuple[str, str, list[str]] | None:
    """What the call did to others: a changed row, a new row in their tenant, more to see.

    A row that tells them something (a notification, an order) is no harm, unless the caller named
    their tenant outright.
    """
    for oid in touched:
        table = ctx.catalog.relations.get(oid)
        if table is None or not table.is_table:
            continue
        home = table
        while home.is_partition and home.parent:
            home = ctx.catalog.relations[home.parent]
        if ctx.nobodys(identity, home.oid, "update"):
            continue
        victims = ctx.victims(identity, home.oid)
        hit = effects.changed(ctx, home, victims) if victims else None
        if hit is not None:
            change = effects.difference(*hit)
            return f"changes {home.label} of another tenant ({change})", change, []
        victim = theirs.main(home.oid)
        named = victim and {victim.values.get(n) for n in ctx.axes.of[home.oid].columns} & said
        asked = _TOLD.search(home.name) and not (named and home.oid not in ctx.axes.personal)
        planted = None if asked else _planted(ctx, identity, home, theirs)
        if planted is not None:
            return f"makes a row of {home.label} in another tenant", planted, []
        raised = _raised(ctx, identity, home)
        if raised is not None:
            return f"promotes the caller ({raised})", raised, []
    if touched:
        sight = effects.sees_more(ctx, identity, touched)
        if sight is not None:
            return (
                f"after it the caller reads {sight.relation.label} of another tenant",
                sight.row,
                [sight.statement],
            )
    return None


def _planted(ctx: Context, identity: Identity, home: Relation, theirs: Side) -> str | None:
    axis = ctx.axes.of[home.oid]
    victim = theirs.main(home.oid)
    if victim is None or not axis.columns or axis.kind in ("tenant", "profile"):
        return None
    values: Values = {n: victim.values.get(n) for n in axis.columns}
    if any(v is None for v in values.values()):
        return None
    ctx.arena.back()
    known = ctx.baseline.get(home.oid, set())
    found = ctx.arena.owner(rows.select(home, home.columns, rows.where(home, values)))
    ids = (
        {p.id for p in (ctx.world.a if identity.side == "a" else ctx.world.b).people.values()}
        if identity.side
        else set[str]()
    )
    for back in found:
        told = dict(zip(home.columns, back, strict=True))
        if home.key and tuple(told[k] for k in home.key) not in known:
            people = [r for r in ctx.refs[home.oid] if is_person(r, ctx.axes)]
            mine = any(told.get(r.columns[0]) in ids for r in people)
            if mine and home.oid not in ctx.axes.memberships:
                continue
            return show(told)
    return None


def _raised(ctx: Context, identity: Identity, home: Relation) -> str | None:
    """A role column of the caller's own row that went up."""
    if identity.side is None or identity.person is None or identity.privileged:
        return None
    if home.oid not in ctx.axes.personal:
        return None
    side = ctx.world.a if identity.side == "a" else ctx.world.b
    own = side.of(home.oid, identity.person)
    hit = effects.changed(ctx, home, [own]) if own is not None else None
    if hit is None or hit[1] is None:
        return None
    for column, value in hit[1].items():
        if (
            words.is_role(ctx.catalog, home, home.columns[column], ctx.evidence)
            and value != hit[0].values.get(column)
            and value not in ("f", "false", None)
        ):
            return f"{column}: {hit[0].values.get(column)} → {value}"
    return None
