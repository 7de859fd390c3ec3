"""Writing through views that give the key another name: the rows tell which column is which."""

from __future__ import annotations

from typing import Any

from setterbase.prover import rows
from setterbase.prover.attacks import effects, forge
from setterbase.prover.attacks.common import (
    UPDATABLE,
    Speaker,
    base_tables,
    data_of,
    show,
    writable_home,
)
from setterbase.prover.attacks.update import harmless
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.verdict import Deed, Kind
from setterbase.prover.world import Values

Names = dict[str, str]  # column of the table → column of the view


def run(ctx: Context) -> None:
    """Views that the other families could not write through because no key has its own name."""
    doors: list[tuple[Relation, Relation, Names]] = []
    for view in ctx.catalog.relations.values():
        if view.kind != "v" or not view.updatable or not ctx.attacked(view):
            continue
        if any(writable_home(ctx, view, c) for c in UPDATABLE if view.updatable & UPDATABLE[c]):
            continue
        found = _behind(ctx, view)
        if found is not None:
            doors.append((view, *found))
    for identity in ctx.cast if doors else ():
        with ctx.arena.acting(identity):
            for view, home, names in doors:
                _door(ctx, identity, view, home, names)


def _behind(ctx: Context, view: Relation) -> tuple[Relation, Names] | None:
    """The table behind the view, and its columns' names there, told by rows that are unique."""
    for oid in base_tables(ctx, view):
        home = data_of(ctx, ctx.catalog.relations[oid])
        known = [r for r in (ctx.world.a.main(home.oid), ctx.world.b.main(home.oid)) if r]
        if not ctx.axes.has(home.oid) or len(home.key) != 1 or not known:
            continue
        seen = ctx.arena.attempt(rows.select(view, view.columns, rows.first(2000)))
        for back in seen.rows:
            told = dict(zip(view.columns, back, strict=True))
            for row in known:
                names = {
                    column: name
                    for column, value in row.values.items()
                    for name, shown in told.items()
                    if value is not None and value == shown and _tells(ctx, value)
                }
                if set(home.key) <= set(names):
                    return home, names
    return None


def _tells(ctx: Context, value: str) -> bool:
    return any(side.marks.found_in(value) for side in ctx.world.sides())


def _door(ctx: Context, identity: Identity, view: Relation, home: Relation, names: Names) -> None:
    victims = [r for r in ctx.victims(identity, home.oid) if r.person == "main"]
    key = home.key[0]
    for command in ("update", "delete", "insert"):
        say = Speaker(ctx, identity, view, command)
        if view.label in ctx.public or f"{view.label}:{command}" in ctx.public:
            say(Kind.PUBLIC, ctx.public.get(view.label) or ctx.public[f"{view.label}:{command}"])
            continue
        if not view.updatable & UPDATABLE[command] or not view.may(identity.role, command):
            say(Kind.UNREACHABLE, f"{identity.role} has no grant")
            continue
        if not victims:
            say(Kind.UNPROVEN, "no row of another tenant could be made")
            continue
        for victim in victims:
            said: Values = {names[key]: victim.values[key]}
            if command == "insert":
                copy = forge.copy_of(ctx, home, victim, ctx.world.other(_side(ctx, victim.side)))
                said = {names[n]: v for n, v in copy.items() if n in names}
            elif command == "update":
                may = [n for n in names if names[n] in view.columns_for(identity.role, "update")]
                options = harmless(ctx, home, [n for n in may if n != key], victim)
                if not options:
                    continue
                said |= {names[options[0][0]]: options[0][1]}
            statement = _statement(view, command, names[key], said)
            with ctx.arena.savepoint():
                outcome = ctx.arena.keep(statement)
                if not outcome.ok or not outcome.count:
                    continue
                if command == "insert":
                    stored = effects.stored(
                        ctx, home, {n: said.get(names[n]) for n in copy if n in names}
                    )
                    axis = ctx.axes.of[home.oid]
                    if stored is None or any(
                        stored.get(n) != victim.values.get(n) for n in axis.columns
                    ):
                        continue
                    shown, what = show(dict(stored)), "makes a row of the other tenant"
                else:
                    hit = effects.changed(ctx, home, [victim])
                    if hit is None:
                        continue
                    shown = effects.difference(*hit)
                    what = f"changes rows of another tenant ({shown})"
                told = [statement.as_string()]
                deed = _deed(command, names[key], said)
                say.leak(what, told, [home.oid, view.oid], shown, deeds=[deed])
        say(Kind.ISOLATED, "nothing of another tenant changed behind it")


def _deed(command: str, key: str, said: Values) -> Deed:
    if command == "insert":
        return Deed(command, {}, said)
    return Deed(command, {key: said[key]}, {n: v for n, v in said.items() if n != key})


def _side(ctx: Context, name: str) -> Any:
    return ctx.world.a if name == "a" else ctx.world.b


def _statement(view: Relation, command: str, key: str, said: Values) -> Any:
    from psycopg import sql

    if command == "insert":
        return rows.insert(view, said, overriding=False, returning=False)
    where = sql.SQL("{} = {}").format(sql.Identifier(key), sql.Literal(said[key]))
    if command == "delete":
        return sql.SQL("delete from {} where {}").format(rows.name(view), where)
    column, value = next((n, v) for n, v in said.items() if n != key)
    return sql.SQL("update {} set {} = {} where {}").format(
        rows.name(view), sql.Identifier(column), sql.Literal(value), where
    )
