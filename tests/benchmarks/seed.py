"""`setterbase seed`: against a plain COPY, against the first seed script, and its memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from faker import Faker
from psycopg import sql

from setterbase.seeding import load, plan, tables
from setterbase_seed.coaches import made
from setterbase_seed.coaching.blocks import Chunk, chunks, make, stream
from setterbase_seed.coaching.copytext import TABLES
from setterbase_seed.world import PROFILES, Coach, World
from tests.benchmarks import faker_way, http, memory
from tests.benchmarks.report import Limit, Measured, quiet
from tests.support import servers
from tests.support.legs import LEGS
from tests.support.servers import Database, Server

WORLD = World(seed=1, day=date(2026, 10, 31), days=180)
COACHES = [one.coach for one in made(WORLD, 20)]
COUNTED = ("leads", "messages", "message_sequences")  # what «rows» means in every rate
ROWS_A_LEAD = 8.7


def run(*, small: bool, only: str | None) -> Iterator[Measured | Limit]:
    """All measurements, or those whose name holds `only`."""
    scale = 20 if small else 1
    suite: dict[str, Callable[[Server, int], Measured | Limit]] = {
        "generation": generation,
        "copy": against_copy,
        "http": against_http,
        "memory": memory_of_a_million,
    }
    server = servers.start(LEGS[0])
    try:
        for name, measure in suite.items():
            if only is None or only in name:
                yield measure(server, scale)
    finally:
        servers.end(server, keep=False)


def generation(server: Server, scale: int) -> Measured:
    """One process generating and rendering, against one process calling Faker."""
    coach = COACHES[0]
    leads = 40_000 // scale
    slow = 1_000 // scale
    make(WORLD, Chunk(coach, 0, 500))  # tables and imports, for both sides
    fake = Faker("fr_FR")
    list(faker_way.leads(fake, coach.id, 10))
    rounds: dict[str, list[float]] = {"setterbase_seed, one process": [], "Faker per field": []}
    rounds["setterbase_seed, two workers"] = []
    for _ in range(5):
        quiet()
        began, rows = time.perf_counter(), 0
        for chunk in chunks(coach, 0, leads):
            rows += sum(make(WORLD, chunk).counts[:3])
        rounds["setterbase_seed, one process"].append(rows / (time.perf_counter() - began))
        began, rows = time.perf_counter(), 0
        for number, lead in enumerate(faker_way.leads(fake, coach.id, slow)):
            # As many messages as our leads have.
            said = sum(1 for _ in faker_way.messages(fake, coach.id, lead["id"], 6 + number % 2))
            faker_way.sequence(fake, coach.id, lead["id"])
            rows += 2 + said
        rounds["Faker per field"].append(rows / (time.perf_counter() - began))
        began, rows = time.perf_counter(), 0
        for _, made_rows in stream(WORLD, chunks(coach, 0, leads), workers=2):
            rows += sum(made_rows.counts[:3])
        rounds["setterbase_seed, two workers"].append(rows / (time.perf_counter() - began))
    notes = [
        "Ours is rendered as COPY text, history included; Faker's rows are dictionaries.",
        "The two workers' start is counted.",
    ]
    return Measured("Generation alone", "rows a second", rounds, 10, notes)


def against_copy(server: Server, scale: int) -> Measured:
    """Generate, render and load, against a plain COPY of the bytes that this renders."""
    leads = int(1_000_000 / ROWS_A_LEAD) // scale
    rounds: dict[str, list[float]] = {"setterbase seed": [], "plain COPY": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(5):
            database = _fresh(server)
            seconds = _seed(database, leads)
            rows = _rows(database)
            rounds["setterbase seed"].append(rows / seconds)
            server.drop(database)
            if number == 0:
                _prerender(Path(folder), leads)
            database = _fresh(server)
            seconds = _copy(database, Path(folder))
            assert _rows(database) == rows
            rounds["plain COPY"].append(rows / seconds)
            server.drop(database)
    notes = [
        f"{rows:,} rows of leads, messages and sequences, and their history, over 20 coaches;",
        "indexes and foreign keys in place; triggers aside on both sides; COPY in one transaction",
        "and one statement a table. fsync is off: with it on the disk would slow both alike.",
    ]
    return Measured("End to end against COPY", "rows a second", rounds, 0.75, notes)


def against_http(server: Server, scale: int) -> Measured:
    """Rows a second against Faker for each field and inserts of 500 through PostgREST."""
    if http.MISSING:
        raise SystemExit(http.MISSING)
    leads, fewer = int(1_000_000 / ROWS_A_LEAD) // scale, 4_000 // scale
    ways: dict[str, Callable[[Database], float]] = {
        "setterbase seed": lambda database: _seed(database, leads),
        "Faker and inserts of 500": lambda database: _post(database, fewer, triggers=True),
        "the same, triggers off": lambda database: _post(database, fewer, triggers=False),
    }
    rounds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(5):
        for name, write in ways.items():
            database = _fresh(server)
            seconds = write(database)
            rounds[name].append(_rows(database) / seconds)
            server.drop(database)
    notes = [
        f"{leads:,} leads with their messages and sequences here, {fewer:,} there.",
        "postgrest-py, the client inside supabase-py, with a token of service_role. The second way",
        "keeps the schema's triggers, which make the sequences; the third inserts these itself and",
        "has no triggers, so that nothing of it would be in a dashboard.",
    ]
    return Measured("End to end against the first script", "rows a second", rounds, 6, notes)


def memory_of_a_million(server: Server, scale: int) -> Limit:
    """The command itself, all its processes, a million leads."""
    database = _fresh(server)
    began = time.perf_counter()
    process = subprocess.Popen(
        [
            sys.executable, "-m", "setterbase.main", "seed", "--coaches", "20",
            "--leads", str(1_000_000 // scale), "--days", "365", "--day", "2026-10-31",
        ],
        env={**os.environ, "DATABASE_URL": database.url()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    peak = memory.peak_megabytes(process)
    assert process.returncode == 0
    seconds = time.perf_counter() - began
    rows = _rows(database)
    server.drop(database)
    notes = [
        f"{rows:,} rows of {1_000_000 // scale:,} leads in {seconds:.0f} s, statistics and refresh",
        "of the dashboards included. Resident memory of the command and its workers, without the",
        "server's; pages that they share are counted for each.",
    ]
    return Limit("Memory at a million leads", peak, 300, "MB", notes)


def _fresh(server: Server) -> Database:
    database = server.clone(server.migrated("current"))
    with database.connect(autocommit=True) as connection:
        plan.make_coaches(connection, made(WORLD, len(COACHES)))
    quiet()
    return database


def _seed(database: Database, leads: int) -> float:
    """Plan, generate, render and load; answers the seconds."""
    began = time.perf_counter()
    with database.connect(autocommit=True) as connection:
        coaches = plan.coaches(connection)
        todo = plan.plan(connection, WORLD, coaches, total=leads, profile=PROFILES["demo"])
        load.load(connection, todo)
    return time.perf_counter() - began


def _rows(database: Database) -> int:
    with database.connect() as connection:
        total = 0
        for table in COUNTED:
            query = sql.SQL("select count(*) from public.{}").format(sql.Identifier(table))
            row = connection.execute(query).fetchone()
            total += row[0] if row else 0
    return total


def _prerender(folder: Path, leads: int) -> None:
    """A file a table, of the world that `_seed` writes."""
    coaches = sorted(COACHES, key=lambda coach: coach.id)
    todo = plan.plan(None, WORLD, coaches, total=leads, profile=PROFILES["demo"])
    wanted = [chunk for part in todo.parts for chunk in chunks(part.coach, part.first, part.last)]
    files = [(folder / table).open("wb") for table in TABLES]
    for _, rows in stream(WORLD, wanted, workers=2):
        for file, text in zip(files, rows.texts, strict=True):
            file.write(text)
    for file in files:
        file.close()


def _copy(database: Database, folder: Path) -> float:
    """Load what `_prerender` made; answers the seconds."""
    began = time.perf_counter()
    with (
        database.connect(autocommit=True) as connection,
        tables.alone(connection, tables.WRITING),
        connection.cursor() as cursor,
    ):
        for table, columns in TABLES.items():
            statement = sql.SQL("copy public.{} ({}) from stdin").format(
                sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
            )
            with (folder / table).open("rb") as file, cursor.copy(statement) as into:
                while text := file.read(1 << 20):
                    into.write(text)
    return time.perf_counter() - began


def _post(database: Database, leads: int, *, triggers: bool) -> float:
    """Write so many leads by the first script's way; answers the seconds."""
    from postgrest import SyncPostgrestClient

    with database.connect() as connection:
        connection.execute("grant insert on public.message_sequences to service_role")
        if not triggers:
            for table in ("leads", "messages", "message_sequences"):
                connection.execute(
                    sql.SQL("alter table public.{} disable trigger user").format(
                        sql.Identifier(table)
                    )
                )
    fake = Faker("fr_FR")
    with http.api(database) as (url, token):
        client = SyncPostgrestClient(url, headers={"Authorization": f"Bearer {token}"})
        began = time.perf_counter()

        def insert(table: str, rows: list[faker_way.Row]) -> None:
            for start in range(0, len(rows), 500):
                client.from_(table).insert(rows[start : start + 500]).execute()

        coach: Coach
        for number, coach in enumerate(COACHES):
            share = leads // len(COACHES)
            mine = list(faker_way.leads(fake, coach.id, share))
            insert("leads", mine)
            said = []
            for index, lead in enumerate(mine):
                count = 6 + (index + number) % 2
                said += list(faker_way.messages(fake, coach.id, lead["id"], count))
            insert("messages", said)
            if not triggers:
                insert(
                    "message_sequences",
                    [faker_way.sequence(fake, coach.id, lead["id"]) for lead in mine],
                )
        seconds = time.perf_counter() - began
        client.aclose()
    return seconds
