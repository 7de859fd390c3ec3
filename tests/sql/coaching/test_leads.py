"""What follows by itself when leads and tenants are written directly, as n8n and people do."""

from __future__ import annotations

import pytest

from tests.support.acting import acting_as
from tests.support.catalogue import attempt
from tests.support.events import COACH, add_coach, lead
from tests.support.servers import Connection


@pytest.fixture(autouse=True)
def coach(db: Connection) -> None:
    add_coach(db)


def add(db: Connection, contact: str = "c1", **columns: str | None) -> None:
    names = ", ".join(["coach_id", "contact_id", *columns])
    with acting_as(db, "service_role"):
        db.execute(
            f"insert into public.leads ({names}) values (%s, %s{', %s' * len(columns)})".encode(),
            [COACH, contact, *columns.values()],
        )


def write(db: Connection, change: str) -> None:
    with acting_as(db, "service_role"):
        db.execute(f"update public.leads set {change}".encode())


def test_a_coach_comes_with_settings_and_goes_with_everything(db: Connection) -> None:
    add(db, status="won", deal_value="10")
    assert attempt(db, "select * from public.coach_settings") == 1
    with acting_as(db, "service_role"):
        db.execute("delete from public.coachs")
    for table in ("coach_settings", "leads", "lead_status_history", "memberships"):
        assert attempt(db, f"select * from public.{table}") == 0


def test_a_lead_that_arrives_in_a_stage(db: Connection) -> None:
    add(db, status="call_booked", created_at="2026-10-01T10:00:00Z")
    row = lead(db)
    moments = {row[f"{name}_at"] for name in ("engaged", "qualified", "call_proposed", "created")}
    assert moments == {row["call_booked_at"]} == {row["status_changed_at"]}
    assert row["time_to_action_minutes"] == 0


def test_a_status_that_is_written_directly_changes_now(db: Connection) -> None:
    add(db, created_at="2026-10-01T10:00:00Z")
    write(db, "status = 'won', deal_value = 5")
    row = lead(db)
    assert row["won_at"] == row["status_changed_at"] == row["updated_at"]
    write(db, "status = 'lost', status_changed_at = '2026-10-09T10:00:00Z'")
    row = lead(db)
    assert row["lost_at"] == row["status_changed_at"]
    assert row["lost_at"].day == 9
    changes = db.execute(
        "select from_status, to_status, changed_by from public.lead_status_history order by id"
    ).fetchall()
    assert changes == [("new", "won", None), ("won", "lost", None)]


@pytest.mark.parametrize("status", ["won", "lost"])
def test_a_lead_that_is_won_or_lost_says_when(db: Connection, status: str) -> None:
    add(db, status=status)
    write(db, f"{status}_at = null")
    assert lead(db)[f"{status}_at"] is not None


def test_counters_are_not_written_by_hand(db: Connection) -> None:
    add(db, total_messages_sent="9", total_messages_received="9", last_message_at="2026-10-01")
    write(db, "total_messages_sent = 7, first_message_at = now()")
    row = lead(db)
    names = ("total_messages_sent", "total_messages_received", "first_message_at")
    assert [row[name] for name in names] == [0, 0, None]
    assert row["last_message_at"] is None
    assert row["status"] == "new"


def test_an_upsert_keeps_the_counters(db: Connection) -> None:
    """PostgREST's upsert: insert … on conflict do update."""
    add(db)
    with acting_as(db, "service_role"):
        db.execute(
            "insert into public.messages (coach_id, lead_id, direction)"
            " select coach_id, id, 'in' from public.leads"
        )
        db.execute(
            "insert into public.leads (coach_id, contact_id, first_name) values (%s, 'c1', 'Anna')"
            " on conflict (coach_id, contact_id) do update set first_name = excluded.first_name",
            [COACH],
        )
    row = lead(db)
    assert (row["first_name"], row["total_messages_received"], row["status"]) == (
        "Anna",
        1,
        "engaged",
    )


def test_a_sequence_follows_the_calls_of_its_lead(db: Connection) -> None:
    add(db)
    with acting_as(db, "service_role"):
        db.execute(
            "insert into public.messages (coach_id, lead_id, direction)"
            " select coach_id, id, 'out' from public.leads"
        )
    for change in ("status = 'call_booked'", "call_booked_at = now() - interval '1 day'"):
        write(db, change)
        agree = db.execute(
            "select (s.call_proposed_at, s.call_booked_at) is not distinct from"
            " (l.call_proposed_at, l.call_booked_at) from public.leads as l"
            " inner join public.message_sequences as s on s.lead_id = l.id"
        )
        assert agree.fetchone() == (True,)


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        ({"status": "closed"}, "23514"),
        ({"gender": "m"}, "23514"),
        ({"age": "131"}, "23514"),
        ({"deal_value": "-1"}, "23514"),
        ({"deal_value": "NaN"}, "23514"),
        ({"loss_reason": "far"}, "23514"),
        ({"created_at": "infinity"}, "23514"),
        ({"won_at": "-infinity"}, "23514"),
        ({"contact_id": "c1"}, "23505"),
        ({"user_id_instagram": "anna"}, "23505"),
    ],
)
def test_what_a_lead_cannot_be(db: Connection, columns: dict[str, str], state: str) -> None:
    add(db, user_id_instagram="anna")
    values = {"contact_id": "c2", **columns}
    with acting_as(db, "service_role"):
        names = ", ".join(values)
        texts = ", ".join(f"'{value}'" for value in values.values())
        insert = f"insert into public.leads (coach_id, {names}) values ('{COACH}', {texts})"
        assert attempt(db, insert) == state


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        ({"timezone": "Mars/Olympus"}, "23514"),
        ({"timezone": "EST+5"}, "23514"),
        ({"timezone": ""}, "23514"),
        ({"currency": "euro"}, "23514"),
        ({"status": "gone"}, "23514"),
        ({"email": "no address"}, "23514"),
        ({"name": ""}, "23514"),
        ({"email": f"{COACH}@example.com"}, "23505"),
    ],
)
def test_what_a_coach_cannot_be(db: Connection, columns: dict[str, str], state: str) -> None:
    values = {"name": "B", "email": "b@example.com", **columns}
    texts = ", ".join(f"'{value}'" for value in values.values())
    with acting_as(db, "service_role"):
        insert = f"insert into public.coachs ({', '.join(values)}) values ({texts})"
        assert attempt(db, insert) == state


def test_a_status_whose_time_is_taken_away_changes_now(db: Connection) -> None:
    add(db, status="won", created_at="2026-10-01T10:00:00Z")
    write(db, "status = 'relance', status_changed_at = null")
    row = lead(db)
    assert row["status_changed_at"] == row["updated_at"]
