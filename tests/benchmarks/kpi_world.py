"""The world of the KPI benchmarks: made in SQL, copied for each measurement, changed by turns."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from tests.benchmarks.report import quiet
from tests.support import servers
from tests.support.legs import LEGS, Leg
from tests.support.servers import Connection, Database, Server

FOLDER = Path(__file__).parent / "worlds"
MARKING = (
    ("messages", "_500_mark_insert"),
    ("messages", "_500_mark_update"),
    ("messages", "_500_mark_delete"),
    ("leads", "_500_mark_insert"),
    ("leads", "_500_mark_update"),
    ("leads", "_500_mark_delete"),
    ("message_sequences", "_500_mark_insert"),
    ("message_sequences", "_500_mark_update"),
    ("message_sequences", "_500_mark_delete"),
)
LOGS = ("message_changes", "lead_changes", "sequence_changes", "tenant_changes")
# Ids that a client can compute from a number: pgbench has no other way to name a random lead.
ID = """
create function private.bench_id(kind text, number bigint) returns uuid
language sql immutable
return (kind || '0000000-0000-4000-8000-' || lpad(to_hex(number), 12, '0'))::uuid
"""


@dataclass(frozen=True)
class Size:
    """So many coaches, leads of each, and messages of each lead."""

    coaches: int
    leads: int
    messages: int

    def __str__(self) -> str:
        total = self.coaches * self.leads * self.messages
        return f"{self.coaches:,} coaches × {self.leads:,} leads, {total:,} messages"


SMALL = Size(50, 60, 10)
MIDDLE = Size(1_000, 100, 10)
LARGE = Size(10_000, 100, 10)


def start(leg: Leg = LEGS[0], *, on_disk: bool = False) -> Server:
    """A server with buffers of the size that a small project has."""
    sized = {**leg.settings, "shared_buffers": "512MB", "checkpoint_timeout": "30min"}
    return servers.start(replace(leg, settings=sized), on_disk=on_disk)


def build(server: Server, size: Size) -> Database:
    """A database with such a world, analyzed, its figures fresh."""
    began = time.perf_counter()
    database = server.clone(server.migrated("current"))
    with database.connect("supabase_admin") as db:
        fill(db, size)
    settle(database)
    with database.connect() as db:
        db.execute("select private.refresh_kpis(true)")
    settle(database)
    print(f"\n{size}: made in {time.perf_counter() - began:.0f} s", flush=True)  # noqa: T201
    return database


def fill(db: Connection, size: Size) -> None:
    """Make such a world in an empty database, as its superuser."""
    db.execute(ID)
    world = (FOLDER / "coaching.sql").read_text(encoding="utf-8")
    psycopg.ClientCursor(db).execute(
        world.encode(),
        {"coaches": size.coaches, "leads": size.leads, "messages": size.messages},
    )


def settle(database: Database) -> None:
    """What autovacuum, which is off here, would have done by now."""
    with database.connect("supabase_admin", autocommit=True) as db:
        db.execute("vacuum (analyze)")


def tidy(database: Database) -> None:
    """The same for the tables that a refresh empties and rewrites."""
    with database.connect("supabase_admin", autocommit=True) as db:
        for log in LOGS:
            db.execute(f"vacuum private.kpi_{log}".encode())
        db.execute("vacuum (analyze) public.kpi_daily")
        db.execute("vacuum private.kpi_totals")
        db.execute("vacuum private.kpi_lead_counts")
        db.execute("vacuum private.kpi_boards")
        db.execute("vacuum private.coach_dashboard_kpis")


def change(database: Database, tenants: int, turn: object) -> int:
    """Let so many tenants work; answers how many marks it made."""
    text = (FOLDER / "changes.sql").read_text(encoding="utf-8")
    with database.connect() as db:
        db.execute(text.encode(), {"tenants": tenants, "turn": str(turn)})
        return marks(db)


def marks(db: Connection) -> int:
    """The rows in the logs."""
    total = 0
    for log in LOGS:
        row = db.execute(f"select count(*) from private.kpi_{log}".encode()).fetchone()
        total += row[0] if row else 0
    return total


def timed(database: Database, statement: str, role: str = "postgres") -> tuple[float, Any]:
    """Seconds of one statement in a fresh session, as a scheduler has it, and its answer."""
    with database.connect(role, autocommit=True) as db:
        began = time.perf_counter()
        cursor = db.execute(statement.encode())
        seconds = time.perf_counter() - began
        row = cursor.fetchone() if cursor.description else None
    return seconds, row[0] if row else None


def in_turn(
    ways: dict[str, Callable[[int], float]], rounds: int, *, patience: float = 5
) -> dict[str, list[float]]:
    """What each way answers in each round, for the round's number; each waits for some quiet."""
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            quiet(patience)
            rates[name].append(way(number))
    return rates


def triggers(database: Database, verb: str, chosen: tuple[tuple[str, str], ...] | None) -> None:
    """Enable or disable these triggers; None: every trigger of leads, messages and sequences."""
    with database.connect() as db:
        if chosen is None:
            for table in ("leads", "messages", "message_sequences"):
                db.execute(f"alter table public.{table} {verb} trigger user".encode())
        else:
            for table, trigger in chosen:
                db.execute(f"alter table public.{table} {verb} trigger {trigger}".encode())
