"""What tells one person of a tenant from another: roles and states in their rows."""

from __future__ import annotations

import re

from setterbase.prover import words
from setterbase.prover.axes import Axes
from setterbase.prover.model import Catalog, Relation
from setterbase.prover.refs import Refs, snake
from setterbase.prover.texts import Evidence
from setterbase.prover.world import Values

RANKED = "role "  # people who are there for one role: `role accountant`
_MOST_RANKS = 4
# The caller, or a function of the project's that is named after them.
_CALLER = re.compile(r"auth\.(uid|jwt)\(\)|request\.jwt|\b\w*(user|uid|profile|member)(_id)?\(\)")


def overrides(
    catalog: Catalog,
    table: Relation,
    person: str,
    refs: Refs,
    axes: Axes,
    evidence: Evidence,
) -> Values:
    """The values that make `person` a member with that role or state; empty elsewhere."""
    joins = table.oid in axes.memberships
    if table.oid not in axes.personal:
        return {}
    taken = {n for r in refs[table.oid] for n in r.columns}
    found: Values = {}
    for column in table.columns.values():
        if column.name in taken or column.generated:
            continue
        base = catalog.base_type(column.type_oid)
        options = words.labels(catalog, table, column, evidence)
        if words.is_role(catalog, table, column, evidence):
            found.update(_role(column.name, base.name, base.category, options, person, joins))
        elif words.STATE.match(snake(column.name)) and options and joins:
            value = words.off(options) if person == "off" else words.on(options)
            if value:
                found[column.name] = value
        elif base.name == "bool" and joins:
            if words.GOOD_FLAG.match(snake(column.name)):
                found[column.name] = "false" if person == "off" else "true"
            elif words.BAD_FLAG.match(snake(column.name)):
                found[column.name] = "true" if person == "off" else "false"
        elif base.category == "D" and joins:
            if words.OFF_TIME.match(snake(column.name)):
                found[column.name] = "2020-01-01" if person == "off" else None
            elif words.LATER.search(snake(column.name)):
                found[column.name] = "2020-01-01" if person == "off" else "2031-01-01"
    return found


def _role(
    name: str, kind: str, category: str, options: list[str], person: str, joins: bool
) -> Values:
    if kind == "bool":
        high = person == "chief" or (
            joins and person == "main" and "platform" not in name and "super" not in name
        )
        return {name: "true" if high else "false"}
    if not options:
        return {}
    if person.startswith(RANKED):
        wanted = person.removeprefix(RANKED)
        value = wanted if wanted in options else words.low(options)
    elif person == "chief":
        value = words.chief(options)
    elif joins:
        value = words.low(options) if person == "second" else words.top(options)
    else:
        value = words.low(options)
    if value is None:
        return {}
    return {name: "{" + value + "}" if category == "A" else value}


def can_be_off(
    catalog: Catalog, table: Relation, evidence: Evidence, *, if_asked: bool = False
) -> bool:
    """Whether the table has a column that says that a person is no longer active.

    `if_asked` counts only columns that some rule asks of the caller: in a profile many are for
    show, and `is_active` of the people in a public list bars nobody from reading.
    """
    for column in table.columns.values():
        if if_asked and not _bars(table, column.name, evidence):
            continue
        base = catalog.base_type(column.type_oid)
        if base.name == "bool" and (
            words.GOOD_FLAG.match(snake(column.name)) or words.BAD_FLAG.match(snake(column.name))
        ):
            return True
        if base.category == "D" and (
            words.OFF_TIME.match(snake(column.name)) or "expire" in column.name
        ):
            return True
        if words.STATE.match(snake(column.name)) and words.off(
            words.labels(catalog, table, column, evidence)
        ):
            return True
    return False


def _bars(table: Relation, column: str, evidence: Evidence) -> bool:
    """Whether a rule asks the caller's row for the column: in a helper, or beside auth.uid()."""
    words_of = [rf"\b{re.escape(n.lower())}\b" for n in (column, table.name)]
    for oid, text in evidence.guarding:
        asked = words_of[:1] if oid == table.oid else words_of
        if all(re.search(w, text) for w in asked) and (oid is None or _CALLER.search(text)):
            return True
    return False


def has_chief(catalog: Catalog, table: Relation, evidence: Evidence) -> bool:
    """Whether a profile carries a role that could be the platform's."""
    for column in table.columns.values():
        if words.is_role(catalog, table, column, evidence):
            base = catalog.base_type(column.type_oid)
            if base.name == "bool" or words.chief(words.labels(catalog, table, column, evidence)):
                return True
    return False


def ranks(catalog: Catalog, tables: list[Relation], evidence: Evidence) -> list[str]:
    """Roles that some rule asks for by name and that neither the first nor the second person has.

    A rule that asks for the role alone, and not for the tenant, is seen by nobody else.
    """
    found: list[str] = []
    for table in tables:
        for column in table.columns.values():
            if not words.is_role(catalog, table, column, evidence):
                continue
            options = words.labels(catalog, table, column, evidence)
            played = {words.top(options), words.low(options)}
            found += [
                o
                for o in words.of_tenant(options)
                if o not in played and f"'{o.lower()}'" in evidence.text
            ]
    return list(dict.fromkeys(found))[:_MOST_RANKS]
