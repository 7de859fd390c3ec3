"""Columns that a grant lists, and a grant on the whole table that makes the list mean nothing."""

from __future__ import annotations

from setterbase.prover import rows, values
from setterbase.prover.attacks import effects
from setterbase.prover.attacks.common import Speaker, show
from setterbase.prover.attacks.moves import setting
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.verdict import Deed
from setterbase.prover.world import Row


def run(ctx: Context) -> None:
    """Each caller reads and changes, in rows that they may reach, what no list names."""
    for identity in ctx.cast:
        if identity.side is None or identity.privileged:
            continue
        with ctx.arena.acting(identity):
            for relation in ctx.catalog.relations.values():
                if not relation.is_table or not ctx.attacked(relation):
                    continue
                if relation.label not in ctx.public and ctx.axes.has(relation.oid):
                    _select(ctx, identity, relation)
                    _update(ctx, identity, relation)


def unlisted(relation: Relation, role: str, privilege: str) -> list[str]:
    """Columns that the role holds by the table alone although a grant names others of them."""
    wanted = f"{role}:{privilege}"
    if wanted not in relation.grants:
        return []
    listed = {c.name for c in relation.columns.values() if wanted in c.listed}
    return [n for n in relation.columns if n not in listed] if listed else []


def _own(ctx: Context, identity: Identity, relation: Relation) -> list[Row]:
    side = ctx.world.a if identity.side == "a" else ctx.world.b
    return [r for r in side.all(relation.oid) if r.person in ("main", identity.person)]


def _select(ctx: Context, identity: Identity, relation: Relation) -> None:
    hidden = unlisted(relation, identity.role, "select")
    own = _own(ctx, identity, relation)
    if not hidden or not own:
        return
    asked = rows.select(relation, hidden, rows.any_of(relation, own))
    for back in ctx.arena.attempt(asked).rows:
        told = dict(zip(hidden, back, strict=True))
        if any(v is not None for v in told.values()):
            Speaker(ctx, identity, relation, "select").leak(
                f"reads {', '.join(n for n in hidden if told[n] is not None)}: the grant that "
                "lists the columns to read is defeated by the one on the table",
                [asked.as_string()],
                [relation.oid],
                show(told),
                deeds=[Deed("select", own[0].key(relation), dict.fromkeys(hidden))],
            )
            return


def _update(ctx: Context, identity: Identity, relation: Relation) -> None:
    hidden = unlisted(relation, identity.role, "update")
    pointing = {n for r in ctx.refs[relation.oid] for n in r.columns} | set(relation.key)
    for row in _own(ctx, identity, relation):
        for name in sorted(hidden, key=lambda n: relation.columns[n].default_expr is None):
            column = relation.columns[name]
            if name in pointing or not column.writable:
                continue
            value = _another(ctx, relation, row, name)
            if value is None or value == row.values.get(name):
                continue
            statement = setting(relation, relation, row, {name: value})
            with ctx.arena.savepoint():
                outcome = ctx.arena.keep(statement)
                if not outcome.ok or not outcome.count:
                    continue
                hit = effects.changed(ctx, relation, [row])
                ctx.arena.become(identity)
                if hit is None or (hit[1] or {}).get(name) == row.values.get(name):
                    continue
                change = effects.difference(*hit)
                Speaker(ctx, identity, relation, "update").leak(
                    f"changes {name} ({change}): the grant that lists the columns to change is "
                    "defeated by the one on the table",
                    [statement.as_string()],
                    [relation.oid],
                    change,
                    deeds=[Deed("update", row.key(relation), {name: value})],
                )
            return


def _another(ctx: Context, relation: Relation, row: Row, name: str) -> str | None:
    """Another value that the column takes."""
    column = relation.columns[name]
    kind = ctx.catalog.base_type(column.type_oid)
    now = row.values.get(name)
    if kind.name == "bool":
        return "false" if now in ("t", "true") else "true"
    if kind.category == "N" and now is not None:
        return "1" if now.strip("0.") != "1" else "2"
    return values.of_column(ctx.catalog, column, ctx.world.common.marks)
