"""What a seed leaves behind when it is killed, refused or in somebody's way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import pytest
from psycopg.types.json import Jsonb

from setterbase.errors import TargetError
from setterbase.seeding import load, plan, purge, tables
from setterbase_seed import ids
from setterbase_seed.coaches import made
from setterbase_seed.world import PROFILES, World
from tests.support.servers import Connection, Database

WORLD = World(seed=11, day=date(2026, 10, 31), days=60)


def seed(connection: Connection, leads: int, coaches: int = 2) -> load.Loaded:
    sample = made(WORLD, coaches)
    plan.make_coaches(connection, sample)
    chosen = sorted((one.coach for one in sample), key=lambda coach: coach.id)
    todo = plan.plan(connection, WORLD, chosen, total=leads, profile=PROFILES["demo"])
    return load.load(connection, todo, workers=0)


def triggers(connection: Connection) -> set[tuple[str, str]]:
    rows = connection.execute(
        """
        select t.tgrelid::regclass::text || '.' || t.tgname, t.tgenabled::text
        from pg_trigger as t
        where not t.tgisinternal and t.tgrelid in
          ('public.leads'::regclass, 'public.messages'::regclass)
        """
    ).fetchall()
    return {(name, state) for name, state in rows}


def below(pid: int) -> list[int]:
    """The children of a process."""
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for children in found for child in children.read_text().split()]


def leads_by_coach(connection: Connection) -> dict[str, int]:
    rows = connection.execute(
        "select c.name, count(l.*) from public.coachs as c"
        " left join public.leads as l on l.coach_id = c.id group by c.id order by c.id"
    ).fetchall()
    return dict(rows)


def test_every_trigger_is_enabled_afterwards(clone: Database) -> None:
    with clone.connect(autocommit=True) as connection:
        before = triggers(connection)
        assert {state for _, state in before} == {"O"}
        seed(connection, 30)
        assert triggers(connection) == before
        found = purge.find(connection, None, None)
        purge.purge(connection, found, None, sample_coaches=True)
        assert triggers(connection) == before


def test_a_refused_row_rolls_its_coach_back_and_names_them(clone: Database) -> None:
    with clone.connect(autocommit=True) as connection:
        chosen = sorted((one.coach for one in made(WORLD, 2)), key=lambda coach: coach.id)
        # One message in the middle of the second coach's world is refused.
        connection.execute(
            f"""
            alter table public.messages add constraint no_luck
            check (coach_id <> '{chosen[1].id}' or message_number < 3)
            """
        )
        before = triggers(connection)
        with pytest.raises(load.SeedError) as caught:
            seed(connection, 80)
        assert chosen[1].name in str(caught.value)
        assert chosen[1].email in str(caught.value)
        assert "no_luck" in str(caught.value)
        there = leads_by_coach(connection)
        assert there[chosen[0].name] > 0
        assert there[chosen[1].name] == 0
        assert triggers(connection) == before

        connection.execute("alter table public.messages drop constraint no_luck")
        seed(connection, 80)
        assert sum(leads_by_coach(connection).values()) == 80


def test_a_coach_of_several_batches_keeps_those_before_the_refused_one(
    clone: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As docs/seed.md says: a batch is a transaction, and one of a great coach's is not all."""
    monkeypatch.setattr(load, "BATCH", 20)
    with clone.connect(autocommit=True) as connection:
        (one,) = (made_coach.coach for made_coach in made(WORLD, 1))
        prefix = ids.prefix(WORLD.seed, one.id)
        # Lead number 45 is in the third batch.
        connection.execute(
            f"alter table public.leads add constraint no_luck"
            f" check (id <> '{ids.lead_id(prefix, 45)}')"
        )
        with pytest.raises(load.SeedError, match=r"Nothing of leads 41 to 60 was written") as told:
            seed(connection, 80, coaches=1)
        assert one.name in str(told.value)
        assert "batches before them stay" in str(told.value)
        assert leads_by_coach(connection) == {one.name: 40}
        connection.execute("alter table public.leads drop constraint no_luck")
        assert seed(connection, 80, coaches=1).rows[one.id]["leads"] == 40
        assert leads_by_coach(connection) == {one.name: 80}


@pytest.mark.slow
@pytest.mark.legs(18)
def test_killed_in_the_middle_it_leaves_whole_batches_and_goes_on_later(clone: Database) -> None:
    command = [sys.executable, "-m", "setterbase.main", "seed", "--coaches", "4", "--leads"]
    words = ["24000", "--day", "2026-10-31", "--seed", "11"]
    child = subprocess.Popen(
        [*command, *words],
        env={**os.environ, "DATABASE_URL": clone.url()},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    with clone.connect(autocommit=True) as connection:
        deadline = time.monotonic() + 60
        while not connection.execute("select 1 from public.leads limit 1").fetchone():
            assert child.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        workers = below(child.pid)
        assert workers
        child.send_signal(signal.SIGKILL)
        child.wait()
        while any(Path(f"/proc/{worker}").exists() for worker in workers):
            assert time.monotonic() < deadline, "workers outlive their parent"
            time.sleep(0.05)
        # The server notices when it next reads or writes; its transaction ends with it.
        while connection.execute(
            "select 1 from pg_stat_activity where application_name = 'setterbase'"
            " and datname = current_database()"
        ).fetchone():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert {state for _, state in triggers(connection)} == {"O"}
        some = sum(leads_by_coach(connection).values())
        assert 0 < some < 24_000
        # Whole batches: no message without its lead's counters, no lead without its messages.
        assert connection.execute(
            """
            select count(*) from public.leads as l
            where l.total_messages_sent + l.total_messages_received <> (
              select count(*) from public.messages as m where m.lead_id = l.id
            )
            """
        ).fetchone() == (0,)
    subprocess.run(
        [*command, *words], env={**os.environ, "DATABASE_URL": clone.url()}, check=True,
        capture_output=True,
    )  # fmt: skip
    with clone.connect() as connection:
        assert sum(leads_by_coach(connection).values()) == 24_000


@pytest.mark.slow
def test_a_writer_meanwhile_loses_no_trigger_work(clone: Database) -> None:
    """Two flows write events and messages, the orders of locking both ways, while seeds run."""
    coach = "22222222-2222-4222-8222-222222222222"
    with clone.connect(autocommit=True) as connection:
        connection.execute(
            "insert into public.coachs (id, name, email) values (%s, 'Real', 'r@x.y')", [coach]
        )
        connection.execute(
            "insert into public.leads (id, coach_id, contact_id) values (%s, %s, 'direct')",
            [coach, coach],
        )
    done = threading.Event()
    written = {"ingested": 0, "direct": 0}
    failures: list[BaseException] = []

    def flow(kind: str) -> None:
        try:
            with clone.connect(autocommit=True) as connection:
                while not done.is_set():
                    number = written[kind]
                    if kind == "direct":
                        connection.execute(
                            "insert into public.messages (coach_id, lead_id, direction)"
                            " values (%s, %s, 'out')",
                            [coach, coach],
                        )
                    else:
                        event = {
                            "id": f"e{number}", "type": "message", "coach_id": coach,
                            "contact_id": "ingested", "direction": "out",
                            "at": f"2026-10-01T10:{number // 60 % 60:02}:{number % 60:02}Z",
                        }  # fmt: skip
                        connection.execute("select public.ingest_event(%s)", [Jsonb(event)])
                    written[kind] += 1
        except BaseException as error:
            failures.append(error)

    flows = [threading.Thread(target=flow, args=(kind,)) for kind in written]
    for one in flows:
        one.start()
    try:
        with clone.connect(autocommit=True) as connection:
            for leads in (200, 400, 600, 800):
                seed(connection, leads)
    finally:
        done.set()
        for one in flows:
            one.join()
    assert failures == []
    assert min(written.values()) > 0
    with clone.connect() as connection:
        rows = connection.execute(
            "select l.contact_id, l.total_messages_sent, count(m.*), max(m.message_number)"
            " from public.leads as l join public.messages as m on m.lead_id = l.id"
            " where l.coach_id = %s group by l.id order by 1",
            [coach],
        ).fetchall()
    assert rows == [
        ("direct", *[written["direct"]] * 3),
        ("ingested", *[written["ingested"]] * 3),
    ]


@pytest.mark.legs(18)
def test_somebody_elses_lock_is_waited_for_and_then_told(
    clone: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_TRIES", 2)
    monkeypatch.setattr(tables, "PATIENCE", ("200ms", "100ms"))
    with clone.connect() as other, clone.connect(autocommit=True) as connection:
        seed(connection, 20)
        other.execute("lock table public.messages in row exclusive mode")
        with pytest.raises(TargetError, match="are in use"):
            seed(connection, 40)
        assert sum(leads_by_coach(connection).values()) == 20
        other.rollback()
        seed(connection, 40)
        assert sum(leads_by_coach(connection).values()) == 40
