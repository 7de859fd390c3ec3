"""What marking costs a COPY of many messages, as a backlog or a migration brings them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from tests.benchmarks.kpi_world import MARKING, Size, in_turn, triggers
from tests.benchmarks.report import Measured
from tests.support.servers import Database, Server

ROUNDS = 3
RULES = (("messages", "_050_number"), ("messages", "_100_insert"))
BLOCK = 10_000


def measure(server: Server, template: Database, size: Size, rows: int) -> Iterator[Measured]:
    """COPY of new messages over all leads, each time into a fresh copy of the world."""
    blocks = _rendered(size, rows)

    def way(off: tuple[tuple[str, str], ...]) -> Callable[[int], float]:
        def once(_: int) -> float:
            database = server.clone(template)
            try:
                triggers(database, "disable", off)
                return rows / _copy(database, blocks)
            finally:
                server.drop(database)

        return once

    for name, off in (("with all that follows", ()), ("with the rules' triggers aside", RULES)):
        ways = {"marking": way(off), "no marking": way((*off, *MARKING))}
        yield Measured(
            f"COPY of {rows:,} messages {name}", "rows a second", in_turn(ways, ROUNDS), 0.85
        )


def _copy(database: Database, blocks: list[bytes]) -> float:
    """Seconds until it is committed."""
    began = time.perf_counter()
    with (
        database.connect() as db,
        db.cursor() as cursor,
        cursor.copy(
            "copy public.messages (coach_id, lead_id, text, direction, created_at) from stdin"
        ) as into,
    ):
        for block in blocks:
            into.write(block)
    return time.perf_counter() - began


def _rendered(size: Size, rows: int) -> list[bytes]:
    """The rows as the server takes them: rendering is no part of what is measured."""
    leads = size.coaches * size.leads
    began = datetime.now(UTC) - timedelta(hours=1)

    def line(number: int) -> str:
        lead = number % leads
        coach = f"c0000000-0000-4000-8000-{lead // size.leads + 1:012x}"
        direction = "out" if number // leads % 2 else "in"
        at = began + timedelta(seconds=number // leads)
        return "\t".join(
            (
                coach, f"10000000-0000-4000-8000-{lead + 1:012x}", "Bonjour, voici un message.",
                direction, at.isoformat(),
            )
        )  # fmt: skip

    return [
        "".join(f"{line(number)}\n" for number in range(first, min(first + BLOCK, rows))).encode()
        for first in range(0, rows, BLOCK)
    ]
