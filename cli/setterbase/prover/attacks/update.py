"""Updating: another's rows by key and without a filter, moving rows in and out, upsert."""

from __future__ import annotations

from typing import Any

from setterbase.prover import rows, values
from setterbase.prover.arena import BUSY
from setterbase.prover.attacks import effects
from setterbase.prover.attacks.common import BLIND_LIMIT, Speaker, writable_home
from setterbase.prover.attacks.moves import move, repoint
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.verdict import Deed, Kind
from setterbase.prover.world import Row


def run(ctx: Context) -> None:
    for identity in ctx.cast:
        with ctx.arena.acting(identity):
            for relation in ctx.catalog.relations.values():
                if ctx.attacked(relation) and (relation.is_table or relation.kind == "v"):
                    _object(ctx, identity, relation)


def _object(ctx: Context, identity: Identity, relation: Relation) -> None:
    home = writable_home(ctx, relation, "update")
    if home is None:
        return
    say = Speaker(ctx, identity, relation, "update")
    may = [
        n
        for n in relation.columns_for(identity.role, "update")
        if n in home.columns and home.columns[n].writable
    ]
    if not may:
        return say(Kind.UNREACHABLE, f"{identity.role} has no grant")
    for spot in (relation.label, f"{relation.label}:update"):
        if spot in ctx.public:
            return say(Kind.PUBLIC, ctx.public[spot])
    if nobodys := ctx.nobodys(identity, home.oid, "update"):
        return say(Kind.PUBLIC, nobodys)
    victims = ctx.victims(identity, home.oid)
    if not victims:
        return say(Kind.UNPROVEN, "no row of another tenant could be made")
    _others(ctx, identity, relation, home, may, victims)
    if identity.side is not None:
        move(ctx, identity, relation, home, may)
        repoint(ctx, identity, relation, home, may)
    if relation.may(identity.role, "insert") and home.key:
        _upsert(ctx, identity, relation, home, may, victims[0])
    say(Kind.ISOLATED, "no row of others changed and none changed hands")


def harmless(ctx: Context, home: Relation, may: list[str], victim: Row) -> list[tuple[str, str]]:
    """Columns that can be set without breaking a rule, with a new value; three at most."""
    taken = {n for r in ctx.refs[home.oid] for n in r.columns}
    taken |= {n for c in home.uniques for n in c.columns} | set(home.key)
    checked = {n for c in home.checks for n in c.columns}
    marks = ctx.world.common.marks
    found: list[tuple[int, str, str]] = []
    for name in may:
        column = home.columns[name]
        if name in taken:
            continue
        base = ctx.catalog.base_type(column.type_oid)
        value = values.of_column(ctx.catalog, column, marks)
        plain = base.category == "S" and name not in checked
        if base.name == "bool" and name not in checked:
            value = "false" if victim.values.get(name) in ("t", "true") else "true"
        elif (name in checked or not plain) and victim.values.get(name) is not None:
            value = victim.values[name]
        if value is None:
            continue
        policy = name.lower() in ctx.evidence.text
        found.append(((0 if plain else 2) + (1 if policy else 0), name, value))
    return [(n, v) for _, n, v in sorted(found)[:3]]


def _others(
    ctx: Context,
    identity: Identity,
    relation: Relation,
    home: Relation,
    may: list[str],
    victims: list[Row],
) -> None:
    from psycopg import sql

    options = harmless(ctx, home, may, victims[0])
    if not options:
        name = may[0]
        told = victims[0].values.get(name)
        options = [(name, told)] if told is not None else []
    conditions = [rows.any_of(home, victims)]
    if relation.estimate < BLIND_LIMIT and home.estimate < BLIND_LIMIT:
        conditions.append(sql.SQL("true").format())
    for column, value in options:
        tried_all = True
        for condition in conditions:
            statement = sql.SQL("update {} set {} = {} where {}").format(
                rows.name(relation), sql.Identifier(column), sql.Literal(value), condition
            )
            outcome = _write(ctx, identity, relation, home, statement, victims, "update")
            tried_all &= outcome not in ("P0001", "23514", "23505")
        if tried_all:
            return


def _write(
    ctx: Context,
    identity: Identity,
    relation: Relation,
    home: Relation,
    statement: Any,
    victims: list[Row],
    command: str,
) -> str | None:
    """Runs a write and says a leak when a victim's row is touched; the error's state otherwise."""
    with ctx.arena.savepoint():
        outcome = ctx.arena.keep(statement)
        if not outcome.ok:
            if outcome.state in BUSY:
                Speaker(ctx, identity, relation, command)(Kind.UNPROVEN, outcome.message)
            return outcome.state
        if not outcome.count:
            return None
        hit = effects.changed(ctx, home, victims)
        places = effects.places(ctx, home, victims)
        told = statement.as_string()
    if hit is None:
        # The value may be the one that was there: then only the row's place tells.
        moved = _same_value(statement, victims) and places != effects.places(ctx, home, victims)
        ctx.arena.become(identity)
        if not moved:
            return None
    row = effects.difference(*hit) if hit else f"{outcome.count} rows rewritten, others' among them"
    Speaker(ctx, identity, relation, command).leak(
        f"changes rows of another tenant ({row})", [told], [home.oid], row
    )
    return None


def _same_value(statement: object, victims: list[Row]) -> bool:
    """Whether the value set was the one that was there, so that no difference could show."""
    from psycopg import sql

    assert isinstance(statement, sql.Composable)
    text = statement.as_string()
    set_part = text.split(" set ", 1)[-1].split(" where ", 1)[0]
    told = set_part.split(" = ", 1)[-1].strip("'")
    return any(told == v for v in victims[0].values.values())


def _upsert(
    ctx: Context,
    identity: Identity,
    relation: Relation,
    home: Relation,
    may: list[str],
    victim: Row,
) -> None:
    """The victim's key with one's own tenant: `on conflict … do update`."""
    from psycopg import sql

    if not relation.is_table or relation.is_partition:
        return
    mine = ctx.world.b if identity.side == "b" else ctx.world.a
    own = mine.main(home.oid)
    if own is None or victim is own:
        return
    insertable = set(relation.columns_for(identity.role, "insert"))
    said = {
        n: (victim.values.get(n) if n in home.key else own.values.get(n))
        for n, c in home.columns.items()
        if n in insertable and c.writable and (n in home.key or own.values.get(n) is not None)
    }
    updates = [n for n in said if n in may and n not in home.key]
    if not updates or not set(home.key) <= set(said):
        return
    statement = rows.insert(relation, said, overriding=False, returning=False) + sql.SQL(
        " on conflict ({}) do update set {}"
    ).format(
        sql.SQL(", ").join(map(sql.Identifier, home.key)),
        sql.SQL(", ").join(
            sql.SQL("{0} = excluded.{0}").format(sql.Identifier(n)) for n in updates
        ),
    )
    with ctx.arena.savepoint():
        outcome = ctx.arena.keep(statement)
        say = Speaker(ctx, identity, relation, "upsert")
        if outcome.ok and (hit := effects.changed(ctx, home, [victim])):
            say.leak(
                "overwrites a row of another tenant through its key",
                [statement.as_string()],
                [home.oid],
                effects.difference(*hit),
                deeds=[Deed("upsert", {n: said[n] for n in home.key}, said)],
            )
        else:
            say(Kind.ISOLATED, outcome.message or "nothing changed")
