"""Nothing is lost: a dead letter counts its deliveries, and is replayed when that can help."""

from __future__ import annotations

import json
from typing import Any

from tests.support.events import COACH, add_coach, apply, deliver, event, lead, letters
from tests.support.servers import Connection


def replay(db: Connection, *ids: int) -> dict[str, int]:
    row = db.execute(
        "select private.replay_dead_letters(%s::bigint[])", [list(ids) or None]
    ).fetchone()
    assert row is not None
    answer: dict[str, int] = row[0]
    return answer


def test_a_second_delivery_is_counted(db: Connection) -> None:
    for deliveries in (1, 2, 3):
        assert deliver(db, "torn {")[0]["result"] == "dead_letter"
        assert [(x["raw"], x["deliveries"]) for x in letters(db)] == [("torn {", deliveries)]
    deliver(db, "torn [", "torn [")
    assert [(x["raw"], x["deliveries"]) for x in letters(db)] == [("torn {", 3), ("torn [", 2)]


def test_it_says_whose_and_which_it_was(db: Connection) -> None:
    deliver(db, event(id="one", age="x"), event(coach_id="nobody"), "[]")
    told = [(x["coach_id"], x["event_id"], x["reason"].partition(":")[0]) for x in letters(db)]
    assert {(str(c) if c else None, e if e == "one" else None, r) for c, e, r in told} == {
        (str(COACH), "one", "invalid_age"),
        (None, None, "malformed_coach_id"),
        (None, None, "not_an_object"),
    }


def test_replay_after_the_coach_was_made(db: Connection) -> None:
    early = event("message", direction="in", text="Bonjour 💬")
    deliver(db, early, "torn {")
    assert replay(db) == {"accepted": 0, "duplicates": 0, "dead_letters": 2}
    add_coach(db)
    assert replay(db) == {"accepted": 1, "duplicates": 0, "dead_letters": 1}
    row = lead(db)
    assert (row["status"], row["total_messages_received"]) == ("engaged", 1)
    resolved = {x["raw"]: x["resolution"] for x in letters(db)}
    assert resolved == {json.dumps(early): "accepted", "torn {": None}
    assert replay(db) == {"accepted": 0, "duplicates": 0, "dead_letters": 1}
    assert deliver(db, early)[0]["result"] == "duplicate"


def test_replay_of_what_has_arrived_meanwhile(db: Connection) -> None:
    early = event()
    deliver(db, early)
    add_coach(db)
    apply(db, early)
    assert replay(db) == {"accepted": 0, "duplicates": 1, "dead_letters": 0}
    assert letters(db)[0]["resolution"] == "duplicate"


def test_replay_of_those_that_are_named(db: Connection) -> None:
    deliver(db, event(contact_id="one"), event(contact_id="two"))
    add_coach(db)
    first, second = (x["id"] for x in letters(db))
    assert replay(db, second) == {"accepted": 1, "duplicates": 0, "dead_letters": 0}
    assert [x["resolution"] for x in letters(db)] == [None, "accepted"]
    assert replay(db, second, 10**9) == {"accepted": 0, "duplicates": 0, "dead_letters": 0}
    assert replay(db, first)["accepted"] == 1


def test_a_disabled_coach_is_enabled_again(db: Connection) -> None:
    add_coach(db, status="disabled")
    deliver(db, event())
    db.execute("update public.coachs set status = 'active'")
    assert replay(db)["accepted"] == 1


def test_a_taken_instagram_name_is_freed(db: Connection) -> None:
    add_coach(db)
    apply(db, event(user_id_instagram="anna"))
    deliver(db, event(contact_id="c2", user_id_instagram="anna", first_name="Anna"))
    assert replay(db)["dead_letters"] == 1
    db.execute("update public.leads set user_id_instagram = 'old' where contact_id = 'c1'")
    assert replay(db)["accepted"] == 1
    assert lead(db, "c2")["first_name"] == "Anna"


def test_a_resolved_letter_makes_room_for_a_new_one_of_the_same_text(db: Connection) -> None:
    early = event()
    deliver(db, early)
    add_coach(db)
    replay(db)
    db.execute("delete from public.coachs")
    assert deliver(db, early)[0]["result"] == "dead_letter"
    assert [(x["resolution"], x["deliveries"]) for x in letters(db)] == [("accepted", 1), (None, 1)]


def test_a_rejected_event_leaves_nothing_of_itself(db: Connection) -> None:
    """What fails while it is applied: here, a rule of the table that validation cannot know."""
    add_coach(db)
    db.execute(
        "alter table public.messages add constraint messages_text_check check (text <> 'no')"
    )
    refused: dict[str, Any] = event("message", direction="out", text="no", contact_id="new")
    answer = deliver(db, refused)[0]
    assert answer["result"] == "dead_letter"
    assert answer["reason"].startswith("rejected: ")
    assert answer["reason"].endswith("(23514)")
    assert db.execute("select count(*) from public.leads").fetchone() == (0,)
    assert db.execute("select count(*) from private.ingested_events").fetchone() == (0,)
    db.execute("alter table public.messages drop constraint messages_text_check")
    assert replay(db)["accepted"] == 1


def discard(db: Connection, *ids: int) -> int:
    row = db.execute(
        "select private.discard_dead_letters(%s::bigint[])", [list(ids) or None]
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_discarded_letter_waits_no_longer_and_keeps_its_text(db: Connection) -> None:
    deliver(db, event(contact_id="one"), event(contact_id="two"), event(contact_id="three"))
    first, second, third = letters(db)
    assert discard(db, second["id"], second["id"], 10**9) == 1
    assert discard(db, second["id"]) == 0
    add_coach(db)
    assert replay(db)["accepted"] == 2
    assert discard(db) == 0
    found = letters(db)
    assert [x["resolution"] for x in found] == ["accepted", "discarded", "accepted"]
    assert [x["raw"] for x in found] == [first["raw"], second["raw"], third["raw"]]
    assert found[1]["resolved_at"] is not None


def test_a_discarded_text_that_comes_again_waits_again(db: Connection) -> None:
    deliver(db, "torn {")
    assert discard(db) == 1
    deliver(db, "torn {")
    assert [(x["resolution"], x["deliveries"]) for x in letters(db)] == [
        ("discarded", 1),
        (None, 1),
    ]
