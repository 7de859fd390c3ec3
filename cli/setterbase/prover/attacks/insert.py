"""Inserting: rows in another's tenant, children under another's parent, rows without a tenant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from setterbase.prover import rows
from setterbase.prover.attacks import effects, forge
from setterbase.prover.attacks.common import Speaker, show, writable_home
from setterbase.prover.axes import is_person
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.refs import Ref
from setterbase.prover.verdict import Kind
from setterbase.prover.world import Row, Side, Values

_ASKS = re.compile(
    r"request|applicat|invit|follow|review|comment|like|reaction|rating|report|feedback|inquir|"
    r"contact|rsvp|vote|subscri|waitlist|enrol|booking|appointment|order|message|friend|block"
)


@dataclass
class Attempt:
    command: str  # insert, attach, upsert
    what: str
    row: Values
    refs: list[Ref] = field(default_factory=list)  # those that now point at the other tenant


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
    if not ctx.axes.has(home.oid):
        return say(Kind.PUBLIC, "no tenant axis: its rows belong to nobody")
    theirs = ctx.world.a if identity.side == "b" else ctx.world.b
    mine = None if identity.side is None else ctx.world.other(theirs)
    victim = theirs.main(home.oid)
    if victim is None:
        why = ctx.world.failures.get((theirs.name, home.oid), "no row")
        return say(Kind.UNPROVEN, f"no row to copy: {why}")
    refused: list[str] = []
    for attempt in _attempts(ctx, home, victim, mine, theirs, identity):
        refusal = _try(ctx, identity, relation, home, attempt, victim)
        if "row-level security" in refusal:
            for asked in forge.demanded(ctx, home, "insert", attempt.row):
                again = replace(attempt, row={**attempt.row, **asked})
                if not _try(ctx, identity, relation, home, again, victim):
                    break
        if refusal:
            refused.append(f"{attempt.what}: {refusal}")
    say(Kind.ISOLATED, refused[0] if refused else "nothing of another tenant was made")


def _attempts(
    ctx: Context, home: Relation, victim: Row, mine: Side | None, theirs: Side, identity: Identity
) -> list[Attempt]:
    axis = ctx.axes.of[home.oid]
    found = [
        Attempt("insert", "a row of the other tenant", forge.copy_of(ctx, home, victim, theirs))
    ]
    own = None if mine is None else _own(mine, home, identity)
    if mine is None or own is None:
        return found
    base = forge.copy_of(ctx, home, own, mine)
    base |= _self(ctx, mine, home, identity)
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
        attached = {**base, **{n: victim.values.get(n) for n in free}}
        if any(attached.get(n) is None for n in ref.columns):
            continue
        found.append(Attempt("attach", f"{', '.join(free)} of the other tenant", attached, [ref]))
    if axis.ref is not None and not any(home.columns[n].not_null for n in axis.columns):
        found.append(
            Attempt("insert", "a row without tenant", {**base, **dict.fromkeys(axis.columns)})
        )
    return found


def _own(mine: Side, home: Relation, identity: Identity) -> Row | None:
    return mine.of(home.oid, identity.person or "main") or mine.main(home.oid)


def _self(ctx: Context, mine: Side, home: Relation, identity: Identity) -> Values:
    """Every person in the row is the caller."""
    if identity.person in (None, "main") or identity.person not in mine.people:
        return {}
    found: Values = {}
    for ref in ctx.refs[home.oid]:
        if is_person(ref, ctx.axes) and len(ref.columns) == 1:
            if isinstance(ref.target, int):
                row = mine.of(ref.target, identity.person)
                if row is not None:
                    found[ref.columns[0]] = row.values.get(ref.target_columns[0])
            else:
                found[ref.columns[0]] = mine.people[identity.person].id
    return found


def _target(ctx: Context, theirs: Side, ref: Ref) -> Row | None:
    """The other tenant's row that a reference could point at; people are no parents."""
    if isinstance(ref.target, int) and ctx.axes.has(ref.target):
        return theirs.main(ref.target)
    return None


def _try(
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
    cleared: list[str] = []
    with ctx.arena.savepoint():
        outcome = ctx.arena.keep(statement)
        if outcome.state == "23505":
            # The other's row stands in the way: as a twin, or as the only child that a parent may
            # have. Others of their rows may have none.
            ctx.arena.back()
            ctx.arena.try_owner(_delete(home, victim))
            ctx.arena.become(identity)
            outcome = ctx.arena.keep(statement)
            cleared = [_delete(home, victim).as_string()]
        if not outcome.ok:
            if outcome.state in ("57014", "55P03"):
                Speaker(ctx, identity, relation, attempt.command)(
                    Kind.UNPROVEN, f"{attempt.what}: {outcome.message}"
                )
            return outcome.message
        if not outcome.count:
            return "no row was made"
        row = effects.stored(ctx, home, said)
        if row is None:
            return "a trigger gave the row another owner, or took it away"
        _judge(ctx, identity, relation, home, attempt, row, victim, statement.as_string(), cleared)
    return ""


def _delete(home: Relation, victim: Row) -> Any:
    from psycopg import sql

    return sql.SQL("delete from {} where {}").format(
        rows.name(home), rows.where(home, victim.key(home))
    )


def _judge(
    ctx: Context,
    identity: Identity,
    relation: Relation,
    home: Relation,
    attempt: Attempt,
    row: Values,
    victim: Row,
    statement: str,
    cleared: Sequence[str],
) -> None:
    say = Speaker(ctx, identity, relation, attempt.command)
    axis = ctx.axes.of[home.oid]
    tables = [home.oid]
    told = show(dict(row))
    if attempt.what == "a row without tenant":
        if any(row.get(n) is not None for n in axis.columns):
            return
        other = _member(ctx, "a" if identity.side == "b" else "b")
        if other is not None and effects.victim_sees(ctx, other, home, row):
            say.leak(
                "makes a row without tenant, which every tenant sees", [statement], tables, told
            )
        return
    lands = (
        not axis.columns
        or all(row.get(n) == victim.values.get(n) for n in axis.columns)
        or axis.kind in ("profile", "tenant")
    )
    if attempt.command == "insert":
        if axis.kind == "tenant":
            return _new_tenant(ctx, identity, say, statement, tables)
        if axis.kind == "profile" and axis.ref is not None:
            lands = row.get(axis.ref.columns[0]) == victim.values.get(axis.ref.columns[0])
        if not lands:
            return
        if attempt.refs and _asks(ctx, identity, home, attempt, row):
            sight = effects.sees_more(ctx, identity, [home.oid])
            if sight is None:
                return say(
                    Kind.PUBLIC,
                    "a row that names its author, under a parent that it "
                    "sees or asks to join: nothing more is seen",
                )
        if attempt.refs and effects.keeps(ctx, identity, home, row):
            return
        return say.leak(f"makes {attempt.what}", [statement], tables, told, cleared)
    _attached(ctx, identity, say, home, attempt, row, statement, cleared)


def _new_tenant(
    ctx: Context, identity: Identity, say: Speaker, statement: str, tables: list[int]
) -> None:
    """A new tenant of one's own is no crossing, unless it opens another's rows."""
    sight = effects.sees_more(ctx, identity, tables) if identity.side else None
    if sight is not None:
        say.leak(
            f"a new tenant opens rows of {sight.relation.label}",
            [statement, sight.statement],
            [*tables, sight.relation.oid],
            sight.row,
        )


def _asks(ctx: Context, identity: Identity, home: Relation, attempt: Attempt, row: Values) -> bool:
    """A row that names the caller and a parent: a comment, a request to join, an order."""
    if home.oid in ctx.axes.memberships or identity.side is None:
        return False
    side = ctx.world.a if identity.side == "a" else ctx.world.b
    mine = {side.people[identity.person or "main"].id}
    for oid in ctx.axes.profiles:
        own = side.of(oid, identity.person or "main")
        if own is not None:
            mine |= {v for k, v in own.values.items() if v and k in ctx.catalog.relations[oid].key}
    named = [
        r for r in ctx.refs[home.oid] if is_person(r, ctx.axes) and row.get(r.columns[0]) in mine
    ]
    party = [r for r in named if not r.maker and r not in attempt.refs]
    if attempt.refs and all(is_person(r, ctx.axes) for r in attempt.refs):
        # Two people in one row, each in a part of their own: buyer and seller, friend and friend.
        return bool(party) or (bool(named) and all(r.addressed for r in attempt.refs))
    if not named or any(is_person(r, ctx.axes) for r in attempt.refs):
        return False
    if _ASKS.search(home.name):
        return True
    for ref in attempt.refs:
        if isinstance(ref.target, int):
            theirs = ctx.world.b if identity.side == "a" else ctx.world.a
            parent = theirs.main(ref.target)
            table = ctx.catalog.relations[ref.target]
            if parent is not None and effects.is_visible(ctx, identity, table, parent):
                return True
    return False


def _attached(
    ctx: Context,
    identity: Identity,
    say: Speaker,
    home: Relation,
    attempt: Attempt,
    row: Values,
    statement: str,
    cleared: Sequence[str] = (),
) -> None:
    """A row of one's own that points at another's: what follows from it decides."""
    ref = attempt.refs[0]
    theirs = ctx.world.a if identity.side == "b" else ctx.world.b
    assert isinstance(ref.target, int)
    parent, table = theirs.main(ref.target), ctx.catalog.relations[ref.target]
    own = set(ctx.axes.of[home.oid].columns)
    if parent is None or any(
        row.get(c) != parent.values.get(t)
        for c, t in zip(ref.columns, ref.target_columns, strict=True)
        if c not in own
    ):
        return
    told, tables = show(dict(row)), [home.oid, ref.target]
    sight = effects.sees_more(ctx, identity, [home.oid])
    if sight is not None:
        return say.leak(
            f"points at a row of {table.label} of the other tenant, and then reads "
            f"{sight.relation.label}",
            [statement, sight.statement],
            [*tables, sight.relation.oid],
            sight.row,
            cleared,
        )
    if effects.is_visible(ctx, identity, table, parent):
        return None
    if _asks(ctx, identity, home, attempt, row):
        return say(Kind.PUBLIC, "a row that names its author and a parent: an order, a request")
    other = _member(ctx, theirs.name)
    if other is not None and effects.victim_sees(ctx, other, home, row):
        return say.leak(
            f"plants a row under {table.label} of the other tenant, whose members see it",
            [statement],
            tables,
            told,
            cleared,
        )
    return say(
        Kind.ORACLE,
        f"a row of one's own may point at {table.label} of another tenant "
        f"({', '.join(ref.columns)}): it tells that the id exists",
    )


def _member(ctx: Context, side: str) -> Identity | None:
    return next(
        (i for i in ctx.cast if i.side == side and i.person == "main" and not i.privileged), None
    )
