"""A small world of three tenants, and everybody who might knock at it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.support import catalogue
from tests.support.acting import Role
from tests.support.servers import Connection

A = UUID("a0000000-0000-4000-8000-000000000001")
B = UUID("b0000000-0000-4000-8000-000000000002")
DISABLED = UUID("d0000000-0000-4000-8000-000000000003")
TENANTS = (A, B, DISABLED)

ADMIN_A = UUID("a0000000-0000-4000-8000-00000000000a")
MEMBER_A = UUID("a0000000-0000-4000-8000-00000000000b")
VIEWER_A = UUID("a0000000-0000-4000-8000-00000000000c")
INACTIVE_A = UUID("a0000000-0000-4000-8000-00000000000d")
PLATFORM = UUID("e0000000-0000-4000-8000-000000000001")
STRANGER = UUID("e0000000-0000-4000-8000-000000000002")

NOBODY = UUID("f0000000-0000-4000-8000-00000000ffff")
"""An id that nothing has."""

MEMBERSHIPS = (
    (A, A, "owner", True),
    (A, ADMIN_A, "admin", True),
    (A, MEMBER_A, "member", True),
    (A, VIEWER_A, "viewer", True),
    (A, INACTIVE_A, "owner", False),
    (B, B, "owner", True),
    (DISABLED, DISABLED, "owner", True),
)


@dataclass(frozen=True)
class Persona:
    """Somebody: a database role, a token, the tenants that are visible, the role in tenant A."""

    role: Role
    claims: dict[str, Any] = field(default_factory=dict)
    sees: tuple[UUID, ...] = ()
    role_in_a: str | None = None


def _user(user: UUID, *sees: UUID, role_in_a: str | None = None, **claims: Any) -> Persona:
    return Persona("authenticated", {"sub": str(user), **claims}, sees, role_in_a)


PERSONAS: dict[str, Persona] = {
    "owner_a": _user(A, A, role_in_a="owner"),
    "admin_a": _user(ADMIN_A, A, role_in_a="admin"),
    "member_a": _user(MEMBER_A, A, role_in_a="member"),
    "viewer_a": _user(VIEWER_A, A, role_in_a="viewer"),
    "inactive_a": _user(INACTIVE_A),
    "owner_b": _user(B, B),
    "owner_of_disabled": _user(DISABLED),
    "stranger": _user(STRANGER),
    "platform_admin": _user(
        PLATFORM, *TENANTS, role_in_a="owner", app_metadata={"role": "admin", "provider": "email"}
    ),
    "forger_in_user_metadata": _user(
        STRANGER, user_metadata={"role": "admin", "app_metadata": {"role": "admin"}}
    ),
    "forger_with_text": _user(STRANGER, app_metadata=json.dumps({"role": "admin"})),
    "forger_with_list": _user(STRANGER, app_metadata=[{"role": "admin"}]),
    "forger_of_role_claim": _user(STRANGER, role="service_role", is_admin=True),
    "admin_without_sub": Persona("authenticated", {"app_metadata": {"role": "admin"}}),
    "malformed_sub": Persona("authenticated", {"sub": "not-a-uuid"}),
    "sub_of_a_in_braces": Persona("authenticated", {"sub": f"{{{A}}}"}),
    "sub_is_a_list": Persona("authenticated", {"sub": [str(A)]}),
    "no_sub": Persona("authenticated"),
    "anon": Persona("anon"),
    "anon_with_sub_of_a": Persona("anon", {"sub": str(A), "app_metadata": {"role": "admin"}}),
    "service_role": Persona("service_role", {}, TENANTS),
}

# Rows of each tenant: leads, messages out/in and the rest differ, so that a mix-up shows.
LEADS = {A: 3, B: 2, DISABLED: 1}
ENDS = ("won", "lost", "qualified")


def lead_id(db: Connection, tenant: UUID, contact: int = 1) -> UUID:
    """The id of a tenant's nth contact."""
    found = db.execute(
        "select id from public.leads where coach_id = %s and contact_id = %s",
        [tenant, f"contact-{contact}"],
    ).fetchone()
    assert found is not None
    lead: UUID = found[0]
    return lead


def build(db: Connection) -> None:
    """Make the world in an empty migrated database, through the ingest as n8n would."""
    db.execute(catalogue.PROBE)
    users = {user for _, user, _, _ in MEMBERSHIPS} | {PLATFORM, STRANGER}
    with db.cursor() as cursor:
        cursor.executemany(
            "insert into auth.users (id, email) values (%s, %s)",
            [(user, f"{user}@example.com") for user in sorted(users)],
        )
        cursor.executemany(
            "insert into public.coachs (id, name, email) values (%s, %s, %s)",
            [(tenant, f"Coach {tenant}", f"{tenant}@example.com") for tenant in TENANTS],
        )
        cursor.executemany(
            "insert into public.memberships (coach_id, user_id, role, active)"
            " values (%s, %s, %s, %s)",
            MEMBERSHIPS,
        )
    for tenant in TENANTS:
        answer = db.execute(
            "select private.ingest_lines(%s)", [[json.dumps(event) for event in _events(tenant)]]
        ).fetchone()
        assert answer is not None
        assert answer[0]["accepted"] == len(_events(tenant)), answer
        lead = lead_id(db, tenant)
        db.execute(
            "insert into public.lead_notes (coach_id, lead_id, body) values (%s, %s, 'A note')",
            [tenant, lead],
        )
        db.execute(
            "insert into public.lead_tags (coach_id, lead_id, tag) values (%s, %s, 'vip')",
            [tenant, lead],
        )
        db.execute("select private.ingest_lines(array[%s])", [f"torn line of {tenant}"])
    db.execute("update public.coachs set status = 'disabled' where id = %s", [DISABLED])
    # As a service key could: an active membership of a disabled tenant must open nothing either.
    db.execute(
        "update public.memberships set active = true, paused = false where coach_id = %s",
        [DISABLED],
    )
    db.execute("select private.refresh_kpis()")


def _events(tenant: UUID) -> list[dict[str, Any]]:
    """Each contact on a day of its own: a profile, two messages out, one in, a status."""
    events: list[dict[str, Any]] = []
    for number in range(1, LEADS[tenant] + 1):
        said: list[dict[str, Any]] = [
            {
                "type": "lead",
                "first_name": f"Lead {number}",
                "source": "story",
                "job_title": "Chef",
            },
            {"type": "message", "direction": "out", "text": f"Secret of {tenant}"},
            {"type": "message", "direction": "in", "text": "Oui"},
            {"type": "message", "direction": "out", "text": "Et alors ?"},
            {"type": "status", "status": ENDS[number - 1], "loss_reason": "price"},
        ]
        events.extend(
            {
                "id": f"event-{number}-{minute}",
                "coach_id": str(tenant),
                "contact_id": f"contact-{number}",
                "at": f"2026-10-{number:02}T10:{minute:02}:00Z",
                **what,
            }
            for minute, what in enumerate(said)
        )
    return events
