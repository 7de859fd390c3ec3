"""What an attempt really changed: the stored row, the victims' rows, what the attacker sees now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setterbase.prover import rows
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.verdict import Deed, Kind
from setterbase.prover.world import Row, Values

if TYPE_CHECKING:
    from psycopg.sql import Composed


def stored(ctx: Context, home: Relation, row: Values) -> Values | None:
    """The row as it is in the table, asked as the owner; found by key, else by what was said."""
    key = {n: row.get(n) for n in home.key}
    if not key or any(v is None for v in key.values()):
        key = {n: v for n, v in row.items() if n in home.columns}
    ctx.arena.back()
    found = ctx.arena.attempt(rows.select(home, home.columns, rows.where(home, key)))
    if not found.ok or not found.rows:
        return None
    return dict(zip(home.columns, found.rows[-1], strict=True))


def changed(ctx: Context, home: Relation, victims: list[Row]) -> tuple[Row, Values | None] | None:
    """The first victim that is gone or differs from what it was; asked as the owner."""
    ctx.arena.back()
    condition = rows.any_of(home, victims)
    found = ctx.arena.attempt(rows.select(home, home.columns, condition))
    if not found.ok:
        return None
    now = [dict(zip(home.columns, r, strict=True)) for r in found.rows]
    for victim in victims:
        if home.key:
            same = next(
                (n for n in now if all(n[k] == victim.values.get(k) for k in home.key)), None
            )
        else:
            same = next((n for n in now if n == victim.values), None)
        if same is None or same != victim.values:
            return victim, same
    return None


def places(ctx: Context, home: Relation, victims: list[Row]) -> set[str]:
    """Where the victims' rows lie: a rewritten row lies elsewhere; asked as the owner."""
    from psycopg import sql

    ctx.arena.back()
    found = ctx.arena.attempt(
        sql.SQL("select tableoid::text || ctid::text from {} where {}").format(
            rows.name(home), rows.any_of(home, victims)
        )
    )
    return {r[0] for r in found.rows}


def difference(victim: Row, now: Values | None) -> str:
    if now is None:
        return "the row is gone"
    return ", ".join(
        f"{n}: {victim.values.get(n)} → {v}" for n, v in now.items() if v != victim.values.get(n)
    )


@dataclass(frozen=True)
class Sight:
    relation: Relation
    row: str
    statement: str
    deed: Deed


def sees_more(ctx: Context, identity: Identity, written: Iterable[int]) -> Sight | None:
    """A table whose foreign rows the attacker sees now and did not see before `written` changed."""
    ctx.arena.become(identity)
    reached = {oid for home in written for oid in ctx.deciding.get(home, {home})}
    asked: list[tuple[Relation, list[str], Composed]] = []
    for oid in sorted(reached):
        relation = ctx.catalog.relations[oid]
        if not ctx.exposed(relation) or ctx.nobodys(identity, oid) or not relation.is_table:
            continue
        columns = relation.columns_for(identity.role, "select")
        if not columns or not relation.key or not set(relation.key) <= set(columns):
            continue
        before = ctx.verdicts.get((relation.label, "select", identity.name))
        victims = ctx.victims(identity, oid)
        if before is None or before.verdict is not Kind.ISOLATED or not victims:
            continue
        asked.append((relation, columns, rows.any_of(relation, victims)))
    for relation, columns, condition in _open(ctx, asked):
        statement = rows.select(relation, columns, condition)
        found = ctx.arena.attempt(statement)
        if found.ok and found.rows:
            told = dict(zip(columns, found.rows[0], strict=True))
            row = ", ".join(f"{n}={v}" for n, v in told.items() if v)
            key = {n: told[n] for n in relation.key}
            deed = Deed("select", key, dict.fromkeys(columns), relation.label)
            return Sight(relation, row, statement.as_string(), deed)
    return None


def _open(
    ctx: Context, asked: list[tuple[Relation, list[str], Composed]]
) -> list[tuple[Relation, list[str], Composed]]:
    """Those of the questions that have an answer, found with one; all, when that one fails."""
    from psycopg import sql

    if len(asked) < 2:
        return asked
    one = sql.SQL(" union all ").join(
        sql.SQL("select {} where exists (select from {} where {})").format(
            sql.Literal(place), rows.name(relation), condition
        )
        for place, (relation, _, condition) in enumerate(asked)
    )
    outcome = ctx.arena.attempt(one)
    return [asked[row[0]] for row in outcome.rows] if outcome.ok else asked


def is_visible(ctx: Context, identity: Identity, table: Relation, row: Row) -> bool:
    """Whether the attacker may see that row of another tenant anyway."""
    columns = table.columns_for(identity.role, "select")
    if not columns or not set(table.key) <= set(columns):
        return False
    ctx.arena.become(identity)
    found = ctx.arena.attempt(rows.select(table, columns[:1], rows.where(table, row.key(table))))
    return found.ok and bool(found.rows)


def keeps(ctx: Context, identity: Identity, table: Relation, row: Values) -> bool:
    """Whether the row stays the attacker's whatever tenant it names: they see it, others do not."""
    other = next(
        (
            i
            for i in ctx.cast
            if i.person == "main" and i.side not in (None, identity.side) and not i.privileged
        ),
        None,
    )
    return (
        other is not None
        and victim_sees(ctx, identity, table, row)
        and not victim_sees(ctx, other, table, row)
    )


def victim_sees(ctx: Context, victim: Identity, table: Relation, row: Values) -> bool:
    """Whether the other tenant's member now finds the planted row among theirs."""
    columns = table.columns_for(victim.role, "select")
    key = {n: row.get(n) for n in table.key}
    if not columns or not key or not set(table.key) <= set(columns):
        return False
    ctx.arena.become(victim)
    found = ctx.arena.attempt(rows.select(table, columns[:1], rows.where(table, key)))
    return found.ok and bool(found.rows)
