"""What a pooled connection and an open view betray: another's plans, casts that fail."""

from __future__ import annotations

import re

from setterbase.prover import rows, witness
from setterbase.prover.arena import become
from setterbase.prover.attacks.common import base_tables, kind_of, show
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.verdict import Kind, Verdict


def run(ctx: Context) -> None:
    """Another's plan for tables whose rules call an immutable helper; casts for open views."""
    me = next((i for i in ctx.cast if i.name == "member of A"), None)
    you = next((i for i in ctx.cast if i.name == "member of B"), None)
    if me is None or you is None:
        return
    frozen = [f.name.lower() for f in ctx.catalog.functions.values() if f.volatility == "i"]
    for relation in ctx.catalog.tables:
        text = "\n".join(p.text for p in relation.policies).lower()
        if ctx.attacked(relation) and any(re.search(rf"\b{n}\(", text) for n in frozen):
            _plan(ctx, me, you, relation)
    with ctx.arena.acting(me):
        for relation in ctx.catalog.relations.values():
            if relation.kind == "v" and ctx.attacked(relation):
                _cast(ctx, me, relation)


def _plan(ctx: Context, me: Identity, you: Identity, relation: Relation) -> None:
    """The other tenant asks first on this connection; the plan is kept, the caller is not."""
    columns = relation.columns_for(me.role, "select")
    victims = ctx.victims(me, relation.oid)
    if not columns or not victims or not set(relation.key) <= set(columns):
        return
    asked = rows.select(relation, columns, rows.any_of(relation, victims)).as_string()
    steps = [
        "set local plan_cache_mode = force_generic_plan",
        f"prepare kept_plan as {asked}",
        "execute kept_plan",
    ]
    switch = become(me, ctx.arena.path).split("; ")
    with ctx.arena.acting(you):
        for step in steps:
            ctx.arena.owner(step)
        for step in switch:
            if "role" not in step.split(" = ")[0]:
                ctx.arena.owner(step)
        found = ctx.arena.attempt("execute kept_plan")
    ctx.arena.try_owner("deallocate kept_plan")
    if found.ok and found.rows:
        row = show(dict(zip(columns, found.rows[0], strict=True)))
        proof = witness.build(ctx, you, [*steps, *switch, "execute kept_plan"], [relation.oid], row)
        ctx.say(
            Verdict(
                relation.label,
                kind_of(relation),
                "select",
                me.name,
                Kind.LEAK,
                "an immutable helper is folded into the plan that a pooled connection keeps: one "
                "reads what the caller before might",
                proof,
            )
        )


def _cast(ctx: Context, me: Identity, relation: Relation) -> None:
    """A view with its owner's rights and no barrier: a failing cast tells rows it filters away."""
    if any(
        o.startswith("security_") and not o.endswith(("=false", "=off", "=0"))
        for o in relation.options
    ):
        return
    if not any(ctx.axes.has(b) for b in base_tables(ctx, relation)):
        return
    from psycopg import sql

    for name in relation.columns_for(me.role, "select"):
        kind = ctx.catalog.base_type(relation.columns[name].type_oid)
        if kind.category != "S" and kind.name != "uuid":
            continue
        asked = sql.SQL(
            "select 1 from {} where case when {}::text ~ {} then ({}::text || 'k')::integer < 0 end"
        ).format(
            rows.name(relation),
            sql.Identifier(name),
            sql.Literal(ctx.pattern(me)),
            sql.Identifier(name),
        )
        outcome = ctx.arena.attempt(asked)
        if not outcome.ok and ctx.forbidden(me).search(outcome.message):
            proof = witness.build(
                ctx,
                me,
                [asked.as_string()],
                [relation.oid, *base_tables(ctx, relation)],
                outcome.message,
            )
            ctx.say(
                Verdict(
                    relation.label,
                    kind_of(relation),
                    "select",
                    me.name,
                    Kind.ORACLE,
                    "without security_barrier a caller's own condition meets rows that the view "
                    "filters away, and its error tells them",
                    proof,
                )
            )
            return
