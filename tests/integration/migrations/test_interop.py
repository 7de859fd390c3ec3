"""The official Supabase CLI and `setterbase migrate` on one database: each sees what the other did.

Run with the real program, which is why it costs half a second a call.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from setterbase.migrations import apply, check, files, history, scratch, status
from setterbase.migrations.status import State
from tests.support import official
from tests.support.official import Official
from tests.support.projects import ROOT, project
from tests.support.servers import Database, Grants, Server

pytestmark = [pytest.mark.legs(18), pytest.mark.usefixtures("program")]

MIGRATIONS = {
    "20260101000000_table.sql": "-- Purpose: a table\n\ncreate table public.t (\n  a int\n);;\n",
    "20260101000001_body.sql": (
        "\ufeffcreate function public.f() returns int language plpgsql as $f$\n"
        "begin\n  return 1; -- ';\nend $f$;\r\n"
        "create function public.g() returns setof int\nbegin atomic\n"
        "  select 1; select case when true then 2 end;\nend;\n"
    ),
    "20260101000002_data.sql": "insert into t values (1); /* 'é;' */ select E'\\';', $q$;$q$",
    "20260101000003_empty.sql": "",
    "20260101000004_notes.sql": "-- nothing but words;\n",
}
HALF = dict(list(MIGRATIONS.items())[:2])
VERSIONS = [name.split("_")[0] for name in MIGRATIONS]


@pytest.fixture(scope="module")
def program() -> None:
    official.require()


def up(database: Database, folder: Path) -> list[str]:
    with database.connect(autocommit=True) as connection:
        return [file.version for file in apply.up(connection, files.discover(folder))]


def states(database: Database, folder: Path) -> list[State]:
    with database.connect() as connection:
        return [entry.state for entry in status.status(connection, files.discover(folder))]


def listed(cli: Official) -> list[tuple[str, str]]:
    """What `supabase migration list` shows: (local, remote) versions."""
    found = cli.ask("migration", "list")["migrations"]
    return [(row["local"], row["remote"]) for row in found]


def test_what_the_official_cli_applied_is_applied_and_unchanged(
    bare: Database, tmp_path: Path
) -> None:
    folder = project(tmp_path, MIGRATIONS)
    Official(tmp_path, bare).ask("db", "push")
    assert states(bare, folder) == [State.APPLIED] * 5
    assert up(bare, folder) == []


@pytest.mark.slow
def test_what_we_applied_the_official_cli_lists_and_does_not_push_again(
    bare: Database, tmp_path: Path
) -> None:
    folder = project(tmp_path, MIGRATIONS)
    assert up(bare, folder) == VERSIONS
    cli = Official(tmp_path, bare)
    assert listed(cli) == [(version, version) for version in VERSIONS]
    assert cli.ask("db", "push", "--dry-run")["upToDate"] is True


@pytest.mark.slow
def test_they_go_on_from_where_the_other_stopped(bare: Database, tmp_path: Path) -> None:
    cli = Official(tmp_path, bare)
    project(tmp_path, dict(list(HALF.items())[:1]))
    cli.ask("db", "push")
    assert up(bare, project(tmp_path, HALF)) == VERSIONS[1:2]
    folder = project(tmp_path, MIGRATIONS)
    planned = cli.ask("db", "push", "--dry-run")["migrations"]
    assert [Path(name).name for name in planned] == list(MIGRATIONS)[2:]
    cli.ask("db", "push")
    assert states(bare, folder) == [State.APPLIED] * 5
    later = project(tmp_path, {**MIGRATIONS, "20260101000005_last.sql": "select 1;"})
    assert up(bare, later) == ["20260101000005"]
    assert cli.ask("db", "push", "--dry-run")["upToDate"] is True


@pytest.mark.slow
def test_they_record_the_same_rows_in_the_same_table(
    bare: Database, server: Server, grants: Grants, tmp_path: Path
) -> None:
    folder = project(tmp_path, MIGRATIONS)
    Official(tmp_path, bare).ask("db", "push")
    other = server.clone(server.bare(grants))
    up(other, folder)
    assert table(other) == table(bare)
    assert rows(other) == rows(bare)
    server.drop(other)


def table(database: Database) -> list[str]:
    """The definition of the history, as pg_dump writes it: columns, key, owner, rights."""
    done = subprocess.run(
        [str(scratch.pg_dump()), "--schema=supabase_migrations", "--schema-only", database.url()],
        check=True,
        capture_output=True,
        text=True,
    )
    return list(check.comparable(done.stdout.splitlines()))


def rows(database: Database) -> list[history.Applied]:
    with database.connect() as connection:
        return history.read(connection)


@pytest.mark.slow
def test_a_gap_is_a_gap_and_an_unknown_version_unknown_to_both(
    bare: Database, tmp_path: Path
) -> None:
    first, second, third = list(MIGRATIONS)[2:]
    cli = Official(tmp_path, bare)
    project(tmp_path, {second: ""})
    cli.ask("db", "push")
    folder = project(tmp_path, {first: "select 1;", second: ""})
    assert states(bare, folder) == [State.GAP, State.APPLIED]
    assert "--include-all" in cli.run("db", "push").stdout
    folder = project(tmp_path, {third: ""})
    assert states(bare, folder) == [State.UNKNOWN, State.PENDING]
    assert "not found in local" in cli.run("db", "push").stdout


PIECES = [
    *("select 1", ";", ";", ";;", " ", "\n", "\r\n", "\r", "'", "''", "\\", "\\'", '"', "--"),
    *(" -- x\n", "/*", "*/", "/*/", "/**/", "(", ")", "$$", "$a$", "$", "$1", "$é$", "E'", "e'"),
    *("xE'", "begin", "BEGIN ATOMIC", "begin\n atomic ", "end", "END;", "; end", "ATOMIC", "é"),
    *(
        "\u00a0",
        "\u2028",
        "\x1c",
        "\x85",
        "\x0b",
        "a",
        "1",
        "_",
        "-",
        "/",
        "*",
        "case",
        "\\.",
        "😀",
    ),
    *("U&'", "' \n '", "\n--c\n'", "\\)", "-- pg-delta: transaction=false\n", "ended", "/**/ end"),
    "copy x from stdin;\n1\t2\n\\.\n",
]


STRINGS = ["E'", "'", "\\'", "'\n'", "'\n--c\n'", "' '", "' --c\n'", "xE'", "-"]
NESTING = ["(", "((", ")", "\\)", "$$", "$", "/*/", "*/", "-", "begin atomic", "end"]


def nasty(seed: int) -> str:
    """Text that only a splitter can love; a third of it inside the body of a function.

    Few pieces a text, so that they meet: among all of them a quote soon swallows the rest.
    """
    chance = random.Random(seed)
    family = (PIECES, PIECES, STRINGS, NESTING)[seed % 4]
    pieces = [*chance.sample(family, 5), ";", "a"]
    text = "".join(chance.choice(pieces) for _ in range(chance.randint(1, 40)))
    if seed % 3 == 0:
        text = f"create function f() begin atomic {text}; end; select 2;"
    return f"\ufeff{text}" if seed % 20 == 0 else text


@pytest.mark.slow
def test_they_split_alike(bare: Database, tmp_path: Path) -> None:
    """`migration repair` records a file's statements without running them."""
    nasties = {f"{20260101000000 + seed}_x.sql": nasty(seed) for seed in range(1000)}
    folder = project(tmp_path, nasties)
    found = files.discover(folder)
    versions: Sequence[str] = [file.version for file in found]
    Official(tmp_path, bare).ask("migration", "repair", "--status", "applied", *versions)
    theirs = {row.version: row.statements for row in rows(bare)}
    for file in found:
        assert theirs[file.version] == file.recorded, repr(file.text)


@pytest.mark.slow
def test_our_config_is_valid_to_the_last_key(bare: Database, tmp_path: Path) -> None:
    project(tmp_path, {})
    done = Official(tmp_path, bare).run("migration", "list")
    assert done.returncode == 0
    assert "WARN" not in done.stdout + done.stderr
    config = tmp_path / "supabase" / "config.toml"
    config.write_text(config.read_text().replace("[db]\n", "[db]\nno_such_key = 1\n"))
    assert "db.no_such_key" in Official(tmp_path, bare).run("migration", "list").stderr


@pytest.mark.legs(15, 17, 18)
def test_our_own_migrations_can_be_pushed_by_the_official_cli(
    bare: Database, tmp_path: Path
) -> None:
    own = {path.name: path.read_bytes() for path in (ROOT / files.FOLDER).glob("*.sql")}
    folder = project(tmp_path, own)
    Official(tmp_path, bare).ask("db", "push")
    assert set(states(bare, folder)) == {State.APPLIED}
