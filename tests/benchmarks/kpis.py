"""The KPI engine: what a refresh costs, and what marking costs a writer."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from tests.benchmarks import kpi_world
from tests.benchmarks.kpi_world import LARGE, MARKING, MIDDLE, SMALL, Size, in_turn, timed, triggers
from tests.benchmarks.report import Limit, Measured
from tests.support import servers
from tests.support.legs import LEGS
from tests.support.servers import Connection, Database, Server

ROUNDS = 5
REFRESH = "select private.refresh_kpis()"
# dirty share of the tenants → how many times faster than aggregating everything
PROMISED = {0.01: 9.0, 0.001: 10.0, 0.1: 4.0}
HOUR = 3600


def run(*, small: bool, only: str | None, large: bool = False) -> Iterator[Measured | Limit]:
    """All measurements, or those named `only`; with `large` the ladder's last step."""

    def wanted(name: str) -> bool:
        return only is None or only in name

    steps = [SMALL] if small else [SMALL, MIDDLE, *([LARGE] if large else [])]
    if any(map(wanted, ("refresh", "idle", "drain", "memory"))):
        server = kpi_world.start()
        try:
            for size in steps:
                yield from _refreshes(server, size, last=size == steps[-1], wanted=wanted)
        finally:
            servers.end(server, keep=False)
    if wanted("tenfold"):
        yield from _tenfold(replace(SMALL if small else MIDDLE, coaches=20 if small else 100))
    if wanted("inserts"):
        yield from _inserts(SMALL if small else MIDDLE)
    if wanted("copy"):
        yield from _copies(SMALL if small else MIDDLE, 10_000 if small else 500_000)


def _refreshes(
    server: Server, size: Size, *, last: bool, wanted: Callable[[str], bool]
) -> Iterator[Measured | Limit]:
    began = time.perf_counter()
    database = kpi_world.build(server, size)
    print(f"\n{size}: made in {time.perf_counter() - began:.0f} s", flush=True)  # noqa: T201
    try:
        with database.connect() as db:
            db.execute((kpi_world.FOLDER / "everything.sql").read_bytes())
        if wanted("refresh"):
            for share, promise in PROMISED.items():
                if size.coaches * share >= 1:
                    # Promised of the largest step, where everything is much.
                    yield refresh(database, size, share, promise if size == LARGE else 0)
        if wanted("idle"):
            yield idle(database, size)
        if last and wanted("drain"):
            yield drain(database, size)
        if last and wanted("memory"):
            yield memory(database, size)
    finally:
        server.drop(database)


def refresh(database: Database, size: Size, share: float, promise: float) -> Measured:
    """After a share of the tenants worked: our refresh, and one of a view over everything."""
    marks, answers = [], []
    tenants = round(size.coaches * share)

    def ours(number: int) -> float:
        kpi_world.tidy(database)
        marks.append(kpi_world.change(database, tenants, f"{share} {number}"))
        seconds, answer = timed(database, REFRESH)
        answers.append(answer)
        assert answer["changes"] == marks[-1]
        return HOUR / seconds

    def everything(_: int) -> float:
        statement = "refresh materialized view concurrently private.bench_everything"
        return HOUR / timed(database, statement)[0]

    rates = in_turn({"refresh_kpis": ours, "view over everything": everything}, ROUNDS)
    milliseconds = [f"{HOUR / rate * 1000:,.0f}" for rate in rates["refresh_kpis"]]
    notes = [
        f"{tenants:,} tenants: 10 messages, a sale and a new lead each; {marks[-1]:,} marks,",
        f"{answers[-1]['days']:,} days written; refreshes of {', '.join(milliseconds)} ms against",
        f"{HOUR / median(rates['view over everything']):,.1f} s.",
    ]
    name = f"Refresh, {share:.1%} of the tenants dirty; {size}"
    return Measured(name, "refreshes an hour", rates, promise, notes)


def _tenfold(size: Size) -> Iterator[Measured]:
    server = kpi_world.start()
    try:
        large = replace(size, messages=size.messages * 10)
        yield tenfold({f"{s}": kpi_world.build(server, s) for s in (large, size)}, size)
    finally:
        servers.end(server, keep=False)


def tenfold(databases: dict[str, Database], size: Size) -> Measured:
    """The same changes where there are ten times as many messages, and where there are not."""
    tenants = round(size.coaches * 0.1)

    def way(database: Database) -> Callable[[int], float]:
        def once(number: int) -> float:
            kpi_world.tidy(database)
            kpi_world.change(database, tenants, f"tenfold {number}")
            return HOUR / timed(database, REFRESH)[0]

        return once

    rates = in_turn({name: way(database) for name, database in databases.items()}, 2 * ROUNDS)
    notes = [f"{tenants:,} tenants dirty on either side; promised is at most 1.2 times the cost."]
    return Measured("Ten times the messages", "refreshes an hour", rates, 1 / 1.2, notes)


def drain(database: Database, size: Size) -> Measured:
    """Taking up marks, against an update that touches the rows which left them, by their keys."""
    tenants = round(size.coaches * 0.1)
    touched: dict[int, tuple[list[UUID], list[UUID]]] = {}

    def ours(number: int) -> float:
        kpi_world.tidy(database)
        with database.connect() as db:
            began = db.execute("select clock_timestamp()").fetchone()
        kpi_world.change(database, tenants, f"drain {number}")
        with database.connect() as db:
            touched[number] = (
                _ids(db, "messages", "created_at", began),
                _ids(db, "leads", "updated_at", began),
            )
        seconds, _ = timed(database, "select changes from private.add_kpi_changes()")
        return sum(map(len, touched[number])) / seconds

    def touching(number: int) -> float:
        messages, leads = touched[number]
        with database.connect("supabase_admin") as db:
            db.execute("set local session_replication_role = replica")
            began = time.perf_counter()
            db.execute("update public.messages set text = text where id = any(%s)", [messages])
            db.execute("update public.leads set source = source where id = any(%s)", [leads])
            seconds = time.perf_counter() - began
        return (len(messages) + len(leads)) / seconds

    rates = in_turn({"draining": ours, "touching": touching}, ROUNDS)
    messages, leads = touched[ROUNDS - 1]
    notes = [f"{len(messages):,} messages and {len(leads):,} leads a round; triggers off on touch."]
    name = f"Draining marks of a tenth of the tenants; {size}"
    return Measured(name, "changed rows a second", rates, 0.5 if size == LARGE else 0, notes)


def _ids(db: Connection, table: str, column: str, since: Any) -> list[UUID]:
    query = f"select id from public.{table} where {column} > %s"
    return [row[0] for row in db.execute(query.encode(), since)]


def idle(database: Database, size: Size) -> Limit:
    """Nothing written, no midnight passed."""
    kpi_world.tidy(database)
    timed(database, REFRESH)
    times = []
    with database.connect(autocommit=True) as db:
        for _ in range(20):
            began = time.perf_counter()
            row = db.execute(REFRESH).fetchone()
            times.append((time.perf_counter() - began) * 1000)
            assert row is not None
            assert row[0]["status"] == "unchanged"
    notes = [f"of 20: {min(times):.1f} to {max(times):.1f} ms, median {median(times):.1f}"]
    return Limit(f"Idle refresh, nothing changed; {size}", median(times), 5, "ms", notes)


def memory(database: Database, size: Size) -> Limit:
    """The backend's own memory while it refreshes, over what it has before."""
    kpi_world.change(database, round(size.coaches * 0.1), "memory")
    with database.connect(autocommit=True) as db:
        db.execute("select 1")
        status = Path(f"/proc/{db.info.backend_pid}/status")
        before = peak = _own_kilobytes(status)
        with ThreadPoolExecutor(1) as elsewhere:
            running = elsewhere.submit(db.execute, REFRESH)
            while not running.done():
                peak = max(peak, _own_kilobytes(status))
                time.sleep(0.005)
            running.result()
    notes = ["RssAnon every 5 ms: without shared buffers. A tenth of the tenants dirty."]
    return Limit(f"Memory of a refresh; {size}", (peak - before) / 1000, 100, "MB", notes)


def _own_kilobytes(status: Path) -> int:
    line = next(x for x in status.read_text().splitlines() if x.startswith("RssAnon"))
    return int(line.split()[1])


def inserts(database: Database, size: Size, clients: int, *, hot: bool) -> Iterator[Measured]:
    """Messages inserted and committed one by one, by pgbench: as they are, unmarked, and bare."""

    def run_with(off: tuple[tuple[str, str], ...] | None) -> Callable[[int], float]:
        def way(_: int) -> float:
            triggers(database, "disable", off)
            rate = _pgbench(database, size, clients, hot=hot)
            triggers(database, "enable", None)
            return rate

        return way

    ways = {"everything": run_with(()), "unmarked": run_with(MARKING), "bare": run_with(None)}
    rates = in_turn(ways, ROUNDS)
    where = "one hot tenant" if hot else "random tenants"
    words = f"{clients} client{'s' if clients > 1 else ''}, {where}"
    pair = {name: rates[name] for name in ("everything", "unmarked")}
    yield Measured(f"Inserts with marking, {words}", "messages a second", pair, 0.9)
    pair = {name: rates[name] for name in ("everything", "bare")}
    yield Measured(f"Inserts with all that follows, {words}", "messages a second", pair, 0.5)


def _inserts(size: Size) -> Iterator[Measured]:
    for durable in (True, False):
        settings = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
        server = kpi_world.start(on_disk=durable, **(settings if durable else {}))
        try:
            database = kpi_world.build(server, size)
            for clients in (1, 8):
                for hot in (False, True):
                    for measured in inserts(database, size, clients, hot=hot):
                        kind = "to disk" if durable else "without waiting for a disk"
                        yield replace(measured, name=f"{measured.name}; committed {kind}")
        finally:
            servers.end(server, keep=False)


def _pgbench(database: Database, size: Size, clients: int, *, hot: bool) -> float:
    leads = size.leads if hot else size.coaches * size.leads
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(
            f"\\set lead random(1, {leads})\n\\set out random(0, 1)\n"
            "insert into public.messages (coach_id, lead_id, text, direction, created_at) values ("
            f"private.bench_id('c', (:lead::bigint - 1) / {size.leads} + 1),"
            " private.bench_id('1', :lead::bigint), 'Bonjour, voici un message.',"
            " case :out::integer when 1 then 'out' else 'in' end, clock_timestamp());\n"
        )
        script.flush()
        pgbench = LEGS[0].installation().bin / "pgbench"
        told = subprocess.run(
            [
                pgbench, "-n", "-M", "prepared", "-f", script.name, "-c", str(clients), "-j", "1",
                "-T", "4", database.url(),
            ],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
    found = re.search(r"tps = ([\d.]+)", told)
    assert found is not None
    return float(found[1])


def copy(server: Server, template: Database, size: Size, rows: int) -> Iterator[Measured]:
    """COPY of new messages over all leads, as n8n's backlog or a migration would bring them."""
    count = size.coaches * size.leads

    def way(off: tuple[tuple[str, str], ...]) -> Callable[[int], float]:
        def once(_: int) -> float:
            database = server.clone(template)
            triggers(database, "disable", off)
            began = time.perf_counter()
            with (
                database.connect() as db,
                db.cursor() as cursor,
                cursor.copy(
                    "copy public.messages (coach_id, lead_id, text, direction, created_at)"
                    " from stdin"
                ) as into,
            ):
                for number in range(rows):
                    lead = number % count
                    into.write_row(
                        (
                            f"c0000000-0000-4000-8000-{lead // size.leads + 1:012x}",
                            f"10000000-0000-4000-8000-{lead + 1:012x}",
                            "Bonjour, voici un message.",
                            "out" if number // count % 2 else "in",
                            f"2026-11-01 00:00:{number // count:02}+00",
                        )
                    )
            seconds = time.perf_counter() - began
            server.drop(database)
            return rows / seconds

        return once

    rules = (("messages", "_050_number"), ("messages", "_100_insert"))
    for name, off in (("with all that follows", ()), ("with the rules' triggers aside", rules)):
        ways = {"marking": way(off), "no marking": way((*off, *MARKING))}
        yield Measured(f"COPY of {rows:,} messages {name}", "rows a second", in_turn(ways, 3), 0.85)


def _copies(size: Size, rows: int) -> Iterator[Measured]:
    server = kpi_world.start()
    try:
        yield from copy(server, kpi_world.build(server, size), size, rows)
    finally:
        servers.end(server, keep=False)
