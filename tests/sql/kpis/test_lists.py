"""Follow-ups, funnel, sources, professions, loss reasons: what each counts, and in what order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.events import COACH, OTHER, add_coach
from tests.support.servers import Connection

AS_OF = "2026-10-31T12:00:00Z"


@pytest.fixture(autouse=True)
def coach(db: Connection) -> None:
    add_coach(db)


def add(db: Connection, **columns: Any) -> None:
    values = {"coach_id": COACH, "created_at": "2026-10-01T12:00:00Z", **columns}
    db.execute(
        f"insert into public.leads ({', '.join(values)})"
        f" values (%s{', %s' * (len(values) - 1)})".encode(),
        list(values.values()),
    )


def followups(db: Connection) -> list[tuple[Any, ...]]:
    return db.execute(
        "select user_id_instagram, status, days_since_contact, priority"
        " from public.get_leads_to_followup(%s, %s)",
        [COACH, AS_OF],
    ).fetchall()


@pytest.mark.parametrize(
    ("status", "created", "expected"),
    [
        ("new", "2026-10-29T12:00:00Z", (2, "low")),
        ("new", "2026-10-29T12:00:00.000001Z", None),
        ("engaged", "2026-10-29T12:00:00Z", (2, "medium")),
        ("engaged", "2026-10-01T12:00:00Z", (30, "medium")),
        ("qualified", "2026-10-29T12:00:00Z", (2, "high")),
        ("qualified", "2026-10-30T12:00:00Z", None),
        ("call_proposed", "2026-10-28T12:00:01Z", (2, "high")),
        ("relance", "2026-10-24T12:00:00Z", (7, "high")),
        ("relance", "2026-10-24T12:00:00.000001Z", (6, "medium")),
        ("relance", "2026-10-29T12:00:00Z", (2, "medium")),
        ("relance", "2026-10-29T12:00:01Z", None),
        ("call_booked", "2026-10-01T12:00:00Z", None),
        ("won", "2026-10-01T12:00:00Z", None),
        ("lost", "2026-10-01T12:00:00Z", None),
        ("new", "2026-11-05T12:00:00Z", None),
    ],
)
def test_who_is_to_be_followed_up(
    db: Connection, status: str, created: str, expected: tuple[int, str] | None
) -> None:
    add(db, status=status, created_at=created, user_id_instagram="anna")
    assert followups(db) == ([] if expected is None else [("anna", status, *expected)])


def test_a_message_is_a_contact(db: Connection) -> None:
    add(db, user_id_instagram="anna")
    for at, days in (("2026-10-20T12:00:00Z", 11), ("2026-10-29T12:00:00Z", 2)):
        db.execute(
            "insert into public.messages (coach_id, lead_id, direction, created_at)"
            " select coach_id, id, 'out', %s from public.leads",
            [at],
        )
        assert followups(db) == [("anna", "new", days, "low")]


def test_thresholds_are_settings(db: Connection) -> None:
    add(db, user_id_instagram="anna", status="relance", created_at="2026-10-28T12:00:00Z")
    for followup, high, expected in ((3, 3, "high"), (3, 4, "medium"), (0, 7, "medium")):
        db.execute(
            "update public.coach_settings set followup_after_days = %s,"
            " relance_high_after_days = %s",
            [followup, high],
        )
        assert followups(db) == [("anna", "relance", 3, expected)]
    db.execute("update public.coach_settings set followup_after_days = 4")
    assert followups(db) == []


def test_the_most_urgent_come_first(db: Connection) -> None:
    for name, status, day in (
        ("low", "new", 1),
        ("older medium", "engaged", 5),
        ("medium", "relance", 25),
        ("high", "qualified", 28),
        ("older high", "relance", 2),
        ("oldest high", "call_proposed", 1),
    ):
        add(
            db,
            user_id_instagram=name,
            status=status,
            created_at=f"2026-10-{day:02}T12:00:00Z",
        )
    assert [name for name, *_ in followups(db)] == [
        "oldest high",
        "older high",
        "high",
        "older medium",
        "medium",
        "low",
    ]


def test_the_funnel_counts_who_ever_came_so_far(db: Connection) -> None:
    for status in ("new", "engaged", "qualified", "call_proposed", "call_booked", "won", "lost"):
        add(db, status=status)
    db.execute("update public.leads set status = 'relance' where status = 'call_booked'")
    funnel = db.execute(
        "select stage, lead_count, percentage::float, step_percentage::float"
        " from public.get_funnel(%s)",
        [COACH],
    ).fetchall()
    assert funnel == [
        ("lead", 7, 100.0, None),
        ("contacted", 0, 0.0, 0.0),
        ("engaged", 5, 71.4, None),
        ("qualified", 4, 57.1, 80.0),
        ("call_proposed", 2, 28.6, 50.0),
        ("call_booked", 1, 14.3, 50.0),
        ("won", 1, 14.3, 100.0),
    ]


def ask(db: Connection, call: str) -> list[tuple[Any, ...]]:
    return db.execute(f"select * from public.{call}".encode(), [COACH]).fetchall()


def test_top_sources(db: Connection) -> None:
    add_coach(db, OTHER)
    add(db, coach_id=OTHER, source="elsewhere")
    for source, leads in (("bio", 3), ("story", 2), ("ads", 2), (None, 1)):
        for _ in range(leads):
            add(db, source=source)
    expected = [("bio", 3, 37.5), ("ads", 2, 25), ("story", 2, 25), ("unknown", 1, 12.5)]
    assert ask(db, "get_top_sources(%s, 9)") == expected
    assert ask(db, "get_top_sources(%s)") == expected[:3]
    assert ask(db, 'get_top_sources(%s, "limit" => 1)') == expected[:1]
    assert ask(db, "get_top_sources(%s, 0)") == ask(db, "get_top_sources(%s, -1)") == []
    assert ask(db, "get_top_sources(%s, null)") == expected


def test_top_professions_in_their_commonest_spelling(db: Connection) -> None:
    for title in ("Chef", "chef", " chef ", "CHEF", "Élève", "élève ", "Pilote", " ", "", None):
        add(db, job_title=title)
    found = [(title, leads, float(share)) for title, leads, share in professions(db)]
    assert found == [("chef", 4, 57.1), ("Élève", 2, 28.6), ("Pilote", 1, 14.3)]
    assert ask(db, "get_top_professions(%s, null)") == professions(db)
    assert ask(db, "get_top_professions(%s, 1)") == professions(db)[:1]


def professions(db: Connection) -> list[tuple[Any, ...]]:
    return ask(db, "get_top_professions(%s)")


def test_loss_reasons_of_those_that_are_lost(db: Connection) -> None:
    for status, reason in (
        ("lost", "price"),
        ("lost", "time"),
        ("lost", "price"),
        ("lost", None),
        ("won", "price"),
    ):
        add(db, status=status, loss_reason=reason)
    assert [(r, n, float(p)) for r, n, p in ask(db, "get_loss_reasons(%s)")] == [
        ("price", 2, 66.7),
        ("time", 1, 33.3),
    ]


def test_response_rates(db: Connection) -> None:
    assert ask(db, "get_response_rates(%s)") == [(None, None, None, None)]
    for number, thread in enumerate((["out", "in", "out"], ["out"], ["in", "out", "out", "in"])):
        add(db, contact_id=f"c{number}")
        for minute, way in enumerate(thread):
            db.execute(
                "insert into public.messages (coach_id, lead_id, direction, created_at)"
                " select coach_id, id, %s, timestamptz '2026-10-02' + %s * interval '1 minute'"
                " from public.leads where contact_id = %s",
                [way, minute, f"c{number}"],
            )
    (rates,) = ask(db, "get_response_rates(%s)")
    assert [None if rate is None else float(rate) for rate in rates] == [33.3, 50.0, None, None]
