"""Two tenants and what belongs to nobody: the people, the rows and the marks of each side."""

from __future__ import annotations

from dataclasses import dataclass, field

from setterbase.prover.marks import Marks
from setterbase.prover.model import Catalog, Relation

SHOWN = "shown "  # people who are there for one flag: `shown is_verified`
Values = dict[str, str | None]  # every value in PostgreSQL's text form
UNDER = "under"  # the variant of a row whose parent is a variant


@dataclass
class Row:
    """A row that the prover made or adopted; `origin` is what it was made for."""

    relation: int
    values: Values
    side: str
    person: str = "main"
    variant: tuple[str, str | None] | None = None  # the flag that tells it from the main row
    adopted: bool = False  # a trigger made it

    def key(self, table: Relation) -> Values:
        names = table.key or tuple(
            n for n, c in table.columns.items() if not c.generated and c.type not in ("json", "xml")
        )
        return {n: self.values.get(n) for n in names}


@dataclass
class Person:
    name: str  # main, second, off, gone, chief
    id: str
    email: str


@dataclass
class Side:
    """Everything that belongs to one tenant."""

    name: str
    marks: Marks
    people: dict[str, Person] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)  # tenant keys that have no table
    rows: dict[int, list[Row]] = field(default_factory=dict)

    def main(self, oid: int) -> Row | None:
        """The main person's row; the chief's in a table of those who run the platform."""
        return self.of(oid, "main") or self.of(oid, "chief")

    def of(self, oid: int, person: str) -> Row | None:
        for row in self.rows.get(oid, []):
            if row.person == person and row.variant is None:
                return row
        return None

    def all(self, oid: int) -> list[Row]:
        return self.rows.get(oid, [])


@dataclass(frozen=True)
class Entry:
    """A statement that made the world, and under whose claims, so that a witness can repeat it."""

    claims: str
    relation: int
    statement: str
    side: str
    person: str


@dataclass
class World:
    catalog: Catalog
    a: Side
    b: Side
    common: Side
    orphans: dict[int, Row] = field(default_factory=dict)  # rows whose tenant is null
    failures: dict[tuple[str, int], str] = field(default_factory=dict)
    log: list[Entry] = field(default_factory=list)

    def sides(self) -> tuple[Side, Side]:
        return self.a, self.b

    def other(self, side: Side) -> Side:
        return self.b if side is self.a else self.a


def empty(catalog: Catalog) -> World:
    return World(
        catalog,
        a=Side("a", Marks("a")),
        b=Side("b", Marks("b")),
        common=Side("c", Marks("c")),
    )
