"""Several senders at once, on connections of their own: nothing doubled, nothing stuck."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest

from tests.support.events import COACH, Event, add_coach, apply_each, deliver, event, lead, letters
from tests.support.servers import Connection, Database

WAIT = 20


@pytest.fixture
def coach(clone: Database) -> Database:
    with clone.connect() as db:
        add_coach(db)
    return clone


def waits(database: Database, pid: int) -> bool:
    """Whether that backend is waiting for a lock by now."""
    with database.connect(autocommit=True) as db:
        for _ in range(400):
            row = db.execute(
                "select wait_event_type = 'Lock' from pg_stat_activity where pid = %s", [pid]
            ).fetchone()
            if row == (True,):
                return True
            threading.Event().wait(0.01)
    return False


def overlapping(
    database: Database, first: list[Event | str], second: list[Event | str], end: str = "commit"
) -> list[list[str]]:
    """Deliver `first`, then `second` elsewhere, which must wait; end the first. What was told."""
    with (
        database.connect() as one,
        database.connect() as two,
        ThreadPoolExecutor(1) as elsewhere,
    ):
        answers = [[a["result"] for a in deliver(one, *first)]]
        later = elsewhere.submit(deliver, two, *second)
        assert waits(database, two.info.backend_pid)
        one.execute(end.encode())
        answers.append([a["result"] for a in later.result(WAIT)])
        two.commit()
    return answers


def test_two_sessions_meet_the_same_new_contact(coach: Database) -> None:
    told = overlapping(
        coach,
        [event("message", "2026-10-01T10:00:00Z", direction="in")],
        [event("message", "2026-10-01T09:00:00Z", direction="out")],
    )
    assert told == [["accepted"], ["accepted"]]
    with coach.connect() as db:
        assert db.execute("select count(*) from public.leads").fetchone() == (1,)
        row = lead(db)
        assert (row["total_messages_sent"], row["total_messages_received"]) == (1, 1)
        assert row["created_at"].hour == 9
        replied = db.execute("select is_replied from public.messages where direction = 'out'")
        assert replied.fetchone() == (True,)


@pytest.mark.parametrize(
    ("end", "told", "applied"),
    [("commit", ["duplicate"], 1), ("rollback", ["accepted"], 1)],
)
def test_a_duplicate_races_its_first_delivery(
    coach: Database, end: str, told: list[str], applied: int
) -> None:
    """When the first is rolled back, the second is no duplicate: the event would be lost."""
    same = event("message", direction="in")
    assert overlapping(coach, [same], [same], end) == [["accepted"], told]
    with coach.connect() as db:
        assert db.execute("select count(*) from public.messages").fetchone() == (applied,)


def test_a_dead_letter_races_itself(coach: Database) -> None:
    assert overlapping(coach, ["torn {"], ["torn {"]) == [["dead_letter"], ["dead_letter"]]
    with coach.connect() as db:
        assert [(x["raw"], x["deliveries"]) for x in letters(db)] == [("torn {", 2)]


def test_a_crash_between_batches_repeats_nothing(coach: Database) -> None:
    events = [event("message", f"2026-10-01T10:{n:02}:00Z", direction="in") for n in range(10)]
    with coach.connect() as db:
        deliver(db, *events[:5])
    with coach.connect() as killed, coach.connect("supabase_admin", autocommit=True) as admin:
        deliver(killed, *events[5:])
        admin.execute("select pg_terminate_backend(%s, 5000)", [killed.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            killed.commit()
    with coach.connect() as db:
        assert lead(db)["total_messages_received"] == 5
        told = [answer["result"] for answer in deliver(db, *events)]
        assert told == ["duplicate"] * 5 + ["accepted"] * 5
        assert lead(db)["total_messages_received"] == 10


def at_once(database: Database, *works: Callable[[Connection], object]) -> None:
    """Run each on a connection of its own, all at the same time."""
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[Connection], object]) -> None:
        with database.connect(autocommit=True) as db:
            barrier.wait(WAIT)
            work(db)

    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(run, work) for work in works]:
            done.result(WAIT)


def test_opposite_orders_do_not_deadlock(coach: Database) -> None:
    """Twelve contacts forwards here and backwards there, ten times."""
    for _ in range(10):
        batches = [
            [event("message", direction=way, contact_id=f"c{n}") for n in range(12)]
            for way in ("in", "out")
        ]
        at_once(
            coach,
            partial(deliver_all, events=batches[0]),
            partial(deliver_all, events=batches[1][::-1]),
        )
    with coach.connect() as db:
        counts = db.execute(
            "select distinct total_messages_sent, total_messages_received from public.leads"
        ).fetchall()
        assert counts == [(10, 10)]


def test_dead_letters_in_opposite_orders_do_not_deadlock(coach: Database) -> None:
    """The first waits between two letters until the other has written its first."""
    with coach.connect() as db:
        db.execute(
            "create function private.tg_slowly() returns trigger language plpgsql"
            " as 'begin perform pg_sleep(0.2); return new; end'"
        )
        db.execute(
            "create trigger slowly after insert on private.dead_letters"
            " for each row execute function private.tg_slowly()"
        )
    lines = ["torn 1 {", "torn 2 {"]
    at_once(
        coach,
        partial(deliver_all, events=lines),
        partial(deliver_all, events=lines[::-1]),
    )
    with coach.connect() as db:
        assert {x["raw"]: x["deliveries"] for x in letters(db)} == dict.fromkeys(lines, 2)


@pytest.fixture
def waiting(coach: Database) -> Database:
    """Dead letters for c2, then for c1, that can be applied by now; leads take their time."""
    with coach.connect() as db:
        db.execute("update public.coachs set status = 'disabled'")
        for contact in ("c2", "c1"):
            deliver(db, event("message", direction="in", contact_id=contact, id=contact))
        db.execute("update public.coachs set status = 'active'")
        db.execute(
            "create function private.tg_slowly() returns trigger language plpgsql"
            " as 'begin perform pg_sleep(0.2); return new; end'"
        )
        db.execute(
            "create trigger slowly after insert on public.leads"
            " for each row execute function private.tg_slowly()"
        )
    return coach


def replay(db: Connection) -> dict[str, int]:
    row = db.execute("select private.replay_dead_letters()").fetchone()
    assert row is not None
    answer: dict[str, int] = row[0]
    return answer


def test_a_replay_locks_leads_in_the_order_of_the_ingest(waiting: Database) -> None:
    events = [event("message", direction="out", contact_id=f"c{n}") for n in (1, 2)]
    at_once(waiting, replay, partial(deliver_all, events=events))
    with waiting.connect() as db:
        assert [x["resolution"] for x in letters(db)] == ["accepted", "accepted"]
        for contact in ("c1", "c2"):
            row = lead(db, contact)
            assert (row["total_messages_sent"], row["total_messages_received"]) == (1, 1)


def test_a_replay_locks_the_lead_before_its_letter(waiting: Database) -> None:
    """The ingest has the lead of c1 and then meets the letter, which is delivered once more."""
    raw = event("message", direction="sideways", contact_id="c1")
    with waiting.connect() as db:
        deliver(db, raw)
    events = [event("message", "2026-10-01T00:00:00Z", direction="out", contact_id="c1"), raw]
    at_once(waiting, replay, partial(deliver_all, events=events))
    with waiting.connect() as db:
        assert [x["resolution"] for x in letters(db)] == ["accepted", "accepted", None]


def test_two_replays_at_once_count_each_letter_once(waiting: Database) -> None:
    told: list[dict[str, int]] = []
    work = [lambda db: told.append(replay(db))] * 2
    at_once(waiting, *work)
    assert sorted(one["accepted"] for one in told) == [0, 2]
    assert [one["duplicates"] for one in told] == [0, 0]
    with waiting.connect() as db:
        assert db.execute("select count(*) from public.messages").fetchone() == (2,)


def deliver_all(db: Connection, events: Sequence[Event | str]) -> None:
    deliver(db, *events)


def test_direct_writes_of_one_conversation_take_turns(coach: Database) -> None:
    with coach.connect() as db:
        apply_each(db, [event(contact_id="c1"), event(contact_id="c2")])
        leads = [lead(db, contact)["id"] for contact in ("c1", "c2")]

    def write(db: Connection) -> None:
        for number in range(20):
            for one in leads:
                db.execute(
                    "insert into public.messages (coach_id, lead_id, direction, created_at)"
                    " values (%s, %s, 'out', timestamptz '2026-10-01' + %s * interval '1 min')",
                    [COACH, one, number],
                )

    at_once(coach, write, write, write)
    with coach.connect() as db:
        for contact in ("c1", "c2"):
            assert lead(db, contact)["total_messages_sent"] == 60
        numbers = db.execute(
            "select lead_id, array_agg(message_number order by created_at, id)"
            " from public.messages group by lead_id"
        ).fetchall()
        assert [found for _, found in numbers] == [list(range(1, 61))] * 2
