"""Deleting: another's rows by key and without a filter, and what a cascade takes along."""

from __future__ import annotations

from setterbase.prover import rows
from setterbase.prover.attacks import effects
from setterbase.prover.attacks.common import BLIND_LIMIT, Speaker, writable_home
from setterbase.prover.attacks.update import _write
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.verdict import Kind


def run(ctx: Context) -> None:
    for identity in ctx.cast:
        with ctx.arena.acting(identity):
            for relation in ctx.catalog.relations.values():
                if ctx.attacked(relation) and (relation.is_table or relation.kind == "v"):
                    _object(ctx, identity, relation)


def _object(ctx: Context, identity: Identity, relation: Relation) -> None:
    from psycopg import sql

    home = writable_home(ctx, relation, "delete")
    if home is None:
        return
    say = Speaker(ctx, identity, relation, "delete")
    if relation.may(identity.role, "truncate") and relation.is_table:
        Speaker(ctx, identity, relation, "truncate")(
            Kind.UNREACHABLE, "granted, but the API has no TRUNCATE; functions are attacked apart"
        )
    if not relation.may(identity.role, "delete"):
        return say(Kind.UNREACHABLE, f"{identity.role} has no grant")
    for spot in (relation.label, f"{relation.label}:delete"):
        if spot in ctx.public:
            return say(Kind.PUBLIC, ctx.public[spot])
    if nobodys := ctx.nobodys(identity, home.oid, "delete"):
        if not ctx.axes.has(home.oid):
            _cascade(ctx, identity, relation, home)
        return say(Kind.PUBLIC, nobodys)
    victims = ctx.victims(identity, home.oid)
    if not victims:
        return say(Kind.UNPROVEN, "no row of another tenant could be made")
    conditions = [rows.any_of(home, victims)]
    if relation.estimate < BLIND_LIMIT and home.estimate < BLIND_LIMIT:
        conditions.append(sql.SQL("true").format())
    for condition in conditions:
        statement = sql.SQL("delete from {} where {}").format(rows.name(relation), condition)
        _write(ctx, identity, relation, home, statement, victims, "delete")
    say(Kind.ISOLATED, f"{len(victims)} rows of others are still there")


def _cascade(ctx: Context, identity: Identity, relation: Relation, home: Relation) -> None:
    """A shared row whose deletion takes tenants' rows along."""
    from psycopg import sql

    shared = ctx.world.common.main(home.oid)
    followers = [
        t
        for t in ctx.catalog.tables
        for r in ctx.refs[t.oid]
        if r.target == home.oid and r.on_delete in ("c", "n", "d") and ctx.axes.has(t.oid)
    ]
    if shared is None or not followers:
        return
    statement = sql.SQL("delete from {} where {}").format(
        rows.name(relation), rows.where(home, shared.key(home))
    )
    with ctx.arena.savepoint():
        outcome = ctx.arena.keep(statement)
        if not outcome.ok or not outcome.count:
            return
        for table in followers:
            victims = ctx.victims(identity, table.oid)
            hit = effects.changed(ctx, table, victims) if victims else None
            if hit is not None:
                Speaker(ctx, identity, relation, "delete").leak(
                    f"deletes a shared row, and with it rows of {table.label} of every tenant",
                    [statement.as_string()],
                    [home.oid, table.oid],
                    effects.difference(*hit),
                )
                return
