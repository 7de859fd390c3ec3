"""Dashboards, as one figure a cell or as everything a dashboard shows, and their refresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from setterbase.db import rows
from setterbase.kpis.catalog import Kpi

if TYPE_CHECKING:
    import psycopg

Row = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """A KPI's value, its unit, whether it is an assumption, and its badge if it has one."""

    value: float | int | None
    unit: str
    is_estimate: bool = False
    badge: str | None = None


@dataclass(frozen=True)
class Dashboard:
    """What public.get_dashboard answers; rows of the lists have the columns of their functions."""

    coach_id: UUID
    name: str
    specialty: str | None
    timezone: str
    currency: str
    as_of: datetime
    last_updated: datetime | None
    kpis: Mapping[str, Figure]
    funnel: Sequence[Row]
    top_sources: Sequence[Row]
    top_professions: Sequence[Row]
    loss_reasons: Sequence[Row]
    followups: Mapping[str, int]


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did.

    `status` is `refreshed`; `unchanged` when nothing was written since and no day has ended; `busy`
    when another one was at work. `changes` counts the marks that it took up, `days` the rows of
    kpi_daily that it wrote, `tenants` those whose figures it looked at.
    """

    status: str
    changes: int = 0
    days: int = 0
    tenants: int = 0
    duration_ms: float = 0


def dashboards(
    connection: psycopg.Connection[Any],
    coach_ids: Sequence[UUID],
    *,
    as_of: datetime | date | None = None,
    live: bool = False,
) -> list[Dashboard]:
    """Dashboards in the order of `coach_ids`; a coach whom no refresh has seen yet is left out.

    `as_of` (default now; of a day its end, on the coach's clock) moves what depends on the clock:
    leads of the day and week, follow-ups.
    `live` computes every figure now instead of reading the last refresh.
    """
    asked = {"coach_ids": list(coach_ids), "live": live, **moment(as_of)}
    found = rows(connection, "dashboards", asked)
    return [_dashboard(row["dashboard"]) for row in found if row["dashboard"]]


def kpi_rows(
    connection: psycopg.Connection[Any],
    coach_ids: Sequence[UUID],
    *,
    as_of: datetime | date | None = None,
    live: bool = False,
) -> list[Row]:
    """Rows of coach_dashboard_kpis (of its live twin), one a coach, with `as_of` as above."""
    asked = {"coach_ids": list(coach_ids)}
    found = rows(connection, "kpi_rows_live" if live else "kpi_rows", asked)
    if as_of is not None:
        then = {d.coach_id: d for d in dashboards(connection, coach_ids, as_of=as_of, live=live)}
        for row in found:
            for code in ("leads_today", "leads_week"):
                row[code] = then[row["coach_id"]].kpis[code].value
    return found


def moment(as_of: datetime | date | None) -> Row:
    """Parameters of a query for a moment: `at`, or the `day` that ends then, or neither for now."""
    if isinstance(as_of, datetime) or as_of is None:
        return {"at": as_of, "day": None}
    return {"at": None, "day": as_of}


def columns(catalog: Sequence[Kpi]) -> list[str]:
    """The columns of `kpi_rows` in the order to show them."""
    return ["coach_id", *(kpi.code for kpi in catalog), "estimated_kpis", "last_updated"]


def refresh(connection: psycopg.Connection[Any], *, full: bool = False) -> Refreshed:
    """Bring every coach's figures up to date; `full` counts everything anew."""
    return Refreshed(**rows(connection, "kpi_refresh", {"full": full})[0]["answer"])


def _dashboard(told: Row) -> Dashboard:
    coach = told["coach"]
    refreshed = told["last_updated"]
    return Dashboard(
        coach_id=UUID(coach["id"]),
        name=coach["name"],
        specialty=coach["specialty"],
        timezone=coach["timezone"],
        currency=coach["currency"],
        as_of=datetime.fromisoformat(told["as_of"]),
        last_updated=datetime.fromisoformat(refreshed) if refreshed else None,
        kpis={code: Figure(**figure) for code, figure in told["kpis"].items()},
        funnel=told["funnel"],
        top_sources=told["top_sources"],
        top_professions=told["top_professions"],
        loss_reasons=told["loss_reasons"],
        followups=told["followups"],
    )
