"""Makes rows for every table and side, from the catalogue, mending what the database rejects."""

from __future__ import annotations

from setterbase.prover import checks, flags, provision, rows, shared, values, words
from setterbase.prover import person as people
from setterbase.prover.arena import Arena
from setterbase.prover.axes import Axes, is_person
from setterbase.prover.mend import Mender
from setterbase.prover.model import Catalog, Column, Relation
from setterbase.prover.refs import EMAIL, USER, Ref, Refs
from setterbase.prover.texts import Evidence
from setterbase.prover.world import Person, Row, Side, Values, World

_SAME = 71  # where numbers within a tenant start


class Filler:
    """Fills a world; remembers per table why it could not."""

    def __init__(
        self, arena: Arena, world: World, refs: Refs, axes: Axes, evidence: Evidence
    ) -> None:
        self.arena, self.world, self.refs, self.axes = arena, world, refs, axes
        self.evidence = evidence
        self.catalog: Catalog = world.catalog
        self.planned: dict[tuple[str, int, str], Values] = {}
        self.open: set[tuple[str, int, str]] = set()
        self.later: list[tuple[Side, Relation, str, Ref]] = []
        self.mender = Mender(self)
        self.provisioned = provision.tables(self.catalog)

    def person(self, side: Side, name: str) -> Person:
        """The user behind `name`, inserted into auth.users on first use."""
        if name in side.people:
            return side.people[name]
        users = self.catalog.users()
        uid = side.marks.uuid()
        made = Person(name, uid, f"{side.marks.text()}@example.com")
        side.people[name] = made
        self.mender.nobody(side, name)
        if users is not None and users.can_fill:
            row = provision.user(users, made, self.evidence, side)
            outcome = self.arena.try_owner(rows.insert(users, row))
            if not outcome.ok:
                self.mender.claims(side, name)
                outcome = self.arena.try_owner(rows.insert(users, row))
            if not outcome.ok:
                self.world.failures[side.name, users.oid] = outcome.message
            else:
                self.mender.note(users, _sql(rows.insert(users, row, returning=False)))
                kept: Values = dict(zip(users.columns, outcome.rows[0], strict=True))
                side.rows.setdefault(users.oid, []).append(Row(users.oid, kept, side.name, name))
            self.mender.claims(side, name)
            provision.adopt(self, side, name, uid)
        else:
            self.mender.claims(side, name)
        return made

    def ensure(self, side: Side, table: Relation, name: str = "main") -> Row | None:
        """The row of `table` for a person of `side`; shared rows when the table has no axis."""
        if not self.axes.has(table.oid) and table.schema != "auth":
            side = self.world.common
            name = "main"
        elif table.oid in self.axes.offices:
            name = "chief"
        elif table.oid not in self.axes.personal:
            name = "main"
        found = side.of(table.oid, name)
        spot = (side.name, table.oid, name)
        if found is not None or spot in self.open or (side.name, table.oid) in self.world.failures:
            return found
        self.open.add(spot)
        try:
            made = self.make(side, table, name)
            if made is not None:
                side.rows.setdefault(table.oid, []).append(made)
            return made
        finally:
            self.open.discard(spot)

    def make(
        self,
        side: Side,
        table: Relation,
        name: str = "main",
        *,
        extra: Values | None = None,
        variant: tuple[str, str | None] | None = None,
    ) -> Row | None:
        """Inserts a fresh row; None, with the reason kept, when nothing helped."""
        if not table.can_fill:
            self.world.failures[side.name, table.oid] = f"{self.catalog.role} may not insert here"
            return None
        if side is self.world.common and variant is None and (old := self._existing(table)):
            return old
        keys = self.plan(side, table, name) if variant is None else self.keys(side, table)
        fixed = self.resolve(side, table, name)
        if variant is None and self._too_early(side, table, name):
            return None
        wanted = people.overrides(self.catalog, table, name, self.refs, self.axes, self.evidence)
        fixed = {**keys, **wanted, **fixed, **(extra or {})}
        made = self.mender.insert(side, table, name, fixed)
        if made is None:
            reason = self.mender.reason
            made = flags.insert(self, side, table, name, fixed)
            self.mender.reason = reason
        if made is None:
            if variant is None:
                self.world.failures.setdefault((side.name, table.oid), self.mender.reason)
            return None
        return Row(table.oid, made, side.name, name, variant, self.mender.adopted)

    def _existing(self, table: Relation) -> Row | None:
        """A row of a shared table that is there already."""
        outcome = self.arena.try_owner(rows.select(table, table.columns, rows.first(1)))
        if table.estimate > 100_000 or not outcome.ok or not outcome.rows:
            return None
        return Row(table.oid, dict(zip(table.columns, outcome.rows[0], strict=True)), "c")

    def keys(self, side: Side, table: Relation, *, plain: bool = False) -> Values:
        """Key columns that no reference fills, with marked values.

        `plain` numbers within a parent start alike on both sides, as they do in life.
        """
        taken = {n for r in self.refs[table.oid] for n in r.columns}
        found: Values = {}
        within = plain and any(n in taken for n in table.key)
        for place, column in enumerate(table.key):
            definition = table.columns[column]
            if column in taken or definition.generated:
                continue
            if self.catalog.base_type(definition.type_oid).category not in ("N", "U"):
                continue
            if self.catalog.types[definition.type_oid].kind == "d":
                continue
            base = self.catalog.base_type(definition.type_oid)
            if within and base.category == "N" and not definition.identity:
                found[column] = str(_SAME + place)  # numbered within its tenant: both have the same
                continue
            value = values.key_value(self.catalog, definition, side.marks)
            if value is not None:
                found[column] = value
        return found

    def plan(self, side: Side, table: Relation, name: str) -> Values:
        spot = (side.name, table.oid, name)
        if spot not in self.planned:
            self.planned[spot] = self.keys(side, table, plain=name == "main" and side.name in "ab")
        return self.planned[spot]

    def resolve(self, side: Side, table: Relation, name: str) -> Values:
        """Values for every referencing column; a cycle is left open and closed later."""
        found: Values = {}
        ordered = sorted(self.refs[table.oid], key=lambda r: (not r.declared, -len(r.columns)))
        for ref in ordered:
            if all(n in found for n in ref.columns):
                continue
            for column, value in self.target(side, table, name, ref).items():
                if found.get(column) is None:
                    found[column] = value
        return {n: v for n, v in found.items() if v is not None or not table.columns[n].not_null}

    def target(self, side: Side, table: Relation, name: str, ref: Ref) -> Values:
        """What `ref` points at for this side, as values of the referencing columns."""
        owner = "main" if name == "main" or not self._personal(table) else name
        if ref.target == USER:
            return {ref.columns[0]: ref.written(self.person(side, owner).id)}
        if ref.target == EMAIL:
            return {ref.columns[0]: self.person(side, owner).email}
        if isinstance(ref.target, str):
            return {ref.columns[0]: self.tenant_key(side, table, ref)}
        target = self.catalog.relations[ref.target]
        if target.oid == table.oid:
            own = self.planned.get((side.name, table.oid, name), {})
            if not ref.required:
                return dict.fromkeys(ref.columns)
            return {c: own.get(t) for c, t in zip(ref.columns, ref.target_columns, strict=True)}
        if ref.audit and not ref.required:
            return dict.fromkeys(ref.columns)
        who = self._whom(table, name, ref)
        if side.of(target.oid, who) is None and self._waits(table, target, ref):
            later = self.plan(side, target, who)
            return {c: later.get(t) for c, t in zip(ref.columns, ref.target_columns, strict=True)}
        row = self.ensure(side, target, who)
        if row is not None and table.oid in self.axes.personal:
            joins = table.oid in self.axes.memberships
            ranked = shared.rank(self, target, ref, owner, joins=joins)
            if ranked is not None:
                return ranked
        if row is None:
            home = side if self.axes.has(target.oid) else self.world.common
            plan = self.planned.get((home.name, target.oid, who))
            if ref.required and plan:
                return {
                    c: plan.get(t) for c, t in zip(ref.columns, ref.target_columns, strict=True)
                }
            if not ref.required and plan is not None:
                self.later.append((side, table, name, ref))
            return dict.fromkeys(ref.columns)
        return {c: row.values.get(t) for c, t in zip(ref.columns, ref.target_columns, strict=True)}

    def _whom(self, table: Relation, name: str, ref: Ref) -> str:
        """Whose row of the target a row for `name` points at."""
        owner = "main" if name == "main" or not self._personal(table) else name
        return owner if is_person(ref, self.axes) or ref.target in self.axes.memberships else "main"

    def _too_early(self, side: Side, table: Relation, name: str) -> bool:
        """Whether it needs a row that is only being made: its turn comes after that one's."""
        return any(
            ref.declared
            and ref.required
            and not ref.deferrable
            and isinstance(ref.target, int)
            and ref.target != table.oid
            and (side.name, ref.target, self._whom(table, name, ref)) in self.open
            for ref in self.refs[table.oid]
        )

    def _waits(self, table: Relation, target: Relation, ref: Ref) -> bool:
        """A required key that may be checked late, to a table that cannot wait for this one."""
        return (
            ref.deferrable
            and ref.required
            and any(
                r.target == table.oid and r.required and not r.deferrable
                for r in self.refs[target.oid]
            )
        )

    def _personal(self, table: Relation) -> bool:
        return table.oid in self.axes.personal

    def tenant_key(self, side: Side, table: Relation, ref: Ref) -> str:
        key = str(ref.target).removeprefix("key:")
        if key not in side.keys:
            made = values.key_value(self.catalog, table.columns[ref.columns[0]], side.marks)
            side.keys[key] = made or side.marks.text()
        return side.keys[key]

    def other_values(self, side: Side, table: Relation, fixed: Values, mode: str) -> Values:
        """Values for the columns that no reference fills; `mode` is full, slim or bare."""
        found: Values = {}
        for column in table.columns.values():
            if column.name in fixed or not column.writable:
                continue
            needed = column.required
            if not needed and (mode != "full" or column.default_expr or column.identity):
                continue
            found[column.name] = self._value(side, table, column, needed)
        return found

    def _value(self, side: Side, table: Relation, column: Column, needed: bool) -> str | None:
        base = self.catalog.base_type(column.type_oid)
        if base.category == "D" and not needed and words.OFF_TIME.match(column.name):
            return None
        if base.category == "D" and words.LATER.search(column.name) and base.name != "time":
            return "2031-01-01"
        if self.catalog.types[column.type_oid].kind == "d":
            return checks.domain_value(self.arena.connection, self.catalog, column, side.marks)
        listed = words.labels(self.catalog, table, column, self.evidence)
        if listed and base.kind != "e":
            return words.on(listed) or listed[0]
        made = values.of_column(self.catalog, column, side.marks)
        if base.name == "bool" and not needed:
            return None
        return made

    def close_cycles(self) -> None:
        """Points rows at each other where a cycle had to be left open."""
        from psycopg import sql

        # asking again puts off again what could not be made at all
        waiting, self.later = self.later, []
        for side, table, name, ref in waiting:
            row = side.of(table.oid, name)
            if row is None:
                continue
            pointing = self.target(side, table, name, ref)
            if any(v is None for v in pointing.values()):
                continue
            sets = sql.SQL(", ").join(
                sql.SQL("{} = {}").format(sql.Identifier(c), sql.Literal(v))
                for c, v in pointing.items()
            )
            statement = sql.SQL("update {} set {} where {}").format(
                rows.name(table), sets, rows.where(table, row.key(table))
            )
            if self.arena.try_owner(statement).ok:
                row.values.update(pointing)
                self.mender.note(table, _sql(statement))
        self.later.clear()


def _sql(statement: object) -> str:
    from psycopg import sql

    assert isinstance(statement, sql.Composable)
    return statement.as_string()
