"""`setterbase seed` from outside: stdout, stderr, exit codes, and what is in the database then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers import Connection, Database
from tests.support.terminal import session

TABLES = ("leads", "messages", "message_sequences", "lead_status_history")
REAL = "11111111-1111-4111-8111-111111111111"


def setterbase(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command, pointed at `url`, with nobody to ask."""
    return subprocess.run(
        [sys.executable, "-m", "setterbase.main", *words],
        env={**os.environ, "DATABASE_URL": url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def seed(database: Database, *words: str) -> Any:
    """What the command answers as JSON; it must succeed."""
    done = setterbase(database.url(), "seed", "--output", "json", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def count(connection: Connection, table: str) -> int:
    row = connection.execute(f"select count(*) from public.{table}").fetchone()
    assert row is not None
    return int(row[0])


def contents(database: Database) -> list[Any]:
    """Every row of every table that a seed writes, as text."""
    with database.connect() as connection:
        return [
            connection.execute(f"select (t.*)::text from public.{table} as t order by 1").fetchall()
            for table in ("coachs", *TABLES)
        ]


def add_coach(database: Database, id: str = REAL, status: str = "active") -> None:
    with database.connect() as connection:
        connection.execute(
            "insert into public.coachs (id, name, email, status) values (%s, %s, %s, %s)",
            [id, f"Coach {id[0]}", f"coach{id[0]}@example.org", status],
        )


def test_without_a_coach_it_says_how_to_get_one(clone: Database) -> None:
    done = setterbase(clone.url(), "seed")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "no active coach" in done.stderr
    assert "seed --coaches 3" in done.stderr


def test_without_arguments_every_coach_gets_at_least_what_was_promised(clone: Database) -> None:
    for digit in "123":
        add_coach(clone, REAL.replace("1", digit))
    add_coach(clone, REAL.replace("1", "9"), status="disabled")
    answer = seed(clone)
    assert len(answer) == 3
    with clone.connect() as connection:
        assert count(connection, "leads") == sum(row["leads"] for row in answer) >= 60
        assert count(connection, "messages") >= 100
        assert count(connection, "message_sequences") >= 30
        rows = connection.execute(
            """
            select c.name, count(*), count(distinct l.status), count(distinct l.source),
              max(l.created_at) - min(l.created_at),
              count(distinct l.created_at::date)
            from public.leads as l join public.coachs as c on c.id = l.coach_id group by c.id
            """
        ).fetchall()
    assert len(rows) == 3
    for _, leads, statuses, sources, length, days in rows:
        assert leads >= 60
        assert statuses == 8
        assert sources == 4
        assert 25 <= length.days <= 30
        assert days >= 15


def test_one_coach_alone_gets_sixty_leads_or_more(clone: Database) -> None:
    add_coach(clone)
    assert seed(clone)[0]["leads"] >= 60


def test_a_second_run_changes_nothing_and_says_so(clone: Database) -> None:
    first = seed(clone, "--coaches", "3", "--leads", "90", "--day", "2026-10-31")
    assert sum(row["leads"] for row in first) == 90
    before = contents(clone)
    again = setterbase(clone.url(), "seed", "--coaches", "3", "--leads", "90")
    assert again.returncode == 0
    assert again.stdout == "Nothing was written.\n"
    assert "Nothing to do: 3 coaches have their 90 leads of seed 1 already." in again.stderr
    assert contents(clone) == before


@pytest.mark.slow
def test_more_leads_are_added_to_those_there(clone: Database) -> None:
    add_coach(clone)
    day = ("--day", "2026-10-31")
    seed(clone, "--leads", "40", *day)
    small = contents(clone)[1]
    assert seed(clone, "--leads", "100", *day)[0]["leads"] == 60
    assert len(contents(clone)[1]) == 100
    assert seed(clone, "--leads", "20", *day) == []
    assert len(contents(clone)[1]) == 100
    keys = {row[0].split(",")[0] for row in contents(clone)[1]}
    assert {row[0].split(",")[0] for row in small} <= keys


@pytest.mark.slow
def test_two_databases_get_the_same_rows_whatever_else_they_hold(
    clone: Database, server: Any, grants: Any
) -> None:
    other = server.clone(server.migrated(grants))
    try:
        for database, digits in ((clone, "21"), (other, "1")):
            for digit in digits:
                add_coach(database, REAL.replace("1", digit))
            seed(database, "--coach", "coach1@example.org", "--day", "2026-10-31")
        query = "select (to_jsonb(l) - 'updated_at')::text from public.leads as l order by l.id"
        with clone.connect() as one, other.connect() as two:
            found = one.execute(query).fetchall()
            assert found == two.execute(query).fetchall()
            assert len(found) >= 60
    finally:
        server.drop(other)


@pytest.mark.slow
def test_purge_takes_what_seeds_made_and_nothing_else(clone: Database) -> None:
    add_coach(clone)
    with clone.connect() as connection:
        connection.execute(
            "insert into public.leads (coach_id, contact_id) values (%s, 'real')", [REAL]
        )
        connection.execute(
            """
            insert into public.messages (coach_id, lead_id, text, direction)
            select l.coach_id, l.id, t, d from public.leads as l,
            (values ('hello', 'out'), ('hi', 'in')) as m (t, d)
            """
        )
    before = contents(clone)
    refused = setterbase(clone.url(), "seed")
    assert refused.returncode == 2
    assert "Coach 1" in refused.stderr
    assert "--yes" in refused.stderr
    assert contents(clone) == before
    seed(clone, "--yes")
    seed(clone, "--yes", "--seed", "2", "--leads", "30")
    seed(clone, "--coaches", "2")

    assert sum(row["leads"] for row in seed(clone, "--purge", "--dry-run")) > 180
    asked = setterbase(clone.url(), "seed", "--purge")
    assert asked.returncode == 2
    assert "--yes" in asked.stderr
    assert seed(clone, "--purge", "--yes", "--seed", "2")[0]["leads"] == 30
    seed(clone, "--purge", "--yes")
    assert contents(clone) == before
    # Counters and sequence of the real lead were never touched, and triggers work as before.
    with clone.connect() as connection:
        connection.execute(
            """
            insert into public.messages (coach_id, lead_id, text, direction)
            select l.coach_id, l.id, 'again', 'out' from public.leads as l
            """
        )
        row = connection.execute("select total_messages_sent, status from public.leads").fetchone()
        assert row == (2, "engaged")
    nothing = setterbase(clone.url(), "seed", "--purge")
    assert nothing.stdout == "No seed has left anything here.\n"


@pytest.mark.slow
def test_a_sample_coach_in_use_survives_the_purge(clone: Database) -> None:
    seed(clone, "--coaches", "2", "--leads", "20")
    with clone.connect() as connection:
        connection.execute(
            """
            insert into public.leads (coach_id, contact_id)
            select c.id, 'real' from public.coachs as c order by c.id limit 1
            """
        )
    purged = setterbase(clone.url(), "seed", "--purge", "--yes")
    assert "1 sample coach went too: " in purged.stderr
    assert "1 sample coach with leads or members of their own stays: " in purged.stderr
    with clone.connect() as connection:
        assert count(connection, "coachs") == 1
        assert count(connection, "leads") == 1
        name = connection.execute("select name from public.coachs").fetchone()
    assert name is not None
    assert f"stays: {name[0]}." in purged.stderr


@pytest.mark.slow
def test_one_coach_is_not_spoken_of_as_several(clone: Database) -> None:
    words = ("seed", "--coaches", "1", "--leads", "5")
    assert "1 sample coach made, 0 there before." in setterbase(clone.url(), *words).stderr
    said = setterbase(clone.url(), *words).stderr
    assert "Nothing to do: 1 coach has its 5 leads of seed 1 already." in said
    asked = setterbase(clone.url(), "seed", "--purge").stderr
    assert "This deletes 5 seeded leads of 1 coach and all" in asked


def test_no_leads_at_all_are_asked_for(clone: Database) -> None:
    add_coach(clone)
    done = setterbase(clone.url(), "seed", "--leads", "0")
    assert done.returncode == 2
    assert (
        "--leads is 0, which makes nothing; with --coaches it makes coaches alone." in done.stderr
    )
    made = setterbase(clone.url(), "seed", "--coaches", "2", "--leads", "0")
    assert made.returncode == 0
    assert made.stderr == "2 sample coaches made, 0 there before.\n"
    with clone.connect() as connection:
        assert (count(connection, "coachs"), count(connection, "leads")) == (3, 0)


@pytest.mark.slow
@pytest.mark.legs(18)
def test_on_a_terminal_it_asks_and_shows_how_far_it_is(clone: Database) -> None:
    """A person says no, then yes; the bar is drawn while leads are written and wiped away."""
    add_coach(clone)
    with clone.connect() as connection:
        connection.execute(
            "insert into public.leads (coach_id, contact_id) values (%s, 'real')", [REAL]
        )
    words, url = ("seed", "--leads", "300", "--workers", "0"), clone.url()
    refused = session(*words, typed={"Go on? [y/N] ": "n"}, DATABASE_URL=url)
    assert refused.code == 2
    assert "1 coach has leads that no seed made (Coach 1)" in refused.screen
    assert "error: Nothing was done." in refused.screen
    agreed = session(*words, typed={"Go on? [y/N] ": "y"}, DATABASE_URL=url)
    assert agreed.code == 0, agreed.screen
    assert "leads ━" in agreed.screen.replace("\x1b[0m", "").replace("\x1b[38;5;237m", "")
    assert "300" in agreed.screen
    with clone.connect() as connection:
        assert count(connection, "leads") == 301
    poor = session("seed", "--purge", "--yes", LC_ALL="C", DATABASE_URL=url)
    assert poor.code == 0
    assert poor.screen.isascii()
    with clone.connect() as connection:
        assert count(connection, "leads") == 1


def test_a_dry_run_shows_the_plan_and_writes_nothing(clone: Database) -> None:
    done = setterbase(clone.url(), "seed", "--coaches", "3", "--dry-run")
    assert done.returncode == 0
    assert "leads_to_write" in done.stdout
    assert "A few of them" in done.stdout
    assert "Nothing was written." in done.stderr
    assert contents(clone) == [[], [], [], [], []]


def test_everything_wrong_is_told_at_once(clone: Database) -> None:
    add_coach(clone, status="disabled")
    done = setterbase(
        clone.url(), "seed", "--leads", "-3", "--days", "0", "--locale", "xx_YY", "--seed", "-1"
    )
    assert done.returncode == 2
    for option in ("--leads", "--days", "--locale", "--seed"):
        assert f"{option} is" in done.stderr
    done = setterbase(clone.url(), "seed", "--coach", REAL, "--coach", "nobody@example.org")
    assert done.returncode == 2
    assert f"coach {REAL} is disabled; no coach has the id or email nobody@" in done.stderr
    assert setterbase(clone.url(), "seed", "--coaches", "2", "--coach", REAL).returncode == 2


@pytest.mark.legs(18)
def test_a_database_without_the_schema_is_told_apart(bare: Database) -> None:
    done = setterbase(bare.url(), "seed")
    assert done.returncode == 6
    assert "setterbase migrate up" in done.stderr


@pytest.mark.slow
def test_the_same_world_as_events_clashes_with_itself(clone: Database, tmp_path: Path) -> None:
    add_coach(clone)
    file = tmp_path / "world.jsonl"
    answer = seed(clone, "--to", str(file), "--leads", "25")
    lines = file.read_text(encoding="utf-8").splitlines()
    assert answer == [{"file": str(file), "leads": 25, "events": len(lines)}]
    assert list(tmp_path.iterdir()) == [file]
    assert contents(clone)[1] == []
    assert {json.loads(line)["type"] for line in lines} == {
        "lead", "message", "status", "call", "lead_magnet",
    }  # fmt: skip
    with clone.connect() as connection:
        row = connection.execute("select private.ingest_lines(%s)", [lines]).fetchone()
        assert row is not None
        assert row[0]["accepted"] == len(lines)
    done = setterbase(clone.url(), "seed", "--yes")
    assert done.returncode == 2
    assert "25 leads that events of seed 1 made" in done.stderr
    seed(clone, "--yes", "--seed", "2")
    # The ingested ones are the database's own: no purge takes them.
    seed(clone, "--purge", "--yes")
    assert len(contents(clone)[1]) == 25


def test_a_file_that_cannot_be_written_is_told(clone: Database, tmp_path: Path) -> None:
    add_coach(clone)
    done = setterbase(clone.url(), "seed", "--to", str(tmp_path / "no" / "world.jsonl"))
    assert done.returncode == 2
    assert "cannot write" in done.stderr
