"""`setterbase health` from outside: words, exit codes, and what it does not start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import setterbase
from tests.support.events import add_coach, deliver, event
from tests.support.homes import Homes
from tests.support.servers import Database

pytestmark = pytest.mark.legs(18)

GOOD_RUN = """
insert into private.job_runs (job_name, started_at, finished_at, succeeded_at)
values ('setterbase_refresh_kpis', now(), now(), now())
"""


@pytest.fixture
def well(bare: Database) -> Database:
    """A project as `migrate up` leaves it, with a tenant, and a job that ran."""
    setterbase(bare.url(), "migrate", "up")
    with bare.connect(autocommit=True) as db:
        add_coach(db)
        db.execute("select private.refresh_kpis()")
        db.execute(GOOD_RUN)
    return bare


def told(database: Database, *words: str, code: int = 0) -> Any:
    return json.loads(
        setterbase(database.url(), "health", "--output", "json", *words, code=code).stdout
    )


def lines(database: Database, *words: str, code: int = 0) -> dict[str, str]:
    """The table: what stands first in a line, and the rest of it."""
    text = setterbase(database.url(), "health", *words, code=code).stdout
    parted = [line.split("  ", 1) for line in text.splitlines()]
    return {name.strip(): " ".join(rest.split()) for name, rest in parted}


def test_from_well_to_degraded_to_failing(well: Database) -> None:
    answer = told(well, "--strict")
    assert answer["status"] == "ok"
    shown = lines(well)
    assert list(shown) == ["all", "jobs", "kpis", "dead letters", "migrations"]
    assert shown["all"].startswith("ok PostgreSQL 18")
    assert shown["jobs"].startswith("ok setterbase_refresh_kpis ran")
    assert shown["kpis"].startswith("ok refreshed")
    assert shown["dead letters"] == "ok none"
    assert shown["migrations"] == f"ok last {answer['migrations']['last']}"

    with well.connect(autocommit=True) as db:
        deliver(db, event(kind="nonsense"))
    answer = told(well)
    assert (answer["status"], answer["dead_letters"]["waiting"]) == ("degraded", 1)
    assert told(well, "--strict", code=1)["status"] == "degraded"
    assert "1 waits, the oldest came" in lines(well)["dead letters"]

    with well.connect(autocommit=True) as db:
        db.execute(
            "update private.kpi_refreshes set started_at = now() - interval '3 hours',"
            " finished_at = now() - interval '3 hours'"
        )
        db.execute("update private.job_runs set failures = 2, error = 'of anna@exemple.fr'")
    answer = told(well, code=1)
    assert (answer["status"], answer["kpis"]["status"]) == ("failing", "failing")
    text = setterbase(well.url(), "health", code=1).stdout
    assert "refreshed 3 hours ago, and a job should do so every 5 minutes" in text
    assert "and failed; `setterbase doctor` shows why" in text
    assert "@" not in text


def test_migrations_that_are_not_applied(well: Database) -> None:
    with well.connect(autocommit=True) as db:
        db.execute(
            "delete from supabase_migrations.schema_migrations where version ="
            " (select max(version) from supabase_migrations.schema_migrations)"
        )
    answer = told(well)
    assert (answer["status"], answer["migrations"]["status"]) == ("degraded", "degraded")
    assert (answer["migrations"]["pending"], answer["migrations"]["drifted"]) == (1, 0)
    with well.connect(autocommit=True) as db:
        db.execute(
            "insert into supabase_migrations.schema_migrations values ('29990101000000', '{}', 'x')"
        )
    assert told(well)["migrations"]["drifted"] == 2  # that one, and the gap before it
    assert "2 in disagreement: `setterbase migrate status`" in lines(well)["migrations"]


def test_outside_of_a_project(
    well: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = told(well, "--strict")
    assert (answer["status"], answer["migrations"]["status"]) == ("ok", "unknown")
    assert "nobody knows of later ones" in lines(well)["migrations"]


def test_a_database_without_our_schema(bare: Database) -> None:
    answer = setterbase(bare.url(), "health", code=6)
    assert "setterbase migrate up" in answer.stderr
    assert answer.stdout == ""


@pytest.mark.slow
def test_it_starts_nothing(homes: Homes) -> None:
    home = homes()
    answer = home.run("health", code=5)
    assert "not running" in answer.stderr
    assert home.status().state == "absent"
