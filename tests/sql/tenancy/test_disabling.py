"""A tenant that is disabled is closed at once, and opened again as it was."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest

from tests.support.acting import acting_as
from tests.support.servers import Connection
from tests.support.world import INACTIVE_A, MEMBER_A, A, B


def switch(db: Connection, status: str) -> None:
    with acting_as(db, "service_role"):
        db.execute("update public.coachs set status = %s where id = %s", [status, A])


def memberships(db: Connection) -> dict[UUID, tuple[bool, bool]]:
    rows = db.execute("select user_id, active, paused from public.memberships where coach_id = %s",
                      [A])  # fmt: skip
    return {user: (active, paused) for user, active, paused in rows}


def test_memberships_are_paused_and_resumed(wdb: Connection) -> None:
    before = memberships(wdb)
    assert before.pop(INACTIVE_A) == (False, False)
    switch(wdb, "disabled")
    closed = memberships(wdb)
    assert closed.pop(INACTIVE_A) == (False, False)
    assert set(closed.values()) == {(False, True)}
    switch(wdb, "disabled")
    assert memberships(wdb) == {**closed, INACTIVE_A: (False, False)}
    switch(wdb, "active")
    assert memberships(wdb) == {**before, INACTIVE_A: (False, False)}


def test_members_see_nothing_and_events_are_refused(wdb: Connection) -> None:
    event = {
        "id": "late",
        "type": "message",
        "coach_id": str(A),
        "contact_id": "contact-1",
        "at": "2026-10-31T12:00:00Z",
        "direction": "in",
        "text": "Bonjour",
    }
    for status, tenants, result in (("disabled", 0, "dead_letter"), ("active", 1, "accepted")):
        switch(wdb, status)
        with acting_as(wdb, sub=MEMBER_A):
            assert len(wdb.execute("select from public.coachs").fetchall()) == tenants
        with acting_as(wdb, "service_role"):
            answer = wdb.execute("select public.ingest_event(%s)", [json.dumps(event)]).fetchone()
        assert answer is not None
        assert answer[0]["result"] == result


@pytest.mark.grants("current", "legacy")
def test_the_sessions_of_its_members_end_and_no_others(wdb: Connection) -> None:
    for user in (A, MEMBER_A, INACTIVE_A, B):
        session = uuid4()
        wdb.execute("insert into auth.sessions (id, user_id) values (%s, %s)", [session, user])
        wdb.execute(
            "insert into auth.refresh_tokens (id, token, user_id, session_id)"
            " values (%s, %s, %s, %s)",
            [str(session), f"token of {user}", user, session],
        )
    switch(wdb, "disabled")
    assert wdb.execute("select user_id from auth.sessions").fetchall() == [(B,)]
    assert wdb.execute("select user_id from auth.refresh_tokens").fetchall() == [(B,)]


def test_another_change_of_the_tenant_pauses_nobody(wdb: Connection) -> None:
    before = memberships(wdb)
    wdb.execute("update public.coachs set name = 'Renamed', status = 'active' where id = %s", [A])
    assert memberships(wdb) == before
