"""What each event does to its lead, one rule of the contract at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support.events import (
    COACH,
    OTHER,
    Event,
    add_coach,
    apply,
    apply_each,
    deliver,
    event,
    lead,
)
from tests.support.servers import Connection

STAGES = ("engaged", "qualified", "call_proposed", "call_booked", "won", "lost", "relance")
MILESTONES = (
    "engaged_at",
    "qualified_at",
    "call_proposed_at",
    "call_booked_at",
    "won_at",
    "lost_at",
)


@pytest.fixture(autouse=True)
def coach(db: Connection) -> None:
    add_coach(db)


def day(number: int, hour: int = 10) -> datetime:
    return datetime(2026, 10, number, hour, tzinfo=UTC)


def on(number: int, kind: str, **fields: Any) -> Event:
    return event(kind, day(number).isoformat(), **fields)


def reached(db: Connection) -> set[str]:
    row = lead(db)
    return {name for name in MILESTONES if row[name] is not None}


@pytest.mark.parametrize(
    ("status", "fills"),
    [
        ("engaged", {"engaged_at"}),
        ("qualified", {"engaged_at", "qualified_at"}),
        ("call_proposed", {"engaged_at", "qualified_at", "call_proposed_at"}),
        ("call_booked", {"engaged_at", "qualified_at", "call_proposed_at", "call_booked_at"}),
        ("won", {"engaged_at", "qualified_at", "won_at"}),
        ("lost", {"lost_at"}),
        ("relance", set()),
    ],
)
def test_a_stage_fills_those_before_it(db: Connection, status: str, fills: set[str]) -> None:
    apply(db, on(3, "status", status=status))
    row = lead(db)
    assert row["status"] == status
    assert row["status_changed_at"] == day(3)
    assert reached(db) == fills
    assert {row[name] for name in fills} <= {day(3)}


@pytest.mark.parametrize(
    ("outcome", "status", "column"),
    [
        ("proposed", "call_proposed", "call_proposed_at"),
        ("booked", "call_booked", "call_booked_at"),
        ("attended", "new", "call_attended_at"),
        ("no_show", "new", "call_no_show_at"),
    ],
)
def test_calls(db: Connection, outcome: str, status: str, column: str) -> None:
    apply(db, on(3, "call", outcome=outcome))
    row = lead(db)
    assert (row["status"], row[column]) == (status, day(3))
    assert (row["status_changed_at"] is None) == (status == "new")


@pytest.mark.parametrize(
    ("fields", "column"),
    [
        ({"kind": "call", "outcome": "attended"}, "call_attended_at"),
        ({"kind": "call", "outcome": "no_show"}, "call_no_show_at"),
        ({"kind": "lead_magnet"}, "lead_magnet_sent_at"),
        ({"kind": "status", "status": "won"}, "won_at"),
        ({"kind": "status", "status": "lost"}, "lost_at"),
        ({"kind": "call", "outcome": "booked"}, "call_booked_at"),
    ],
)
def test_milestones_keep_the_earliest_time(
    db: Connection, fields: dict[str, Any], column: str
) -> None:
    for number, earliest in ((5, 5), (9, 5), (2, 2), (4, 2)):
        apply(db, on(number, **fields))
        assert lead(db)[column] == day(earliest)


def test_an_older_status_only_fills_milestones(db: Connection) -> None:
    apply_each(db, [on(9, "status", status="lost"), on(5, "status", status="call_booked")])
    row = lead(db)
    assert (row["status"], row["status_changed_at"]) == ("lost", day(9))
    assert reached(db) == set(MILESTONES) - {"won_at"}
    assert row["qualified_at"] == day(5)
    assert row["created_at"] == day(5)


@pytest.mark.parametrize("first", STAGES)
def test_two_statuses_of_one_instant_end_alike(db: Connection, first: str) -> None:
    for second in STAGES:
        ends = []
        for statuses in ((first, second), (second, first)):
            with db.transaction(force_rollback=True):
                apply_each(db, [on(5, "status", status=status) for status in statuses])
                row = lead(db)
                assert row["status_changed_at"] == day(5)
                ends.append({name: row[name] for name in ("status", *MILESTONES)})
        assert ends[0] == ends[1], second


def test_a_status_after_a_tie_still_applies(db: Connection) -> None:
    apply_each(db, [on(5, "status", status=s) for s in ("qualified", "won")])
    apply(db, on(6, "status", status="relance"))
    assert lead(db)["status"] == "relance"


def test_the_first_inbound_message_engages_a_new_lead(db: Connection) -> None:
    apply(db, on(4, "message", direction="out"))
    assert (lead(db)["status"], reached(db)) == ("new", set())
    apply(db, on(6, "message", direction="in"))
    row = lead(db)
    assert (row["status"], row["engaged_at"]) == ("engaged", day(6))
    assert row["status_changed_at"] is None
    apply(db, on(5, "message", direction="in"))
    assert lead(db)["engaged_at"] == day(5)


@pytest.mark.parametrize("status", STAGES)
def test_the_automatic_status_yields_to_an_explicit_one_of_any_age(
    db: Connection, status: str
) -> None:
    apply_each(db, [on(6, "message", direction="in"), on(2, "status", status=status)])
    row = lead(db)
    assert (row["status"], row["status_changed_at"]) == (status, day(2))
    apply(db, on(7, "message", direction="in"))
    assert lead(db)["status"] == status


def test_created_at_is_the_earliest_of_all(db: Connection) -> None:
    for number, kind, fields in (
        (8, "lead_magnet", {}),
        (9, "lead", {}),
        (7, "message", {"direction": "in"}),
        (6, "status", {"status": "won"}),
        (5, "call", {"outcome": "no_show"}),
        (4, "lead", {"first_name": "Anna"}),
    ):
        apply(db, on(number, kind, **fields))
        assert lead(db)["created_at"] == day(min(number, 8))


def test_a_profile_field_belongs_to_its_latest_event(db: Connection) -> None:
    fields = ("user_id_instagram", "first_name", "last_name", "email", "job_title", "source")
    steps: tuple[tuple[int, str | None, str], ...] = (
        (5, "five", "five"),
        (7, "seven", "seven"),
        (6, "six", "seven"),
        (8, None, "seven"),
        (9, "  ", "seven"),
        (7, "eight", "seven"),  # of one instant: the greater value, whichever came first
        (10, " ten ", "ten"),
    )
    for number, said, known in steps:
        apply(db, on(number, "lead", **dict.fromkeys(fields, said)))
        row = lead(db)
        assert {field: row[field].strip() for field in fields} == dict.fromkeys(fields, known)
    apply(db, on(3, "lead", age=30, gender="female"))
    row = lead(db)
    assert (row["age"], row["gender"], row["first_name"]) == (30, "female", "ten")


def test_a_job_title_keeps_its_spelling(db: Connection) -> None:
    apply(db, on(1, "lead", job_title=" Coach sportif ", first_name=" Anna "))
    row = lead(db)
    assert (row["job_title"], row["first_name"]) == (" Coach sportif ", "Anna")


def test_a_value_that_was_written_directly_yields_to_an_event(db: Connection) -> None:
    apply(db, on(5, "lead"))
    db.execute("update public.leads set first_name = 'Direct', age = 20")
    apply(db, on(2, "lead", first_name="Anna"))
    row = lead(db)
    assert (row["first_name"], row["age"]) == ("Anna", 20)


@pytest.mark.parametrize(
    ("said", "reason", "detail"),
    [
        ("price", "price", None),
        ("TIME", "time", None),
        (" already_tried ", "already_tried", None),
        ("hesitation", "hesitation", None),
        ("other", "other", None),
        ("Trop cher !", "other", "Trop cher !"),
        ("", None, None),
        (None, None, None),
        (5, "other", "5"),
    ],
)
def test_loss_reasons(db: Connection, said: Any, reason: str | None, detail: str | None) -> None:
    apply(db, on(5, "status", status="lost", loss_reason=said))
    row = lead(db)
    assert (row["loss_reason"], row["loss_reason_detail"]) == (reason, detail)


def test_a_later_loss_reason_takes_the_words_of_the_earlier_away(db: Connection) -> None:
    apply_each(
        db,
        [
            on(5, "status", status="lost", loss_reason="Ma sœur"),
            on(6, "status", status="lost", loss_reason="price"),
            on(4, "status", status="lost", loss_reason="Mon chien"),
        ],
    )
    row = lead(db)
    assert (row["loss_reason"], row["loss_reason_detail"]) == ("price", None)


@pytest.mark.parametrize(
    ("created", "booked", "minutes"),
    [
        ("2026-10-01T10:00:00Z", "2026-10-01T10:00:59.999Z", 0),
        ("2026-10-01T10:00:00Z", "2026-10-01T10:01:00Z", 1),
        ("2026-10-01T10:00:00.5Z", "2026-10-01T10:02:00.4Z", 1),
        ("2026-10-25T00:30:00+02:00", "2026-10-25T04:30:00+01:00", 300),
        ("0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z", 2147483647),
    ],
)
def test_time_to_action_is_whole_minutes(
    db: Connection, created: str, booked: str, minutes: int
) -> None:
    for events in (
        [event("lead", created), event("call", booked, outcome="booked")],
        [event("call", booked, outcome="booked"), event("lead", created)],
    ):
        with db.transaction(force_rollback=True):
            apply_each(db, events)
            assert lead(db)["time_to_action_minutes"] == minutes


def test_a_deal_value_is_exact_and_that_of_the_latest(db: Connection) -> None:
    for number, value, known in ((5, 1791.5, "1791.5"), (4, 10, "1791.5"), (6, 0.1, "0.1")):
        apply(db, on(number, "status", status="won", deal_value=value))
        assert lead(db)["deal_value"] == Decimal(known)


def test_what_a_person_set_with_a_status_outlives_older_events(db: Connection) -> None:
    apply(db, on(1, "status", status="qualified", deal_value=100))
    db.execute(
        "update public.leads set status = 'won', status_changed_at = '2026-10-05T10:00:00Z',"
        " deal_value = 900 where coach_id = %s",
        [COACH],
    )
    apply(db, on(2, "status", status="won", deal_value=5))
    assert lead(db)["deal_value"] == 900
    apply(db, on(6, "status", status="won", deal_value=950))
    assert lead(db)["deal_value"] == 950


def test_an_event_is_applied_once_whatever_a_second_one_says(db: Connection) -> None:
    first = on(5, "lead", id="same", first_name="Anna")
    apply(db, first)
    answer = deliver(db, {**first, "first_name": "Eve", "at": day(9).isoformat()})[0]
    assert answer == {"result": "duplicate", "lead_id": str(lead(db)["id"])}
    assert lead(db)["first_name"] == "Anna"
    answer = deliver(db, {**first, "contact_id": "another"})[0]
    assert answer == {"result": "duplicate", "lead_id": None}


def test_the_same_id_is_another_event_for_another_coach(db: Connection) -> None:
    add_coach(db, OTHER)
    first = on(5, "message", id="same", direction="in", text="à A")
    apply(db, first, {**first, "coach_id": str(OTHER), "text": "à B"})
    assert lead(db)["coach_id"] == COACH
    texts = db.execute("select coach_id, text from public.messages order by text").fetchall()
    assert texts == [(COACH, "à A"), (OTHER, "à B")]
