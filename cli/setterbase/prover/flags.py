"""Parents that take a child only in a certain state: a trigger asks for a flag of theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from setterbase.prover import checks, words
from setterbase.prover.model import Relation
from setterbase.prover.texts import helper_text
from setterbase.prover.world import Row, Side, Values

if TYPE_CHECKING:
    from setterbase.prover.fill import Filler


def insert(filler: Filler, side: Side, table: Relation, name: str, fixed: Values) -> Values | None:
    """The row, once a parent of its has the state that a trigger asks for; None without one."""
    world = filler.world
    asked = _asked(filler, table)
    for parent, row in _parents(filler, side, table, fixed) if asked else ():
        for wanted in _states(filler, side, parent, row, asked):
            kept, said = dict(row.values), len(world.log)
            made: Values | None = None
            with filler.arena.savepoint() as point:
                filler.mender.change(parent, row, wanted)
                if row.values != kept:
                    made = filler.mender.insert(side, table, name, fixed)
                point.keep = made is not None
            if made is not None:
                return made
            row.values = kept
            del world.log[said:]
    return None


def _asked(filler: Filler, table: Relation) -> str:
    """What the table's triggers say, and the helpers that they call."""
    functions = filler.catalog.functions
    run = [functions[oid] for oid in table.triggers if oid in functions]
    return "\n".join(helper_text(filler.catalog, f) for f in run).lower()


def _parents(
    filler: Filler, side: Side, table: Relation, fixed: Values
) -> Iterator[tuple[Relation, Row]]:
    for ref in filler.refs[table.oid]:
        if not isinstance(ref.target, int) or ref.target == table.oid:
            continue
        for row in side.all(ref.target):
            aims = zip(ref.columns, ref.target_columns, strict=True)
            if all(fixed.get(c) == row.values.get(t) for c, t in aims):
                yield filler.catalog.relations[ref.target], row


def _states(filler: Filler, side: Side, parent: Relation, row: Row, asked: str) -> Iterator[Values]:
    """Other values of the parent's flags that the trigger names, with what its checks then ask."""
    pointing = {n for r in filler.refs[parent.oid] for n in r.columns} | set(parent.key)
    for column in parent.columns.values():
        named = re.search(rf"\b{re.escape(column.name.lower())}\b", asked)
        if not named or column.name in pointing or not column.writable:
            continue
        now = row.values.get(column.name)
        if filler.catalog.base_type(column.type_oid).name == "bool":
            others = ["f" if now in ("t", "true") else "t"]
        else:
            listed = words.labels(filler.catalog, parent, column, filler.evidence)
            others = [w for w in listed if w != now][:4]
        for other in others:
            told: Values = {n: v for n, v in row.values.items() if parent.columns[n].writable}
            told[column.name] = other
            firm = frozenset(pointing | {column.name})
            if parent.checks:
                connection = filler.arena.connection
                checks.solve(connection, filler.catalog, parent, told, firm, side.marks)
            yield {n: v for n, v in told.items() if v != row.values.get(n)}
