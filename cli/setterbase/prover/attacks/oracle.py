"""Existence told by a unique key: one's own row with another's email, slug or number."""

from __future__ import annotations

from setterbase.prover import rows, witness
from setterbase.prover.attacks import forge
from setterbase.prover.attacks.common import kind_of
from setterbase.prover.capabilities import TOKEN
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Constraint, Relation
from setterbase.prover.verdict import Kind, Verdict


def run(ctx: Context) -> None:
    for identity in ctx.cast:
        if identity.person != "main" or identity.privileged:
            continue
        with ctx.arena.acting(identity):
            for relation in ctx.catalog.tables:
                declared = relation.label in ctx.public
                nobodys = ctx.nobodys(identity, relation.oid)
                if ctx.attacked(relation) and not nobodys and not declared:
                    _table(ctx, identity, relation)


def _table(ctx: Context, identity: Identity, relation: Relation) -> None:
    mine = ctx.world.a if identity.side == "a" else ctx.world.b
    own, victim = mine.main(relation.oid), ctx.world.other(mine).main(relation.oid)
    if own is None or victim is None or not relation.may(identity.role, "insert"):
        return
    for constraint in relation.uniques:
        if not _is_natural(ctx, relation, constraint):
            continue
        row = forge.copy_of(ctx, relation, own, mine)
        told = {n: victim.values.get(n) for n in constraint.columns}
        if any(v is None for v in told.values()):
            continue
        plain = forge.allowed(relation, identity.role, "insert", row)
        if not set(told) <= set(relation.columns_for(identity.role, "insert")):
            continue
        control = ctx.arena.attempt(rows.insert(relation, plain, overriding=False, returning=False))
        if not control.ok:
            continue
        asked = rows.insert(relation, {**plain, **told}, overriding=False, returning=False)
        outcome = ctx.arena.attempt(asked)
        if outcome.state == "23505":
            proof = witness.build(
                ctx, identity, [asked.as_string()], [relation.oid], outcome.message
            )
            names = ", ".join(constraint.columns)
            ctx.say(
                Verdict(
                    relation.label,
                    kind_of(relation),
                    "insert",
                    identity.name,
                    Kind.ORACLE,
                    f"{constraint.name} spans all tenants: an error tells who has this {names}",
                    proof,
                )
            )


def _is_natural(ctx: Context, relation: Relation, constraint: Constraint) -> bool:
    """A key that someone could guess and that no tenant is part of."""
    referencing = {n for r in ctx.refs[relation.oid] for n in r.columns}
    if not constraint.columns or set(constraint.columns) & referencing:
        return False
    if any(TOKEN.search(n.lower()) for n in constraint.columns):
        return False
    kinds = [ctx.catalog.base_type(relation.columns[n].type_oid) for n in constraint.columns]
    named = constraint.columns[0].lower() in ("id", "uuid", "_id", "uid")
    surrogate = constraint.columns == relation.key and (named or kinds[0].category in ("U", "N"))
    return not surrogate and all(k.name != "uuid" for k in kinds)
