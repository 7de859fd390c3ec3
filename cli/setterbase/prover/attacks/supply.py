"""What a side's rows have for an argument: the values that its name asks for, then other ids."""

from __future__ import annotations

import re

from setterbase.prover import words
from setterbase.prover.capabilities import TOKEN
from setterbase.prover.context import Context
from setterbase.prover.model import Relation, Type
from setterbase.prover.world import Side

# A text that is looked for, not an id, whatever it is named after.
SOUGHT = re.compile(r"search|term|like|filter|query|text|name|^q$")
# A text that is an id: named so, after a person or a tenant, or without any name.
_ID = re.compile(
    r"^$|(^|_)(ids?|uids?|uuids?|guid)$|user|owner|member|person|author|profile|account|tenant|"
    r"organi[sz]ation|org$|team|workspace|compan|coach|client|customer"
)
_COUNTS = re.compile(
    r"limit|offset|count|page|size|skip|top|amount|cents|price|total|qty|quantit|days?|hours?|"
    r"minutes?|seconds?|year|month|week|score|rate|percent|threshold|weight|lat|lng|lon|radius|"
    r"depth|number|nombre|montant|version"
)


def from_rows(ctx: Context, stem: str, base: Type, side: Side, tables: list[Relation]) -> list[str]:
    """The side's values whose column or table the argument is named after, then its other ids."""
    near = frozenset(t.oid for t in tables)
    spot = (stem, base.oid, side.name, near)
    if spot not in ctx.supply:
        ctx.supply[spot] = _gathered(ctx, stem, base, side, near)
    return list(ctx.supply[spot])


def _gathered(ctx: Context, stem: str, base: Type, side: Side, near: frozenset[int]) -> list[str]:
    if TOKEN.search(stem):
        return []  # who knows the secret may; who does not cannot guess it
    is_id = base.name == "uuid" or (
        base.category == "S" and bool(_ID.search(stem)) and not SOUGHT.search(stem)
    )
    named: list[str] = []
    ids: list[str] = []
    who = side.people.get("main")
    if who is not None:
        if is_id and re.search(r"user|uid|owner|member|person|author|profile", stem):
            named.append(who.id)
        if base.category == "S" and "mail" in stem:
            named.append(who.email)
    for table in sorted(ctx.catalog.tables, key=lambda t: t.oid not in near):
        row = side.main(table.oid)
        if row is None:
            continue
        secretive = words.SECRETIVE.search(table.name.lower())
        for column, value in row.values.items():
            if TOKEN.search(column.lower()) or (secretive and column.lower() == "code"):
                continue
            kind = ctx.catalog.base_type(table.columns[column].type_oid)
            if value is None or not _fits(kind, base, is_id=is_id):
                continue
            is_key = table.key == (column,)
            if (
                column.lower() == stem
                or (is_key and _names(stem, table.name))
                or (table.oid in near and _column_of(stem, table.name, column.lower()))
            ):
                named.append(value)
            elif (table.oid in near or table.oid in ctx.axes.roots) and (
                is_key or (is_id and any(column in r.columns for r in ctx.refs[table.oid]))
            ):
                ids.append(value)
    for key, value in side.keys.items():
        (named if key == stem or stem in key else ids).append(value)
    if base.name != "uuid":
        counts = base.category == "N" and _COUNTS.search(stem)
        ids = [] if counts else [i for i in ids if side.marks.found_in(i)]
    if is_id and who is not None:
        ids.append(who.id)
    return list(dict.fromkeys(named + ids))


def _fits(kind: Type, base: Type, *, is_id: bool) -> bool:
    """Whether an argument of type `base` can take what a column of type `kind` holds."""
    return (
        kind.name == base.name
        or kind.category == base.category == "S"
        or kind.category == base.category == "N"
        or (kind.name == "uuid" and is_id)
    )


def _names(stem: str, table: str) -> bool:
    short = re.sub(r"_?(id|uuid|key)$", "", stem)
    table = table.lower()
    return bool(short) and (
        short == table
        or table in (short + "s", short + "es")
        or table == short.removesuffix("y") + "ies"
        or table.removesuffix("s").endswith("_" + short)
    )


def _column_of(stem: str, table: str, column: str) -> bool:
    """`shop_slug` or `shops_slug`, of a table of shops that has a slug."""
    return stem.endswith("_" + column) and _names(stem.removesuffix("_" + column), table)
