"""Who is asking, and which tenants are theirs: the helpers that every policy rests on."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

import pytest

from tests.support.acting import acting_as
from tests.support.servers import Connection
from tests.support.world import DISABLED, NOBODY, PERSONAS, TENANTS, A, B


def asked(db: Connection, call: str, claims: object) -> Any:
    """What a helper answers to a token, whoever runs it."""
    token = claims if isinstance(claims, str) else json.dumps(claims)
    with db.transaction(force_rollback=True):
        db.execute("select set_config('request.jwt.claims', %s, true)", [token])
        row = db.execute(f"select private.{call}".encode()).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("name", [n for n, p in PERSONAS.items() if p.role == "authenticated"])
def test_roles_and_tenants_of_everybody(wdb: Connection, name: str) -> None:
    persona = PERSONAS[name]
    mine = asked(wdb, "my_coach_ids()", persona.claims)
    assert sorted(mine) == sorted(persona.sees)
    assert asked(wdb, f"my_role_in('{A}')", persona.claims) == persona.role_in_a
    assert asked(wdb, f"my_role_in('{NOBODY}')", persona.claims) in (None, "owner")
    is_admin = len(persona.sees) == len(TENANTS)
    assert asked(wdb, "is_platform_admin()", persona.claims) is is_admin
    owns_b = persona.sees == (B,) or is_admin
    assert asked(wdb, f"my_role_in('{B}')", persona.claims) == ("owner" if owns_b else None)
    of_disabled = asked(wdb, f"my_role_in('{DISABLED}')", persona.claims)
    assert of_disabled == ("owner" if is_admin else None)


@pytest.mark.parametrize(
    ("claims", "user"),
    [
        ({"sub": str(A)}, A),
        ({"sub": str(A).upper()}, A),
        ({"sub": A.hex}, None),
        ({"sub": f" {A}"}, None),
        ({"sub": f"{A}\n"}, None),
        ({"sub": ""}, None),
        ({"sub": None}, None),
        ({"sub": 7}, None),
        ({"sub": {"id": str(A)}}, None),
        ({}, None),
        ("[]", None),
        ("null", None),
        ("", None),
    ],
)
def test_a_user_id_is_a_plain_uuid_or_nothing(
    wdb: Connection, claims: object, user: UUID | None
) -> None:
    assert asked(wdb, "my_user_id()", claims) == user


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Europe/Paris", True),
        ("UTC", True),
        ("America/Argentina/Buenos_Aires", True),
        ("Etc/GMT+5", True),
        ("Europe/Atlantis", False),
        ("EST+5", False),
        ("+02:00", False),
        ("", False),
    ],
)
def test_time_zones(db: Connection, name: str, known: bool) -> None:
    assert db.execute("select private.is_time_zone(%s)", [name]).fetchone() == (known,)


KEEPS_THE_INDEX = re.compile(r"Index Cond: \(+coach_id = ANY \(")


def plan(db: Connection) -> str:
    db.execute("set local enable_seqscan = off")
    with acting_as(db, sub=A):
        lines = db.execute("explain select * from public.leads where status = 'new'").fetchall()
    return "\n".join(line for (line,) in lines)


def test_a_policy_asks_once_and_keeps_the_index(wdb: Connection) -> None:
    sound = plan(wdb)
    assert "InitPlan" in sound
    assert KEEPS_THE_INDEX.search(sound), sound
    for slow in (
        "coach_id in (select unnest(private.my_coach_ids()))",
        "private.my_role_in(coach_id) is not null",
    ):
        with wdb.transaction(force_rollback=True):
            wdb.execute(f"alter policy leads_select_member on public.leads using ({slow})".encode())
            wdb.execute("grant execute on function private.my_role_in(uuid) to authenticated")
            assert not KEEPS_THE_INDEX.search(plan(wdb))
