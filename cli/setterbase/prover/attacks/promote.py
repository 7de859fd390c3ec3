"""Self-promotion: one's own role, one's own state, in membership and profile rows."""

from __future__ import annotations

from typing import Any

from setterbase.prover import person as people
from setterbase.prover import rows, words
from setterbase.prover.attacks import effects, forge
from setterbase.prover.attacks.common import Speaker, writable_home
from setterbase.prover.attacks.judge import Made
from setterbase.prover.attacks.moves import find, setting
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.verdict import Deed, Kind
from setterbase.prover.world import Row, Values


def run(ctx: Context) -> None:
    persons = ctx.axes.personal
    for identity in ctx.cast:
        if identity.side is None or identity.privileged or identity.person is None:
            continue
        if words.is_rank(identity.person.removeprefix(people.RANKED)):
            continue  # an administrator who appoints administrators is nobody's alarm
        with ctx.arena.acting(identity):
            for relation in ctx.catalog.relations.values():
                if not ctx.attacked(relation) or relation.label in ctx.public:
                    continue
                home = writable_home(ctx, relation, "update")
                if home is not None and home.oid in persons:
                    _object(ctx, identity, relation, home)


def _object(ctx: Context, identity: Identity, relation: Relation, home: Relation) -> None:
    side = ctx.world.a if identity.side == "a" else ctx.world.b
    own = side.of(home.oid, identity.person or "main")
    if own is None or _appointed(home, identity):
        return
    for column, value in _higher(ctx, home, own, identity):
        say = Speaker(ctx, identity, relation, "promote")
        if column in relation.columns_for(identity.role, "update"):
            statement = setting(relation, home, own, {column: value})
            if _took(ctx, identity, relation, home, own, statement, column):
                continue
            say(Kind.ISOLATED, f"{column} stayed as it was")
        if relation.is_table and column in relation.columns_for(identity.role, "insert"):
            _afresh(ctx, identity, relation, home, own, column, value)


def _appointed(home: Relation, identity: Identity) -> bool:
    """Whether the rules for changing these rows name the caller's rank: they appoint others."""
    rank = (identity.person or "").removeprefix(people.RANKED)
    rules = " ".join(p.text for p in home.policies if p.command in ("update", "all"))
    return rank != identity.person and f"'{rank}'" in rules


def _higher(ctx: Context, home: Relation, own: Row, identity: Identity) -> list[tuple[str, str]]:
    """Better values than the caller has: of roles, of states, of what rules of others ask."""
    found: list[tuple[str, str]] = []
    joins = home.oid in ctx.axes.memberships
    best = people.overrides(
        ctx.catalog, home, "main" if joins else "chief", ctx.refs, ctx.axes, ctx.evidence
    )
    for column, value in best.items():
        is_role = words.is_role(ctx.catalog, home, home.columns[column], ctx.evidence)
        if value is None or own.values.get(column) in (value, value[:1]):
            continue
        if is_role or identity.person == "off":
            found.append((column, value))
    named = {column for column, _ in found}
    for column, asked in forge.asked_by_others(ctx, home).items():
        if asked and column not in named and own.values.get(column) not in (asked, asked[:1]):
            found.append((column, asked))
    return found


def _took(
    ctx: Context,
    identity: Identity,
    relation: Relation,
    home: Relation,
    own: Row,
    statement: Any,
    column: str,
) -> bool:
    with ctx.arena.savepoint():
        outcome = ctx.arena.keep(statement)
        if not outcome.ok or not outcome.count:
            return False
        stored = find(ctx, home, own.values)
        if stored is None or stored.get(column) == own.values.get(column):
            return False
        made = Made(
            statement.as_string(), (Deed("update", own.key(home), {column: stored.get(column)}),)
        )
        _leak(ctx, identity, relation, home, own, stored, column, made)
    return True


def _leak(
    ctx: Context,
    identity: Identity,
    relation: Relation,
    home: Relation,
    own: Row,
    stored: Values,
    column: str,
    made: Made,
) -> None:
    change = f"{column}: {own.values.get(column)} → {stored.get(column)}"
    sight = effects.sees_more(ctx, identity, [home.oid])
    say = Speaker(ctx, identity, relation, "promote")
    if sight is not None:
        say.leak(
            f"promotes itself ({change}) and then reads {sight.relation.label} of others",
            [made.statement, sight.statement],
            [home.oid, sight.relation.oid],
            sight.row,
            made.cleared,
            [*made.deeds, sight.deed],
        )
    elif _tells(ctx, home, column, identity):
        say.leak(
            f"promotes itself ({change})",
            [made.statement],
            [home.oid],
            change,
            made.cleared,
            made.deeds,
        )
    else:
        say(Kind.ISOLATED, f"{change} opens nothing of others")


def _tells(ctx: Context, home: Relation, column: str, identity: Identity) -> bool:
    """Whether the column alone is harm enough: a role, or the state of one who was shut out."""
    is_role = words.is_role(ctx.catalog, home, home.columns[column], ctx.evidence)
    return is_role or identity.person == "off"


def _afresh(
    ctx: Context,
    identity: Identity,
    relation: Relation,
    home: Relation,
    own: Row,
    column: str,
    value: str,
) -> None:
    """The caller's row did not exist yet: it is inserted with the higher role at once."""
    another = home.oid in ctx.axes.roles  # a second role beside the first
    if own.adopted and not another:
        return
    side = ctx.world.a if identity.side == "a" else ctx.world.b
    copy = forge.copy_of(ctx, home, own, side)
    if not another:
        copy |= {k: own.values.get(k) for k in home.key}
    copy[column] = value
    said = forge.allowed(relation, identity.role, "insert", copy)
    statement = rows.insert(relation, said, overriding=False, returning=False)
    from psycopg import sql

    with ctx.arena.savepoint():
        ctx.arena.back()
        taken = sql.SQL("delete from {} where {}").format(
            rows.name(home), rows.where(home, own.key(home))
        )
        removal = () if another else (taken.as_string(),)
        deeds = (
            () if another else (Deed("delete", own.key(home), relation=home.label, by_owner=True),)
        )
        if not another and not ctx.arena.try_owner(taken).ok:
            return
        ctx.arena.become(identity)
        outcome = ctx.arena.keep(statement)
        if not outcome.ok or not outcome.count:
            return
        stored = effects.stored(ctx, home, copy)
        if stored is not None and stored.get(column) in (value, value[:1]):
            made = Made(statement.as_string(), (*deeds, Deed("insert", {}, said)), removal)
            _leak(ctx, identity, relation, home, own, stored, column, made)
