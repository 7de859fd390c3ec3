"""Inserts one row, and mends it by what the database says until it is taken or nothing is left."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from setterbase.prover import checks, pairs, rows, values
from setterbase.prover.arena import Outcome, quote
from setterbase.prover.model import Column, Constraint, Relation
from setterbase.prover.world import Entry, Row, Side, Values

if TYPE_CHECKING:
    from setterbase.prover.fill import Filler

_ROUNDS = 8
REFUSED = frozenset({"P0001", "42501", "28000", "23514"})  # by a trigger, in its own words
SERVER = '{"role": "service_role"}'


class Mender:
    def __init__(self, filler: Filler) -> None:
        self.filler = filler
        self.arena = filler.arena
        self.catalog = filler.catalog
        self.reason = ""
        self.told = self.own = "{}"
        self.adopted = False
        self.side, self.person = "c", "main"

    def note(self, table: Relation, statement: str) -> None:
        """Keeps what was done, so that a witness can do it again."""
        entry = Entry(self.told, table.oid, statement, self.side, self.person)
        self.filler.world.log.append(entry)

    def _tell(self, claims: str) -> None:
        self.told = claims
        self.arena.owner(f"set local request.jwt.claims = {quote(claims)}")

    def claims(self, side: Side, name: str) -> None:
        """Triggers that ask who is calling get the side's own person for an answer."""
        self.side, self.person = side.name, name
        who = side.people.get(name) or side.people.get("main")
        told = {"role": "authenticated"}
        if who is not None:
            told |= {"sub": who.id, "email": who.email}
        self.own = json.dumps(told)
        self._tell(self.own)

    def nobody(self, side: Side, name: str) -> None:
        """As the auth service writes: no request, so no claims, though the row is `name`'s."""
        self.side, self.person = side.name, name
        self._tell("{}")

    def insert(self, side: Side, table: Relation, name: str, fixed: Values) -> Values | None:
        """The row as stored, after triggers; None with `reason` when every way failed."""
        self.adopted = False
        self.claims(side, name)
        plans: list[tuple[str, str]] = [
            ("full", "user"),
            ("slim", "user"),
            ("bare", "user"),
            ("pair", "user"),
            ("full", "service"),
            ("bare", "service"),
        ]
        refused = ""
        for mode, caller in plans:
            if caller == "service" and refused not in REFUSED:
                continue
            if caller == "service":
                self._tell(SERVER)
            kept = dict(fixed)
            if mode == "pair":
                pair = pairs.second_person(self.filler, side, table)
                pair |= pairs.second_row(self.filler, side, table)
                if not pair:
                    continue
                kept |= pair
            if mode == "bare":
                kept = {
                    n: v for n, v in fixed.items() if v is not None or table.columns[n].not_null
                }
            row = {**self.filler.other_values(side, table, kept, mode), **kept}
            made, refused = self._try(side, table, row, frozenset(kept))
            if made is not None:
                self.claims(side, name)
                return made
        self.claims(side, name)
        return None

    def _try(
        self, side: Side, table: Relation, row: Values, fixed: frozenset[str]
    ) -> tuple[Values | None, str]:
        keys = frozenset(n for n in fixed if n not in table.key or self._is_reference(table, n))
        state = ""
        for _ in range(_ROUNDS):
            if table.checks and not checks.solve(
                self.arena.connection, self.catalog, table, row, keys, side.marks
            ):
                self.reason = "no value found that satisfies its checks"
            statement = rows.insert(table, row)
            outcome = self.arena.try_owner(statement)
            if outcome.ok and outcome.rows:
                self.note(table, rows.insert(table, row, returning=False).as_string())
                return dict(zip(table.columns, outcome.rows[0], strict=True)), ""
            if outcome.ok:
                self.reason = "a trigger or rule swallowed the row"
                return None, "P0001"
            state = outcome.state or ""
            self.reason = outcome.message
            adopted = self._mend(side, table, row, keys, outcome)
            if adopted is None:
                return None, state
            if adopted:
                self.adopted = True
                return adopted, ""
        return None, state

    def _is_reference(self, table: Relation, column: str) -> bool:
        return any(column in r.columns for r in self.filler.refs[table.oid])

    def _mend(
        self, side: Side, table: Relation, row: Values, fixed: frozenset[str], outcome: Outcome
    ) -> Values | None:
        """Changes `row`, or gives the adopted row; None when there is nothing left to change."""
        message = outcome.message
        if outcome.state == "23505":
            return self._unique(side, table, row, fixed, message)
        if outcome.state == "23502":
            match = re.search(r'column "([^"]+)"', message)
            column = table.columns.get(match.group(1)) if match else None
            if column is None or row.get(column.name) is not None:
                return None
            row[column.name] = self._fresh(side, table, column)
            return {}
        if outcome.state == "23P01":
            match = re.search(r'constraint "([^"]+)"', message)
            for constraint in table.constraints:
                if match and constraint.name == match.group(1):
                    return self._again(side, table, row, fixed, constraint.columns)
            return None
        if outcome.state == "23514" and "partition" in message:
            return self._partition(table, row)
        if outcome.state in ("22001", "22003", "22P02", "22023", "22007", "22008"):
            optional = [n for n in row if n not in fixed and not table.columns[n].required]
            for name in optional:
                del row[name]
            return {} if optional else None
        if outcome.state == "23503":
            match = re.search(r"Key \(([^)]+)\)", message)
            names = [n.strip() for n in match.group(1).split(",")] if match else []
            loose = [n for n in names if n in row and not table.columns[n].not_null]
            for name in loose:
                row[name] = None
            return {} if loose and any(True for _ in loose) else None
        return None

    def _fresh(self, side: Side, table: Relation, column: Column) -> str | None:
        if column.name in table.key:
            return values.key_value(self.catalog, column, side.marks)
        return values.of_column(self.catalog, column, side.marks)

    def _again(
        self,
        side: Side,
        table: Relation,
        row: Values,
        fixed: frozenset[str],
        columns: tuple[str, ...],
    ) -> Values | None:
        loose = [n for n in columns if n not in fixed and table.columns[n].writable]
        for name in loose:
            column = table.columns[name]
            base = self.catalog.base_type(column.type_oid)
            n = side.marks.step()
            if base.category == "D" and base.name != "time":
                row[name] = values._day(n)
            elif base.category == "N":
                row[name] = str(1000 + n)
            else:
                row[name] = self._fresh(side, table, column)
        return {} if loose else None

    def _unique(
        self, side: Side, table: Relation, row: Values, fixed: frozenset[str], message: str
    ) -> Values | None:
        match = re.search(r'constraint "([^"]+)"', message)
        broken = next((c for c in table.uniques if match and c.name == match.group(1)), None)
        if broken is None or not broken.columns:
            return None
        if not broken.partial:
            adopted = self._adopt(table, row, broken)
            if adopted is not None:
                return adopted
        return self._again(side, table, row, fixed, broken.columns)

    def _adopt(self, table: Relation, row: Values, broken: Constraint) -> Values | None:
        """A trigger made this row already: take it, and give it what we wanted it to have."""
        references = [n for n in broken.columns if self._is_reference(table, n)]
        if not references:
            return None
        key: Values = {n: row.get(n) for n in broken.columns}
        found = self.arena.owner(rows.select(table, table.columns, rows.where(table, key)))
        if len(found) != 1:
            return None
        kept: Values = dict(zip(table.columns, found[0], strict=True))
        if self._is_ours(table, kept):
            return None
        wanted: Values = {
            n: v
            for n, v in row.items()
            if v is not None
            and n not in table.key
            and n not in broken.columns
            and table.columns[n].writable
            and kept.get(n) != v
        }
        if wanted:
            kept = self._set(table, key, wanted) or kept
        return kept

    def _is_ours(self, table: Relation, kept: Values) -> bool:
        """Whether the row is one that was made for somebody else: then it stays theirs."""
        return bool(table.key) and any(
            all(row.values.get(n) == kept.get(n) for n in table.key)
            for side in self.filler.world.sides()
            for row in side.all(table.oid)
        )

    def _set(self, table: Relation, key: Values, wanted: Values) -> Values | None:
        """Sets columns as the side's person; as the server where a trigger does not let them."""
        from psycopg import sql

        statement = sql.SQL("update {} set {} where {}").format(
            rows.name(table), rows.assignments(wanted), rows.where(table, key)
        )
        full = statement + sql.SQL(" returning ") + rows.texts(table.columns)
        for claims in (self.own, SERVER):
            self._tell(claims)
            with self.arena.savepoint() as point:
                outcome = self.arena.try_owner(full)
                now = dict(zip(table.columns, outcome.rows[0], strict=True)) if outcome.rows else {}
                point.keep = bool(now) and self._stuck(now, wanted, claims)
            if point.keep:
                self.note(table, statement.as_string())
                self._tell(self.own)
                return now
        self._tell(self.own)
        return None

    def _stuck(self, now: Values, wanted: Values, claims: str) -> bool:
        """Whether a trigger left what was set; the server's word is the last."""
        return claims == SERVER or all(now[n] in (v, (v or "")[:1]) for n, v in wanted.items())

    def change(self, table: Relation, row: Row, wanted: Values) -> None:
        """Sets columns of a row that is there."""
        now = self._set(table, row.key(table), wanted)
        if now is not None:
            row.values.update(now)

    def _partition(self, table: Relation, row: Values) -> Values | None:
        """Values of the partition key that some partition takes, from the partitions' bounds."""
        bounds = [
            r.bound
            for r in self.catalog.relations.values()
            if (r.parent == table.oid and r.bound and "FROM" in (r.bound or ""))
            or (r.parent == table.oid and "IN (" in (r.bound or ""))
        ]
        keys = re.search(r"\((.*)\)", table.partition_key or "")
        names = [k.strip() for k in keys.group(1).split(",")] if keys else []
        for bound in bounds:
            parts = re.search(r"(?:FROM|IN) \(([^)]*)\)", bound or "")
            if not parts:
                continue
            taken = [p.strip().strip("'") for p in parts.group(1).split(",")]
            tried = row.get("\0bounds") or ""
            if bound and bound in tried:
                continue
            for name, value in zip(names, taken, strict=False):
                if name in table.columns and value not in ("MINVALUE", "NULL"):
                    row[name] = value
            row["\0bounds"] = f"{tried}|{bound}"
            return {}
        return None
