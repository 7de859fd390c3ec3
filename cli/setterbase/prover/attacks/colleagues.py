"""Inside a tenant: what a colleague of no rank reads and changes in the rows of one person."""

from __future__ import annotations

import re

from setterbase.prover import rows, words
from setterbase.prover.attacks import effects
from setterbase.prover.attacks.common import Speaker, base_tables, data_of, show
from setterbase.prover.attacks.moves import setting
from setterbase.prover.axes import is_person
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.refs import snake
from setterbase.prover.verdict import Deed
from setterbase.prover.world import Row

_CREDENTIAL = re.compile(
    r"passw(or)?d|passcode|mot_de_passe|(^|_)secret(_key)?$|(^|_)otp(_|$)|"
    r"(api|secret|private|access|encryption|signing)_?key|"
    r"(access|refresh|auth|api|bearer|session|personal)_?token"
)
_PAY = re.compile(r"salar|(^|_)wages?(_|$)|pay_?rate|hourly_rate|remuneration|(^|_)bonus(_|$)")
_PERSONAL = re.compile(r"(^|_)(iban|ssn|bank_account)(_|$)|social_security|numero_secu")


def run(ctx: Context) -> None:
    """The lower role of A meets the rows of A's main person."""
    for identity in ctx.cast:
        if identity.person != "second" or identity.privileged or _administers(ctx):
            continue
        with ctx.arena.acting(identity):
            for relation in ctx.catalog.relations.values():
                if relation.kind == "S" or not ctx.attacked(relation):
                    continue
                home = _home(ctx, relation)
                row = ctx.world.a.main(home.oid) if home is not None else None
                if home is not None and row is not None and relation.label not in ctx.public:
                    _reads(ctx, identity, relation, home, row)
                    _changes(ctx, identity, relation, home, row)


def _administers(ctx: Context) -> bool:
    """Whether the second person has a rank after all, as where there is one role alone."""
    for oid in ctx.axes.personal:
        table, row = ctx.catalog.relations[oid], ctx.world.a.of(oid, "second")
        for column in table.columns.values() if row is not None else ():
            value = row.values.get(column.name) if row is not None else None
            if words.is_role(ctx.catalog, table, column, ctx.evidence) and (
                value in ("t", "true") or words.is_rank(value or "")
            ):
                return True
    return False


def _home(ctx: Context, relation: Relation) -> Relation | None:
    """The table with a person's rows behind a relation that shows their keys."""
    bases = (
        [data_of(ctx, relation)]
        if relation.is_table
        else [ctx.catalog.relations[o] for o in base_tables(ctx, relation)]
    )
    for home in bases:
        if not ctx.axes.has(home.oid) or not home.key or not set(home.key) <= set(relation.columns):
            continue
        people = [r for r in ctx.refs[home.oid] if is_person(r, ctx.axes) and not r.audit]
        named = [r for r in people if not r.maker and not r.addressed]
        if home.oid in ctx.axes.personal or (len(people) == 1 and len(named) == 1):
            return home
    return None


def private(ctx: Context, home: Relation) -> list[str]:
    """Columns that are one person's business by any reading of their names."""
    found = []
    for column in home.columns.values():
        kind = ctx.catalog.base_type(column.type_oid)
        if kind.name in ("bool", "uuid") or kind.category == "D":
            continue
        name = snake(column.name)
        if (
            _CREDENTIAL.search(name)
            or (_PAY.search(name) and home.oid in ctx.axes.personal)
            or (_PERSONAL.search(name) and home.oid in ctx.axes.memberships)
        ):
            found.append(column.name)
    return found


def _reads(ctx: Context, identity: Identity, relation: Relation, home: Relation, row: Row) -> None:
    shown = relation.columns_for(identity.role, "select")
    asked = [n for n in private(ctx, home) if n in shown and row.values.get(n) is not None]
    if not asked or not set(home.key) <= set(shown):
        return
    columns = [*home.key, *(n for n in asked if n not in home.key)]
    statement = rows.select(relation, columns, rows.where(home, row.key(home)))
    outcome = ctx.arena.attempt(statement)
    told = [dict(zip(columns, back, strict=True)) for back in outcome.rows]
    seen = [n for n in asked if any(one[n] == row.values[n] for one in told)]
    if seen:
        Speaker(ctx, identity, relation, "select").leak(
            f"a colleague of no rank reads {', '.join(seen)} of another person",
            [statement.as_string()],
            [home.oid, relation.oid],
            show(told[0]),
            deeds=[Deed("select", row.key(home), dict.fromkeys(columns))],
        )


def _changes(
    ctx: Context, identity: Identity, relation: Relation, home: Relation, row: Row
) -> None:
    may = set(relation.columns_for(identity.role, "update"))
    for column, value in _wanted(ctx, home, row):
        if column not in may:
            continue
        statement = setting(relation, home, row, {column: value})
        with ctx.arena.savepoint():
            outcome = ctx.arena.keep(statement)
            if not outcome.ok or not outcome.count:
                continue
            hit = effects.changed(ctx, home, [row])
            ctx.arena.become(identity)
            if hit is None or (hit[1] or {}).get(column) == row.values.get(column):
                continue
            change = effects.difference(*hit)
            Speaker(ctx, identity, relation, "update").leak(
                f"a colleague of no rank changes another person's {column} ({change})",
                [statement.as_string()],
                [home.oid, relation.oid],
                change,
                deeds=[Deed("update", row.key(home), {column: value})],
            )


def _wanted(ctx: Context, home: Relation, row: Row) -> list[tuple[str, str]]:
    """Roles and private columns of the person's row, with another value each."""
    found: list[tuple[str, str]] = []
    for column in home.columns.values():
        now = row.values.get(column.name)
        if home.oid not in ctx.axes.personal or not column.writable or now is None:
            continue
        if any(column.name in r.columns for r in ctx.refs[home.oid]):
            continue
        if words.is_role(ctx.catalog, home, column, ctx.evidence):
            kind = ctx.catalog.base_type(column.type_oid)
            listed = words.labels(ctx.catalog, home, column, ctx.evidence)
            if kind.name == "bool":
                found.append((column.name, "false" if now in ("t", "true") else "true"))
            elif kind.category != "A":
                found += [(column.name, w) for w in listed if w != now][:1]
    numbers = [
        n
        for n in private(ctx, home)
        if ctx.catalog.base_type(home.columns[n].type_oid).category == "N"
    ]
    return found + [(n, "1") for n in numbers if row.values.get(n) not in (None, "1")]
