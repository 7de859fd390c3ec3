"""What a dashboard costs to read: through PostgREST, and by the queries beneath.

The world has a tenant of 100,000 leads among 9,000 of 100 each. Costs are processor time, of
PostgREST and of its sessions: what else the machine does counts on neither side of a ratio. The
median latency of the same requests stands beside it.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from tests.benchmarks import http, processor
from tests.benchmarks.report import Cost
from tests.support import servers
from tests.support.legs import LEGS
from tests.support.servers import Connection, Database, Server

FILL = Path(__file__).with_name("reading.sql")
BIG, SMALL = (f"00000000-0000-0000-0000-{number:012x}" for number in (1, 77))
ROUNDS, SECONDS, CLIENTS = 5, 3, 16
BATCH = 0.01  # seconds
MISSING = None if shutil.which("wrk") else "no wrk; `apt-get install wrk`"
# An unsecured table with the same row: what a request costs at the least.
FLOOR = """
create table public.bench_floor as select * from public.coach_dashboard_kpis;
alter table public.bench_floor add primary key (coach_id);
grant select on public.bench_floor to authenticated
"""
# The tenant's own leads: under the policies, and with the tenant as a constant and without them.
QUERIES = {
    "count": "select count(*) from public.leads as l where {}",
    "list of 50": "select l.id, l.first_name, l.status, l.created_at from public.leads as l"
    " where {} order by l.created_at desc limit 50",
    "aggregate": "select l.status, count(*), sum(l.deal_value), avg(l.age) from public.leads as l"
    " where {} group by l.status",
}  # fmt: skip
# Changes of leads anywhere, the large tenant's too.
MARKS = """
insert into private.kpi_lead_changes (
  coach_id, leads, discussion_seconds, created_at, has_email, status, source, is_contacted,
  is_engaged
)
select m.coach_id, s.sign, 0, m.created_at, true, m.status, m.source, true, true
from (select l.* from public.leads as l order by l.id limit 50000) as m
cross join (values (1), (-1)) as s (sign)
"""
FOLLOWUPS = f"select * from public.get_leads_to_followup('{BIG}', \"limit\" => 50)"
# What a client asks, and what counts the same from the rows.
INDEXED = {
    "top sources": (
        f"select * from public.get_top_sources('{BIG}')",
        "select coalesce(l.source, 'unknown'), count(*) from public.leads as l"
        f" where l.coach_id = '{BIG}' group by coalesce(l.source, 'unknown')",
    ),
    "top professions": (
        f"select * from public.get_top_professions('{BIG}')",
        "select lower(btrim(l.job_title)), count(*) from public.leads as l"
        f" where l.coach_id = '{BIG}' group by lower(btrim(l.job_title))",
    ),
    "response rates": (
        f"select * from public.get_response_rates('{BIG}')",
        "select count(*) filter (where s.msg1_replied), count(s.msg1_sent_at),"
        " count(*) filter (where s.msg2_replied), count(s.msg2_sent_at),"
        " count(*) filter (where s.msg3_replied), count(s.msg3_sent_at),"
        " count(*) filter (where s.msg4_replied), count(s.msg4_sent_at)"
        f" from public.message_sequences as s where s.coach_id = '{BIG}'",
    ),
    "first 50 follow-ups": (FOLLOWUPS, FOLLOWUPS),
}


def run(*, small: bool, only: str | None) -> Iterator[Cost]:
    """All measurements, or those whose name holds `only`."""
    if missing := MISSING or http.MISSING:
        raise SystemExit(missing)
    suite: dict[str, Callable[[Database], Iterator[Cost]]] = {
        "requests": requests,
        "policies": policies,
        "indexes": indexes,
        "marks": marks,
    }
    # The data fits into memory, as a dashboard's does.
    leg = replace(LEGS[0], settings={**LEGS[0].settings, "shared_buffers": "1GB"})
    server = servers.start(leg)
    try:
        database = server.clone(server.migrated("current"))
        fill(database, scale=20 if small else 1)
        for name, measure in suite.items():
            if only is None or only in name:
                yield from measure(database)
    finally:
        servers.end(server, keep=False)


def requests(database: Database) -> Iterator[Cost]:
    """One row of KPIs and whole dashboards, against the floor."""
    with http.serve(database) as served:
        for tenant, size in ((SMALL, "100 leads"), (BIG, "a tenant of a tenth of all leads")):
            token = served.token("authenticated", sub=tenant)
            paths = {
                "floor": f"bench_floor?coach_id=eq.{tenant}",
                "one KPI row": f"coach_dashboard_kpis?coach_id=eq.{tenant}",
                "whole dashboard": "rpc/get_dashboard",
            }
            rounds: dict[str, list[Shot]] = {way: [] for way in paths}
            for path in paths.values():  # connections, plans and caches of both sides
                _shoot(f"{served.url}/{path}", token, served.process, database.server)
            for _ in range(ROUNDS):
                for way, path in paths.items():
                    url = f"{served.url}/{path}"
                    rounds[way].append(_shoot(url, token, served.process, database.server))
            for way, promise in (("one KPI row", 1.35), ("whole dashboard", 2.4)):
                pair = [rounds[way], rounds["floor"]]
                latencies = [median(shot.latency for shot in shots) for shots in pair]
                ratio = median(a.latency / b.latency for a, b in zip(*pair, strict=True))
                rates = [median(shot.rate for shot in shots) for shots in pair]
                yield Cost(
                    f"{way[0].upper()}{way[1:]}, {size}",
                    "µs of processor a request",
                    {way: [s.cost for s in pair[0]], "floor": [s.cost for s in pair[1]]},
                    promise,
                    notes=[
                        f"Median latency {latencies[0]:.1f} ms against {latencies[1]:.1f}: "
                        f"{ratio:.2f} times; {rates[0]:,.0f} requests a second against "
                        f"{rates[1]:,.0f}.",
                    ],
                )


def policies(database: Database) -> Iterator[Cost]:
    """Own leads under the policies, against a constant without them.

    Of a client that names its tenant, as docs/clients.md tells it to, with the policy beside; and
    of one that leaves all to the policy.
    """
    with database.connect(autocommit=True) as owner, database.connect() as person:
        for tenant, size in ((BIG, "a tenth of all leads"), (SMALL, "100 leads")):
            become(person, tenant)
            for name, query in QUERIES.items():
                named = query.format(f"l.coach_id = '{tenant}'")
                rounds = _in_turn(
                    {
                        "under RLS": (person, named),
                        "under RLS, no tenant named": (person, query.format("true")),
                        "constant, no RLS": (owner, named),
                    }
                )
                constant = rounds["constant, no RLS"]
                for way, tail in (
                    ("under RLS", ""),
                    ("under RLS, no tenant named", ", no tenant named"),
                ):
                    yield Cost(
                        f"{name.capitalize()} of one's own leads, {size}{tail}",
                        "µs of processor",
                        {way: rounds[way], "constant, no RLS": constant},
                        1.25,
                    )


def indexes(database: Database) -> Iterator[Cost]:
    """What a client asks of the large tenant, against counting the rows without an index."""
    with database.connect() as person, database.connect() as without:
        for connection in (person, without):
            become(connection, BIG)
        for kind in ("indexscan", "indexonlyscan", "bitmapscan"):
            without.execute(f"set enable_{kind} = off".encode())
        for name, (query, rows) in INDEXED.items():
            ways = {"as it is": (person, query), "without an index": (without, rows)}
            yield Cost(
                f"{name.capitalize()} of the large tenant",
                "µs of processor",
                _in_turn(ways),
                20,
                faster=True,
            )


def marks(database: Database) -> Iterator[Cost]:
    """Top sources while many changes wait for a refresh, against a moment without any."""
    tenants = ((BIG, "the large tenant"), (SMALL, "100 leads"))
    rounds: dict[str, dict[str, list[float]]] = {tenant: {} for tenant, _ in tenants}
    with database.connect() as person:
        for way in ("nothing marked", "100,000 marks"):
            if way != "nothing marked":
                with database.connect() as owner:
                    owner.execute(MARKS)
            for tenant, _ in tenants:
                become(person, tenant)
                query = f"select * from public.get_top_sources('{tenant}')"
                rounds[tenant][way] = _in_turn({way: (person, query)})[way]
    for tenant, size in tenants:
        ways = dict(reversed(rounds[tenant].items()))
        yield Cost(f"Top sources, changes pending, {size}", "µs of processor", ways, None)


@dataclass(frozen=True)
class Shot:
    """Some seconds of requests: processor µs a request, median latency in ms, requests a second."""

    cost: float
    latency: float
    rate: float


def _shoot(url: str, token: str, postgrest: int, server: Server) -> Shot:
    # A pool opens and closes sessions as it likes: all of the server counts, of which nothing else
    # is asked meanwhile.
    before = processor.seconds(postgrest) + processor.spent(server)
    done = subprocess.run(
        ["wrk", "-t1", f"-c{CLIENTS}", f"-d{SECONDS}s", "--latency",
         "-H", f"Authorization: Bearer {token}", url],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    spent = processor.seconds(postgrest) + processor.spent(server) - before
    served, seconds = re.findall(r"(\d+) requests in ([\d.]+)s", done)[0]
    if "Non-2xx" in done or int(served) == 0:
        raise RuntimeError(f"refused: {done}")
    number, unit = re.findall(r"50%\s+([\d.]+)(us|ms|s)", done)[0]
    latency = float(number) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[unit]
    return Shot(spent * 1e6 / int(served), latency, int(served) / float(seconds))


def _in_turn(ways: dict[str, tuple[Connection, str]]) -> dict[str, list[float]]:
    """Processor µs of each way's query, the fastest of some, in each round."""
    rounds: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(ROUNDS + 1):
        for way, (connection, query) in ways.items():
            used = _used(connection, query)
            if number:  # the first round fills caches
                rounds[way].append(used)
    return rounds


def _used(connection: Connection, query: str) -> float:
    """Processor µs of the query, in the cheapest batch of half a second of them.

    A batch takes milliseconds: the kernel books what a process used when it stops running it, which
    for one short query may be before or after this process looks.
    """
    process = connection.info.backend_pid
    best = float("inf")
    times = 1
    deadline = time.monotonic() + 0.5
    while True:
        begun = time.monotonic()
        before = processor.nanoseconds(process)
        for _ in range(times):
            connection.execute(query.encode(), prepare=True).fetchall()
        used = (processor.nanoseconds(process) - before) / times
        if time.monotonic() - begun < BATCH:
            times *= 2
            continue
        best = min(best, used)
        if time.monotonic() > deadline:
            return best / 1e3


def become(connection: psycopg.Connection[Any], user: str) -> None:
    """Ask as this user from now on, without parallel workers, whose time would not be seen."""
    claims = json.dumps({"role": "authenticated", "sub": user})
    connection.execute("reset role")
    connection.execute("set max_parallel_workers_per_gather = 0")
    connection.execute("select set_config('request.jwt.claims', %s, false)", [claims])
    connection.execute("set role authenticated")


def fill(database: Database, *, scale: int) -> None:
    """Make the world, or one that is so many times smaller, its figures fresh."""
    made = FILL.read_text(encoding="utf-8") % {"big": 100_000 // scale, "small": 9_000 // scale}
    with database.connect("supabase_admin") as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute(made.encode())
    with database.connect("supabase_admin", autocommit=True) as connection:
        connection.execute("vacuum analyze")
    with database.connect() as connection:
        connection.execute("select private.refresh_kpis(true)")
        connection.execute(FLOOR.encode())
    with database.connect("supabase_admin", autocommit=True) as connection:
        connection.execute("vacuum analyze")
