"""Foreign tables whose server does not roll back: they are read, and nothing is written to them.

No foreign table has row security: whoever holds the grant reads all of it. Those of postgres_fdw
roll back as we do, and are tables like any other.
"""

from __future__ import annotations

from setterbase.prover import rows
from setterbase.prover.attacks.common import Speaker, show
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.refs import TENANT_NAME, USER_NAME, snake
from setterbase.prover.verdict import Kind


def run(ctx: Context) -> None:
    """As every caller, what the grants let through."""
    there = [r for r in ctx.catalog.relations.values() if r.kind == "f" and not r.remote]
    for identity in ctx.cast if there else ():
        with ctx.arena.acting(identity):
            for relation in filter(ctx.attacked, there):
                _select(ctx, identity, relation)
                for command in ("insert", "update", "delete"):
                    _write(ctx, identity, relation, command)


def _select(ctx: Context, identity: Identity, relation: Relation) -> None:
    say = Speaker(ctx, identity, relation, "select")
    columns = relation.columns_for(identity.role, "select")
    if not columns:
        return say(Kind.UNREACHABLE, f"{identity.role} has no grant")
    if relation.label in ctx.public:
        return say(Kind.PUBLIC, ctx.public[relation.label])
    owners = [n for n in columns if TENANT_NAME.match(snake(n)) or USER_NAME.match(snake(n))]
    if not owners:
        return say(Kind.PUBLIC, "no column names a tenant or a user: its rows belong to nobody")
    statement = rows.select(relation, columns, rows.first(1))
    outcome = ctx.arena.attempt(statement)
    if outcome.state == "42501":
        return say(Kind.ISOLATED, f"refused: {outcome.message}")
    if not outcome.rows:
        return say(Kind.UNPROVEN, f"its server gave no row: {outcome.message or 'it has none'}")
    told = show(dict(zip(columns, outcome.rows[0], strict=True)))
    return say.leak(
        f"a foreign table has no row security, and its rows are somebody's ({', '.join(owners)})",
        [statement.as_string()],
        [relation.oid],
        told,
    )


def _write(ctx: Context, identity: Identity, relation: Relation, command: str) -> None:
    say = Speaker(ctx, identity, relation, command)
    if not relation.may(identity.role, command):
        return say(Kind.UNREACHABLE, f"{identity.role} has no grant")
    for spot in (relation.label, f"{relation.label}:{command}"):
        if spot in ctx.public:
            return say(Kind.PUBLIC, ctx.public[spot])
    return say(
        Kind.UNPROVEN,
        f"{identity.role} has the grant; what reaches its server stays there, so nothing was tried",
    )
