"""What monitoring is told: each part is broken in turn, seen, and mended."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.support.acting import acting_as
from tests.support.events import add_coach, deliver, event
from tests.support.servers import Connection, Database

JOB = "setterbase_refresh_kpis"
FAILED_RUN = """
insert into private.job_runs (job_name, started_at, finished_at, failures, error)
values (%s, now(), now(), 1, 'Key (email)=(anna@exemple.fr) exists')
"""
GOOD_RUN = """
insert into private.job_runs (job_name, started_at, finished_at, succeeded_at)
values (%s, now() - interval '1 minute', now(), now())
on conflict (job_name) do update
set succeeded_at = excluded.succeeded_at, failures = 0, error = null
"""
CRON_RUN = """
insert into cron.job_run_details (jobid, runid, command, status, return_message, start_time)
select j.jobid, (select coalesce(max(d.runid), 0) + %s from cron.job_run_details as d), j.command,
  %s, 'anna@exemple.fr', now()
from cron.job as j where j.jobname = %s
"""


def health(db: Connection) -> dict[str, Any]:
    """As monitoring asks: with the secret key."""
    with acting_as(db, "service_role"):
        row = db.execute("select public.health()").fetchone()
    assert row is not None
    answer: dict[str, Any] = row[0]
    return answer


@pytest.fixture
def well(db: Connection) -> Connection:
    """A tenant with fresh figures, and a job that ran."""
    add_coach(db)
    db.execute("select private.refresh_kpis()")
    db.execute(GOOD_RUN, [JOB])
    return db


@pytest.mark.legs(17, 18)
def test_all_is_well(well: Connection) -> None:
    answer = health(well)
    assert answer["status"] == "ok"
    assert [answer[part]["status"] for part in ("kpis", "jobs", "dead_letters")] == ["ok"] * 3
    assert answer["kpis"]["age_seconds"] == 0
    assert answer["kpis"]["limit_seconds"] == 900
    assert answer["dead_letters"] == {"status": "ok", "waiting": 0, "oldest_at": None}
    assert answer["jobs"]["runner"] == "supervisor"
    (job,) = answer["jobs"]["list"]
    assert (job["name"], job["schedule"], job["state"]) == (JOB, "*/5 * * * *", "ok")
    server = well.execute("show server_version").fetchone()
    assert (answer["postgres"],) == server


@pytest.mark.legs(17, 18)
def test_old_figures(well: Connection) -> None:
    well.execute(
        "update private.kpi_refreshes set started_at = now() - interval '1 day',"
        " finished_at = now() - interval '15 minutes'"
    )
    answer = health(well)
    assert (answer["status"], answer["kpis"]["status"]) == ("failing", "failing")
    assert answer["kpis"]["age_seconds"] == 900
    well.execute("select private.refresh_kpis()")
    assert health(well)["status"] == "ok"


def test_figures_that_nobody_ever_computed(db: Connection) -> None:
    kpis = health(db)["kpis"]
    assert (kpis["status"], kpis["last_refresh_at"], kpis["age_seconds"]) == ("ok", None, None)
    add_coach(db)
    assert health(db)["kpis"]["status"] == "failing"


@pytest.mark.legs(17, 18)
def test_dead_letters_ask_for_a_look(well: Connection) -> None:
    deliver(well, event(kind="nonsense"), event(kind="folly"))
    answer = health(well)
    assert (answer["status"], answer["dead_letters"]["status"]) == ("degraded", "degraded")
    assert answer["dead_letters"]["waiting"] == 2
    oldest = well.execute("select min(received_at)::text from private.dead_letters").fetchone()
    told = well.execute("select %s::timestamptz::text", [answer["dead_letters"]["oldest_at"]])
    assert told.fetchone() == oldest
    well.execute("update private.dead_letters set resolved_at = now(), resolution = 'discarded'")
    assert health(well)["status"] == "ok"


@pytest.mark.legs(17, 18)
def test_a_job_of_the_supervisor(db: Connection) -> None:
    jobs = health(db)["jobs"]
    assert (jobs["status"], jobs["list"][0]["state"]) == ("degraded", "waiting")
    db.execute(FAILED_RUN, [JOB])
    jobs = health(db)["jobs"]
    assert (jobs["status"], jobs["list"][0]["state"]) == ("failing", "failed")
    assert jobs["list"][0]["last_success_at"] is None
    db.execute(GOOD_RUN, [JOB])
    assert health(db)["jobs"]["status"] == "ok"


@pytest.mark.legs(15)
def test_a_job_of_pg_cron(cron_database: Database) -> None:
    with cron_database.connect("supabase_admin") as db:
        steps = [
            ("waiting", "degraded", "delete from cron.job_run_details", ()),
            ("failed", "failing", CRON_RUN, (1, "failed", JOB)),
            # One under way says nothing yet.
            ("failed", "failing", CRON_RUN, (2, "running", JOB)),
            ("ok", "ok", CRON_RUN, (3, "succeeded", JOB)),
            ("missing", "failing", "update cron.job set active = false where jobname = %s", (JOB,)),
            ("missing", "failing", "delete from cron.job where jobname = %s", (JOB,)),
        ]
        for state, status, statement, values in steps:
            db.execute(statement.encode(), values)
            jobs = health(db)["jobs"]
            (job,) = jobs["list"]
            assert (jobs["runner"], job["state"], jobs["status"]) == ("pg_cron", state, status)
            assert "@" not in str(jobs)
        db.rollback()


@pytest.mark.legs(17, 18)
def test_nothing_of_an_error_is_told(well: Connection) -> None:
    well.execute("delete from private.job_runs")
    well.execute(FAILED_RUN, [JOB])
    deliver(well, event(kind="nonsense", email="anna@exemple.fr"))
    assert "@" not in str(health(well))


@pytest.mark.legs(18)
def test_the_last_migration(db: Connection) -> None:
    newest = health(db)["last_migration"]
    assert newest is None or len(newest) == 14
    history = "supabase_migrations.schema_migrations"
    db.execute("create schema if not exists supabase_migrations")
    db.execute(f"create table if not exists {history} (version text primary key)".encode())
    db.execute(f"insert into {history} values ('29990101000000')".encode())
    assert health(db)["last_migration"] == "29990101000000"


@pytest.mark.legs(18)
@pytest.mark.grants("current", "legacy")
@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_no_member_of_a_tenant_is_told(db: Connection, role: Any) -> None:
    claims = {"app_metadata": {"role": "admin"}}
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        acting_as(db, role, claims, sub="c0000000-0000-4000-8000-000000000001"),
    ):
        db.execute("select public.health()")
