"""Inserting: rows in another's tenant, children under another's parent, rows without a tenant."""

from __future__ import annotations

from dataclasses import replace

from setterbase.prover import rows
from setterbase.prover.arena import BUSY
from setterbase.prover.attacks import effects, forge
from setterbase.prover.attacks.common import Speaker, writable_home
from setterbase.prover.attacks.judge import APPOINTS, Attempt, Made, judge, own_row
from setterbase.prover.axes import is_person
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.refs import Ref
from setterbase.prover.verdict import Deed, Kind
from setterbase.prover.world import Row, Side, Values


def run(ctx: Context) -> None:
    for identity in ctx.cast:
        with ctx.arena.acting(identity):
            for relation in ctx.catalog.relations.values():
                if ctx.attacked(relation) and (relation.is_table or relation.kind == "v"):
                    _object(ctx, identity, relation)


def _object(ctx: Context, identity: Identity, relation: Relation) -> None:
    home = writable_home(ctx, relation, "insert")
    if home is None:
        return
    say = Speaker(ctx, identity, relation, "insert")
    if not relation.may(identity.role, "insert"):
        return say(Kind.UNREACHABLE, f"{identity.role} has no grant")
    if (f"{relation.label}:insert" in ctx.public) or relation.label in ctx.public:
        return say(
            Kind.PUBLIC, ctx.public.get(f"{relation.label}:insert") or ctx.public[relation.label]
        )
    if nobodys := ctx.nobodys(identity, home.oid, "insert"):
        return say(Kind.PUBLIC, nobodys)
    theirs = ctx.world.a if identity.side == "b" else ctx.world.b
    mine = None if identity.side is None else ctx.world.other(theirs)
    victim = theirs.main(home.oid)
    if victim is None:
        why = ctx.world.failures.get((theirs.name, home.oid), "no row")
        return say(Kind.UNPROVEN, f"no row to copy: {why}")
    refused: list[str] = []
    for attempt in attempts(ctx, home, victim, mine, theirs, identity):
        refusal = make(ctx, identity, relation, home, attempt, victim)
        if "row-level security" in refusal:
            for asked in forge.demanded(ctx, home, "insert", attempt.row):
                again = replace(attempt, row={**attempt.row, **asked})
                if not make(ctx, identity, relation, home, again, victim):
                    break
        if refusal:
            refused.append(f"{attempt.what}: {refusal}")
    say(Kind.ISOLATED, refused[0] if refused else "nothing of another tenant was made")


def attempts(
    ctx: Context, home: Relation, victim: Row, mine: Side | None, theirs: Side, identity: Identity
) -> list[Attempt]:
    """Rows worth trying: a twin of the other's, one's own in their tenant, under their parents."""
    axis = ctx.axes.of[home.oid]
    found = [
        Attempt("insert", "a row of the other tenant", forge.copy_of(ctx, home, victim, theirs))
    ]
    own = None if mine is None else own_row(mine, home, identity)
    if mine is None or own is None:
        return found
    base = forge.copy_of(ctx, home, own, mine)
    base |= _self(ctx, mine, home, identity)
    if home.oid in ctx.axes.offices:
        found.append(Attempt("insert", APPOINTS, base))
    if axis.ref is not None:
        moved = {**base, **forge.pointing(axis.ref, victim)}
        found.append(
            Attempt("insert", f"{', '.join(axis.columns)} of the other tenant", moved, [axis.ref])
        )
    for ref in ctx.refs[home.oid]:
        if axis.ref is not None and set(ref.columns) <= set(axis.columns):
            continue
        target = _target(ctx, theirs, ref)
        if target is None or (axis.ref is None and home.oid in ctx.axes.roots):
            continue
        free = [n for n in ref.columns if n not in axis.columns]
        # Of two people in one row the second may own nothing: the other's main row is the aim.
        aims = dict(zip(ref.columns, map(target.values.get, ref.target_columns), strict=True))
        attached = {**base, **{n: aims[n] for n in free}}
        if any(attached.get(n) is None for n in ref.columns):
            continue
        found.append(Attempt("attach", f"{', '.join(free)} of the other tenant", attached, [ref]))
    if axis.ref is not None and not any(home.columns[n].not_null for n in axis.columns):
        found.append(
            Attempt("insert", "a row without tenant", {**base, **dict.fromkeys(axis.columns)})
        )
    return found


def _self(ctx: Context, mine: Side, home: Relation, identity: Identity) -> Values:
    """Every person in the row is the caller."""
    if identity.person is None or identity.person not in mine.people:
        return {}
    if identity.person == "main" and home.oid not in ctx.axes.offices:
        return {}
    found: Values = {}
    for ref in ctx.refs[home.oid]:
        if is_person(ref, ctx.axes) and len(ref.columns) == 1:
            if isinstance(ref.target, int):
                row = mine.of(ref.target, identity.person)
                if row is not None:
                    found[ref.columns[0]] = row.values.get(ref.target_columns[0])
            else:
                found[ref.columns[0]] = ref.written(mine.people[identity.person].id)
    return found


def _target(ctx: Context, theirs: Side, ref: Ref) -> Row | None:
    """The other tenant's row that a reference could point at; people are no parents."""
    if isinstance(ref.target, int) and ctx.axes.has(ref.target):
        return theirs.main(ref.target)
    return None


def make(
    ctx: Context,
    identity: Identity,
    relation: Relation,
    home: Relation,
    attempt: Attempt,
    victim: Row,
) -> str:
    """Tries one row; says what came of it, or returns why it was refused."""
    said = forge.allowed(relation, identity.role, "insert", attempt.row)
    statement = rows.insert(relation, said, overriding=False, returning=False)
    deeds = [Deed("insert", {}, said)]
    cleared: list[str] = []
    with ctx.arena.savepoint():
        outcome = ctx.arena.keep(statement)
        if outcome.state == "23505":
            # The other's row stands in the way: as a twin, or as the only child that a parent may
            # have. Others of their rows may have none.
            ctx.arena.back()
            clearing = rows.delete(home, victim.key(home))
            ctx.arena.try_owner(clearing)
            ctx.arena.become(identity)
            outcome = ctx.arena.keep(statement)
            cleared = [clearing.as_string()]
            deeds.insert(0, Deed("delete", victim.key(home), relation=home.label, by_owner=True))
        if not outcome.ok:
            if outcome.state in BUSY:
                Speaker(ctx, identity, relation, attempt.command)(
                    Kind.UNPROVEN, f"{attempt.what}: {outcome.message}"
                )
            return outcome.message
        if not outcome.count:
            return "no row was made"
        row = effects.stored(ctx, home, said)
        if row is None:
            return "a trigger gave the row another owner, or took it away"
        made = Made(statement.as_string(), tuple(deeds), tuple(cleared))
        judge(ctx, identity, relation, home, attempt, row, victim, made)
    return ""
