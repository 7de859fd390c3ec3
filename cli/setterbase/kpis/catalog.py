"""What each KPI is: its section, label, unit, formula and badge thresholds."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from setterbase.db import rows

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Kpi:
    """A row of public.kpi_catalog."""

    code: str
    section: str
    label_fr: str
    label_en: str
    unit: str
    formula: str
    estimate_basis: str | None = None
    badge_excellent_from: Decimal | None = None
    badge_good_from: Decimal | None = None

    def label(self, lang: str) -> str:
        """Its name in `fr` or `en`."""
        return self.label_fr if lang == "fr" else self.label_en


COLUMNS = [field.name for field in fields(Kpi)]


def catalog(connection: psycopg.Connection[Any]) -> list[Kpi]:
    """Every KPI in the order of a dashboard."""
    return [Kpi(**row) for row in rows(connection, "kpi_catalog")]
