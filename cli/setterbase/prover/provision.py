"""What triggers make of a new user: their profile, their team, their place in it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from setterbase.prover import person as people
from setterbase.prover import rows
from setterbase.prover.model import Catalog, Relation
from setterbase.prover.refs import USER, Ref
from setterbase.prover.texts import Evidence, tables_of
from setterbase.prover.world import Person, Row, Side, Values

if TYPE_CHECKING:
    from setterbase.prover.fill import Filler


def tables(catalog: Catalog) -> set[int]:
    """Tables that some trigger's function speaks of: only those can hold rows unasked."""
    return {
        t.oid
        for r in catalog.relations.values()
        for f in r.triggers
        if f in catalog.functions
        for t in tables_of(catalog, catalog.functions[f])
    }


def adopt(filler: Filler, side: Side, name: str, uid: str) -> None:
    """Rows that triggers made for a new user: their profile, their team, their place in it."""
    for table in filler.catalog.tables:
        for ref in filler.refs[table.oid]:
            if ref.target != USER or ref.audit or table.oid not in filler.axes.of:
                continue
            key: Values = {ref.columns[0]: uid}
            if table.oid not in filler.provisioned:
                continue
            found = filler.arena.try_owner(
                rows.select(table, table.columns, rows.where(table, key))
            )
            if found.rows and _unmake(filler, table, uid):
                break
            for back in found.rows[:1]:
                kept: Values = dict(zip(table.columns, back, strict=True))
                if len(found.rows) == 1:
                    kept |= _known(filler, side, table, kept, key)
                _take(filler, side, table, name, kept)
            if found.rows:
                break


def _known(filler: Filler, side: Side, table: Relation, kept: Values, owner: Values) -> Values:
    """A known key in place of the one that the database drew, so that a witness can say it."""
    from psycopg import sql

    pointing = {n for r in filler.refs[table.oid] for n in r.columns}
    if len(table.key) != 1 or table.key[0] in pointing or not kept.get(table.key[0]):
        return {}
    if filler.catalog.base_type(table.columns[table.key[0]].type_oid).name != "uuid":
        return {}
    fresh: Values = {table.key[0]: side.marks.uuid()}
    statement = sql.SQL("update {} set {} where {}").format(
        rows.name(table), rows.assignments(fresh), rows.where(table, owner)
    )
    if not filler.arena.try_owner(statement).ok:
        return {}
    filler.mender.note(table, statement.as_string())
    return fresh


def _unmake(filler: Filler, table: Relation, uid: str) -> bool:
    """Takes a provisioned tenant away, so that ours, whose ids are known, is the only one."""
    from psycopg import sql

    if table.oid not in filler.axes.memberships or table.oid in filler.axes.profiles:
        return False
    person, tenant = filler.axes.memberships[table.oid]
    if person.target != USER or not isinstance(tenant.target, int):
        return False
    root = filler.catalog.relations[tenant.target]
    columns = sql.SQL(", ").join(map(sql.Identifier, tenant.columns))
    statement = sql.SQL(
        "with gone as (delete from {} where {} = {} returning {}) "
        "delete from {} where ({}) in (select {} from gone)"
    ).format(
        rows.name(table),
        sql.Identifier(person.columns[0]),
        sql.Literal(uid),
        columns,
        rows.name(root),
        sql.SQL(", ").join(map(sql.Identifier, tenant.target_columns)),
        columns,
    )
    if not filler.arena.try_owner(statement).ok:
        return False
    filler.mender.note(table, statement.as_string())
    return True


def _join(filler: Filler, side: Side, table: Relation, name: str, row: Row) -> None:
    """A new user's row that names no tenant, or the one that all new users get: its side's."""
    for ref in filler.refs[table.oid]:
        if ref.target not in filler.axes.roots or ref.audit:
            continue
        told = any(row.values.get(n) is not None for n in ref.columns)
        if told and not _is_others(filler, side, ref, row):
            continue
        aim = filler.target(side, table, name, ref)
        if aim and all(v is not None for v in aim.values()):
            filler.mender.change(table, row, aim)


def _is_others(filler: Filler, side: Side, ref: Ref, row: Row) -> bool:
    """Whether a trigger put the row into the tenant that the other side has already."""
    if not isinstance(ref.target, int) or side is filler.world.common:
        return False
    theirs = filler.world.other(side).main(ref.target)
    return theirs is not None and all(
        row.values.get(c) == theirs.values.get(t)
        for c, t in zip(ref.columns, ref.target_columns, strict=True)
    )


def _take(filler: Filler, side: Side, table: Relation, name: str, kept: Values) -> None:
    if side.of(table.oid, name) is not None:
        return
    row = Row(table.oid, kept, side.name, name, adopted=True)
    side.rows.setdefault(table.oid, []).append(row)
    wanted = people.overrides(
        filler.catalog, table, name, filler.refs, filler.axes, filler.evidence
    )
    differing: Values = {n: v for n, v in wanted.items() if v is not None and kept.get(n) != v}
    if differing:
        filler.mender.change(table, row, differing)
    if name not in ("gone", "chief"):
        _join(filler, side, table, name, row)
    if name != "main":
        return
    for ref in filler.refs[table.oid]:
        if ref.target in filler.axes.roots and isinstance(ref.target, int):
            root = filler.catalog.relations[ref.target]
            aim = {t: kept.get(c) for c, t in zip(ref.columns, ref.target_columns, strict=True)}
            if all(v is not None for v in aim.values()):
                back = filler.arena.owner(rows.select(root, root.columns, rows.where(root, aim)))
                if back:
                    _take(filler, side, root, name, dict(zip(root.columns, back[0], strict=True)))


def user(users: Relation, who: Person, evidence: Evidence, side: Side) -> Values:
    """A row of auth.users with what triggers may want to read in it."""
    told: dict[str, str] = {
        "full_name": side.marks.text(),
        "name": side.marks.text(),
        "first_name": "K",
        "last_name": "K",
        "username": side.marks.text(),
        "user_name": side.marks.text(),
    }
    for key in re.findall(r"raw_user_meta_data\s*->>?\s*'(\w+)'", evidence.text):
        if not re.search(r"role|admin|_id$|type", key):
            told.setdefault(key, side.marks.text())
    wanted: Values = {
        "id": who.id,
        "instance_id": "00000000-0000-0000-0000-000000000000",
        "aud": "authenticated",
        "role": "authenticated",
        "email": who.email,
        "email_confirmed_at": "2026-10-01",
        "created_at": "2026-10-01",
        "updated_at": "2026-10-01",
        "raw_app_meta_data": '{"provider": "email"}',
        "raw_user_meta_data": json.dumps(told),
    }
    return {n: v for n, v in wanted.items() if n in users.columns and users.columns[n].writable}
