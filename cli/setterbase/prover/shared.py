"""Rows of the tables that belong to nobody: roles, permissions, plans, and how they are linked."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from setterbase.prover import rows, words
from setterbase.prover.model import Catalog, Relation
from setterbase.prover.person import RANKED
from setterbase.prover.refs import Ref
from setterbase.prover.world import Values

if TYPE_CHECKING:
    from setterbase.prover.fill import Filler

_SEEN = 60  # rows of a shared table that are looked at
_MOST = 24  # rows that are made for one
_WORD = re.compile(r"'([\w.:-]{2,60})'")
_NATURAL = re.compile(r"^(code|key|name|slug|label|title|permission|action|feature|resource|role)$")
_ROLE_TABLE = re.compile(r"role|rank|position|fonction|permission|access")


def seed(filler: Filler) -> None:
    """Rows under the words that rules pass to their helpers, and every link between such rows."""
    asked = _asked(filler.catalog)
    mine = [
        t
        for t in filler.catalog.tables
        if not filler.axes.has(t.oid) and t.estimate < 1 and filler.world.common.main(t.oid)
    ]
    seeded: set[int] = set()
    for table in mine:
        if not filler.refs[table.oid] and _seed_words(filler, table, asked):
            seeded.add(table.oid)
    for table in mine:
        links = [r for r in filler.refs[table.oid] if r.target in seeded and len(r.columns) == 1]
        if links:
            _link(filler, table, links)


def _asked(catalog: Catalog) -> list[str]:
    """Words that policies pass to helpers, or compare something with."""
    found: list[str] = []
    for relation in catalog.relations.values():
        for policy in relation.policies:
            for call in re.findall(r"\w\(([^()]*)\)", policy.text):
                found += _WORD.findall(call)
    return list(dict.fromkeys(found))[:40]


def _seed_words(filler: Filler, table: Relation, asked: list[str]) -> bool:
    made = False
    for column in table.columns.values():
        base = filler.catalog.base_type(column.type_oid)
        listed = words.labels(filler.catalog, table, column, filler.evidence)
        if base.kind != "e" and (base.category != "S" or not _NATURAL.match(column.name.lower())):
            continue
        wanted = [w for w in (listed or asked) if base.kind != "e" or w in base.labels]
        for word in wanted[:_MOST]:
            row = filler.make(
                filler.world.common, table, extra={column.name: word}, variant=(column.name, word)
            )
            if row is not None:
                filler.world.common.rows[table.oid].append(row)
                made = True
    return made


def _link(filler: Filler, table: Relation, links: list[Ref]) -> None:
    common = filler.world.common
    supply = [common.all(ref.target) for ref in links if isinstance(ref.target, int)]
    for chosen in itertools.islice(itertools.product(*supply), _MOST):
        extra: Values = {}
        for ref, row in zip(links, chosen, strict=True):
            extra[ref.columns[0]] = row.values.get(ref.target_columns[0])
        made = filler.make(common, table, extra=extra, variant=("link", None))
        if made is not None:
            common.rows[table.oid].append(made)


def rank(filler: Filler, target: Relation, ref: Ref, name: str, *, joins: bool) -> Values | None:
    """The row of a table of roles that `name` should have; None where it is no such table."""
    if filler.axes.has(target.oid) or not _ROLE_TABLE.search(target.name.lower()):
        return None
    found = filler.arena.try_owner(rows.select(target, target.columns, rows.first(_SEEN)))
    told: list[Values] = [dict(zip(target.columns, r, strict=True)) for r in found.rows]
    for column in target.columns:
        by_word = {str(row[column]): row for row in told if row[column]}
        if not any(words.is_rank(w) for w in by_word):
            continue
        wanted = _pick(list(by_word), name, joins=joins)
        if wanted is not None:
            row = by_word[wanted]
            return {c: row.get(t) for c, t in zip(ref.columns, ref.target_columns, strict=True)}
    return None


def _pick(options: list[str], name: str, *, joins: bool) -> str | None:
    if name.startswith(RANKED) and name.removeprefix(RANKED) in options:
        return name.removeprefix(RANKED)
    if name == "chief":
        return words.chief(options)
    return words.top(options) if joins and name == "main" else words.low(options)
