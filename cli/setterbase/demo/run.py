"""From nothing to three dashboards, step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from setterbase import coaches, db
from setterbase.demo import place
from setterbase.errors import TargetError, UsageError
from setterbase.ingest import lines, load
from setterbase.kpis import catalog, dashboards, leads
from setterbase.kpis.catalog import Kpi
from setterbase.kpis.dashboards import Dashboard
from setterbase.migrations import apply, files
from setterbase.platform import embedded
from setterbase.prover import prove
from setterbase.target import Target, project_root

if TYPE_CHECKING:
    import psycopg

    from setterbase.coaches import Coach
    from setterbase.migrations.files import MigrationFile
    from setterbase.prover.verdict import Report

# The sample's last events are of this moment; by a later clock no lead would be of the day or week.
AS_OF = datetime(2026, 10, 31, 12, tzinfo=UTC)
SAMPLE = resources.files("setterbase.demo") / "conversations.jsonl"

Step = Callable[[str, float], None]
"""Called after each step with what was done and the seconds it took."""


@dataclass(frozen=True)
class Shown:
    """What the demo has to show. `followups` are rows with the coach's name, all coaches' in one.

    `home` is where the database runs on; None when it was removed.
    """

    report: load.Report
    coaches: Sequence[Coach]
    catalog: Sequence[Kpi]
    dashboards: Sequence[Dashboard]
    rows: Sequence[dict[str, Any]]
    followups: Sequence[dict[str, Any]]
    isolation: Report
    home: Path | None


def run(*, keep: bool, on_step: Step) -> Shown:
    """Make the database, fill it, read it; remove it at the end, or when interrupted.

    With `keep` it stays and runs on. Raises PlatformError, UsageError when there are no migrations,
    MigrationError when they fail, TargetError when they make no Setterbase database.
    """
    home = place.folder()
    pending = migrations(project_root())
    kept = False
    with place.occupied(home):
        try:
            shown = _steps(pending, _Clock(on_step), home if keep else None)
            kept = keep
        finally:
            if not kept:
                place.remove(home)
    return shown


def migrations(root: Path) -> list[MigrationFile]:
    """Those of the project in `root`, else of the checkout that this package runs from.

    Raises UsageError when there are none.
    """
    own = Path(__file__).resolve().parents[3]
    for folder in (root / files.FOLDER, own / files.FOLDER):
        if folder.is_dir() and (found := files.discover(folder)):
            return found
    raise UsageError(
        f"there are no migrations in {root / files.FOLDER}.",
        hint="Run the demo inside a checkout of Setterbase.",
    )


def _steps(pending: Sequence[MigrationFile], clock: _Clock, kept: Path | None) -> Shown:
    with clock.step() as did:
        running = embedded.up()
        did(f"started PostgreSQL {running.version}")
    with db.connect(Target("embedded", running.db_url or ""), autocommit=True) as connection:
        with clock.step() as did:
            apply.up(connection, pending)
            did(f"applied {len(pending)} migrations")
        with clock.step() as did:
            every = _add_coaches(connection)
            did(f"added {len(every)} coaches")
        with clock.step() as did, SAMPLE.open("rb") as stream:
            report = load.load(connection, lines.read(stream))
            did(
                f"ingested {report.lines} events: {report.accepted} accepted,"
                f" {report.duplicates} duplicates, {report.dead_letters} dead letters"
            )
        with clock.step() as did:
            dashboards.refresh(connection)
            did("refreshed the dashboards")
        with clock.step() as did:
            ids = [coach.id for coach in every]
            kpis = catalog.catalog(connection)
            boards = dashboards.dashboards(connection, ids, as_of=AS_OF)
            rows = dashboards.kpi_rows(connection, ids, as_of=AS_OF)
            followups = _followups(connection, every)
            did("read them")
    with db.connect(Target("embedded", running.db_url or "")) as connection, clock.step() as did:
        isolation = prove.prove(connection)
        did(f"attacked {len(isolation.objects())} objects, {isolation.attempts} times")
    return Shown(report, every, kpis, boards, rows, followups, isolation, kept)


def _add_coaches(connection: psycopg.Connection[Any]) -> list[Coach]:
    import psycopg

    try:
        connection.execute(db.query("coaches", "setterbase.demo"))
    except psycopg.errors.UndefinedTable:
        raise TargetError(
            f"the migrations of {project_root()} make no Setterbase database.",
            hint="Run the demo inside a checkout of Setterbase.",
        ) from None
    return coaches.every(connection)


def _followups(connection: psycopg.Connection[Any], every: Sequence[Coach]) -> list[dict[str, Any]]:
    found = [
        {"coach": coach.name, **lead}
        for coach in every
        for lead in leads.followups(connection, coach.id, as_of=AS_OF).leads
    ]
    order = ["high", "medium", "low"]
    return sorted(found, key=lambda f: (order.index(f["priority"]), -f["days_since_contact"]))


@dataclass(frozen=True)
class _Clock:
    """Tells each step as it is done, with its time."""

    on_step: Step

    @contextmanager
    def step(self) -> Iterator[Callable[[str], None]]:
        started = time.perf_counter()
        said: list[str] = []
        yield said.append
        for what in said:
            self.on_step(what, time.perf_counter() - started)
