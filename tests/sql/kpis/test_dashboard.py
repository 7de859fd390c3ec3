"""The one call of a dashboard, the overview of a platform admin, and the catalogue."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.acting import acting_as
from tests.support.servers import Connection
from tests.support.world import DISABLED, PERSONAS, A, B, Persona


def dashboard(db: Connection, persona: Persona, call: str = "get_dashboard()") -> dict[str, Any]:
    with acting_as(db, persona.role, persona.claims):
        row = db.execute(f"select public.{call}".encode()).fetchone()
    assert row is not None
    answer: dict[str, Any] = row[0]
    return answer


def test_everything_in_one_call(wdb: Connection) -> None:
    answer = dashboard(wdb, PERSONAS["viewer_a"])
    assert list(answer) == [
        "coach",
        "as_of",
        "today",
        "last_updated",
        "kpis",
        "funnel",
        "top_sources",
        "top_professions",
        "loss_reasons",
        "followups",
        "leads_to_followup",
    ]
    assert answer["coach"]["id"] == str(A)
    assert answer["kpis"]["total_leads"] == {
        "value": 3,
        "unit": "count",
        "is_estimate": False,
        "badge": None,
    }
    assert answer["followups"] == {"high": 1, "medium": 0, "low": 0}


def test_live_and_materialized_dashboards_agree(wdb: Connection) -> None:
    owner = PERSONAS["owner_a"]
    call = "get_dashboard(live => {})"
    answers = [dashboard(wdb, owner, call.format(live)) for live in ("true", "false")]
    for answer in answers:
        del answer["last_updated"]
    assert answers[0] == answers[1]


def test_every_kpi_of_the_catalogue_and_no_other(wdb: Connection) -> None:
    catalogue = wdb.execute("select code, unit from public.kpi_catalog").fetchall()
    kpis = dashboard(wdb, PERSONAS["owner_a"])["kpis"]
    assert {code: kpi["unit"] for code, kpi in kpis.items()} == dict(catalogue)
    columns = wdb.execute(
        "select attname from pg_attribute where attnum > 0"
        " and attrelid = 'public.coach_dashboard_kpis'::regclass"
    ).fetchall()
    beside = {"coach_id", "estimated_kpis", "last_updated"}
    assert {name for (name,) in columns} - beside == set(kpis)


def test_estimates_are_marked_as_such(wdb: Connection) -> None:
    kpis = dashboard(wdb, PERSONAS["owner_a"])["kpis"]
    marked = {code for code, kpi in kpis.items() if kpi["is_estimate"]}
    assert marked == {
        "lead_magnets_sent",
        "emails_captured",
        "no_show_rate",
        "ai_efficiency",
        "hours_saved_monthly",
    }
    bases = wdb.execute(
        "select code from public.kpi_catalog where estimate_basis is not null"
    ).fetchall()
    assert {code for (code,) in bases} == marked | {"acquisition_cost", "roi_pct"}


@pytest.mark.parametrize(
    ("replied", "badge"),
    [(3, "excellent"), (2, "good"), (1, "to_improve"), (0, "to_improve")],
)
def test_badges_are_half_open(wdb: Connection, replied: int, badge: str) -> None:
    """Five leads; 60.0 % is excellent, 40.0 % good."""
    wdb.execute("delete from public.leads where coach_id = %s", [A])
    wdb.execute(
        "with made as (insert into public.leads (coach_id) select %s from generate_series(1, 5)"
        " returning coach_id, id), numbered as (select *, row_number() over () as n from made)"
        " insert into public.messages (coach_id, lead_id, direction, created_at)"
        " select coach_id, id, way, now() from numbered"
        " cross join (values ('out'), ('in')) as w (way) where way = 'out' or n <= %s",
        [A, replied],
    )
    kpi = dashboard(wdb, PERSONAS["owner_a"], "get_dashboard(live => true)")["kpis"]["msg1_rate"]
    assert (kpi["value"], kpi["badge"]) == (replied * 20, badge)


def test_a_rate_that_is_null_has_no_badge(wdb: Connection) -> None:
    wdb.execute("delete from public.leads where coach_id = %s", [A])
    kpis = dashboard(wdb, PERSONAS["owner_a"], "get_dashboard(live => true)")["kpis"]
    assert kpis["msg1_rate"] == {
        "value": None,
        "unit": "percent",
        "is_estimate": False,
        "badge": None,
    }
    assert kpis["roi_pct"]["is_estimate"] is False


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("platform_admin", [A, B, DISABLED]),
        ("service_role", [A, B, DISABLED]),
        ("owner_a", []),
        ("admin_a", []),
        ("stranger", []),
        ("forger_in_user_metadata", []),
        ("admin_without_sub", []),
    ],
)
def test_the_overview_is_for_the_platform(wdb: Connection, name: str, seen: list[Any]) -> None:
    persona = PERSONAS[name]
    with acting_as(wdb, persona.role, persona.claims):
        rows = wdb.execute(
            "select coach_id, status, total_leads, leads_won, last_message_at"
            " from public.admin_overview()"
        ).fetchall()
    assert [tenant for tenant, *_ in rows] == seen
    if rows:
        assert [row[1:4] for row in rows] == [
            ("active", 3, 1),
            ("active", 2, 1),
            ("disabled", 1, 1),
        ]
        assert all(row[4] is not None for row in rows)
