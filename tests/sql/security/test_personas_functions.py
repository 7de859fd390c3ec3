"""Everybody against every function of `public`, under both bootstraps, with exact outcomes.

Each function is asked for tenant A, for its default tenant and for a tenant that does not exist:
a stranger gets for A what they get for nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support import access, catalogue
from tests.support.acting import acting_as
from tests.support.catalogue import attempt, attempts
from tests.support.servers import Connection
from tests.support.world import NOBODY, PERSONAS, A, B, Persona, lead_id

BOTH = pytest.mark.grants("current", "legacy")
DENIED = "42501"
NOT_FOUND = "PT404"

Outcome = Callable[[Persona], int | str]


def _rows(per_a: int, when_default: int | None = None) -> dict[str, Outcome]:
    """A reading function: this many rows for A, none for whoever does not see A."""
    return {
        "A": lambda p: per_a if A in p.sees else 0,
        "nobody": lambda p: 0,
        # Only members have a tenant of their own; admins and services name one.
        "own": lambda p: (
            (per_a if when_default is None else when_default)
            if p.role_in_a and p.claims.get("app_metadata") is None
            else 0
        ),
    }


def _writes(*roles: str) -> Callable[[Persona], int | str]:
    def outcome(persona: Persona) -> int | str:
        if persona.role_in_a is None:
            return NOT_FOUND
        return 1 if persona.role_in_a in roles else DENIED

    return outcome


CHANGES_LEADS = _writes("owner", "admin", "member")
CHANGES_SETTINGS = _writes("owner", "admin")
ALWAYS: Outcome = lambda p: 1  # noqa: E731

# function → the arguments of a call, by the tenant that is asked for, and what it must give.
# {a}: tenant A; {lead}: a lead of A; {none}: an id of nothing.
READS: dict[str, tuple[dict[str, str], dict[str, Outcome]]] = {
    "get_dashboard": ({"A": "'{a}'", "nobody": "'{none}'", "own": ""}, {}),
    "get_funnel": ({"A": "'{a}'", "nobody": "'{none}'", "own": ""}, _rows(7)),
    "get_kpi_comparison": ({"A": "'{a}'", "nobody": "'{none}'", "own": ""}, _rows(32)),
    "get_kpi_history": (
        {
            "A": "'{a}', '2026-10-01', '2026-10-31', 'week'",
            "nobody": "'{none}', '2026-10-01', '2026-10-31', 'week'",
            "own": "",
        },
        _rows(5, when_default=30),
    ),
    "get_leads_to_followup": ({"A": "'{a}'", "nobody": "'{none}'", "own": ""}, _rows(1)),
    "get_loss_reasons": ({"A": "'{a}'", "nobody": "'{none}'", "own": ""}, _rows(1)),
    "get_response_rates": ({"A": "'{a}'", "nobody": "'{none}'", "own": ""}, _rows(1)),
    "get_top_professions": ({"A": "'{a}'", "nobody": "'{none}'", "own": ""}, _rows(1)),
    "get_top_sources": ({"A": "'{a}'", "nobody": "'{none}'", "own": ""}, _rows(1)),
}

OTHERS: dict[str, tuple[dict[str, str], dict[str, Outcome]]] = {
    "admin_overview": ({"all": ""}, {"all": lambda p: 3 if B in p.sees and A in p.sees else 0}),
    "current_coach_id": ({"own": ""}, {"own": ALWAYS}),
    "health": ({"all": ""}, {"all": ALWAYS}),
    "ingest_event": ({"bad": "'{{}}'"}, {"bad": ALWAYS}),
    "ingest_events": ({"none": "'[]'"}, {"none": ALWAYS}),
    "set_lead_status": (
        {"A": "'{lead}', 'qualified'", "nobody": "'{none}', 'qualified'"},
        {"A": CHANGES_LEADS, "nobody": lambda p: NOT_FOUND},
    ),
    "add_lead_note": (
        {"A": "'{lead}', 'Hello'", "nobody": "'{none}', 'Hello'"},
        {"A": CHANGES_LEADS, "nobody": lambda p: NOT_FOUND},
    ),
    "add_lead_tag": (
        {"A": "'{lead}', 'new'", "nobody": "'{none}', 'new'"},
        {"A": CHANGES_LEADS, "nobody": lambda p: NOT_FOUND},
    ),
    "remove_lead_tag": (
        {"A": "'{lead}', 'vip'", "nobody": "'{none}', 'vip'"},
        {"A": CHANGES_LEADS, "nobody": lambda p: NOT_FOUND},
    ),
    "update_settings": (
        {
            "A": "'{{\"followup_after_days\": 3}}', '{a}'",
            "nobody": "'{{}}', '{none}'",
            "own": "'{{}}'",
        },
        {
            "A": CHANGES_SETTINGS,
            "nobody": lambda p: NOT_FOUND,
            "own": lambda p: (
                CHANGES_SETTINGS(p)
                if "app_metadata" not in p.claims and B not in p.sees
                else (1 if p.sees == (B,) else NOT_FOUND)
            ),
        },
    ),
}
CALLS = READS | OTHERS


@BOTH
@pytest.mark.parametrize("name", PERSONAS)
def test_functions(wdb: Connection, name: str) -> None:
    persona = PERSONAS[name]
    wdb.execute("set local search_path = public")
    signatures = catalogue.functions(wdb, "public")
    words = {"a": A, "none": NOBODY, "lead": lead_id(wdb, A)}
    expected: dict[str, int | str] = {}
    statements: dict[str, str] = {}
    for signature in signatures:
        function = signature.partition("(")[0]
        arguments, outcomes = CALLS[function]
        for case, text in arguments.items():
            key = f"{function} for {case}"
            statements[key] = f"select * from public.{function}({text.format(**words)})"
            if persona.role not in access.FUNCTIONS[signature]:
                expected[key] = DENIED
            elif function == "get_dashboard":  # one json, or null
                expected[key] = 1
            else:
                expected[key] = _own_b(persona, case, outcomes[case](persona), function)
    with acting_as(wdb, persona.role, persona.claims):
        assert attempts(wdb, statements) == expected


def _own_b(persona: Persona, case: str, outcome: int | str, function: str) -> int | str:
    """What coach B gets for the default tenant, which is theirs."""
    if case == "own" and persona.sees == (B,) and function in READS:
        return {"get_kpi_history": 30, "get_kpi_comparison": 32, "get_funnel": 7}.get(
            function, 0 if function == "get_leads_to_followup" else 1
        )
    return outcome


@BOTH
@pytest.mark.parametrize("name", [n for n, p in PERSONAS.items() if p.role != "anon"])
def test_dashboards_are_of_ones_own_tenants(wdb: Connection, name: str) -> None:
    persona = PERSONAS[name]
    with acting_as(wdb, persona.role, persona.claims):
        for tenant in (A, B, NOBODY):
            for live in (True, False):
                row = wdb.execute(
                    "select public.get_dashboard(%s, now(), %s) -> 'coach' ->> 'id'", [tenant, live]
                ).fetchone()
                assert row == ((str(tenant),) if tenant in persona.sees else (None,))


@BOTH
@pytest.mark.parametrize("name", [n for n, p in PERSONAS.items() if p.role != "anon"])
def test_the_default_tenant_is_that_of_an_active_membership(wdb: Connection, name: str) -> None:
    persona = PERSONAS[name]
    own: Any = persona.sees[0] if len(persona.sees) == 1 else None
    with acting_as(wdb, persona.role, persona.claims):
        assert wdb.execute("select public.current_coach_id()").fetchone() == (own,)


def test_own_tenant_before_an_older_membership(wdb: Connection) -> None:
    wdb.execute(
        "insert into public.memberships (coach_id, user_id, created_at)"
        " values (%s, %s, '2020-01-01')",
        [A, B],
    )
    with acting_as(wdb, sub=B):
        assert wdb.execute("select public.current_coach_id()").fetchone() == (B,)
        assert attempt(wdb, "select * from public.leads") == 5
    wdb.execute("update public.memberships set active = false where user_id = %s", [B])
    wdb.execute("update public.memberships set active = true where coach_id = %s", [A])
    with acting_as(wdb, sub=B):
        assert wdb.execute("select public.current_coach_id()").fetchone() == (A,)
        assert attempt(wdb, "select * from public.leads") == 3
