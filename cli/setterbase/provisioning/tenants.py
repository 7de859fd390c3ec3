"""The tenants there are, and opening and closing them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from setterbase.db import rows

if TYPE_CHECKING:
    import psycopg

QUERIES = "setterbase.provisioning.queries"
COLUMNS = (
    "id", "name", "specialty", "email", "timezone", "status", "owners", "members", "leads",
    "created_at",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """A membership, and whose it is."""

    user_id: UUID
    email: str | None
    role: str
    active: bool
    paused: bool
    last_sign_in_at: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class Switched:
    """What disabling or enabling did; `changed` is false when it was so already."""

    status: str
    changed: bool
    sessions_ended: int


def roster(connection: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    """Every tenant by name: its columns, its owners' e-mails, how many members and leads."""
    return rows(connection, "roster", package=QUERIES)


def people(connection: psycopg.Connection[Any], coach_id: UUID) -> list[Person]:
    """The tenant's people, owners first."""
    found = rows(connection, "people", {"coach_id": coach_id}, package=QUERIES)
    return [Person(**row) for row in found]


def switch(connection: psycopg.Connection[Any], coach_id: UUID, status: str) -> Switched:
    """Set a tenant's status to `active` or `disabled`; memberships and sessions follow."""
    params = {"coach_id": coach_id, "status": status}
    with connection.transaction():
        before = rows(connection, "sessions", params, package=QUERIES)[0]["sessions"]
        changed = bool(rows(connection, "set_status", params, package=QUERIES))
        after = rows(connection, "sessions", params, package=QUERIES)[0]["sessions"]
    return Switched(status, changed, before - after)
