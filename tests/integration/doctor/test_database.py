"""Each thing of a database is broken, seen by its check and by no word of a healthy one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from setterbase.doctor.catalogue import CHECKS
from setterbase.doctor.examine import look
from setterbase.doctor.model import Result, World
from setterbase.doctor.place import Place
from setterbase.migrations import apply, files
from tests.integration.doctor.stories import CRON_STORIES, STORIES, Story
from tests.support.events import add_coach
from tests.support.servers import Connection, Database, Server

MIGRATIONS = files.discover(Path(__file__).resolve().parents[3] / files.FOLDER)
BY_NAME = {check.name: check for check in CHECKS}


@pytest.fixture(scope="module")
def project(server: Server) -> Iterator[Database]:
    """A project as `migrate up` leaves it, with a tenant and fresh figures."""
    database = server.clone(server.bare("current"))
    with database.connect(autocommit=True) as db:
        apply.up(db, MIGRATIONS)
    with database.connect() as db:
        add_coach(db)
        db.execute("select private.refresh_kpis()")
        db.execute(
            "insert into private.job_runs (job_name, started_at, succeeded_at)"
            " select name, now(), now() from private.job_catalog"
        )
    yield database
    server.drop(database)


def seen(db: Connection, name: str) -> Result:
    """What the check says, asked as `postgres`."""
    db.execute("set local role postgres")
    result = look(BY_NAME[name], World(Place(), db, files=MIGRATIONS))
    db.execute("reset role")
    return result


def told(db: Connection, story: Story) -> None:
    """Well before, ill after, in the words of the story; all rolled back."""
    before = {finding.what for finding in seen(db, story.check).findings}
    db.execute(story.breaks.encode())
    result = seen(db, story.check)
    found = [finding for finding in result.findings if finding.what not in before]
    assert result.why is None
    for words in story.words:
        assert any(words in finding.what for finding in found), (words, found)
    assert {finding.verdict for finding in found} == {story.verdict}, found
    assert all(finding.mend for finding in found)
    assert "hush" not in str(result)
    db.rollback()


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.check}: {story.words[0]}")
def test_what_is_broken_is_told(project: Database, story: Story) -> None:
    if story.check == "jobs" and project.server.leg.major == 15:
        pytest.skip("pg_cron can be had there: the stories of pg_cron are told instead")
    with project.connect("supabase_admin") as db:
        told(db, story)


@pytest.mark.legs(15)
@pytest.mark.parametrize("story", CRON_STORIES, ids=lambda story: story.words[0])
def test_what_is_broken_of_pg_cron_is_told(cron_database: Database, story: Story) -> None:
    with cron_database.connect("supabase_admin") as db:
        db.execute("delete from cron.job_run_details")
        told(db, story)


def test_a_project_that_is_well(project: Database) -> None:
    ill = {check.name for check in CHECKS if "api" not in check.needs} - {"server"}
    if project.server.leg.major == 15:
        ill -= {"jobs"}  # pg_cron can be had there, in one database only
    with project.connect() as db:
        assert [
            result
            for name in sorted(ill)
            if (result := look(BY_NAME[name], World(Place(), db, files=MIGRATIONS))).findings
        ] == []


def test_every_check_of_the_database_has_a_story() -> None:
    asked = {check.name for check in CHECKS if {"database", "schema"} & set(check.needs)}
    assert {story.check for story in STORIES} == asked - {"same_project"}
