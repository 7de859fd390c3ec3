"""Batches meet a database that is busy, goes away, or does not know some events yet."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from setterbase.errors import TargetError, UsageError
from setterbase.ingest import dead_letters, lines, load
from tests.support.sample import add_coaches
from tests.support.servers import Connection, Database

pytestmark = pytest.mark.legs(18)

COACH = "065f2d57-c766-56c5-a31b-ccdfeee0d35b"


def event(number: int, coach: str = COACH) -> str:
    return (
        f'{{"id": "e{number}", "type": "lead", "coach_id": "{coach}", "contact_id": "c",'
        f' "at": "2026-10-01T00:00:00Z", "first_name": "n{number}"}}'
    )


def stream(*texts: str | bytes) -> Iterator[lines.Line]:
    content = b"\n".join(t if isinstance(t, bytes) else t.encode() for t in texts)
    return lines.read(io.BytesIO(content))


@pytest.fixture
def connection(clone: Database) -> Iterator[Connection]:
    with clone.connect(autocommit=True) as connection:
        add_coaches(connection)
        yield connection


def test_every_kind_of_broken_line_is_a_dead_letter_with_its_text(connection: Connection) -> None:
    torn = event(1)[:30]
    report = load.load(
        connection,
        stream(
            b"\xef\xbb\xbf" + event(0).encode(),
            torn + "\r",
            b'{"id": "caf\xe9"}',
            b'{"id": "\0"}',
            '{"id": "\\u0000"}',
            "x" * (lines.MAX_LINE_BYTES + 10),
            "null",
            event(2),
        ),
    )
    assert report.counts == {"accepted": 2, "duplicates": 0, "dead_letters": 6}
    assert report.reasons == {"not_json": 5, "not_an_object": 1}
    assert report.examples["not_json"].line == 2
    listing = dead_letters.waiting(connection)
    assert listing.total == 6
    kept = {letter.raw[:40] for letter in listing.letters}
    assert {torn, "null", '{"id": "\\u0000"}'} < kept
    assert any(raw.startswith('{"id": "caf\\xe9"} [setterbase: not UTF-8') for raw in kept)


def test_a_batch_that_meets_a_lock_is_tried_again(clone: Database, connection: Connection) -> None:
    load.load(connection, stream(event(1)))
    connection.execute("set lock_timeout = '50ms'")
    with clone.connect() as other:
        other.execute("select from public.leads for update")
        threading.Timer(0.2, other.rollback).start()
        began = time.monotonic()
        report = load.load(connection, stream(event(2)))
    assert report.accepted == 1
    assert time.monotonic() - began > 0.15


def test_a_database_that_stays_busy_is_told_in_one_line(
    clone: Database, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "FIRST_PAUSE", 0.001)
    load.load(connection, stream(event(1)))
    connection.execute("set lock_timeout = '10ms'")
    with clone.connect() as other:
        other.execute("select from public.leads for update")
        with pytest.raises(TargetError, match=r"lock timeout\. Nothing was ingested yet\. Run"):
            load.load(connection, stream(event(2)))
        other.rollback()


def test_a_lost_connection_tells_where_it_was_and_the_file_is_sent_again(
    clone: Database, connection: Connection
) -> None:
    def cut(report: load.Report) -> None:
        if report.line == 4:
            with clone.connect("supabase_admin", autocommit=True) as admin:
                pid = connection.info.backend_pid
                admin.execute("select pg_terminate_backend(%s)", [pid])

    events = [event(n) for n in range(9)]
    report = load.Report()
    with pytest.raises(TargetError, match=r"was lost: .* All up to line 4 is ingested\. Run the"):
        load.load(connection, stream(*events), batch_size=2, report=report, on_batch=cut)
    assert report.accepted == 4
    with clone.connect(autocommit=True) as again:
        report = load.load(again, stream(*events), batch_size=2)
        assert report.counts == {"accepted": 5, "duplicates": 4, "dead_letters": 0}


def test_batches_are_bounded_in_size_too(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "BATCH_CHARACTERS", 300)
    seen: list[int] = []
    load.load(connection, stream(*map(event, range(6))), on_batch=lambda r: seen.append(r.line))
    assert seen == [3, 6]


def test_a_connection_with_a_transaction_of_its_own_is_refused(clone: Database) -> None:
    with clone.connect() as connection, pytest.raises(ValueError, match="autocommit"):
        load.load(connection, stream(event(1)))


def test_dead_letters_come_to_life_when_their_cause_is_mended(connection: Connection) -> None:
    late = "00000000-0000-0000-0000-00000000000a"
    report = load.load(connection, stream(event(1, late), event(2, late), "torn"))
    assert report.counts == {"accepted": 0, "duplicates": 0, "dead_letters": 3}
    ids = [letter.id for letter in dead_letters.waiting(connection).letters]
    assert dead_letters.replay(connection) == dead_letters.Replayed(0, 0, 3)

    connection.execute(
        "insert into public.coachs (id, name, email) values (%s, 'Late', 'l@x.fr')", [late]
    )
    assert dead_letters.replay(connection, ids[:1]) == dead_letters.Replayed(1, 0, 0)
    load.load(connection, stream(event(2, late)))
    assert dead_letters.replay(connection) == dead_letters.Replayed(0, 1, 1)

    assert [letter.raw for letter in dead_letters.waiting(connection).letters] == ["torn"]
    everything = dead_letters.waiting(connection, resolved_too=True, limit=2)
    assert [letter.resolution for letter in everything.letters] == ["accepted", "duplicate"]
    assert everything.total == 3
    with pytest.raises(UsageError, match="was resolved before: accepted"):
        dead_letters.replay(connection, ids[:1])
    with pytest.raises(UsageError, match="no dead letter 99"):
        dead_letters.replay(connection, [99])


def test_two_senders_of_the_same_file_take_each_event_once(clone: Database) -> None:
    with clone.connect(autocommit=True) as first:
        add_coaches(first)
    reports = [load.Report(), load.Report()]
    events = [event(n) for n in range(40)]

    def send(report: load.Report) -> None:
        with psycopg.connect(clone.url(), autocommit=True) as own:
            load.load(own, stream(*events), batch_size=7, report=report)

    threads = [threading.Thread(target=send, args=[report]) for report in reports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [report.lines for report in reports] == [40, 40]
    assert sum(report.accepted for report in reports) == 40
