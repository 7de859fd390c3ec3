"""What is no event lands among the dead letters, with its text and a reason; nothing else does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.events import COACH, Event, add_coach, deliver, event, letters
from tests.support.servers import Connection

NO_AGES: tuple[Any, ...] = ("30", 30.5, True, [], {}, "", -1, 131, 1e300)
NO_VALUES: tuple[Any, ...] = ("100", -1, -0.01, True, [], {}, 1e12, 1e300)
NO_GENDERS: tuple[Any, ...] = ("Male", "m", "unknown", 1, [], {})
NO_OUTCOMES: tuple[Any, ...] = (None, "", "missed", "no-show", {})
NO_TEXTS: tuple[Any, ...] = (True, ["x"], {"x": 1})


def without(field: str) -> Event:
    return {key: value for key, value in event(id="x").items() if key != field}


REJECTS: list[tuple[Any, str]] = [
    # Whole lines.
    ("", "not_json"),
    ("not json", "not_json"),
    ('{"id": "torn', "not_json"),
    ("{'id': 1}", "not_json"),
    ('{"id": "\\u0000"}', "not_json"),
    ('{"id": "\\ud800"}', "not_json"),
    ('{"id": "\\udc00\\ud800"}', "not_json"),
    ("[" * 50_000, "not_json"),
    ('{"a":' * 20_000 + "1" + "}" * 20_000, "not_json"),
    ('{"age": 1e400000}', "not_json"),
    ("null", "not_an_object"),
    ("1", "not_an_object"),
    ('"text"', "not_an_object"),
    ("[]", "not_an_object"),
    ("true", "not_an_object"),
    # What every event needs.
    ("{}", "missing_id"),
    *[(without(field), f"missing_{field}") for field in ("id", "type", "coach_id", "at")],
    (without("contact_id"), "missing_contact_id"),
    *[
        ({**event(), field: None}, f"missing_{field}")
        for field in ("id", "type", "coach_id", "contact_id", "at")
    ],
    *[
        ({**event(), field: "  "}, f"missing_{field}")
        for field in ("id", "type", "coach_id", "contact_id", "at")
    ],
    *[
        ({**event(), field: wrong}, f"malformed_{field}")
        for field in ("id", "type", "coach_id", "contact_id", "at")
        for wrong in (7, True, ["x"], {"x": 1})
    ],
    (event(id="x" * 501), "malformed_id"),
    (event(contact_id="x" * 501), "malformed_id"),
    # Whose it is.
    (event(coach_id="coach"), "malformed_coach_id"),
    (event(coach_id=f"{{{COACH}}}"), "malformed_coach_id"),
    (event(coach_id=COACH.hex), "malformed_coach_id"),
    (event(coach_id="f0000000-0000-4000-8000-00000000ffff"), "unknown_coach"),
    # When it happened: RFC 3339 and nothing else that PostgreSQL would take.
    *[
        (event(at=wrong), "malformed_at")
        for wrong in (
            "yesterday",
            "now",
            "infinity",
            "2026-10-01",
            "2026-10-01T10:00:00",
            "2026-10-01T10:00Z",
            "2026-10-01 10:00:00Z",
            "2026-10-01T10:00:00 Z",
            "2026-10-01T10:00:00.Z",
            "2026-10-01T24:00:00Z",
            "2026-10-01T10:60:00Z",
            "2026-10-01T10:00:61Z",
            "2026-02-30T10:00:00Z",
            "2027-02-29T10:00:00Z",
            "2026-13-01T10:00:00Z",
            "2026-00-01T10:00:00Z",
            "0000-01-01T00:00:00Z",
            "12026-10-01T10:00:00Z",
            "2026-10-01T10:00:00+0200",
            "2026-10-01T10:00:00+02",
            "2026-10-01T10:00:00+24:00",
            "2026-10-01T10:00:00+23:59",
            "2026-10-01T10:00:00-16:00",
            "2026-10-01T10:00:00Z\n",
            "２０２６-10-01T10:00:00Z",
        )
    ],
    # What it is.
    (event("purchase"), "unknown_type"),
    (event("Lead"), "unknown_type"),
    (event("lead "), "unknown_type"),
    # Values outside their list.
    *[(event("message", direction=d), "invalid_direction") for d in (None, "", "IN", "both", 1)],
    (event("message"), "invalid_direction"),
    *[
        (event("status", status=s), "invalid_status")
        for s in (None, "", "new", "Won", "closed", ["won"], 1)
    ],
    (event("status"), "invalid_status"),
    *[(event("call", outcome=o), "invalid_outcome") for o in NO_OUTCOMES],
    (event("call"), "invalid_outcome"),
    *[(event(gender=g), "invalid_gender") for g in NO_GENDERS],
    # Numbers.
    *[(event(age=a), "invalid_age") for a in NO_AGES],
    *[(event("status", status="won", deal_value=v), "invalid_deal_value") for v in NO_VALUES],
    # Texts.
    *[
        ({**event(), field: wrong}, f"malformed_{field}")
        for field in (
            "user_id_instagram",
            "first_name",
            "last_name",
            "email",
            "job_title",
            "source",
        )
        for wrong in NO_TEXTS
    ],
    (event("message", direction="in", text=["x"]), "malformed_text"),
    (event("message", direction="in", external_id={}), "malformed_external_id"),
    (event("status", status="lost", loss_reason=False), "malformed_loss_reason"),
]


def test_each_reject_is_kept_with_its_text_and_reason(db: Connection) -> None:
    add_coach(db)
    sent = [line if isinstance(line, str) else json.dumps(line) for line, _ in REJECTS]
    answers = deliver(db, *sent)
    told = [
        (line[:80], answer["result"], answer.get("reason", "").partition(":")[0])
        for line, answer in zip(sent, answers, strict=True)
    ]
    assert told == [
        (line[:80], "dead_letter", reason) for line, (_, reason) in zip(sent, REJECTS, strict=True)
    ]
    kept = letters(db)
    assert sorted(letter["raw"] for letter in kept) == sorted(set(sent))
    assert sum(letter["deliveries"] for letter in kept) == len(sent)
    assert db.execute("select count(*) from public.leads").fetchone() == (0,)
    assert db.execute("select count(*) from private.ingested_events").fetchone() == (0,)


def test_rejects_harm_nothing_beside_them(db: Connection) -> None:
    add_coach(db)
    sound = event("message", direction="in", text="Bonjour")
    for line, _ in REJECTS:
        answers = deliver(db, line, {**sound, "id": f"beside {line!s:.300}"})
        assert answers[0]["result"] == "dead_letter"
        assert answers[1]["result"] in ("accepted", "duplicate")


SOUND: list[Event] = [
    event(at="2026-10-01T10:00:00.123456789+05:30"),
    event(at="2026-10-01t10:00:00z"),
    event(at="2026-10-01T10:00:00-15:59"),
    event(at="2028-02-29T23:59:60Z"),
    event(at="0001-01-01T00:00:00Z", contact_id="ancient"),
    event(at="9999-12-31T23:59:59Z", contact_id="distant"),
    event(coach_id=str(COACH).upper()),
    event(id="x" * 500, contact_id="y" * 500),
    event(id="é" * 500, contact_id="💬"),
    event(age=None, gender=None, first_name=None, email=None, source=None),
    event(age=30.0),
    event(age=0),
    event(age=130),
    event(age=3e1),
    event(gender=""),
    event(gender="  "),
    event(first_name=""),
    event(first_name=12, job_title=1.5, source=1e30),
    event(first_name="N'Diaye\"; drop table leads; --\\"),
    event(unknown_field={"deep": [1, 2, {"x": None}]}),
    event("message", direction="in", text=None),
    event("message", direction="in", text=""),
    event("message", direction="out", text="é\u200d💬\r\n\t\\"),
    event("message", direction="out", text="x" * 100_000),
    event("message", direction="out", text=5, external_id=7),
    event("status", status="won", deal_value=None, loss_reason=None),
    event("status", status="won", deal_value=0),
    event("status", status="won", deal_value=999_999_999_999.99),
    event("call", outcome="attended"),
    event("lead_magnet"),
]


def test_what_is_unusual_but_sound_is_accepted(db: Connection) -> None:
    add_coach(db)
    assert [(a["result"], a.get("reason")) for a in deliver(db, *SOUND)] == [
        ("accepted", None)
    ] * len(SOUND)
    assert letters(db) == []


def test_a_disabled_coach_refuses_events(db: Connection) -> None:
    add_coach(db, status="disabled")
    answer = deliver(db, event())[0]
    assert answer["result"] == "dead_letter"
    assert answer["reason"].startswith("unknown_coach:")
    assert letters(db)[0]["coach_id"] == COACH


def test_an_instagram_name_of_another_contact(db: Connection) -> None:
    add_coach(db)
    deliver(db, event(user_id_instagram="anna"))
    answer = deliver(db, event(contact_id="c2", user_id_instagram="anna"))[0]
    assert answer["reason"] == (
        'instagram_taken: another contact of this coach has user_id_instagram "anna"'
    )
    assert db.execute("select count(*) from public.leads").fetchone() == (1,)


def test_the_public_functions_answer_alike(db: Connection) -> None:
    add_coach(db)

    def ask(function: str, payload: object) -> Any:
        row = db.execute(
            f"select public.{function}(%s::jsonb)".encode(), [json.dumps(payload)]
        ).fetchone()
        assert row is not None
        return row[0]

    first = event(id="one")
    assert ask("ingest_event", first)["result"] == "accepted"
    assert ask("ingest_event", first)["result"] == "duplicate"
    assert ask("ingest_event", [])["reason"].startswith("not_an_object")
    assert ask("ingest_event", None)["reason"].startswith("not_an_object")
    assert ask("ingest_events", []) == {
        "accepted": 0,
        "duplicates": 0,
        "dead_letters": 0,
        "results": [],
    }
    many = ask("ingest_events", [event(id="two"), first, 7, event(id="three"), None])
    assert [answer["result"] for answer in many["results"]] == [
        "accepted",
        "duplicate",
        "dead_letter",
        "accepted",
        "dead_letter",
    ]
    assert (many["accepted"], many["duplicates"], many["dead_letters"]) == (2, 1, 2)


@pytest.mark.parametrize("payload", [{}, 7, "x"])
def test_a_batch_that_is_no_array_is_refused_whole(db: Connection, payload: object) -> None:
    from psycopg.errors import InvalidParameterValue

    with pytest.raises(InvalidParameterValue), db.transaction():
        db.execute("select public.ingest_events(%s::jsonb)", [json.dumps(payload)])
