"""What every attack needs: the world, who attacks, whose rows are the victims, where to report."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from setterbase.prover import asks, words
from setterbase.prover.arena import Arena
from setterbase.prover.axes import Axes
from setterbase.prover.identities import Identity
from setterbase.prover.model import Catalog, Relation
from setterbase.prover.refs import Refs
from setterbase.prover.staff import REASON, Shared
from setterbase.prover.texts import Evidence
from setterbase.prover.verdict import Verdict
from setterbase.prover.world import Row, World

if TYPE_CHECKING:
    from setterbase.prover.fill import Filler


@dataclass
class Context:
    arena: Arena
    catalog: Catalog
    world: World
    refs: Refs
    axes: Axes
    evidence: Evidence
    cast: list[Identity]
    filler: Filler
    public: dict[str, str] = field(default_factory=dict)  # object → the owner's reason
    stale: dict[int, str] = field(default_factory=dict)  # materialized views not refreshed
    focus: set[int] | None = None  # attack these objects alone
    crossing: set[str] = field(default_factory=set)  # own marks of rows that cross by design
    beside: set[str] = field(default_factory=set)  # every mark in those rows
    verdicts: dict[tuple[str, str, str], Verdict] = field(default_factory=dict)
    colleagues: Shared = field(default_factory=dict)  # rows that one organisation's people share
    seen_own: set[int] = field(default_factory=set)  # tables whose own rows some member saw
    baseline: dict[int, set[tuple[str | None, ...]]] = field(default_factory=dict)
    supply: dict[object, list[str]] = field(default_factory=dict)  # values for arguments, kept

    @cached_property
    def deciding(self) -> dict[int, set[int]]:
        """Table → the tables whose visible rows may change with its rows."""
        return asks.deciding(self.catalog)

    def say(self, verdict: Verdict) -> None:
        """Keeps the most telling verdict of an object, command and identity."""
        spot = (verdict.object, verdict.command, verdict.identity)
        now = self.verdicts.get(spot)
        if now is None or verdict.verdict.outweighs(now.verdict):
            self.verdicts[spot] = verdict
        elif verdict.verdict is now.verdict and now.unsayable and not verdict.unsayable:
            self.verdicts[spot] = verdict  # of equals the one that HTTP can repeat

    def exposed(self, relation: Relation) -> bool:
        return relation.schema in self.catalog.exposed and not relation.of_extension

    def attacked(self, relation: Relation) -> bool:
        return self.exposed(relation) and (self.focus is None or relation.oid in self.focus)

    def nobodys(self, identity: Identity, oid: int, command: str = "select") -> str | None:
        """Why the rows of a table are no one's as far as `identity` is concerned, if they are."""
        if not self.axes.has(oid):
            return "no tenant axis: its rows belong to nobody"
        inside = identity.side is not None and identity.person not in ("off", "gone")
        return REASON if inside and command in self.colleagues.get(oid, ()) else None

    def victims(self, identity: Identity, oid: int) -> list[Row]:
        """The rows of a table that `identity` has no right to."""
        world = self.world
        if identity.side is None:
            found = world.a.all(oid) + world.b.all(oid)
        elif identity.person in ("off", "gone"):
            found = world.b.all(oid) + [
                r for r in world.a.all(oid) if not self.is_about(r, identity)
            ]
        else:
            found = (world.b if identity.side == "a" else world.a).all(oid)
        return found

    def is_about(self, row: Row, identity: Identity) -> bool:
        """Whether the row names the caller: then it is theirs to see, whatever became of them."""
        if identity.person is None or identity.side is None:
            return False
        side = self.world.a if identity.side == "a" else self.world.b
        who = side.people[identity.person]
        told = {v for v in row.values.values() if v}
        if {who.id, who.email, "{" + who.id + "}"} & told or row.person == identity.person:
            return True
        for oid in self.axes.profiles:
            own = side.of(oid, identity.person)
            table = self.catalog.relations[oid]
            if own and len(table.key) == 1 and own.values.get(table.key[0]) in told:
                return True
        return False

    def forbidden(self, identity: Identity) -> re.Pattern[str]:
        """Marks that must not reach `identity`, for answers that are no rows of a table."""
        world = self.world
        if identity.side is None:
            return re.compile(f"{world.a.marks.pattern}|{world.b.marks.pattern}")
        return re.compile((world.b if identity.side == "a" else world.a).marks.pattern)

    def pattern(self, identity: Identity) -> str:
        return self.forbidden(identity).pattern

    def foreign(self, identity: Identity, text: str) -> set[str]:
        """Marks of others in a text, those of rows that cross by design left out."""
        found = set(self.forbidden(identity).findall(text)) - self.crossing
        if found and self.colleagues:
            found -= self._shared(identity)
        if found and any(m in text for m in self.crossing):
            found -= self.beside
        return found

    def _shared(self, identity: Identity) -> set[str]:
        """Marks of rows that `identity` shares with the other side."""
        return {
            mark
            for oid in self.colleagues
            if self.nobodys(identity, oid)
            for side in self.world.sides()
            for row in side.all(oid)
            for value in row.values.values()
            for mark in side.marks.found_in(value or "")
        }

    def by_flag(self, crossed: list[Row], victims: list[Row]) -> str | None:
        """The public flag that explains which rows crossed; None when no such flag does."""
        stayed = [v for v in victims if all(v is not c for c in crossed)]
        if not crossed or not stayed:
            return None
        for column in crossed[0].values:
            if not words.PUBLIC.search(column) and column not in ("status", "state", "type"):
                continue
            shown = {c.values.get(column) for c in crossed}
            hidden = {s.values.get(column) for s in stayed}
            if len(shown) == 1 and not shown & hidden:
                value = next(iter(shown)) or ""
                if words.PUBLIC.search(column) or words.PUBLIC.search(value):
                    return f"only rows with {column} = {value} cross"
        return None
