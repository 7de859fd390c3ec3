"""Others at work in the database: a deadlock is tried again, a lock that stays is unproven."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest

from setterbase.prover import mutants
from setterbase.prover.arena import Arena
from tests.prover.notes import NOTES
from tests.support.servers import Database

pytestmark = [pytest.mark.slow, pytest.mark.legs(18)]

TABLES = "create table public.one (id integer); create table public.two (id integer);"


def test_a_deadlock_is_tried_again(bare: Database) -> None:
    with bare.connect() as connection:
        connection.execute(TABLES)
    met = threading.Event()

    def other() -> None:
        with bare.connect() as theirs:
            theirs.execute("lock table public.two")
            met.set()
            theirs.execute("set local lock_timeout = '3s'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                theirs.execute("lock table public.one")
            theirs.rollback()

    with bare.connect() as connection:
        arena = Arena(connection, "public")
        arena.owner("lock table public.one")
        busy = threading.Thread(target=other)
        busy.start()
        met.wait()
        time.sleep(1.3)  # theirs looks for a deadlock after one second, and finds none yet
        assert arena.try_owner("lock table public.two").ok
        assert [e.state for e in arena.errors] == ["40P01"]
        busy.join()
        connection.rollback()


def test_a_break_that_a_lock_prevents_is_unproven(bare: Database) -> None:
    with bare.connect() as connection:
        connection.execute(NOTES)
    readers: list[psycopg.Connection[object]] = []

    def on_step(step: str) -> None:
        if "breaks" in step:
            reader = psycopg.connect(bare.url())
            reader.execute("table public.notes")
            readers.append(reader)
            threading.Timer(3.0, reader.close).start()

    with bare.connect() as connection:
        harvest = mutants.run(connection, ["public"], on_step=on_step)
    assert readers
    held = [f for f in harvest.fates if f.fate == "unproven"]
    assert held
    assert all("lock timeout" in f.reason for f in held)
    assert harvest.count("survived") == 0
    assert harvest.count("noticed") > 0
    assert harvest.exit_code() == 3
