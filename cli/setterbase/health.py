"""How the backend stands: what public.health() answers, and whether the migrations are applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from setterbase.db import rows
from setterbase.migrations import status as standing
from setterbase.migrations.status import DRIFT, State

if TYPE_CHECKING:
    import psycopg

    from setterbase.migrations.files import MigrationFile


class Condition(StrEnum):
    """How a part stands, the best first."""

    OK = "ok"
    UNKNOWN = "unknown"
    """It could not be looked at."""
    DEGRADED = "degraded"
    """Somebody should look; clients notice nothing yet."""
    FAILING = "failing"
    """What clients see is wrong, or will be."""


@dataclass(frozen=True)
class Part:
    """One part: `kpis`, `jobs`, `dead_letters`, `migrations`; `facts` as SQL tells them."""

    name: str
    status: Condition
    facts: dict[str, Any]


@dataclass(frozen=True)
class Health:
    """All parts; the whole is as well as the worst of them."""

    checked_at: str
    postgres: str
    parts: tuple[Part, ...]

    @property
    def status(self) -> Condition:
        """Of the whole: what could not be looked at does not count."""
        return max(
            (part.status for part in self.parts if part.status is not Condition.UNKNOWN),
            key=list(Condition).index,
            default=Condition.OK,
        )

    def told(self) -> dict[str, Any]:
        """As one object, in the shape of public.health()."""
        parts = {part.name: {"status": part.status, **part.facts} for part in self.parts}
        return {
            "status": self.status,
            "checked_at": self.checked_at,
            "postgres": self.postgres,
            **parts,
        }


def ask(
    connection: psycopg.Connection[Any], files: Sequence[MigrationFile] | None = None
) -> Health:
    """How the database stands; without `files` nobody knows whether migrations are pending."""
    told: dict[str, Any] = rows(connection, "health")[0]["answer"]
    checked_at, postgres = told.pop("checked_at"), told.pop("postgres")
    last = told.pop("last_migration")
    parts = [
        Part(name, Condition(facts.pop("status")), facts)
        for name, facts in told.items()
        if isinstance(facts, dict)
    ]
    parts.append(_migrations(connection, files, last))
    return Health(checked_at, postgres, tuple(parts))


def _migrations(
    connection: psycopg.Connection[Any], files: Sequence[MigrationFile] | None, last: str | None
) -> Part:
    if files is None:
        return Part("migrations", Condition.UNKNOWN, {"last": last})
    entries = standing.status(connection, files)
    pending = sum(entry.state is State.PENDING for entry in entries)
    drifted = sum(entry.state in DRIFT for entry in entries)
    return Part(
        "migrations",
        Condition.DEGRADED if pending or drifted else Condition.OK,
        {"last": last, "pending": pending, "drifted": drifted},
    )
