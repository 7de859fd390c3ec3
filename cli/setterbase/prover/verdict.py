"""What the prover says: a verdict for each object, command and identity, and their sum."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    LEAK = "LEAK"
    ORACLE = "ORACLE"
    UNPROVEN = "UNPROVEN"
    ISOLATED = "ISOLATED"
    PUBLIC = "PUBLIC BY DESIGN"
    UNREACHABLE = "UNREACHABLE"

    def outweighs(self, other: Kind) -> bool:
        """Whether of two attempts at one thing it is the one to tell.

        What crossed on purpose comes before what held: one row that was let in is not undone by
        the next that was refused.
        """
        return _TELLING.index(self) < _TELLING.index(other)


_GRAVITY = list(Kind)
_TELLING = (
    *(Kind.LEAK, Kind.ORACLE, Kind.UNPROVEN),
    *(Kind.PUBLIC, Kind.ISOLATED, Kind.UNREACHABLE),
)


@dataclass(frozen=True)
class Witness:
    """A script for psql, and the row that it brings or changes."""

    sql: str
    row: str


Cells = dict[str, str | None]


@dataclass(frozen=True)
class Deed:
    """One statement on one row on the way to a leak, so that HTTP can say the same."""

    command: str  # select, insert, upsert, update, delete
    key: Cells | None  # its filter; empty without one, None for the row that the deed before made
    values: Cells = field(default_factory=dict)  # of a select its columns, without values
    relation: str = ""  # the label of another relation than the verdict's
    victim: Cells | None = None  # without a filter: the key of the row whose change tells
    by_owner: bool = False  # clears the way, as no caller could


@dataclass(frozen=True)
class Verdict:
    object: str
    kind: str
    command: str
    identity: str
    verdict: Kind
    reason: str
    witness: Witness | None = None
    deeds: tuple[Deed, ...] = ()
    unsayable: str = ""  # why no request of the API can do it

    def as_dict(self) -> dict[str, Any]:
        return {
            "object": self.object,
            "kind": self.kind,
            "command": self.command,
            "identity": self.identity,
            "verdict": str(self.verdict),
            "reason": self.reason,
            "witness": None if self.witness is None else vars(self.witness),
        }


@dataclass
class AxisLine:
    object: str
    axis: str
    columns: tuple[str, ...]
    why: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "object": self.object,
            "axis": self.axis,
            "columns": list(self.columns),
            "why": self.why,
        }


@dataclass
class Report:
    database: str
    role: str
    version: int
    schemas: tuple[str, ...]
    schemas_why: str
    axes: list[AxisLine] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    attempts: int = 0
    undone: str = "everything was rolled back"  # what became of the attack's rows
    sequences: int = 0  # how many sequences moved, the one thing a rollback does not undo

    def counts(self) -> Counter[Kind]:
        return Counter(v.verdict for v in self.verdicts)

    def of(self, kind: Kind) -> list[Verdict]:
        return [v for v in self.verdicts if v.verdict is kind]

    def objects(self) -> dict[str, Kind]:
        """The gravest verdict of every object; unproven outweighs isolated, never a leak."""
        worst: dict[str, Kind] = {}
        for v in self.verdicts:
            now = worst.get(v.object)
            if now is None or _GRAVITY.index(v.verdict) < _GRAVITY.index(now):
                worst[v.object] = v.verdict
        return worst

    @property
    def has_axis(self) -> bool:
        return any(a.axis != "none" for a in self.axes)

    def exit_code(self, *, allow_unproven: bool = False) -> int:
        """0 isolated, 1 leak, 3 something remains unproven."""
        counts = self.counts()
        if counts[Kind.LEAK]:
            return 1
        return 3 if counts[Kind.UNPROVEN] and not allow_unproven else 0

    def summary(self) -> dict[str, Any]:
        counts = self.counts()
        return {
            "database": self.database,
            "role": self.role,
            "server_version": self.version,
            "schemas": list(self.schemas),
            "tenant_axis": self.has_axis,
            "objects": len(self.objects()),
            "verdicts": {str(k): counts[k] for k in Kind},
            "attempts": self.attempts,
            "seconds": round(self.seconds, 2),
            "sequences_moved": self.sequences,
            "warnings": self.warnings,
        }

    def as_dict(self) -> dict[str, Any]:
        return {
            "summary": self.summary(),
            "axes": [a.as_dict() for a in self.axes],
            "verdicts": [v.as_dict() for v in self.verdicts],
        }
