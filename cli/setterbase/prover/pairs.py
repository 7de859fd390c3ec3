"""Rows of pairs: another person in a second user column, another row in a second reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setterbase.prover.axes import is_person
from setterbase.prover.model import Relation
from setterbase.prover.refs import USER
from setterbase.prover.world import Side, Values

if TYPE_CHECKING:
    from setterbase.prover.fill import Filler


def second_person(filler: Filler, side: Side, table: Relation) -> Values:
    """Another person in every user column after the first, for tables of pairs."""
    found: Values = {}
    named = [r for r in filler.refs[table.oid] if is_person(r, filler.axes) and len(r.columns) == 1]
    for ref in named[1:]:
        filler.person(side, "second")
        if ref.target == USER:
            found[ref.columns[0]] = ref.written(side.people["second"].id)
        elif isinstance(ref.target, int):
            row = filler.ensure(side, filler.catalog.relations[ref.target], "second")
            if row is not None:
                found[ref.columns[0]] = row.values.get(ref.target_columns[0])
    return found


def second_row(filler: Filler, side: Side, table: Relation) -> Values:
    """Another row in every reference to a table that an earlier one points at, for links."""
    found: Values = {}
    seen: set[int | str] = set()
    for ref in filler.refs[table.oid]:
        target = filler.catalog.relations.get(ref.target) if isinstance(ref.target, int) else None
        if target is None or is_person(ref, filler.axes) or ref.target == table.oid:
            continue
        if ref.target in seen and ref.required:
            home = side if filler.axes.has(target.oid) else filler.world.common
            other = filler.make(home, target, variant=("beside", None))
            if other is not None:
                home.rows.setdefault(target.oid, []).append(other)
                aims = zip(ref.columns, ref.target_columns, strict=True)
                found |= {c: other.values.get(t) for c, t in aims}
        seen.add(ref.target)
    return found
