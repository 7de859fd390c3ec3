"""What a pooled connection betrays: the plan that another caller left behind on it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from setterbase.prover import rows, witness
from setterbase.prover.arena import become
from setterbase.prover.attacks import arguments, functions
from setterbase.prover.attacks.common import base_tables, carries, flat, kind_of
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Function, Relation
from setterbase.prover.texts import helper_text, tables_of
from setterbase.prover.verdict import Kind, Verdict

_ASKS = re.compile(r"\bauth\s*\.|current_setting|\bfrom\b|current_user|session_user")
_REASON = (
    "an immutable helper is folded into the plan that a pooled connection keeps: one reads what "
    "the caller before might"
)


def run(ctx: Context) -> None:
    """Another's plan, for whatever asks a helper that says it never changes and depends on who."""
    # In the order of the cast, in which PostgREST hears them too.
    you = next((i for i in ctx.cast if i.name == "member of A"), None)
    me = next((i for i in ctx.cast if i.name == "member of B"), None)
    frozen = [
        f.name.lower()
        for f in ctx.catalog.functions.values()
        if f.volatility == "i" and _ASKS.search(helper_text(ctx.catalog, f).lower())
    ]
    if me is None or you is None or not frozen:
        return
    calls = re.compile(rf"\b(?:{'|'.join(map(re.escape, frozen))})\(")
    for relation in ctx.catalog.relations.values():
        if relation.kind != "S" and ctx.attacked(relation) and calls.search(_rules(ctx, relation)):
            _read(ctx, me, you, relation)
    for function in functions.callable_ones(ctx):
        if function.volatility != "i" and calls.search(_flat(helper_text(ctx.catalog, function))):
            _call(ctx, me, you, function)


def _flat(text: str) -> str:
    return re.sub(r"\s+\(", "(", text.lower().replace('"', ""))


def _rules(ctx: Context, relation: Relation) -> str:
    """The conditions under which its rows are read, those of what a view reads included."""
    parts = [p.text for p in relation.policies] + [relation.definition or ""]
    for oid in base_tables(ctx, relation) if not relation.is_table else ():
        parts += [p.text for p in ctx.catalog.relations[oid].policies]
    return _flat("\n".join(parts))


def _read(ctx: Context, me: Identity, you: Identity, relation: Relation) -> None:
    columns = relation.columns_for(me.role, "select")
    if not columns or relation.label in ctx.public:
        return
    asked = rows.select(relation, columns, carries(columns, ctx.pattern(me))).as_string()
    tables = [relation.oid, *base_tables(ctx, relation)]
    _twice(ctx, me, you, (relation.label, kind_of(relation), "select"), asked, tables)


def _call(ctx: Context, me: Identity, you: Identity, function: Function) -> None:
    if me.role not in function.grants or functions.part_of(ctx, function) is not None:
        return
    mine = ctx.world.a if me.side == "a" else ctx.world.b
    asked = arguments.statement(function, arguments.own_call(ctx, function, mine), ctx)
    tables = [t.oid for t in tables_of(ctx.catalog, function)]
    spot = function.label, "function", "execute"
    _twice(ctx, me, you, spot, asked.as_string(), tables)


def _twice(
    ctx: Context,
    me: Identity,
    you: Identity,
    spot: tuple[str, str, str],
    asked: str,
    tables: Sequence[int],
) -> None:
    """The other tenant asks first on this connection; the plan is kept, the caller is not."""
    steps = [
        "set local plan_cache_mode = force_generic_plan",
        f"prepare kept_plan as {asked}",
        "execute kept_plan",
    ]
    switch = [s for s in become(me, ctx.arena.path).split("; ") if " role " not in s]
    with ctx.arena.acting(you):
        if not all(ctx.arena.try_owner(step).ok for step in steps):
            ctx.arena.try_owner("deallocate kept_plan")
            return
        for step in switch:
            ctx.arena.owner(step)
        found = ctx.arena.attempt("execute kept_plan")
    ctx.arena.try_owner("deallocate kept_plan")
    row = next((flat(r) for r in found.rows if ctx.foreign(me, flat(r)) - ctx.beside), None)
    if row is None or _shown_anyway(ctx, me, asked):
        return
    proof = witness.build(ctx, you, [*steps, *switch, "execute kept_plan"], tables, row)
    label, kind, command = spot
    ctx.say(Verdict(label, kind, command, me.name, Kind.LEAK, _REASON, proof))


def _shown_anyway(ctx: Context, me: Identity, asked: str) -> bool:
    """Whether the caller sees it without another's plan: then it is no matter of plans."""
    with ctx.arena.acting(me):
        found = ctx.arena.attempt(asked)
    return any(ctx.foreign(me, flat(r)) for r in found.rows)
