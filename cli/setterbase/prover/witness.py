"""A script for psql: makes the rows, becomes the caller, shows the leak, rolls back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from setterbase.prover.arena import become, quote
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.refs import USER
from setterbase.prover.verdict import Witness
from setterbase.prover.world import SHOWN

_LONGEST = 300


def build(
    ctx: Context,
    identity: Identity,
    statements: Sequence[str],
    tables: Iterable[int],
    row: str,
    *,
    refresh: Sequence[str] = (),
) -> Witness:
    """The script; `tables` are those whose rows the attack is about, their parents are added."""
    rows = closure(ctx, set(tables))
    people = closure(ctx, rows | ctx.axes.personal | _users(ctx))
    shown = {"main", identity.person or "main"}
    if rows & ctx.axes.offices.keys():
        shown.add("chief")  # rows may name who stands there
    lines = ["begin;", f"set local search_path = {ctx.arena.path};"]
    told = ""
    for entry in ctx.world.log:
        others = entry.person not in shown and not entry.person.startswith(SHOWN)
        if entry.relation not in people or others:
            continue
        if entry.claims != told:
            lines.append(f"set local request.jwt.claims = {quote(entry.claims)};")
            told = entry.claims
        lines.append(f"{entry.statement};")
    lines += [f"{r};" for r in refresh]
    lines += [f"{part};" for part in become(identity, ctx.arena.path).split("; ")]
    lines += [f"{s};" for s in statements]
    lines.append("rollback;")
    return Witness("\n".join(lines), row[:_LONGEST])


def closure(ctx: Context, tables: set[int]) -> set[int]:
    """The tables themselves, and what they read or point at."""
    todo = set(tables)
    done: set[int] = set()
    while todo:
        oid = todo.pop()
        done.add(oid)
        relation = ctx.catalog.relations.get(oid)
        if relation is None:
            continue
        onward = {r.target for r in ctx.refs.get(oid, []) if isinstance(r.target, int)}
        if any(r.target == USER for r in ctx.refs.get(oid, [])):
            onward |= _users(ctx)
        onward |= set(relation.reads) | ({relation.parent} if relation.parent else set())
        todo |= onward - done
    return done


def _users(ctx: Context) -> set[int]:
    users = ctx.catalog.users()
    return set() if users is None else {users.oid}
