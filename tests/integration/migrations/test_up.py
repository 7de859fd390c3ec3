"""`migrate up` on a real database: what it leaves behind when all goes well, and when it doesn't.

The story of each failure: the file fails, the error names place and next step, and the database is
what it was before that file.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from setterbase.errors import DriftError, MigrationError, TargetError
from setterbase.migrations import apply, files, history, status
from setterbase.migrations.files import MigrationFile
from setterbase.migrations.status import State
from tests.support.projects import project
from tests.support.servers import Database

# The runner is the same for every major: a few tests run on all, the rest on the embedded one.
pytestmark = pytest.mark.legs(18)
every_leg = pytest.mark.legs(15, 17, 18)

A, B, C = "20260101000000_a.sql", "20260102000000_b.sql", "20260103000000_c.sql"


def up(database: Database, folder: Path, **options: Any) -> list[str]:
    """Apply, and return the names of what was applied."""
    with database.connect(autocommit=True) as connection:
        done = apply.up(connection, files.discover(folder), **options)
    return [file.name for file in done]


def states(database: Database, folder: Path) -> list[State]:
    with database.connect() as connection:
        return [entry.state for entry in status.status(connection, files.discover(folder))]


def value(database: Database, query: str) -> Any:
    with database.connect("supabase_admin") as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def exists(database: Database, table: str) -> bool:
    return value(database, f"select to_regclass('{table}') is not null") is True


@every_leg
def test_applies_in_order_records_and_has_nothing_to_do_again(
    bare: Database, tmp_path: Path
) -> None:
    folder = project(
        tmp_path,
        {B: "-- why\ninsert into t values (1);;\n-- done", A: "create table public.t (a int);"},
    )
    seen: list[tuple[str, int, int]] = []

    def progress(file: MigrationFile, number: int, total: int) -> None:
        seen.append((file.label, number, total))

    assert up(bare, folder, on_file=progress) == ["a", "b"]
    assert seen == [(A, 1, 2), (B, 2, 2)]
    with bare.connect() as connection:
        assert history.read(connection) == [
            history.Applied("20260101000000", "a", ["create table public.t (a int)"]),
            history.Applied("20260102000000", "b", ["-- why\ninsert into t values (1)", "-- done"]),
        ]
    assert states(bare, folder) == [State.APPLIED, State.APPLIED]
    assert up(bare, folder) == []


def test_without_a_history_everything_is_pending_and_looking_makes_none(
    bare: Database, tmp_path: Path
) -> None:
    folder = project(tmp_path, {A: "select 1"})
    assert states(bare, folder) == [State.PENDING]
    assert up(bare, project(tmp_path, {})) == []
    assert not exists(bare, "supabase_migrations.schema_migrations")


def test_an_empty_file_is_applied_and_recorded(bare: Database, tmp_path: Path) -> None:
    folder = project(tmp_path, {A: "", B: "\n\n", C: "-- nothing to do\n"})
    assert up(bare, folder) == ["a", "b", "c"]
    assert states(bare, folder) == [State.APPLIED] * 3


@every_leg
def test_everything_belongs_to_postgres_whoever_logs_in(bare: Database, tmp_path: Path) -> None:
    folder = project(tmp_path, {A: "create table public.t ();\nreset role;"})
    with bare.connect("supabase_admin", autocommit=True) as connection:
        apply.up(connection, files.discover(folder))
    owners = "select array_agg(distinct tableowner::text) from pg_tables where tablename in %s"
    assert value(bare, owners % "('t', 'schema_migrations')") == ["postgres"]


def test_a_role_that_a_file_takes_ends_with_the_file(bare: Database, tmp_path: Path) -> None:
    folder = project(tmp_path, {A: "set role anon;", B: "create table public.t ();"})
    assert up(bare, folder) == ["a", "b"]


def test_settings_of_one_file_do_not_reach_the_next(bare: Database, tmp_path: Path) -> None:
    """pg_dump's habit of emptying the search_path broke the file after it."""
    folder = project(
        tmp_path,
        {
            A: "select pg_catalog.set_config('search_path', '', false);",
            B: "create table t (); select 'public.t'::regclass;",
        },
    )
    assert up(bare, folder) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            "create table public.t ();\n\n-- why\ncreate table public.u (\n  a int,\n  b in\n);\n",
            [r"line 6, in `create table public\.u \(`", "syntax error at", "SQLSTATE 42601"],
            id="syntax error",
        ),
        pytest.param(
            "create table public.t (é int);\r\n\r\n/* é */ select\r\n  1 / 0;\r\nselect 2;",
            [r"line 3, in `select`", "division by zero", "SQLSTATE 22012"],
            id="runtime error",
        ),
        pytest.param(
            "create table public.t ();\nselect * from\n  nowhere;",
            [r"line 3, in `select \* from`", 'relation "nowhere" does not exist'],
            id="unknown table",
        ),
        pytest.param(
            "create table public.t (a int primary key);\ninsert into t values (1), (1);",
            [r"line 2", "duplicate key", r"Key \(a\)=\(1\) already exists", "23505"],
            id="detail",
        ),
        pytest.param(
            "create table public.t ();\ndo $$\nbegin\n  raise exception 'no\nway';\nend $$;",
            [r"line 2, in `do \$\$`", "no way; in PL/pgSQL function", "P0001"],
            id="raised in a block",
        ),
        pytest.param(
            "create table public.t (a int unique deferrable initially deferred);\n"
            "insert into t values (1), (1);",
            ["failed at its end", "duplicate key"],
            id="deferred constraint",
        ),
        pytest.param(
            "create table public.t ();\nalter table auth.users add column a int;",
            ["line 2", "must be owner", "rights of `postgres`, who is no superuser"],
            id="no permission",
        ),
        pytest.param(
            "create table public.t ();\ndo $$ begin commit; end $$;",
            ["line 2", "invalid transaction termination"],
            id="commit in a block",
        ),
    ],
)
def test_a_failing_file_leaves_the_database_as_before(
    bare: Database, tmp_path: Path, text: str, told: list[str]
) -> None:
    folder = project(tmp_path, {A: "create table public.before ();", B: text, C: "select 1;"})
    with pytest.raises(MigrationError) as caught:
        up(bare, folder)
    message = str(caught.value)
    assert caught.value.exit_code == 1
    assert "\n" not in message
    for pattern in [rf"^{B} failed", "Nothing of this file was applied;", *told]:
        assert re.search(pattern, message), message
    assert exists(bare, "public.before")
    assert not exists(bare, "public.t")
    assert states(bare, folder) == [State.APPLIED, State.PENDING, State.PENDING]
    # Mended, it goes on from there.
    assert up(bare, project(tmp_path, {A: "create table public.before ();", B: "", C: ""})) == [
        "b",
        "c",
    ]


@every_leg
def test_what_no_transaction_can_hold_stops_the_run_before_its_first_file(
    bare: Database, tmp_path: Path
) -> None:
    folder = project(
        tmp_path, {A: "create table public.t (a int);", B: "create index concurrently on t (a);"}
    )
    with pytest.raises(MigrationError, match=r"_b\.sql, line 1: .*cannot run inside"):
        up(bare, folder)
    assert states(bare, folder) == [State.PENDING, State.PENDING]


def test_a_changed_file_stops_the_run(bare: Database, tmp_path: Path) -> None:
    up(bare, project(tmp_path, {A: "select 1;"}))
    folder = project(tmp_path, {A: "select 2;", B: "create table public.t ();"})
    assert states(bare, folder) == [State.CHANGED, State.PENDING]
    with pytest.raises(DriftError, match="was changed after it ran"):
        up(bare, folder)
    assert not exists(bare, "public.t")


def test_an_unknown_version_stops_the_run(bare: Database, tmp_path: Path) -> None:
    up(bare, project(tmp_path, {A: "select 1;", B: "select 1;"}))
    folder = project(tmp_path, {A: "select 1;", C: "select 1;"})
    assert states(bare, folder) == [State.APPLIED, State.UNKNOWN, State.PENDING]
    with pytest.raises(DriftError, match=r"20260102000000_b\.sql was applied here, but its file"):
        up(bare, folder)


def test_a_gap_stops_the_run_unless_it_is_wanted(bare: Database, tmp_path: Path) -> None:
    up(bare, project(tmp_path, {B: "select 1;"}))
    folder = project(tmp_path, {A: "select 1;", B: "select 1;", C: "select 1;"})
    assert states(bare, folder) == [State.GAP, State.APPLIED, State.PENDING]
    with pytest.raises(DriftError, match="--include-all"):
        up(bare, folder)
    assert up(bare, folder, include_all=True) == ["a", "c"]
    assert states(bare, folder) == [State.APPLIED] * 3


def test_a_history_of_an_old_tool_lacks_columns_and_is_read_all_the_same(
    bare: Database, tmp_path: Path
) -> None:
    with bare.connect() as connection:
        connection.execute("create schema supabase_migrations")
        connection.execute("create table supabase_migrations.schema_migrations (version text)")
        connection.execute(
            "insert into supabase_migrations.schema_migrations values ('20260101000000')"
        )
    folder = project(tmp_path, {A: "select 1;", B: "select 1;"})
    assert states(bare, folder) == [State.UNVERIFIED, State.PENDING]
    assert up(bare, folder) == ["b"]
    assert states(bare, folder) == [State.UNVERIFIED, State.APPLIED]


def test_a_history_that_is_there_needs_no_right_to_make_one(bare: Database, tmp_path: Path) -> None:
    """`create schema if not exists` wants that right even where nothing is missing."""
    up(bare, project(tmp_path, {A: "select 1;"}))
    with bare.connect("supabase_admin") as connection:
        owner = sql.SQL("alter database {} owner to supabase_admin")
        connection.execute(owner.format(sql.Identifier(bare.name)))
    assert up(bare, project(tmp_path, {A: "select 1;", B: "select 1;"})) == ["b"]


def test_two_runs_at_once_apply_everything_once(bare: Database, tmp_path: Path) -> None:
    folder = project(tmp_path, {A: "create table public.t (); select pg_sleep(0.7);"})
    done: list[list[str]] = []
    waited: list[bool] = []

    def run() -> None:
        done.append(up(bare, folder, on_wait=lambda: waited.append(True)))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [[], [], ["a"]]
    assert waited == [True, True]


@every_leg
def test_a_killed_run_leaves_nothing_half_applied_and_blocks_no_one(
    bare: Database, tmp_path: Path
) -> None:
    folder = project(tmp_path, {A: "create table public.t (); select pg_sleep(60);"})
    program = (
        "import sys, pathlib, psycopg\n"
        "from setterbase.migrations import apply, files\n"
        "with psycopg.connect(sys.argv[1], autocommit=True) as connection:\n"
        "    apply.up(connection, files.discover(pathlib.Path(sys.argv[2])))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, bare.url(), str(folder)])
    sleeping = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
    deadline = time.monotonic() + 20
    while not value(bare, f"{sleeping} and datname = current_database()"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    started = time.monotonic()
    assert up(bare, project(tmp_path, {A: "create table public.t ();"})) == ["a"]
    assert time.monotonic() - started < 10  # not the minute that the file would have taken


@every_leg
def test_a_lost_connection_is_told_as_such(bare: Database, tmp_path: Path) -> None:
    text = "create table public.t (); select pg_terminate_backend(pg_backend_pid());"
    folder = project(tmp_path, {A: text})
    with pytest.raises(TargetError, match=rf"lost in the middle of {A}.*migrate status"):
        up(bare, folder)
    assert states(bare, folder) == [State.PENDING]
    assert not exists(bare, "public.t")


def test_a_stranger_may_not_migrate(bare: Database, tmp_path: Path) -> None:
    folder = project(tmp_path, {A: "select 1;"})
    with (
        bare.connect("authenticator", autocommit=True) as connection,
        pytest.raises(MigrationError, match="authenticator may not act as `postgres`"),
    ):
        apply.up(connection, files.discover(folder))


def test_the_lock_is_given_back_after_a_failure(bare: Database, tmp_path: Path) -> None:
    folder = project(tmp_path, {A: "nonsense"})
    with bare.connect(autocommit=True) as connection:
        with pytest.raises(MigrationError):
            apply.up(connection, files.discover(folder))
        folder = project(tmp_path, {A: "select 1;"})
        assert up(bare, folder, on_wait=lambda: pytest.fail("it is still taken")) == ["a"]
