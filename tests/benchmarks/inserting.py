"""What a message costs that is inserted and committed by itself: rate and processor time."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median

from tests.benchmarks import kpi_world, processor
from tests.benchmarks.kpi_world import MARKING, Size, in_turn, triggers
from tests.benchmarks.report import Measured
from tests.support import servers
from tests.support.legs import LEGS
from tests.support.servers import Database, Server

ROUNDS, SECONDS = 5, 2
SOME = Size(200, 100, 10)
# Name of a way → the triggers that it goes without; None: every trigger of the tables.
WAYS: dict[str, tuple[tuple[str, str], ...] | None] = {
    "everything": (),
    "unmarked": MARKING,
    "bare": None,
}
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


def run(size: Size) -> Iterator[Measured]:
    """One and eight clients, over all tenants and in one of them, waiting for a disk and not."""
    server = kpi_world.start(on_disk=True)
    try:
        template = kpi_world.build(server, size)
        # A database for each way: none finds what another has left half done.
        databases = {name: server.clone(template) for name in WAYS}
        for name, off in WAYS.items():
            triggers(databases[name], "disable", off)
        for kind, value in (("without waiting for a disk", "off"), ("to disk", "on")):
            _set_durable(server, value)
            for clients in (1, 8):
                for hot in (False, True):
                    yield from _measure(databases, size, Case(clients, hot, kind))
    finally:
        servers.end(server, keep=False)


@dataclass
class Case:
    """Who writes where, and what the server used for a message, by way and round."""

    clients: int
    hot: bool
    kind: str
    costs: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in WAYS})

    def __str__(self) -> str:
        tenants = "one hot tenant" if self.hot else "random tenants"
        clients = f"{self.clients} client{'s' if self.clients > 1 else ''}"
        return f"{clients}, {tenants}; committed {self.kind}"

    def note(self, way: str, other: str) -> str:
        """What the two cost by the processor, which says how much of a ratio is waiting."""
        pairs = zip(self.costs[way], self.costs[other], strict=True)
        ratio = median(mine / theirs for mine, theirs in pairs)
        mine, theirs = (median(self.costs[name]) for name in (way, other))
        return (
            f"Processor time of the whole server a message: {mine:,.0f} µs against {theirs:,.0f},"
            f" {ratio:.2f} times."
        )


def _measure(databases: dict[str, Database], size: Size, case: Case) -> Iterator[Measured]:
    def way(name: str) -> Callable[[int], float]:
        def once(_: int) -> float:
            before = processor.spent(databases[name].server)
            rate, messages = _pgbench(databases[name], size, case)
            used = processor.spent(databases[name].server) - before
            case.costs[name].append(used * 1e6 / messages)
            return rate

        return once

    rates = in_turn({name: way(name) for name in WAYS}, ROUNDS, patience=1)
    for words, other, promise in (("marking", "unmarked", 0.9), ("all that follows", "bare", 0.5)):
        pair = {name: rates[name] for name in ("everything", other)}
        name = f"Inserts with {words}, {case}"
        notes = [case.note("everything", other)]
        yield Measured(name, "messages a second", pair, promise, notes)


def _set_durable(server: Server, value: str) -> None:
    with server.maintenance.connect("supabase_admin", autocommit=True) as db:
        for setting in DURABLE:
            db.execute(f"alter system set {setting} = {value}".encode())
        db.execute("select pg_reload_conf()")
        db.execute("checkpoint")
    with server.maintenance.connect() as db:
        row = db.execute("select current_setting('fsync')").fetchone()
        assert row == (value,)


def _pgbench(database: Database, size: Size, case: Case) -> tuple[float, int]:
    """Messages a second, without the time that connecting takes, and messages in all."""
    leads = size.leads if case.hot else size.coaches * size.leads
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
                pgbench, "-n", "-M", "prepared", "-f", script.name, "-c", str(case.clients),
                "-j", "1", "-T", str(SECONDS), database.url(),
            ],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
    rate = re.search(r"tps = ([\d.]+)", told)
    messages = re.search(r"transactions actually processed: (\d+)", told)
    assert rate is not None
    assert messages is not None
    return float(rate[1]), int(messages[1])
