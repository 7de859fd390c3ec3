"""The few writes that people of a tenant may make: who may, what it does, what it refuses."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.support.acting import acting_as
from tests.support.catalogue import attempt
from tests.support.servers import Connection
from tests.support.world import ADMIN_A, MEMBER_A, NOBODY, PERSONAS, VIEWER_A, A, B, lead_id


def one(db: Connection, statement: str, *values: object) -> dict[str, Any]:
    with db.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(statement.encode(), values).fetchone()
    assert row is not None
    return row


def refused(db: Connection, sub: UUID, statement: str, *values: object) -> tuple[Any, ...]:
    """SQLSTATE and hint of a statement that must fail."""
    with pytest.raises(psycopg.Error) as caught, acting_as(db, sub=sub):
        db.execute(statement.encode(), values)
    return caught.value.sqlstate, caught.value.diag.message_hint


@pytest.fixture
def open_lead(wdb: Connection) -> UUID:
    """A's third contact, which is qualified."""
    return lead_id(wdb, A, 3)


STATUS = "select (f).* from public.set_lead_status(%s, %s, %s::numeric, %s) as f"


def test_a_status_moves_the_lead_now_and_is_remembered(wdb: Connection, open_lead: UUID) -> None:
    (now,) = wdb.execute("select now()").fetchone() or (None,)
    assert isinstance(now, datetime)
    for sub, status in ((MEMBER_A, "call_booked"), (A, "won"), (ADMIN_A, "relance")):
        with acting_as(wdb, sub=sub):
            row = one(wdb, STATUS, open_lead, status, None, None)
        assert (row["id"], row["status"], row["status_changed_at"]) == (open_lead, status, now)
    stored = one(wdb, "select * from public.leads where id = %s", open_lead)
    assert (stored["call_booked_at"], stored["call_proposed_at"], stored["won_at"]) == (now,) * 3
    assert stored["time_to_action_minutes"] > 0
    history = wdb.execute(
        "select coach_id, from_status, to_status, changed_at, changed_by"
        " from public.lead_status_history where lead_id = %s order by id offset 2",
        [open_lead],
    ).fetchall()
    assert history == [
        (A, "qualified", "call_booked", now, MEMBER_A),
        (A, "call_booked", "won", now, A),
        (A, "won", "relance", now, ADMIN_A),
    ]


def test_what_a_flow_did_has_no_author(wdb: Connection) -> None:
    rows = wdb.execute(
        "select from_status, to_status, changed_at::text, changed_by"
        " from public.lead_status_history where lead_id = %s order by id",
        [lead_id(wdb, A)],
    ).fetchall()
    assert [(before, after, who) for before, after, _, who in rows] == [
        ("new", "engaged", None),
        ("engaged", "won", None),
    ]
    assert [at[:16] for _, _, at, _ in rows] == ["2026-10-01 10:02", "2026-10-01 10:04"]


def test_the_same_status_again_is_no_change(wdb: Connection, open_lead: UUID) -> None:
    with acting_as(wdb, sub=A):
        one(wdb, STATUS, open_lead, "qualified", 50, None)
    found = one(
        wdb,
        "select count(*) as changes from public.lead_status_history where lead_id = %s",
        open_lead,
    )
    assert found["changes"] == 2


def test_deal_value_and_loss_reason_stay_unless_given(wdb: Connection, open_lead: UUID) -> None:
    steps: list[tuple[str, Any, Any, Any, Any]] = [
        ("lost", None, "time", None, "time"),
        ("won", 1500.5, None, 1500.5, "time"),
        ("won", 0, "other", 0, "other"),
        ("lost", None, "price", 0, "price"),
    ]
    for status, value, reason, known_value, known_reason in steps:
        with acting_as(wdb, sub=A):
            row = one(wdb, STATUS, open_lead, status, value, reason)
        stored = row["deal_value"]
        assert (stored if stored is None else float(stored)) == known_value
        assert row["loss_reason"] == known_reason


@pytest.mark.parametrize(
    ("status", "value", "reason", "state"),
    [
        ("new", None, None, "22023"),
        ("closed", None, None, "22023"),
        ("WON", None, None, "22023"),
        ("", None, None, "22023"),
        (None, None, None, "22023"),
        ("won", -1, None, "23514"),
        ("won", "NaN", None, "23514"),
        ("won", "Infinity", None, "23514"),
        ("won", 1e12, None, "23514"),
        ("lost", None, "too far", "23514"),
    ],
)
def test_a_bad_status_changes_nothing(
    wdb: Connection, open_lead: UUID, status: str | None, value: Any, reason: Any, state: str
) -> None:
    before = one(wdb, "select * from public.leads where id = %s", open_lead)
    assert refused(wdb, A, STATUS, open_lead, status, value, reason)[0] == state
    assert one(wdb, "select * from public.leads where id = %s", open_lead) == before


def test_an_event_that_is_older_does_not_undo_a_person(wdb: Connection, open_lead: UUID) -> None:
    with acting_as(wdb, sub=A):
        one(wdb, STATUS, open_lead, "won", 900, None)
    late = {
        "id": "late",
        "type": "status",
        "status": "lost",
        "coach_id": str(A),
        "contact_id": "contact-3",
        "at": "2026-10-05T10:00:00Z",
        "deal_value": 5,
    }
    wdb.execute("select private.ingest_lines(%s)", [[json.dumps(late)]])
    stored = one(wdb, "select * from public.leads where id = %s", open_lead)
    assert (stored["status"], stored["deal_value"]) == ("won", 900)
    assert stored["lost_at"] is not None


def test_notes_have_an_author(wdb: Connection, open_lead: UUID) -> None:
    with acting_as(wdb, sub=MEMBER_A):
        row = one(wdb, "select (f).* from public.add_lead_note(%s, 'Été 💬') as f", open_lead)
        assert attempt(wdb, "select * from public.lead_notes") == 2
    assert (row["coach_id"], row["lead_id"], row["author_id"], row["body"]) == (
        A,
        open_lead,
        MEMBER_A,
        "Été 💬",
    )
    wdb.execute("delete from auth.users where id = %s", [MEMBER_A])
    assert one(wdb, "select * from public.lead_notes where id = %s", row["id"])["author_id"] is None


@pytest.mark.parametrize(
    ("body", "state"), [("", "23514"), ("x" * 10_001, "23514"), (None, "23502")]
)
def test_a_note_says_something_and_not_too_much(
    wdb: Connection, open_lead: UUID, body: str | None, state: str
) -> None:
    assert refused(wdb, A, "select public.add_lead_note(%s, %s)", open_lead, body)[0] == state


def test_tags_are_trimmed_and_kept_once(wdb: Connection, open_lead: UUID) -> None:
    add = "select (f).* from public.add_lead_tag(%s, %s) as f"
    with acting_as(wdb, sub=MEMBER_A):
        first = one(wdb, add, open_lead, " chaud ")
        assert first["tag"] == "chaud"
        assert one(wdb, add, open_lead, "chaud") == first
        remove = "select public.remove_lead_tag(%s, %s) as was_there"
        assert one(wdb, remove, open_lead, "chaud ")["was_there"] is True
        assert one(wdb, remove, open_lead, "chaud")["was_there"] is False
        assert attempt(wdb, "select * from public.lead_tags") == 1


@pytest.mark.parametrize(("tag", "state"), [("  ", "23514"), ("x" * 61, "23514"), (None, "23502")])
def test_a_tag_is_a_short_word(
    wdb: Connection, open_lead: UUID, tag: str | None, state: str
) -> None:
    assert refused(wdb, A, "select public.add_lead_tag(%s, %s)", open_lead, tag)[0] == state


def test_a_viewer_is_told_whom_to_ask(wdb: Connection, open_lead: UUID) -> None:
    for statement in (
        "select public.set_lead_status(%s, 'won')",
        "select public.add_lead_note(%s, 'x')",
        "select public.add_lead_tag(%s, 'x')",
        "select public.remove_lead_tag(%s, 'x')",
    ):
        state, hint = refused(wdb, VIEWER_A, statement, open_lead)
        assert (state, "member" in hint) == ("42501", True)
    for sub in (VIEWER_A, MEMBER_A):
        state, hint = refused(wdb, sub, "select public.update_settings('{}')")
        assert (state, "admin" in hint) == ("42501", True)


SETTINGS = "select (f).* from public.update_settings(%s::jsonb, %s) as f"


def test_settings_change_by_name(wdb: Connection) -> None:
    before = one(wdb, "select * from public.coach_settings where coach_id = %s", A)
    changes = {"followup_after_days": 3, "acquisition_cost_per_lead": 12.5}
    with acting_as(wdb, sub=ADMIN_A):
        after = one(wdb, SETTINGS, json.dumps(changes), None)
    assert after == {**before, **changes, "updated_at": after["updated_at"]}
    with acting_as(wdb, sub=A):
        cleared = one(wdb, SETTINGS, '{"acquisition_cost_per_lead": null}', A)
    assert cleared["acquisition_cost_per_lead"] is None
    assert cleared["followup_after_days"] == 3
    other = one(wdb, "select * from public.coach_settings where coach_id = %s", B)
    assert other["followup_after_days"] == 2


@pytest.mark.parametrize(
    ("settings", "state"),
    [
        ("[]", "22023"),
        ("null", "22023"),
        ('"x"', "22023"),
        (None, "22023"),
        ('{"coach_id": "b0000000-0000-4000-8000-000000000002"}', "22023"),
        ('{"updated_at": "2020-01-01"}', "22023"),
        ('{"nonsense": 1}', "22023"),
        ('{"followup_after_days": "soon"}', "22P02"),
        ('{"followup_after_days": 1.5}', "22P02"),
        ('{"followup_after_days": -1}', "23514"),
        ('{"followup_after_days": 366}', "23514"),
        ('{"followup_after_days": null}', "23502"),
        ('{"followup_after_days": 1e300}', "22003"),
        ('{"no_show_estimate_pct": 100.1}', "23514"),
        ('{"no_show_estimate_pct": "NaN"}', "23514"),
        ('{"hours_saved_monthly": 745}', "23514"),
        ('{"acquisition_cost_per_lead": -0.01}', "23514"),
        ('{"acquisition_cost_per_lead": "NaN"}', "23514"),
        ('{"acquisition_cost_per_lead": "Infinity"}', "23514"),
    ],
)
def test_bad_settings_change_nothing(wdb: Connection, settings: str | None, state: str) -> None:
    before = one(wdb, "select * from public.coach_settings where coach_id = %s", A)
    assert refused(wdb, A, SETTINGS, settings, A)[0] == state
    assert one(wdb, "select * from public.coach_settings where coach_id = %s", A) == before


def test_somebody_elses_tenant_is_no_tenant(wdb: Connection) -> None:
    for tenant in (A, NOBODY):
        assert refused(wdb, B, SETTINGS, "{}", tenant) == ("PT404", None)


def test_a_platform_admin_acts_anywhere(wdb: Connection) -> None:
    with acting_as(wdb, claims=PERSONAS["platform_admin"].claims):
        assert one(wdb, STATUS, lead_id(wdb, B), "relance", None, None)["coach_id"] == B
        assert one(wdb, SETTINGS, '{"followup_after_days": 9}', B)["followup_after_days"] == 9
