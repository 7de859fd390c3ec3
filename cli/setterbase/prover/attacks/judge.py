"""What a row that an attacker made, moved or attached means: a crossing, a request, nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from setterbase.prover import intent
from setterbase.prover.attacks import effects
from setterbase.prover.attacks.common import Speaker, said_public, show
from setterbase.prover.axes import is_person
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.refs import EMAIL, Ref
from setterbase.prover.verdict import Deed, Kind
from setterbase.prover.world import Row, Side, Values

_ASKS = re.compile(
    r"request|applicat|invit|follow|review|comment|like|reaction|rating|report|feedback|inquir|"
    r"contact|rsvp|vote|subscri|waitlist|enrol|booking|appointment|order|message|friend|block"
)


APPOINTS = "the caller, who runs the platform then"
_INVITES = re.compile(r"invit")


@dataclass(frozen=True)
class Made:
    """How a row came to be: said as SQL and as deeds, and what had to be out of the way first."""

    statement: str
    deeds: tuple[Deed, ...] = ()
    cleared: tuple[str, ...] = ()


@dataclass
class Attempt:
    command: str  # insert, attach, upsert
    what: str
    row: Values
    refs: list[Ref] = field(default_factory=list)  # those that now point at the other tenant


def judge(
    ctx: Context,
    identity: Identity,
    relation: Relation,
    home: Relation,
    attempt: Attempt,
    row: Values,
    victim: Row,
    made: Made,
) -> None:
    say = Speaker(ctx, identity, relation, attempt.command)
    axis = ctx.axes.of[home.oid]
    tables = [home.oid]
    told = show(dict(row))
    if attempt.what == "a row without tenant":
        if any(row.get(n) is not None for n in axis.columns):
            return
        if said_public(ctx, identity, home, [Row(home.oid, dict(row), "d")]):
            return
        other = member(ctx, "a" if identity.side == "b" else "b")
        if other is not None and effects.victim_sees(ctx, other, home, row):
            say.leak(
                "makes a row without tenant, which every tenant sees",
                [made.statement],
                tables,
                told,
                deeds=made.deeds,
            )
        return
    if attempt.what == APPOINTS:
        return _opens(ctx, identity, say, "appointing oneself", made, tables)
    lands = (
        not axis.columns
        or all(row.get(n) == victim.values.get(n) for n in axis.columns)
        or axis.kind in ("profile", "tenant")
    )
    if attempt.command == "insert":
        if axis.kind == "tenant":
            return _opens(ctx, identity, say, "a new tenant", made, tables)
        if axis.kind == "profile" and axis.ref is not None:
            lands = row.get(axis.ref.columns[0]) == victim.values.get(axis.ref.columns[0])
        if not lands:
            return
        named = any(is_person(r, ctx.axes) and not r.audit for r in ctx.refs[home.oid])
        inbox = intent.inbox(home, identity.role, of_a_person=named)
        open_to_all = inbox is not None and home.oid not in ctx.axes.personal
        if open_to_all and effects.sees_more(ctx, identity, [home.oid]) is None:
            return say(Kind.PUBLIC, f"{intent.SAYS} «{inbox.name if inbox else ''}»")
        if attempt.refs and asks(ctx, identity, home, attempt, row):
            sight = effects.sees_more(ctx, identity, [home.oid])
            if sight is None:
                return say(
                    Kind.PUBLIC,
                    "a row that names its author, under a parent that it "
                    "sees or asks to join: nothing more is seen",
                )
        if lets_in(ctx, identity, home, attempt.refs, row):
            return say(Kind.PUBLIC, "a row under one's own parent that lets an email in: a share")
        if (
            attempt.refs
            and not _INVITES.search(home.name)
            and effects.keeps(ctx, identity, home, row)
        ):
            return _opens(ctx, identity, say, f"a row with {attempt.what}", made, tables)
        return say.leak(
            f"makes {attempt.what}", [made.statement], tables, told, made.cleared, made.deeds
        )
    attached(ctx, identity, say, home, attempt, row, made)


def _opens(
    ctx: Context,
    identity: Identity,
    say: Speaker,
    what: str,
    made: Made,
    tables: list[int],
) -> None:
    """A row that stays its author's is no crossing, unless it opens another's rows."""
    sight = effects.sees_more(ctx, identity, tables) if identity.side else None
    if sight is not None:
        say.leak(
            f"{what} opens rows of {sight.relation.label}",
            [made.statement, sight.statement],
            [*tables, sight.relation.oid],
            sight.row,
            made.cleared,
            [*made.deeds, sight.deed],
        )


def asks(ctx: Context, identity: Identity, home: Relation, attempt: Attempt, row: Values) -> bool:
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
    if _INVITES.search(home.name) and all(r.maker or r.audit for r in named):
        return False  # who writes an invitation lets people in, and asks for nothing
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


def lets_in(
    ctx: Context, identity: Identity, home: Relation, refs: Sequence[Ref], row: Values
) -> bool:
    """A row under a parent of one's own that names somebody's email: a share, an invitation."""
    if identity.side is None or all(r.target != EMAIL for r in refs):
        return False
    side = ctx.world.a if identity.side == "a" else ctx.world.b
    for ref in ctx.refs[home.oid]:
        if not isinstance(ref.target, int) or not ref.required or not ctx.axes.has(ref.target):
            continue
        parent = side.main(ref.target)
        aims = zip(ref.columns, ref.target_columns, strict=True)
        if parent is not None and all(row.get(c) == parent.values.get(t) for c, t in aims):
            return True
    return False


def attached(
    ctx: Context,
    identity: Identity,
    say: Speaker,
    home: Relation,
    attempt: Attempt,
    row: Values,
    made: Made,
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
            [made.statement, sight.statement],
            [*tables, sight.relation.oid],
            sight.row,
            made.cleared,
            [*made.deeds, sight.deed],
        )
    if effects.is_visible(ctx, identity, table, parent):
        return None
    if asks(ctx, identity, home, attempt, row):
        return say(Kind.PUBLIC, "a row that names its author and a parent: an order, a request")
    other = member(ctx, theirs.name)
    if other is not None and effects.victim_sees(ctx, other, home, row):
        return say.leak(
            f"plants a row under {table.label} of the other tenant, whose members see it",
            [made.statement],
            tables,
            told,
            made.cleared,
            made.deeds,
        )
    return say(
        Kind.ORACLE,
        f"a row of one's own may point at {table.label} of another tenant "
        f"({', '.join(ref.columns)}): it tells that the id exists",
    )


def member(ctx: Context, side: str) -> Identity | None:
    return next(
        (i for i in ctx.cast if i.side == side and i.person == "main" and not i.privileged), None
    )


def own_row(mine: Side, home: Relation, identity: Identity) -> Row | None:
    return mine.of(home.oid, identity.person or "main") or mine.main(home.oid)
