"""The job catalogue, run by the local supervisor."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from setterbase.platform.api import jobs
from tests.support.servers import Database

FIVE_PAST = datetime(2026, 11, 21, 8, 5, tzinfo=UTC)
SIX_PAST = datetime(2026, 11, 21, 8, 6, tzinfo=UTC)


def run(database: Database, now: datetime) -> list[str]:
    said: list[str] = []
    return [*jobs.run_due(database.url(), now, said.append), *said]


def catalogue(database: Database, *rows: tuple[str, str, str]) -> None:
    with database.connect() as connection:
        connection.execute("delete from private.job_catalog")
        connection.cursor().executemany("insert into private.job_catalog values (%s, %s, %s)", rows)


def test_what_is_due_runs_and_is_noted(clone: Database) -> None:
    with clone.connect() as connection:
        connection.execute("create table private.seen (at timestamptz default now())")
    catalogue(
        clone,
        ("setterbase_a", "*/5 * * * *", "insert into private.seen default values"),
        ("setterbase_b", "0 4 * * *", "select 1 / 0"),
    )
    assert run(clone, SIX_PAST) == []
    assert run(clone, FIVE_PAST) == ["setterbase_a"]
    with clone.connect() as connection:
        assert connection.execute("select count(*) from private.seen").fetchone() == (1,)
        assert connection.execute(
            "select job_name, failures, error, finished_at >= started_at,"
            " succeeded_at = finished_at from private.job_runs"
        ).fetchall() == [("setterbase_a", 0, None, True, True)]


def test_a_failing_job_is_recorded_and_stops_no_other(clone: Database) -> None:
    catalogue(
        clone,
        ("setterbase_a", "* * * * *", "set search_path = nowhere; select 1 / 0"),
        ("setterbase_b", "many minutes", "select 1"),
        ("setterbase_c", "* * * * *", "select private.refresh_kpis()"),
    )
    for times in (1, 2):
        ran = run(clone, FIVE_PAST)
        assert ran == [
            "setterbase_a",
            "setterbase_c",
            "job setterbase_a failed: division by zero",
        ]
        with clone.connect() as connection:
            found = connection.execute(
                "select job_name, failures, error, succeeded_at is null"
                " from private.job_runs order by job_name"
            ).fetchall()
        assert found == [
            ("setterbase_a", times, "division by zero", True),
            (
                "setterbase_b",
                times,
                "its schedule 'many minutes' is not understood: five fields are expected",
                True,
            ),
            ("setterbase_c", 0, None, False),
        ]
    catalogue_mended = "update private.job_catalog set command = 'select 1' where name like '%a'"
    with clone.connect() as connection:
        connection.execute(catalogue_mended)
    run(clone, FIVE_PAST)
    with clone.connect() as connection:
        assert connection.execute(
            "select failures, error from private.job_runs where job_name = 'setterbase_a'"
        ).fetchone() == (0, None)


def test_the_catalogue_of_the_migrations_is_understood(clone: Database) -> None:
    with clone.connect() as connection:
        names = connection.execute("select name from private.job_catalog order by 1").fetchall()
    assert names
    ran = run(clone, datetime(2026, 11, 21, 4, 0, tzinfo=UTC))
    assert set(ran) <= {name for (name,) in names}
    with clone.connect() as connection:
        failed = connection.execute(
            "select job_name, error from private.job_runs where failures > 0"
        )
        assert failed.fetchall() == []


def test_nothing_runs_before_the_migrations(bare: Database) -> None:
    assert run(bare, FIVE_PAST) == []


@pytest.mark.legs(15)
def test_pg_cron_keeps_its_jobs(cron_database: Database) -> None:
    assert run(cron_database, FIVE_PAST) == []
