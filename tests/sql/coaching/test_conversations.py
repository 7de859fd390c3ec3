"""Whatever n8n writes to messages directly, all that follows equals a count from scratch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.rows import dict_row

from tests.support.acting import acting_as
from tests.support.events import COACH, add_coach
from tests.support.servers import Connection

START = datetime(2026, 10, 1, tzinfo=UTC)
LEADS = [UUID(int=number) for number in (101, 102)]


@dataclass(frozen=True)
class Message:
    id: UUID
    lead: UUID
    direction: str
    at: datetime


World = dict[UUID, Message]
Step = Callable[[Connection, World], World]

minutes = st.integers(0, 6).map(lambda n: START + timedelta(minutes=n))
directions = st.sampled_from(["in", "out"])
leads = st.sampled_from(LEADS)
ids = st.integers(1, 12).map(lambda n: UUID(int=n))
messages = st.builds(Message, ids, leads, directions, minutes)


def oracle(world: World) -> dict[str, Any]:
    """Numbers, replies, sequences and counters as the contract words them."""
    numbered: dict[UUID, tuple[int, bool, datetime | None]] = {}
    sequences: dict[UUID, dict[str, Any]] = {}
    counters: dict[UUID, tuple[int, int, datetime | None, datetime | None]] = {}
    for lead in LEADS:
        thread = sorted((m for m in world.values() if m.lead == lead), key=lambda m: (m.at, m.id))
        sent = [m for m in thread if m.direction == "out"]
        received = [m for m in thread if m.direction == "in"]
        for number, one in enumerate(received, 1):
            numbered[one.id] = (number, False, None)
        for number, one in enumerate(sent, 1):
            end = sent[number].at if number < len(sent) else datetime.max.replace(tzinfo=UTC)
            replies = [m.at for m in received if one.at <= m.at < end]
            numbered[one.id] = (number, bool(replies), min(replies, default=None))
        if sent:
            sequences[lead] = {}
            for number in range(1, 5):
                at = sent[number - 1].at if number <= len(sent) else None
                _, replied, when = (
                    numbered[sent[number - 1].id] if number <= len(sent) else (0, False, None)
                )
                sequences[lead][f"msg{number}_sent_at"] = at
                sequences[lead][f"msg{number}_replied"] = replied
                sequences[lead][f"msg{number}_replied_at"] = when
        times = [m.at for m in thread]
        counters[lead] = (
            len(sent),
            len(received),
            min(times, default=None),
            max(times, default=None),
        )
    return {"messages": numbered, "sequences": sequences, "counters": counters}


def kept(db: Connection) -> dict[str, Any]:
    """The same from the database."""
    numbered = db.execute(
        "select id, message_number, is_replied, replied_at from public.messages"
    ).fetchall()
    counters = db.execute(
        "select id, total_messages_sent, total_messages_received, first_message_at,"
        " last_message_at from public.leads"
    ).fetchall()
    with db.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute("select * from public.message_sequences").fetchall()
    sequences = {
        row["lead_id"]: {key: value for key, value in row.items() if key.startswith("msg")}
        for row in rows
    }
    return {
        "messages": {key: tuple(rest) for key, *rest in numbered},
        "sequences": sequences,
        "counters": {key: tuple(rest) for key, *rest in counters},
    }


def insert(new: list[Message]) -> Step:
    def step(db: Connection, world: World) -> World:
        fresh = {m.id: m for m in new if m.id not in world}
        if fresh:
            # What the writer says of numbers and replies is not believed.
            statement = sql.SQL(
                "insert into public.messages (id, coach_id, lead_id, direction, created_at,"
                " message_number, is_replied) values {}"
            ).format(
                sql.SQL(", ").join(
                    sql.SQL("({}, {}, {}, {}, {}, 99, true)").format(
                        m.id, COACH, m.lead, m.direction, m.at
                    )
                    for m in fresh.values()
                )
            )
            db.execute(statement)
        return {**world, **fresh}

    return step


def update(field: str, column: str, value: Any, of: list[UUID]) -> Step:
    def step(db: Connection, world: World) -> World:
        db.execute(
            f"update public.messages set {column} = %s where id = any(%s)".encode(), [value, of]
        )
        changed = {key: replace(world[key], **{field: value}) for key in of if key in world}
        return {**world, **changed}

    return step


def delete(of: list[UUID]) -> Step:
    def step(db: Connection, world: World) -> World:
        db.execute("delete from public.messages where id = any(%s)", [of])
        return {key: m for key, m in world.items() if key not in of}

    return step


def truncate(db: Connection, world: World) -> World:
    db.execute("reset role")
    db.execute("truncate public.messages")
    db.execute("set local role service_role")
    return {}


def rekey(db: Connection, world: World) -> World:
    old = min(world, default=None)
    new = UUID("ff" + str(old)[2:]) if old else None
    if old is None or new is None or new in world:
        return world
    db.execute("update public.messages set id = %s where id = %s", [new, old])
    return {**{k: m for k, m in world.items() if k != old}, new: replace(world[old], id=new)}


def by_hand(db: Connection, world: World) -> World:
    db.execute(
        "update public.leads set total_messages_sent = 7, total_messages_received = 7,"
        " first_message_at = now(), last_message_at = now(), source = 'hand'"
    )
    db.execute("update public.messages set text = 'edited'")
    return world


some = st.lists(ids, min_size=1, max_size=4)
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(insert, st.lists(messages, min_size=1, max_size=5)),
    st.builds(update, st.just("lead"), st.just("lead_id"), leads, some),
    st.builds(update, st.just("at"), st.just("created_at"), minutes, some),
    st.builds(update, st.just("direction"), st.just("direction"), directions, some),
    st.builds(delete, some),
    st.sampled_from([truncate, rekey, by_hand]),
)


@settings(max_examples=40)
@given(st.lists(steps, min_size=1, max_size=8))
def test_everything_follows_from_the_messages(db: Connection, program: list[Step]) -> None:
    with db.transaction(force_rollback=True):
        add_coach(db)
        for lead in LEADS:
            db.execute("insert into public.leads (id, coach_id) values (%s, %s)", [lead, COACH])
        world: World = {}
        with acting_as(db, "service_role"):
            for step in program:
                world = step(db, world)
                assert kept(db) == oracle(world)


@pytest.mark.parametrize(
    "step",
    [
        delete([UUID(int=2)]),
        delete([UUID(int=1), UUID(int=3)]),
        delete([UUID(int=n) for n in range(1, 6)]),
        truncate,
        rekey,
        update("lead", "lead_id", LEADS[1], [UUID(int=2), UUID(int=3)]),
        update("at", "created_at", START - timedelta(days=1), [UUID(int=4)]),
        update("direction", "direction", "in", [UUID(int=1)]),
        update("direction", "direction", "out", [UUID(int=2)]),
    ],
)
def test_one_change_of_a_conversation(db: Connection, step: Step) -> None:
    add_coach(db)
    for lead in LEADS:
        db.execute("insert into public.leads (id, coach_id) values (%s, %s)", [lead, COACH])
    ways = ("out", "in", "out", "out", "in")
    thread = [
        Message(UUID(int=number), LEADS[0], way, START + timedelta(minutes=number))
        for number, way in enumerate(ways, 1)
    ]
    with acting_as(db, "service_role"):
        world = step(db, insert(thread)(db, {}))
        assert kept(db) == oracle(world)


@pytest.mark.parametrize(
    ("column", "value"),
    [("message_number", "99"), ("is_replied", "not is_replied"), ("replied_at", "now()")],
)
def test_what_triggers_keep_cannot_be_overwritten(db: Connection, column: str, value: str) -> None:
    add_coach(db)
    for lead in LEADS:
        db.execute("insert into public.leads (id, coach_id) values (%s, %s)", [lead, COACH])
    world = insert(
        [
            Message(UUID(int=1), LEADS[0], "out", START),
            Message(UUID(int=2), LEADS[0], "in", START + timedelta(minutes=1)),
        ]
    )(db, {})
    with acting_as(db, "service_role"):
        db.execute(f"update public.messages set {column} = {value}".encode())
        assert kept(db) == oracle(world)
