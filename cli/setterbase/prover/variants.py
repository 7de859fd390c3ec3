"""Rows that differ from a tenant's first by a flag that rules ask about, and rows beneath them."""

from __future__ import annotations

import re

from setterbase.prover import words
from setterbase.prover.axes import is_person
from setterbase.prover.fill import Filler
from setterbase.prover.model import Catalog, Column, Relation
from setterbase.prover.world import SHOWN, UNDER, Row, Side


def make(filler: Filler, which: Side) -> None:
    """A second row for every flag that a policy or a view asks about."""
    for table in filler.catalog.tables:
        axes = filler.axes
        axis = axes.of.get(table.oid)
        if axis is None or axis.kind == "none":
            continue
        base = which.main(table.oid)
        if base is None:
            continue
        text = _about(filler.catalog, table)
        whole = table.oid not in axes.personal and axis.kind != "tenant"
        for column, value in _flags(filler, table, base, text):
            if not whole:
                if words.PUBLIC.search(column.lower()) or words.GOOD_FLAG.match(column.lower()):
                    _shown(filler, which, table, column, value)
                continue
            made = filler.make(which, table, extra={column: value}, variant=(column, value))
            if made is None:
                continue
            stored = made.values.get(column)
            if stored != base.values.get(column) and (stored is None) == (value is None):
                which.rows[table.oid].append(made)
    _under_variants(filler, which)
    for table in filler.catalog.tables:
        _under_shown(filler, which, table)


def _under_variants(filler: Filler, which: Side) -> None:
    """A child of every variant that its rules may ask about: a comment on a published article."""
    for table in filler.catalog.tables:
        if table.oid in filler.axes.personal or not filler.axes.has(table.oid):
            continue
        text = " ".join(p.text for p in table.policies).lower()
        for ref in filler.refs[table.oid]:
            if (
                not isinstance(ref.target, int)
                or ref.target == table.oid
                or is_person(ref, filler.axes)
            ):
                continue
            if not all(re.search(rf"\b{re.escape(n.lower())}\b", text) for n in ref.columns):
                continue
            flagged = [r for r in which.all(ref.target) if r.variant and r.variant[0] in r.values]
            for parent in flagged[:2]:
                aims = zip(ref.columns, ref.target_columns, strict=True)
                extra = {c: parent.values.get(t) for c, t in aims}
                made = filler.make(which, table, extra=extra, variant=(UNDER, None))
                if made is not None and extra.items() <= made.values.items():
                    which.rows.setdefault(table.oid, []).append(made)


def _under_shown(filler: Filler, which: Side, table: Relation) -> None:
    """A row under a parent that is shown to others: its rules may ask for the parent's flag."""
    axis = filler.axes.of.get(table.oid)
    if axis is None or axis.ref is None or not isinstance(axis.ref.target, int):
        return
    for parent in list(which.all(axis.ref.target)):
        if not parent.person.startswith(SHOWN) or table.oid in filler.axes.personal:
            continue
        aims = zip(axis.ref.columns, axis.ref.target_columns, strict=True)
        extra = {c: parent.values.get(t) for c, t in aims}
        made = filler.make(which, table, extra=extra, variant=(UNDER, None))
        if made is not None:
            which.rows.setdefault(table.oid, []).append(made)


def _shown(filler: Filler, which: Side, table: Relation, column: str, value: str | None) -> None:
    """A person or a tenant more, for a flag that rules show to others: nobody else's row has it."""
    name = f"{SHOWN}{column}"
    before = which.of(table.oid, name)
    if before is not None or table.oid in filler.axes.memberships:
        return
    if table.oid in filler.axes.personal:
        filler.person(which, name)
        made = which.of(table.oid, name) or filler.make(which, table, name)
    else:
        made = filler.make(which, table, extra={column: value}, variant=(column, value))
    if made is None:
        return
    if made.values.get(column) not in (value, (value or "")[:1]):
        filler.mender.change(table, made, {column: value})
    kept = which.rows.setdefault(table.oid, [])
    if all(made is not row for row in kept):
        kept.append(made)


def _about(catalog: Catalog, table: Relation) -> str:
    parts = [p.text for p in table.policies]
    parts += [r.definition or "" for r in catalog.relations.values() if table.oid in r.reads]
    return "\n".join(parts).lower()


def _flags(filler: Filler, table: Relation, base: Row, text: str) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    owner = filler.axes.of[table.oid].columns
    for column in table.columns.values():
        name = column.name.lower()
        if not column.writable or name not in text:
            continue
        now = base.values.get(column.name)
        asked = re.search(rf"\b{re.escape(name)}\b[)\s]*is (not )?(null|distinct)", text)
        if asked and now is not None and not column.not_null and column.name not in owner:
            found.insert(0, (column.name, None))
        found += _other_values(filler, table, column, now)
    return found[:6]


def _other_values(
    filler: Filler, table: Relation, column: Column, now: str | None
) -> list[tuple[str, str | None]]:
    kind = filler.catalog.base_type(column.type_oid)
    if kind.name == "bool":
        return [(column.name, "false" if now in ("t", "true") else "true")]
    if any(column.name in r.columns for r in filler.refs[table.oid]):
        return []
    listed = words.labels(filler.catalog, table, column, filler.evidence)
    if listed:
        likely = sorted(listed, key=lambda w: not words.PUBLIC.search(w.lower()))
        others: list[tuple[str, str | None]] = [(column.name, w) for w in likely if w != now]
        return others[:3]
    if kind.name in ("timestamptz", "timestamp", "date") and not column.not_null:
        return [(column.name, "2026-10-01")] if now is None else []
    return []
