"""pg_cron, where it exists: the migration registers the job, and a real one refreshes."""

from __future__ import annotations

import time

import pytest

from tests.support import cron
from tests.support.servers import Connection, Database

JOBS = "select jobname, schedule, command, active, username from cron.job order by jobname"


@pytest.mark.legs(15)
def test_a_real_job_refreshes(cron_database: Database) -> None:
    """Runs last: the job was asked for when the first test began, and fires once a minute."""
    asked = cron.ask(cron_database)
    with cron_database.connect(autocommit=True) as db:
        for _ in range(700):
            fired = db.execute(
                "select d.status, d.return_message from cron.job_run_details as d"
                " inner join cron.job as j using (jobid) where j.jobname = %s"
                " and d.status in ('succeeded', 'failed') and d.start_time > %s",
                [cron.NAME, asked],
            ).fetchone()
            if fired:
                break
            time.sleep(0.1)
        assert fired is not None, "pg_cron did not fire within 70 s"
        assert fired[0] == "succeeded", fired
        updated = db.execute(
            "select max(last_updated) > %s from public.coach_dashboard_kpis", [asked]
        )
        assert updated.fetchone() == (True,)
    cron.end(cron_database)


@pytest.mark.legs(15)
def test_the_migration_registers_the_job(cron_database: Database) -> None:
    with cron_database.connect() as db:
        jobs = [job for job in db.execute(JOBS).fetchall() if job[0] != cron.NAME]
    assert jobs == [
        (
            "setterbase_refresh_kpis",
            "*/5 * * * *",
            "select private.refresh_kpis()",
            True,
            "postgres",
        )
    ]


@pytest.mark.legs(15)
def test_registering_again_follows_the_catalogue(cron_database: Database) -> None:
    with cron_database.connect() as db:
        db.execute("select cron.schedule('setterbase_gone', '0 0 * * *', 'select 1')")
        db.execute("select cron.schedule('somebody_elses', '0 0 * * *', 'select 1')")
        db.execute("update private.job_catalog set schedule = '0 4 * * *'")
        assert db.execute("select private.register_jobs()").fetchone() == (1,)
        jobs = {name: schedule for name, schedule, *_ in db.execute(JOBS).fetchall()}
        assert {name: jobs[name] for name in jobs if name != cron.NAME} == {
            "setterbase_refresh_kpis": "0 4 * * *",
            "somebody_elses": "0 0 * * *",
        }
        db.rollback()


@pytest.mark.legs(17, 18)
def test_without_pg_cron_there_is_nothing_to_register(db: Connection) -> None:
    assert db.execute("select private.register_jobs()").fetchone() == (None,)
