"""Events as n8n sends them, their delivery, and what they make of a lead."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from tests.support.servers import Connection

COACH = UUID("c0000000-0000-4000-8000-000000000001")
OTHER = UUID("c0000000-0000-4000-8000-000000000002")

Event = dict[str, Any]
_numbers = itertools.count(1)


def add_coach(db: Connection, coach: UUID = COACH, **columns: str) -> UUID:
    """A tenant without members."""
    values = {"name": f"Coach {coach}", "email": f"{coach}@example.com", **columns}
    db.execute(
        f"insert into public.coachs (id, {', '.join(values)})"
        f" values (%s{', %s' * len(values)})".encode(),
        [coach, *values.values()],
    )
    return coach


def event(kind: str = "lead", at: str = "2026-10-01T10:00:00Z", **fields: Any) -> Event:
    """A sound event of contact c1, with an id of its own unless one is given."""
    sound: Event = {
        "id": f"event-{next(_numbers)}",
        "type": kind,
        "coach_id": str(COACH),
        "contact_id": "c1",
        "at": at,
    }
    return {**sound, **fields}


def deliver(db: Connection, *events: Event | str) -> list[dict[str, Any]]:
    """Deliver events, or raw lines, in one batch; the answer to each."""
    lines = [one if isinstance(one, str) else json.dumps(one) for one in events]
    row = db.execute("select private.ingest_lines(%s)", [lines]).fetchone()
    assert row is not None
    answers: list[dict[str, Any]] = row[0]["results"]
    return answers


def apply(db: Connection, *events: Event) -> None:
    """Deliver events of which each must be accepted."""
    answers = deliver(db, *events)
    assert [answer["result"] for answer in answers] == ["accepted"] * len(events), answers


def apply_each(db: Connection, events: Iterable[Event]) -> None:
    """Deliver one by one, as n8n does; each must be accepted."""
    for one in events:
        apply(db, one)


def lead(db: Connection, contact: str = "c1", coach: UUID = COACH) -> dict[str, Any]:
    """The row of a contact."""
    with db.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "select * from public.leads where coach_id = %s and contact_id = %s", [coach, contact]
        ).fetchone()
    assert row is not None, f"no lead {contact}"
    return row


def letters(db: Connection) -> list[dict[str, Any]]:
    """Every dead letter in the order of its arrival."""
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("select * from private.dead_letters order by id").fetchall()
