"""A small dashboard for the tests of rendering."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from setterbase.kpis.catalog import Kpi
from setterbase.kpis.dashboards import Dashboard, Figure


def kpi(section: str, code: str, fr: str, en: str, unit: str = "count") -> Kpi:
    return Kpi(code, section, fr, en, unit, "…")


CATALOG = [
    kpi("activity", "total_leads", "Leads", "Leads"),
    kpi("activity", "avg_discussion_minutes", "Durée de discussion", "Discussion time", "minutes"),
    kpi("response", "msg1_rate", "Réponse au 1er message", "Replies to message 1", "percent"),
    kpi("response", "msg2_rate", "Réponse au 2e message", "Replies to message 2", "percent"),
    kpi("response", "msg3_rate", "Réponse au 3e message", "Replies to message 3", "percent"),
    kpi("conversion", "qualified_leads", "Leads qualifiés", "Qualified leads"),
    kpi("conversion", "no_show_rate", "Taux de no-show", "No-show rate", "percent"),
    kpi("demography", "male_count", "Hommes", "Men"),
    kpi("demography", "female_count", "Femmes", "Women"),
    kpi("demography", "other_count", "Autres", "Other"),
    kpi("demography", "male_pct", "Part d'hommes", "Share of men", "percent"),
    kpi("demography", "female_pct", "Part de femmes", "Share of women", "percent"),
    kpi("demography", "other_pct", "Part d'autres", "Share of other", "percent"),
    kpi("pipeline", "new_leads", "Nouveaux", "New"),
    kpi("pipeline", "engaged_leads", "Engagés", "Engaged"),
    kpi("pipeline", "leads_relance", "À relancer", "To follow up again"),
    kpi("pipeline", "leads_won", "Gagnés", "Won"),
    kpi("pipeline", "leads_lost", "Perdus", "Lost"),
    kpi("performance", "total_revenue", "Revenus", "Revenue", "currency"),
    kpi("performance", "roi_pct", "ROI", "ROI", "percent"),
    kpi("performance", "best_conversion_weekday", "Meilleur jour", "Best day to win", "weekday"),
]
_VALUES: dict[str, float | None] = {
    "total_leads": 40,
    "avg_discussion_minutes": 372,
    "msg1_rate": 74.1,
    "msg2_rate": 0.0,
    "msg3_rate": None,
    "qualified_leads": 10,
    "no_show_rate": 17,
    "male_count": 30,
    "female_count": 10,
    "other_count": 0,
    "male_pct": 75.0,
    "female_pct": 25.0,
    "other_pct": 0.0,
    "new_leads": 20,
    "engaged_leads": 10,
    "leads_relance": 4,
    "leads_won": 4,
    "leads_lost": 2,
    "total_revenue": 1234.5,
    "roi_pct": None,
    "best_conversion_weekday": 2,
}
_BADGES = {"msg1_rate": "excellent", "msg2_rate": "to_improve"}

BOARD = Dashboard(
    coach_id=UUID(int=1),
    name="Zoé",
    specialty="Yoga",
    timezone="Europe/Paris",
    currency="EUR",
    as_of=datetime(2026, 10, 31, 12, tzinfo=UTC),
    last_updated=None,
    kpis={
        one.code: Figure(
            _VALUES[one.code], one.unit, one.code == "no_show_rate", _BADGES.get(one.code)
        )
        for one in CATALOG
    },
    funnel=[
        {"stage": "lead", "lead_count": 40, "percentage": 100.0, "step_percentage": None},
        {"stage": "qualified", "lead_count": 10, "percentage": 25.0, "step_percentage": 25.0},
    ],
    top_sources=[{"source_name": "unknown", "lead_count": 40, "percentage": 100.0}],
    top_professions=[],
    loss_reasons=[{"loss_reason": "price", "lead_count": 2, "percentage": 100.0}],
    followups={"high": 3, "medium": 0, "low": 7},
)


def without_leads() -> Dashboard:
    """The dashboard of a coach who has just begun."""
    empty: dict[str, Any] = {
        code: replace(one, value=0 if one.unit == "count" else None, is_estimate=False, badge=None)
        for code, one in BOARD.kpis.items()
    }
    return replace(
        BOARD,
        kpis=empty,
        specialty=None,
        funnel=[],
        top_sources=[],
        loss_reasons=[],
        followups={},
    )
