"""What a refresh of the KPIs costs: against a view over everything, at rest, in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from tests.benchmarks import kpi_world, processor
from tests.benchmarks.kpi_world import LARGE, Size, in_turn, timed
from tests.benchmarks.report import Cost, Limit, Measured
from tests.support.servers import Connection, Database, Server

ROUNDS = 5
REFRESH = "select private.refresh_kpis()"
# dirty share of the tenants → how many times faster than the same figures by hand
PROMISED = {0.01: 9.0, 0.001: 10.0, 0.1: 4.0}
# The first yields our figures, and is what the promise is about; the second less than a dashboard
# shows: the least that a view over everything can cost.
VIEWS = {"same figures by hand": "by_hand", "fewer figures": "lean"}
HOUR = 3600


def measure(
    database: Database, size: Size, *, last: bool, wanted: Callable[[str], bool]
) -> Iterator[Measured | Limit]:
    """A step of the ladder; what the last one alone promises on the last one alone."""
    if wanted("refresh"):
        create_views(database)
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


def create_views(database: Database) -> None:
    """The views that one would write without an engine."""
    with database.connect() as db:
        for view in VIEWS.values():
            db.execute((kpi_world.FOLDER / f"{view}.sql").read_bytes())


def differences(database: Database) -> list[tuple[Any, ...]]:
    """After a refresh of either side: tenant, column, our figure and the one by hand."""
    timed(database, REFRESH)
    timed(database, _statement("by_hand"))
    with database.connect() as db:
        return db.execute((kpi_world.FOLDER / "differences.sql").read_bytes()).fetchall()


def _statement(view: str) -> str:
    return f"refresh materialized view concurrently private.bench_{view}"


def _agree(database: Database) -> None:
    if found := differences(database):
        raise RuntimeError(
            f"{len(found):,} figures are not the same on either side, of them {found[:5]}: what"
            " was measured does not compare."
        )


def refresh(database: Database, size: Size, share: float, promise: float) -> Measured:
    """After a share of the tenants worked: our refresh, and those of views over everything."""
    marks, answers = [], []
    tenants = round(size.coaches * share)
    used: dict[str, list[float]] = {}

    def run(name: str, statement: str) -> tuple[float, Any]:
        before = processor.spent(database.server)
        seconds, answer = timed(database, statement)
        used.setdefault(name, []).append(processor.spent(database.server) - before)
        return HOUR / seconds, answer

    def ours(number: int) -> float:
        kpi_world.tidy(database)
        marks.append(kpi_world.change(database, tenants, f"{share} {number}"))
        rate, answer = run("refresh_kpis", REFRESH)
        answers.append(answer)
        assert answer["changes"] == marks[-1]
        return rate

    def view(name: str) -> Callable[[int], float]:
        def theirs(_: int) -> float:
            with database.connect(autocommit=True) as db:
                db.execute(f"vacuum (analyze) private.bench_{VIEWS[name]}".encode())
            return run(name, _statement(VIEWS[name]))[0]

        return theirs

    _agree(database)
    rates = in_turn({"refresh_kpis": ours, **{name: view(name) for name in VIEWS}}, ROUNDS)
    _agree(database)
    notes = [
        f"{tenants:,} tenants: 10 messages, a sale and a new lead each; {marks[-1]:,} marks,",
        f"{answers[-1]['days']:,} days written. Every figure of every tenant was compared with the",
        "view by hand before and after. Seconds, and seconds of processor with parallel workers:",
    ]
    for name, hourly in rates.items():
        seconds = ", ".join(f"{HOUR / rate:.3f}" for rate in hourly)
        notes.append(f"{name} {seconds}; processor {median(used[name]):.3f}.")
    name = f"Refresh, {share:.1%} of the tenants dirty; {size}"
    return Measured(name, "refreshes an hour", rates, promise, notes)


def tenfold(server: Server, size: Size) -> Cost:
    """The same changes where there are ten times as many messages, and where there are not.

    By processor time of the session that refreshes: it works alone, and what else runs counts on
    neither side.
    """
    sizes = [replace(size, messages=10 * size.messages), size]
    databases = {str(each): kpi_world.build(server, each) for each in sizes}
    tenants = round(size.coaches * 0.1)
    marks: dict[str, int] = {}
    elapsed: dict[str, list[float]] = {name: [] for name in databases}

    def way(name: str) -> Callable[[int], float]:
        def once(number: int) -> float:
            kpi_world.tidy(databases[name])
            marks[name] = kpi_world.change(databases[name], tenants, f"tenfold {number}")
            with databases[name].connect(autocommit=True) as db:
                began, before = time.perf_counter(), processor.nanoseconds(db.info.backend_pid)
                db.execute(REFRESH)
                elapsed[name].append((time.perf_counter() - began) * 1e3)
                return (processor.nanoseconds(db.info.backend_pid) - before) / 1e6

        return once

    rounds = in_turn({name: way(name) for name in databases}, 2 * ROUNDS)
    for database in databases.values():
        server.drop(database)
    notes = [f"{tenants:,} tenants dirty on either side, the same leads of each."]
    notes += [
        f"{name}: {marks[name]:,} marks, {median(elapsed[name]):,.0f} ms by the clock."
        for name in databases
    ]
    name = "Refresh with ten times the messages"
    return Cost(name, "ms of processor", rounds, 1.2, notes=notes)


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
