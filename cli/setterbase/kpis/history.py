"""KPIs over time: by day, week, month or year, and beside the window before."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from setterbase.db import rows
from setterbase.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from setterbase.kpis.catalog import Kpi

Row = dict[str, Any]
Grain = Literal["day", "week", "month", "year"]

COMPARISON_COLUMNS = ["code", "unit", "current", "previous", "change", "change_pct"]


def history(
    connection: psycopg.Connection[Any],
    coach_id: UUID,
    *,
    from_date: date | None = None,
    to_date: date | None = None,
    grain: Grain = "day",
) -> list[Row]:
    """One row a period, oldest first, with the columns of public.get_kpi_history.

    Without dates, the last 30 days of the coach's time zone. Figures are those of the last refresh.
    """
    asked = {"coach_id": coach_id, "from_date": from_date, "to_date": to_date, "grain": grain}
    return rows(connection, "kpi_history", asked)


def shown(kpis: Sequence[Kpi], rows: Sequence[Row], code: str) -> Kpi:
    """The KPI with this code, which every period has.

    Raises UsageError for a code that the history does not know.
    """
    known = [kpi for kpi in kpis if not rows or kpi.code in rows[0]]
    for kpi in known:
        if kpi.code == code.strip():
            return kpi
    codes = ", ".join(kpi.code for kpi in known)
    raise UsageError(f"no KPI of the history has the code {code!r}.", hint=f"There are: {codes}.")


def comparison(
    connection: psycopg.Connection[Any],
    coach_id: UUID,
    *,
    from_date: date | None = None,
    to_date: date | None = None,
) -> list[Row]:
    """One row a KPI, in the order of a dashboard, with the columns of public.get_kpi_comparison."""
    asked = {"coach_id": coach_id, "from_date": from_date, "to_date": to_date}
    return rows(connection, "kpi_comparison", asked)
