"""`setterbase migrate` from outside: stdout, stderr and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.projects import project
from tests.support.servers import Database

pytestmark = pytest.mark.legs(18)

A, B = "20260101000000_a.sql", "20260102000000_b.sql"


def setterbase(folder: Path, url: str | None, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command inside the project `folder`, pointed at `url` or at the embedded platform."""
    environment = {**os.environ, "SETTERBASE_HOME": str(folder / "home")}
    environment.pop("DATABASE_URL", None)
    if url is not None:
        environment["DATABASE_URL"] = url
    return subprocess.run(
        [sys.executable, "-m", "setterbase.main", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_up_and_status_tell_what_was_done_and_what_is_left(bare: Database, tmp_path: Path) -> None:
    project(tmp_path, {A: "create table public.t ();"})
    status = setterbase(tmp_path, bare.url(), "migrate", "status")
    assert status.returncode == 0
    assert status.stdout.splitlines()[1].split() == ["20260101000000", "a", "pending"]
    assert status.stderr == "1 migration pending: apply with `setterbase migrate up`.\n"

    up = setterbase(tmp_path, bare.url(), "migrate", "up", "--output", "json")
    assert up.returncode == 0
    assert json.loads(up.stdout) == {"applied": [{"version": "20260101000000", "name": "a"}]}
    assert up.stderr == f"[1/1] applying {A}\n"

    again = setterbase(tmp_path, bare.url(), "migrate", "up")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == "Nothing to do: 1 migration, all applied.\n"
    csv = setterbase(tmp_path, bare.url(), "migrate", "status", "--output", "csv")
    assert csv.stdout == "version,name,state,why\n20260101000000,a,applied,\n"


def test_drift_is_shown_and_told_with_exit_code_3(bare: Database, tmp_path: Path) -> None:
    project(tmp_path, {B: "select 1;"})
    setterbase(tmp_path, bare.url(), "migrate", "up")
    project(tmp_path, {A: "select 1;", B: "select 2;"})
    status = setterbase(tmp_path, bare.url(), "migrate", "status", "--output", "json")
    assert status.returncode == 3
    assert [row["state"] for row in json.loads(status.stdout)] == ["gap", "changed"]
    up = setterbase(tmp_path, bare.url(), "migrate", "up")
    assert (up.returncode, up.stdout) == (3, "")
    for told in (status.stderr, up.stderr):
        assert told.startswith("error: ")
        assert told.count("\n") == 1


def test_a_failing_file_is_one_line_and_exit_code_1(bare: Database, tmp_path: Path) -> None:
    project(tmp_path, {A: "select 1;\nnonsense;"})
    up = setterbase(tmp_path, bare.url(), "migrate", "up")
    assert (up.returncode, up.stdout) == (1, "")
    progress, told = up.stderr.splitlines()
    assert progress == f"[1/1] applying {A}"
    assert told.startswith(f"error: {A} failed on line 2, in `nonsense`: syntax error")


@pytest.mark.parametrize("words", [["up"], ["status"]])
def test_an_unreachable_database_is_exit_code_6(tmp_path: Path, words: list[str]) -> None:
    project(tmp_path, {A: "select 1;"})
    url = "postgresql://postgres:secret@127.0.0.1:1/postgres"
    done = setterbase(tmp_path, url, "migrate", *words)
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr.startswith("error: cannot connect to 127.0.0.1, port 1: ")
    assert done.stderr.count("\n") == 1
    assert "secret" not in done.stderr


@pytest.mark.parametrize("words", [["up"], ["status"], ["check"]])
def test_outside_a_project_nothing_is_started(tmp_path: Path, words: list[str]) -> None:
    done = setterbase(tmp_path, None, "migrate", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: there is no ")
    assert not (tmp_path / "home").exists()


def test_new_prints_the_path_of_the_file_it_made(tmp_path: Path) -> None:
    project(tmp_path, {})
    made = setterbase(tmp_path, None, "migrate", "new", "add_score")
    assert made.returncode == 0
    assert Path(made.stdout.strip()).read_text().startswith("-- Purpose:")
    refused = setterbase(tmp_path, None, "migrate", "new", "Add score")
    assert (refused.returncode, refused.stdout) == (2, "")


@pytest.mark.slow
def test_check_on_the_embedded_platform(open_folder: Path) -> None:
    """Equal → edited → seen, with exit code 3 → followed by a migration → equal again."""
    folder = project(open_folder, {A: "create table public.t (a int);"})
    source = open_folder / "sql" / "00_all" / "20_tables.sql"
    source.parent.mkdir(parents=True)
    try:
        source.write_text("create table public.t (a int);")
        assert setterbase(open_folder, None, "migrate", "check").returncode == 0
        source.write_text("create table public.t (a int, b int);")
        done = setterbase(open_folder, None, "migrate", "check")
        assert done.returncode == 3
        assert "+    b integer" in done.stdout
        (folder / B).write_text("alter table public.t add column b int;")
        assert setterbase(open_folder, None, "migrate", "check").returncode == 0
        # Nothing was left behind, and the platform's own database was not touched.
        status = setterbase(open_folder, None, "migrate", "status")
        assert status.stderr.startswith("2 migrations pending")
    finally:
        setterbase(open_folder, None, "down")
