"""Which tables' rows decide who sees which others: what rules ask, and what triggers write."""

from __future__ import annotations

import re

from setterbase.prover.model import Catalog, Relation
from setterbase.prover.texts import mentioned, tables_of


def deciding(catalog: Catalog) -> dict[int, set[int]]:
    """Table → the tables whose visible rows may change with its rows, itself among them."""
    asked = _closed({t.oid: _asked(catalog, t) for t in catalog.tables})
    written = _closed({t.oid: _written(catalog, t) for t in catalog.tables})
    found: dict[int, set[int]] = {t.oid: {t.oid} | written[t.oid] for t in catalog.tables}
    for home, reached in found.items():
        for table, basis in asked.items():
            if basis & (written[home] | {home}):
                reached.add(table)
    return found


def _asked(catalog: Catalog, table: Relation) -> set[int]:
    """What the table's rules for reading name, and what the helpers that they call name."""
    text = "\n".join(p.text for p in table.policies if p.command in ("select", "all"))
    named = set(re.findall(r"\w+", text.lower()))
    found = {t.oid for t in mentioned(catalog, text)}
    for function in catalog.functions.values():
        if function.name.lower() in named:
            found |= {t.oid for t in tables_of(catalog, function)}
    return found


def _written(catalog: Catalog, table: Relation) -> set[int]:
    run = [catalog.functions[f] for f in table.triggers if f in catalog.functions]
    return {t.oid for f in run for t in tables_of(catalog, f)}


def _closed(direct: dict[int, set[int]]) -> dict[int, set[int]]:
    closed: dict[int, set[int]] = {}
    for start in direct:
        done: set[int] = set()
        todo = set(direct[start])
        while todo:
            oid = todo.pop()
            done.add(oid)
            todo |= direct.get(oid, set()) - done
        closed[start] = done
    return closed
