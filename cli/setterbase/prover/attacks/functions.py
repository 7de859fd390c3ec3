"""Functions, called with the other's ids: what comes back, what changes, what errors tell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from setterbase import db
from setterbase.prover import rows, witness
from setterbase.prover.attacks import arguments, sequences, twins
from setterbase.prover.attacks.common import all_marks, flat
from setterbase.prover.attacks.harm import damage
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Function, Relation
from setterbase.prover.texts import tables_of
from setterbase.prover.verdict import Kind, Verdict, Witness
from setterbase.prover.world import Side

if TYPE_CHECKING:
    from psycopg import sql

_NO_CALL = frozenset({"trigger", "event_trigger", "internal", "language_handler"})


class Say(Protocol):
    """Keeps a verdict on the function at hand."""

    def __call__(self, kind: Kind, reason: str, proof: Witness | None = None) -> None: ...


def callable_ones(ctx: Context) -> list[Function]:
    return [
        f
        for f in ctx.catalog.functions.values()
        if f.schema in ctx.catalog.exposed
        and f.kind == "f"
        and f.returns not in _NO_CALL
        and (ctx.focus is None or f.oid in ctx.focus)
    ]


def run(ctx: Context) -> None:
    for identity in ctx.cast:
        with ctx.arena.acting(identity):
            for function in callable_ones(ctx):
                _function(ctx, identity, function)


def _function(ctx: Context, identity: Identity, function: Function) -> None:
    def say(kind: Kind, reason: str, proof: Witness | None = None) -> None:
        if kind is Kind.LEAK and identity.privileged:
            kind, proof = Kind.PUBLIC, None
            reason = "a platform admin reaches every tenant: only the server grants it"
        ctx.say(Verdict(function.label, "function", "execute", identity.name, kind, reason, proof))

    if identity.role not in function.grants:
        return say(Kind.UNREACHABLE, f"{identity.role} may not execute it")
    for label in (function.label, f"{function.schema}.{function.name}"):
        if label in ctx.public:
            return say(Kind.PUBLIC, ctx.public[label])
    theirs = ctx.world.a if identity.side == "b" else ctx.world.b
    mine = None if identity.side is None else ctx.world.other(theirs)
    answered = 0
    errors: list[str] = []
    outer = part_of(ctx, function)
    if outer is not None:
        return _as_part(ctx, identity, function, outer, say)
    for call in arguments.calls(ctx, function, theirs, mine):
        finding = _call(ctx, identity, function, call, theirs)
        if isinstance(finding, tuple):
            return say(*finding)
        answered += finding is None
        errors += [finding] if finding else []
    if function.arguments and identity.name in ("anon", "member of A"):
        twins.compare(ctx, identity, function, theirs)
    if answered:
        return say(Kind.ISOLATED, f"{answered} calls answered without a mark of others")
    if errors and all(e.startswith("57014") for e in errors):
        return say(Kind.UNPROVEN, f"every call takes too long: {errors[0]}")
    return say(Kind.ISOLATED, f"refused: {errors[0] if errors else 'no call possible'}")


def part_of(ctx: Context, function: Function) -> Relation | None:
    """The relation of which it is a computed column; None where it can be called by itself."""
    if len(function.arguments) != 1 or function.arguments[0].name:
        return None
    kind = ctx.catalog.types[function.arguments[0].type_oid]
    outer = ctx.catalog.relations.get(kind.relation or 0)
    return outer if outer is not None and outer.schema == function.schema else None


def inside(outer: Relation, function: Function, columns: Iterable[str]) -> sql.Composed:
    """What it says of every row that one may read, and these columns of the row."""
    from psycopg import sql

    shown = [sql.SQL("{}::text").format(sql.Identifier("r", name)) for name in columns]
    return sql.SQL("select {} from {} as r, {}(r) as x").format(
        sql.SQL(", ").join([sql.SQL("x::text"), *shown]),
        rows.name(outer),
        sql.Identifier(function.schema, function.name),
    )


def _as_part(
    ctx: Context, identity: Identity, function: Function, outer: Relation, say: Say
) -> None:
    """A function of a row without a name for it: the API calls it with rows that one may read."""
    columns = outer.columns_for(identity.role, "select")
    if not columns:
        return say(Kind.UNREACHABLE, f"{identity.role} may read no row to call it with")
    asked = inside(outer, function, columns)
    outcome = ctx.arena.attempt(asked)
    if not outcome.ok:
        return say(Kind.ISOLATED, f"refused: {outcome.message}")
    for answer, *row in outcome.rows:
        if ctx.foreign(identity, answer or "") and not ctx.foreign(identity, flat(tuple(row))):
            found = ctx.foreign(identity, answer)
            tables = [outer.oid, *(t.oid for t in tables_of(ctx.catalog, function))]
            proof = witness.build(
                ctx, identity, [asked.as_string()], [*tables, *_homes(ctx, found)], answer
            )
            return say(Kind.LEAK, "asked for inside a row, it gives another tenant's data", proof)
    return say(Kind.ISOLATED, f"{len(outcome.rows)} rows asked for it, no mark of others came")


def _call(
    ctx: Context, identity: Identity, function: Function, call: arguments.Call, theirs: Side
) -> tuple[Kind, str, Witness] | str | None:
    """A finding, or the error's text, or None when it answered and nothing crossed."""
    asked = arguments.statement(function, call, ctx)
    tables = [t.oid for t in tables_of(ctx.catalog, function)]
    with ctx.arena.savepoint():
        writes = function.volatility == "v"
        draws = writes and sequences.may_move(ctx, function)
        stood = sequences.positions(ctx, identity) if draws else {}
        before = _counts(ctx) if writes else {}
        outcome = ctx.arena.keep(asked)
        moves = sequences.moved(ctx, identity, stood) if draws else []
        said = [v for _, v in call if v] + [identity.raw_claims, *identity.headers.values()]
        passed = set(re.findall(all_marks(ctx), " ".join(said)))
        text = "\n".join(flat(r) for r in outcome.rows) if outcome.ok else outcome.message
        found = ctx.foreign(identity, text) - passed
        if identity.person in ("off", "gone") and not found:
            found = _former(ctx, identity, text) - passed
        if found:
            line = next((flat(r) for r in outcome.rows if any(m in flat(r) for m in found)), text)
            how = (
                "returns data of another tenant"
                if outcome.ok
                else ("its error message tells data of another tenant")
            )
            tables += _homes(ctx, found)
            proof = witness.build(ctx, identity, [asked.as_string()], tables, line)
            return Kind.LEAK, how, proof
        if not outcome.ok:
            return f"{outcome.state} {outcome.message}"
        if moves:
            named = {v for _, v in call if v}
            own = _own_moves(ctx, identity, function, theirs)
            if (drawn := sequences.harm(ctx, identity, moves, own, named)) is not None:
                proof = witness.build(ctx, identity, [asked.as_string()], tables, drawn[1])
                return Kind.LEAK, drawn[0], proof
        if writes:
            touched = {o for o, n in _counts(ctx).items() if before.get(o) != n}
            if re.search(r"\btruncate\b|\bexecute\b", function.body, re.I):
                touched |= set(tables)
            hit = damage(ctx, identity, touched, theirs, {v for _, v in call if v})
            if hit is not None:
                proof = witness.build(
                    ctx, identity, [asked.as_string(), *hit[2]], [*tables, *touched], hit[1]
                )
                return Kind.LEAK, hit[0], proof
    return None


def _own_moves(
    ctx: Context, identity: Identity, function: Function, theirs: Side
) -> list[sequences.Move]:
    """The sequences that the same call moves when it names the other side."""
    mine = ctx.world.other(theirs)
    asked = arguments.statement(function, arguments.own_call(ctx, function, mine), ctx)
    stood = sequences.positions(ctx, identity)
    with ctx.arena.savepoint():
        ctx.arena.keep(asked)
        return sequences.moved(ctx, identity, stood)


def _homes(ctx: Context, found: set[str]) -> list[int]:
    """The tables whose rows carry one of the marks."""
    return [
        oid
        for side in ctx.world.sides()
        for oid, kept in side.rows.items()
        if any(v and m in v for row in kept for v in row.values.values() for m in found)
    ]


def _former(ctx: Context, identity: Identity, text: str) -> set[str]:
    """Marks of the caller's former tenant that name neither the caller nor the tenant itself."""
    found = ctx.world.a.marks.found_in(text)
    if not found:
        return set()
    own: set[str] = set()
    for kept in ctx.world.a.rows.values():
        for row in kept:
            if ctx.is_about(row, identity):
                own |= {m for v in row.values.values() for m in ctx.world.a.marks.found_in(v or "")}
    return found - own


def _counts(ctx: Context) -> dict[int, int]:
    found = ctx.arena.owner(db.query("touched", "setterbase.prover.queries"))
    return dict(found)
