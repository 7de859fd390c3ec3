"""The newest message of a lead is taken up without reading its conversation, and without races."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from psycopg.rows import dict_row

from tests.support.events import COACH, add_coach
from tests.support.servers import Connection, Database

ADD = (
    "insert into public.messages (coach_id, lead_id, direction, created_at)"
    " select coach_id, id, %s, %s from public.leads"
)


def add(db: Connection, direction: str, minute: int) -> None:
    db.execute(ADD, [direction, f"2026-10-01T10:{minute:02}:00Z"])


def begin(db: Connection, messages: int = 0) -> None:
    """A coach with one lead and a conversation of so many minutes, one way and the other."""
    add_coach(db)
    db.execute("insert into public.leads (coach_id) values (%s)", [COACH])
    db.execute(
        "insert into public.messages (coach_id, lead_id, direction, created_at)"
        " select l.coach_id, l.id, case n %% 2 when 1 then 'out' else 'in' end,"
        " timestamptz '2026-09-01T10:00:00Z' + n * interval '1 minute'"
        " from public.leads as l, generate_series(1, %s) as n",
        [messages],
    )


def touched(db: Connection) -> int:
    """Rows of messages that this transaction has fetched, inserted or updated so far."""
    row = db.execute(
        "select seq_tup_read + idx_tup_fetch + n_tup_ins + n_tup_upd"
        " from pg_stat_xact_user_tables where relid = 'public.messages'::regclass"
    ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("direction", ["in", "out"])
def test_its_cost_does_not_depend_on_the_conversation(db: Connection, direction: str) -> None:
    begin(db, 801)  # the last one went out and is not answered
    before = touched(db)
    add(db, direction, 0)
    assert 0 < touched(db) - before <= 6


def test_one_between_others_is_counted_with_them(db: Connection) -> None:
    begin(db)
    for direction, minute in [("out", 0), ("in", 5), ("out", 8), ("out", 3), ("in", 3)]:
        add(db, direction, minute)
    found = db.execute(
        "select direction, extract(minute from created_at)::integer, message_number, is_replied"
        " from public.messages order by direction, message_number"
    ).fetchall()
    assert found == [
        ("in", 3, 1, False),
        ("in", 5, 2, False),
        ("out", 0, 1, False),
        ("out", 3, 2, True),
        ("out", 8, 3, False),
    ]


def test_an_engagement_taken_back_by_hand_comes_again_from_the_first_message(
    db: Connection,
) -> None:
    begin(db)
    add(db, "in", 0)
    db.execute("update public.leads set engaged_at = null")
    add(db, "in", 5)
    row = db.execute("select engaged_at from public.leads").fetchone()
    assert row is not None
    assert row[0].minute == 0


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1), (1, 1)])
def test_two_writers_of_one_lead(clone: Database, first: int, second: int) -> None:
    """The second numbers its message before it knows of the first, and finds that out in time."""
    with clone.connect() as db:
        begin(db)
        add(db, "out", 0)
    with (
        clone.connect() as one,
        clone.connect() as two,
        clone.connect(autocommit=True) as watcher,
        ThreadPoolExecutor(1) as elsewhere,
    ):
        add(one, "out", first)
        writing = elsewhere.submit(add, two, "out", second)
        waits = "select wait_event_type = 'Lock' from pg_stat_activity where pid = %s"
        deadline = time.monotonic() + 20
        while watcher.execute(waits, [two.info.backend_pid]).fetchone() != (True,):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        one.commit()
        writing.result(20)
    with clone.connect() as db, db.cursor(row_factory=dict_row) as cursor:
        numbers = cursor.execute(
            "select message_number from public.messages order by created_at, id"
        ).fetchall()
        assert [row["message_number"] for row in numbers] == [1, 2, 3]
        lead: dict[str, Any] | None = cursor.execute("select * from public.leads").fetchone()
        sequence = cursor.execute("select * from public.message_sequences").fetchone()
    assert lead is not None
    assert sequence is not None
    assert (lead["total_messages_sent"], lead["last_message_at"].minute) == (3, max(first, second))
    assert [sequence[f"msg{n}_sent_at"].minute for n in (2, 3)] == sorted([first, second])
