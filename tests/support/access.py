"""What each API role may do with each object of `public`: the agreed list, by hand.

An object that is not here fails the tests that walk the catalogue, and so does a right that is not.
`private` has no list: API roles can do nothing there.
"""

from __future__ import annotations

from uuid import UUID

from tests.support.world import TENANTS, A, B

READ = frozenset({"SELECT"})
WRITE = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})

# relation → what service_role may do; authenticated may select from each, anon do nothing.
SERVICE: dict[str, frozenset[str]] = {
    "coach_dashboard_kpis": READ,
    "coach_dashboard_kpis_live": READ,
    "coach_settings": READ | {"UPDATE"},
    "coachs": WRITE,
    "kpi_catalog": READ,
    "kpi_daily": READ,
    "lead_notes": WRITE,
    "lead_status_history": READ,
    "lead_tags": WRITE,
    "leads": WRITE,
    "memberships": WRITE,
    "message_sequences": READ,
    "messages": WRITE,
}

# relation → rows of A, B and the disabled tenant in the world of `tests.support.world`.
ROWS: dict[str, tuple[int, int, int]] = {
    "coach_dashboard_kpis": (1, 1, 1),
    "coach_dashboard_kpis_live": (1, 1, 1),
    "coach_settings": (1, 1, 1),
    "coachs": (1, 1, 1),
    "kpi_daily": (3, 2, 1),
    "lead_notes": (1, 1, 1),
    "lead_status_history": (6, 4, 2),
    "lead_tags": (1, 1, 1),
    "leads": (3, 2, 1),
    "memberships": (5, 1, 1),
    "message_sequences": (3, 2, 1),
    "messages": (9, 6, 3),
}

# The one relation that belongs to no tenant: labels and formulas, for whoever is signed in.
SHARED: dict[str, int] = {"kpi_catalog": 45}

# function → the roles that may call it.
PEOPLE = ("authenticated",)
SERVICE_ONLY = ("service_role",)
BOTH = ("authenticated", "service_role")
FUNCTIONS: dict[str, tuple[str, ...]] = {
    "add_lead_note(uuid,text)": PEOPLE,
    "add_lead_tag(uuid,text)": PEOPLE,
    "admin_overview()": BOTH,
    "current_coach_id()": BOTH,
    "get_dashboard(uuid,timestamp with time zone,boolean)": BOTH,
    "get_funnel(uuid)": BOTH,
    "get_kpi_comparison(uuid,date,date)": BOTH,
    "get_kpi_history(uuid,date,date,text)": BOTH,
    "get_leads_to_followup(uuid,timestamp with time zone,integer)": BOTH,
    "get_loss_reasons(uuid)": BOTH,
    "get_response_rates(uuid)": BOTH,
    "get_top_professions(uuid,integer)": BOTH,
    "get_top_sources(uuid,integer)": BOTH,
    "health()": SERVICE_ONLY,
    "ingest_event(jsonb)": SERVICE_ONLY,
    "ingest_events(jsonb)": SERVICE_ONLY,
    "remove_lead_tag(uuid,text)": PEOPLE,
    "set_lead_status(uuid,text,numeric,text)": PEOPLE,
    "update_settings(jsonb,uuid)": PEOPLE,
}

# Helpers that a policy, a view or a function of `public` is bound to. Without usage on the schema
# nobody can call them by name.
PRIVATE_FUNCTIONS: dict[str, tuple[str, ...]] = {
    "private.add_lead_note(uuid,text)": PEOPLE,
    "private.add_lead_tag(uuid,text)": PEOPLE,
    "private.check_window(date,date,text)": BOTH,
    "private.dashboard(uuid,timestamp with time zone,boolean)": BOTH,
    "private.followups(uuid,timestamp with time zone,bigint)": BOTH,
    "private.funnel(uuid)": BOTH,
    "private.health()": SERVICE_ONLY,
    "private.is_platform_admin()": BOTH,
    "private.is_time_zone(text)": SERVICE_ONLY,
    "private.kpi_figures(kpi_daily,bigint,bigint,coach_settings)": BOTH,
    "private.kpi_windows(uuid,date[],date[])": BOTH,
    "private.my_coach_id()": BOTH,
    "private.my_coach_ids()": BOTH,
    "private.my_user_id()": BOTH,
    "private.remove_lead_tag(uuid,text)": PEOPLE,
    "private.response_rates(uuid)": BOTH,
    "private.sees_every_tenant()": BOTH,
    "private.set_lead_status(uuid,text,numeric,text)": PEOPLE,
    "private.take_events(jsonb[],text[])": SERVICE_ONLY,
    "private.tops(uuid,text)": BOTH,
    "private.update_settings(jsonb,uuid)": PEOPLE,
    "private.visible_coach_ids()": BOTH,
}


def rows_for(relation: str, sees: tuple[UUID, ...]) -> int:
    """How many rows of `relation` somebody reads who sees these tenants."""
    if relation in SHARED:
        return SHARED[relation]
    owned = dict(zip(TENANTS, ROWS[relation], strict=True))
    return sum(owned[tenant] for tenant in sees)


__all__ = ["FUNCTIONS", "PRIVATE_FUNCTIONS", "ROWS", "SERVICE", "SHARED", "A", "B", "rows_for"]
