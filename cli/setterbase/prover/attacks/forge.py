"""Rows that an attacker would insert: copies of a real one, fresh keys, chosen owners."""

from __future__ import annotations

import re

from setterbase.prover import values, words
from setterbase.prover.context import Context
from setterbase.prover.model import Relation
from setterbase.prover.refs import Ref, snake
from setterbase.prover.world import Row, Side, Values

_MOST_DEMANDS = 6


def copy_of(ctx: Context, home: Relation, template: Row, side: Side) -> Values:
    """A new row like `template`: same references and states, fresh keys and unique values."""
    referencing = {n for r in ctx.refs[home.oid] for n in r.columns}
    unique = {n for c in home.uniques for n in c.columns}
    made: Values = {}
    for column in home.columns.values():
        if not column.writable or (column.identity and column.name not in home.key):
            continue
        value = template.values.get(column.name)
        if column.name in referencing:
            made[column.name] = value
        elif column.name in home.key:
            made[column.name] = values.key_value(ctx.catalog, column, side.marks)
            if ctx.catalog.base_type(column.type_oid).category not in ("N", "U", "S"):
                made[column.name] = value
        elif column.name in unique:
            fresh = values.of_column(ctx.catalog, column, side.marks)
            listed = ctx.catalog.base_type(column.type_oid).kind == "e"
            made[column.name] = value if listed or value is None else fresh
        elif column.required or _matters(ctx, column.name):
            made[column.name] = value
    return made


def _matters(ctx: Context, name: str) -> bool:
    """A column that some policy may ask about is said; others keep their defaults."""
    return name.lower() in ctx.evidence.text


def demanded(ctx: Context, home: Relation, command: str, row: Values) -> list[Values]:
    """Other values for the columns that the rules for `command` ask about, the likeliest first."""
    rules = [p for p in home.policies if p.permissive and p.command in (command, "all")]
    text = "\n".join(p.check_expr or p.using_expr or "" for p in rules).lower()
    referencing = {n for r in ctx.refs[home.oid] for n in r.columns}
    together: Values = {}
    singly: list[Values] = []
    for column in home.columns.values():
        name = column.name.lower()
        if column.name in referencing or column.name in home.key or not column.writable:
            continue
        if not re.search(rf"\b{re.escape(name)}\b", text):
            continue
        now = row.get(column.name)
        equal = re.search(rf"\b{re.escape(name)}\b[)\s]*(?:::\w+)?\s*=\s*\(?'([^']*)'", text)
        if equal is not None and equal.group(1) != now:
            together[column.name] = equal.group(1)
        if ctx.catalog.base_type(column.type_oid).name == "bool":
            singly.append({column.name: "false" if now in ("t", "true") else "true"})
        else:
            listed = words.labels(ctx.catalog, home, column, ctx.evidence)
            singly += [{column.name: w} for w in listed if w != now]
        if not column.not_null and now is not None:
            singly.append({column.name: None})
    return ([together] if together else []) + singly[:_MOST_DEMANDS]


def asked_by_others(ctx: Context, table: Relation) -> Values:
    """The states of the table's rows that rules of others ask for."""
    rules = ctx.evidence.rules
    for policy in table.policies:
        rules = rules.replace(policy.text.lower(), "")
    found: Values = {}
    pointing = {n for r in ctx.refs[table.oid] for n in r.columns} | set(table.key)
    for column in table.columns.values():
        name = re.escape(column.name.lower())
        if column.name in pointing or not column.writable or not re.search(rf"\b{name}\b", rules):
            continue
        if ctx.catalog.base_type(column.type_oid).name == "bool":
            found[column.name] = "false" if words.BAD_FLAG.match(snake(column.name)) else "true"
            continue
        listed = words.labels(ctx.catalog, table, column, ctx.evidence)
        asked = re.findall(rf"\b{name}\b[)\s]*(?:::\w+)?\s*=\s*\(?'([^']*)'", rules)
        wanted = next((w for w in asked if w in listed), None)
        if wanted is not None:
            found[column.name] = wanted
    return found


def pointing(ref: Ref, row: Row) -> Values:
    """The referencing columns as `row` has them."""
    return {n: row.values.get(n) for n in ref.columns}


def allowed(relation: Relation, role: str, privilege: str, row: Values) -> Values:
    """The part of a row that the role may say."""
    may = set(relation.columns_for(role, privilege))
    return {n: v for n, v in row.items() if n in may}
