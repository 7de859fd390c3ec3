"""The way of the first seed script: a Faker call for every field, inserts of 500 over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from faker import Faker

STATUSES = ("new", "engaged", "qualified", "call_proposed", "call_booked", "won", "lost", "relance")
SOURCES = ("story", "post", "keyword", "dm_organique")
Row = dict[str, Any]


def leads(fake: Faker, coach_id: str, count: int) -> Iterator[Row]:
    """`count` rows of leads with the columns that the script was asked for."""
    for _ in range(count):
        status = fake.random_element(STATUSES)
        yield {
            "id": fake.uuid4(),
            "coach_id": coach_id,
            "user_id_instagram": f"{fake.user_name()}_{fake.random_number(digits=9)}",
            "contact_id": fake.uuid4(),
            "first_name": fake.first_name(),
            "last_name": fake.last_name(),
            "email": fake.email(),
            "age": fake.random_int(18, 65),
            "gender": fake.random_element(("male", "female", "other")),
            "job_title": fake.job(),
            "status": status,
            "source": fake.random_element(SOURCES),
            "total_messages_sent": fake.random_int(1, 8),
            "total_messages_received": fake.random_int(0, 8),
            "time_to_action_minutes": fake.random_int(10, 10_000),
            "deal_value": fake.random_int(300, 3000) if status == "won" else None,
            "created_at": moment(fake, "-30d", "-15d"),
        }


def messages(fake: Faker, coach_id: str, lead_id: str, count: int) -> Iterator[Row]:
    """`count` messages of a lead."""
    for number in range(1, count + 1):
        replied = fake.boolean()
        yield {
            "id": fake.uuid4(),
            "coach_id": coach_id,
            "lead_id": lead_id,
            "text": fake.sentence(),
            "direction": fake.random_element(("in", "out")),
            "message_number": number,
            "is_replied": replied,
            "replied_at": moment(fake, "-15d", "now") if replied else None,
            "created_at": moment(fake, "-15d", "now"),
        }


def sequence(fake: Faker, coach_id: str, lead_id: str) -> Row:
    """The sequence of a lead: four messages, and when each was answered."""
    row: Row = {"id": fake.uuid4(), "coach_id": coach_id, "lead_id": lead_id}
    for number in range(1, 5):
        replied = fake.boolean()
        row[f"msg{number}_sent_at"] = moment(fake, "-15d", "now")
        row[f"msg{number}_replied"] = replied
        row[f"msg{number}_replied_at"] = moment(fake, "-15d", "now") if replied else None
    row["created_at"] = moment(fake, "-15d", "now")
    return row


def moment(fake: Faker, first: str, last: str) -> str:
    """A time between the two, as JSON has it."""
    return f"{fake.date_time_between(first, last).isoformat()}Z"
