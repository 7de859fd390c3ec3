"""What the platform says, and what it keeps to itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.homes import Homes


@pytest.mark.slow
def test_a_command_that_leaves_the_database_of_the_environment_alone_says_so(
    homes: Homes,
) -> None:
    home = homes(DATABASE_URL="postgresql://postgres@127.0.0.1:1/postgres")
    for words, code in (
        ("up --db-only", 0),
        ("status", 0),
        ("down", 0),
        ("down", 0),
        ("status", 5),
    ):
        assert (
            "DATABASE_URL is set: the other commands" in home.run(*words.split(), code=code).stderr
        )


def test_who_stands_outside_a_project_is_told(tmp_path: Path) -> None:
    (tmp_path / "project/supabase/migrations").mkdir(parents=True)
    (tmp_path / "project/supabase/config.toml").write_text("")
    for words, code in (("status", 5), ("down", 0)):
        for folder, told in (("", True), ("project", False), ("project/supabase", False)):
            done = subprocess.run(
                [sys.executable, "-m", "setterbase.main", words],
                cwd=tmp_path / folder,
                env={
                    name: value
                    for name, value in os.environ.items()
                    if name not in ("SETTERBASE_HOME", "DATABASE_URL")
                },
                capture_output=True,
                text=True,
            )
            assert done.returncode == code, done.stderr
            assert ("This is no folder of a project" in done.stderr) is told


def test_what_cannot_work_is_said_in_one_line(homes: Homes, open_folder: Path) -> None:
    (open_folder / "a file").write_text("")
    for environment, words in (
        ({"SETTERBASE_PG_BIN": str(open_folder)}, "no PostgreSQL that runs in"),
        ({"SETTERBASE_HOME": str(open_folder / "a file")}, "cannot hold a platform"),
        ({"SETTERBASE_HOME": str(open_folder / "a file" / "below")}, "cannot hold a platform"),
        ({"SETTERBASE_HOME": "/dev/null"}, "Set SETTERBASE_HOME to a folder"),
    ):
        answer = homes("broken", **environment).run("up", "--db-only", code=5)
        assert words in answer.stderr
        assert answer.stderr.count("\n") == 1
        assert answer.stdout == ""


@pytest.mark.slow
def test_damaged_memory_is_not_overwritten(homes: Homes) -> None:
    home = homes()
    home.run("up", "--db-only")
    memory = home.folder / "platform.json"
    text = memory.read_text()
    memory.write_text("{")
    assert "is damaged" in home.run("up", "--db-only", code=5).stderr
    memory.unlink()
    assert "passwords, is gone" in home.run("up", "--db-only", code=5).stderr
    memory.write_text(text)
    assert home.sql("select 1") == [(1,)]


def test_secrets_are_in_no_log_and_no_argument_list(homes: Homes) -> None:
    home = homes()
    command = home.start("up", "--db-only")
    seen = []
    while command.poll() is None:
        listing = subprocess.run(["ps", "-axww", "-o", "args="], capture_output=True, text=True)
        seen.append(listing.stdout)
    command.communicate()
    password = re.search(r":(\w+)@", home.status().db_url or "")
    assert password
    assert not any(password[1] in listing for listing in seen)
    assert password[1] not in home.run("logs").stdout
    assert (home.folder / "platform.json").stat().st_mode & 0o777 == 0o600
    assert home.data.stat().st_mode & 0o777 == 0o700
