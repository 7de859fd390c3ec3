"""The flow that docs/n8n.md offers: sound for n8n, and what it makes is applied."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support import n8n
from tests.support.acting import acting_as
from tests.support.events import COACH, add_coach, lead
from tests.support.servers import Connection

CONTACT = json.loads(
    (Path(__file__).resolve().parents[2] / "data/manychat.json").read_text(encoding="utf-8")
)
pytestmark = pytest.mark.legs(18)  # what is tried is the flow, not the server

SAID = {"type": "message", "direction": "in"}


def made(query: dict[str, str], **contact: Any) -> Any:
    """The event of one call of the webhook."""
    return n8n.code(
        "Make the event",
        {
            "headers": {"content-type": "application/json"},
            "params": {},
            "query": {"coach_id": str(COACH), **query},
            "body": {**CONTACT, **contact},
        },
    )


def sent(event: object) -> Any:
    """The body that the HTTP Request node sends."""
    return json.loads(n8n.expression(n8n.node("Ingest")["parameters"]["jsonBody"], event))


def taken(db: Connection, event: object) -> Any:
    """The answer of `ingest_event` to what n8n sends."""
    [(name, value)] = sent(event).items()
    with acting_as(db, "service_role"):
        row = db.execute(
            f"select public.ingest_event({name} => %s)".encode(), [json.dumps(value)]
        ).fetchone()
    assert row
    return row[0]


def test_the_request_asks_as_a_server_and_names_no_key() -> None:
    node = n8n.node("Ingest")
    assert (node["type"], node["typeVersion"]) == ("n8n-nodes-base.httpRequest", 4.2)
    asked = node["parameters"]
    assert asked["method"] == "POST"
    assert asked["url"] == "https://YOUR_PROJECT.supabase.co/rest/v1/rpc/ingest_event"
    assert asked["authentication"] == "predefinedCredentialType"
    assert asked["nodeCredentialType"] == "supabaseApi"
    assert (asked["sendBody"], asked["contentType"], asked["specifyBody"]) == (True, "json", "json")
    assert node["credentials"] == {"supabaseApi": {"id": None, "name": "Setterbase"}}
    # More than n8n's own bounds it would take for less.
    assert (node["retryOnFail"], node["maxTries"], node["waitBetweenTries"]) == (True, 5, 5000)
    # An error output would end the retries at the first failure.
    assert "onError" not in node
    text = n8n.FILE.read_text(encoding="utf-8")
    assert not [word for word in ("sb_", "eyJ", "Bearer", "apikey") if word in text]


def test_the_webhook_lets_in_who_has_the_header() -> None:
    node = n8n.node("ManyChat")
    assert node["type"] == "n8n-nodes-base.webhook"
    asked = node["parameters"]
    assert (asked["httpMethod"], asked["path"]) == ("POST", "setterbase")
    assert asked["authentication"] == "headerAuth"
    assert node["credentials"] == {"httpHeaderAuth": {"id": None, "name": "ManyChat"}}
    assert asked["responseMode"] == "onReceived"


def test_every_wire_leads_from_the_webhook_on() -> None:
    flow = n8n.flow()
    assert {"name", "nodes", "connections", "settings"} <= set(flow)
    names = [node["name"] for node in flow["nodes"]]
    assert len({node["id"] for node in flow["nodes"]}) == len(set(names)) == len(names)
    reached, new = set(), {"ManyChat"}
    while new:
        reached |= new
        outputs = [flow["connections"].get(name, {"main": []})["main"] for name in new]
        wires = [wire for output in outputs for branch in output for wire in branch]
        assert {(wire["type"], wire["index"]) for wire in wires} <= {("main", 0)}
        new = {wire["node"] for wire in wires} - reached
    assert reached == set(names)


def test_a_message_is_applied_once_and_as_it_was_said(db: Connection) -> None:
    add_coach(db)
    event = made(SAID)
    answer = taken(db, event)
    assert answer["result"] == "accepted"
    assert taken(db, made(SAID)) == {**answer, "result": "duplicate"}
    assert taken(db, made(SAID, last_input_text="Et demain ?"))["result"] == "accepted"
    assert lead(db, "8841")["total_messages_received"] == 2
    row = db.execute(
        "select text, created_at from public.messages order by text <> %s limit 1",
        [CONTACT["last_input_text"]],
    ).fetchone()
    assert row == (CONTACT["last_input_text"], datetime(2026, 10, 31, 12, tzinfo=UTC))


def test_a_lead_has_the_profile_that_manychat_knows(db: Connection) -> None:
    add_coach(db)
    assert taken(db, made({"type": "lead"}, gender="unknown"))["result"] == "accepted"
    row = lead(db, "8841")
    assert {name: row[name] for name in ("first_name", "last_name", "email", "gender", "age")} == {
        "first_name": "Léa",
        "last_name": "Martin",
        "email": None,
        "gender": None,
        "age": 34,
    }
    assert (row["user_id_instagram"], row["job_title"], row["source"]) == (
        "lea.martin",
        "Infirmière",
        "reel",
    )


@pytest.mark.parametrize(
    ("query", "column", "value"),
    [
        ({"type": "message", "direction": "out", "text": "Salut"}, "total_messages_sent", 1),
        ({"type": "status", "status": "won", "deal_value": "597"}, "deal_value", 597),
        ({"type": "call", "outcome": "booked"}, "status", "call_booked"),
        ({"type": "lead_magnet"}, "status", "new"),
    ],
    ids=lambda value: value.get("type") if isinstance(value, dict) else "",
)
def test_every_other_kind_happens_now(
    db: Connection, query: dict[str, str], column: str, value: object
) -> None:
    add_coach(db)
    event = made(query)
    assert abs(datetime.now(UTC) - datetime.fromisoformat(event["at"])).total_seconds() < 60
    assert taken(db, event)["result"] == "accepted"
    assert lead(db, "8841")[column] == value


def test_what_cannot_be_applied_makes_the_execution_fail(db: Connection) -> None:
    answer = taken(db, made(SAID))  # no such tenant
    assert answer["result"] == "dead_letter"
    [condition] = n8n.node("Dead letter?")["parameters"]["conditions"]["conditions"]
    assert condition["operator"] == {"type": "string", "operation": "equals"}
    assert n8n.expression(condition["leftValue"], answer) == condition["rightValue"]
    message = n8n.node("Tell somebody")["parameters"]["errorMessage"]
    assert n8n.expression(message, answer) == (
        f"Setterbase could not apply an event: {answer['reason']}"
    )
    assert "unknown_coach" in answer["reason"]
    add_coach(db)
    fine = taken(db, made(SAID))
    assert n8n.expression(condition["leftValue"], fine) != condition["rightValue"]
