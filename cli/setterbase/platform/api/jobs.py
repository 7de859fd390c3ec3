"""The job catalogue, run here where there is no pg_cron; each run is noted in private.job_runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Thread
from typing import TYPE_CHECKING, Any

from setterbase.db import query
from setterbase.platform.api.cron import is_due

if TYPE_CHECKING:
    import psycopg

_QUERIES = "setterbase.platform.api.queries"


class Scheduler:
    """`tick` often; every minute's jobs run once, one after the other, beside the caller."""

    def __init__(self, db_url: str, log: Callable[[str], None]) -> None:
        self.db_url = db_url
        self.log = log
        self._minute = int(time.time() // 60)
        self._thread: Thread | None = None

    def tick(self) -> None:
        """Start what this minute has, unless the jobs of an earlier one are still under way."""
        minute = int(time.time() // 60)
        if minute == self._minute or (self._thread and self._thread.is_alive()):
            return
        self._minute = minute
        now = datetime.fromtimestamp(minute * 60, UTC)
        self._thread = Thread(target=self._run, args=(now,), name="jobs", daemon=True)
        self._thread.start()

    def _run(self, now: datetime) -> None:
        import psycopg

        try:
            run_due(self.db_url, now, self.log)
        except psycopg.Error as error:
            self.log(f"jobs: {' '.join(str(error).split())}")


def run_due(db_url: str, now: datetime, log: Callable[[str], None]) -> list[str]:
    """Run the jobs whose schedule names the minute `now`; the names of those that ran.

    None run on a database that is not migrated yet, or that has pg_cron.
    """
    import psycopg

    with psycopg.connect(
        db_url, autocommit=True, connect_timeout=10, application_name="setterbase scheduler"
    ) as connection:
        if connection.execute(query("jobs_are_ours", _QUERIES)).fetchone() != (True,):
            return []
        ran = []
        for name, schedule, command in connection.execute(query("jobs", _QUERIES)).fetchall():
            try:
                if not is_due(schedule, now):
                    continue
            except ValueError as error:
                _note(connection, name, f"its schedule {schedule!r} is not understood: {error}")
                continue
            ran.append(name)
            if failed := _one(connection, name, command):
                log(f"job {name} failed: {failed}")
        return ran


def _one(connection: psycopg.Connection[Any], name: str, command: str) -> str | None:
    """Run one job; what it failed with, or None."""
    import psycopg

    connection.execute(query("job_started", _QUERIES), [name])
    failed = None
    try:
        connection.execute(command.encode())
    except psycopg.Error as error:
        failed = " ".join((error.diag.message_primary or str(error)).split())
        if connection.broken:
            raise
    connection.execute("reset all")  # a job's `set` is its own
    connection.execute(query("job_finished", _QUERIES), {"name": name, "error": failed})
    return failed


def _note(connection: psycopg.Connection[Any], name: str, error: str) -> None:
    connection.execute(query("job_started", _QUERIES), [name])
    connection.execute(query("job_finished", _QUERIES), {"name": name, "error": error})
