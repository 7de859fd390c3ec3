"""Lists about a coach's leads: whom to write to, where they come from, what they do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from setterbase.db import rows
from setterbase.kpis.dashboards import moment

if TYPE_CHECKING:
    import psycopg

Row = dict[str, Any]

FOLLOWUP_COLUMNS = [
    "lead_id",
    "user_id_instagram",
    "first_name",
    "status",
    "days_since_contact",
    "priority",
    "last_name",
    "contact_id",
]
SOURCE_COLUMNS = ["source_name", "lead_count", "percentage"]
PROFESSION_COLUMNS = ["profession", "lead_count", "percentage"]


@dataclass(frozen=True)
class Followups:
    """The most urgent leads, with the columns of get_leads_to_followup, and how many there are."""

    leads: list[Row]
    total: int


def followups(
    connection: psycopg.Connection[Any],
    coach_id: UUID,
    *,
    as_of: datetime | date | None = None,
    limit: int | None = None,
) -> Followups:
    """Open leads that nobody has heard of for some days, the most urgent first.

    `as_of` as in `dashboards`.
    """
    asked = {"coach_id": coach_id, "limit": limit, **moment(as_of)}
    found = rows(connection, "leads_to_followup", asked)
    leads = [{column: row[column] for column in FOLLOWUP_COLUMNS} for row in found]
    return Followups(leads, found[0]["total"] if found else 0)


def sources(connection: psycopg.Connection[Any], coach_id: UUID, *, limit: int) -> list[Row]:
    """Where leads come from, the commonest first; percentage over all leads."""
    return rows(connection, "top_sources", {"coach_id": coach_id, "limit": limit})


def professions(connection: psycopg.Connection[Any], coach_id: UUID, *, limit: int) -> list[Row]:
    """Professions, the commonest first; percentage over those that are known."""
    return rows(connection, "top_professions", {"coach_id": coach_id, "limit": limit})
