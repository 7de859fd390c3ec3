"""The embedded platform starts, stops and comes back, whatever happened to it in between."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from setterbase.platform import processes
from tests.support.homes import Homes

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")


def test_a_day_in_the_life(homes: Homes) -> None:
    home = homes()
    assert home.status().state == "absent"
    assert "is not running" in home.run("status", "--output", "env", code=5).stderr
    assert "there is no log yet" in home.run("logs", code=5).stderr
    assert "was not running" in home.run("down").stderr

    assert "is started: PostgreSQL 18" in home.run("up", "--db-only").stderr
    assert "already running" in home.run("up", "--db-only").stderr
    home.sql("create table public.kept as select 1 as one")
    printed = home.run("status", "--output", "env").stdout
    assert re.fullmatch(r'DB_URL="postgresql://postgres:\w+@127\.0\.0\.1:\d+/postgres"\n', printed)

    assert "is stopped" in home.run("down").stderr
    assert home.run("status", code=5).stdout.startswith("state     stopped\n")
    home.run("up", "--db-only")
    assert home.sql("select one from public.kept") == [(1,)]


def test_the_grants_are_chosen_once(homes: Homes) -> None:
    home = homes()
    home.run("up", "--db-only", "--grants", "legacy")
    home.sql("create table public.seen ()")
    assert home.sql("select has_table_privilege('anon', 'public.seen', 'select')") == [(True,)]
    home.run("up", "--db-only", "--grants", "legacy")
    home.run("up", "--db-only")
    assert (
        "was made with `--grants legacy`"
        in home.run("up", "--db-only", "--grants", "current", code=5).stderr
    )


def test_a_killed_server_comes_back_with_what_was_committed(homes: Homes) -> None:
    home = homes()
    home.run("up", "--db-only")
    home.sql("create table public.kept as select 1 as one")
    home.kill()
    assert home.status().state == "stopped"
    home.run("up", "--db-only")
    assert home.sql("select one from public.kept") == [(1,)]


@pytest.mark.parametrize("whose", ["nobody's", "somebody else's"])
def test_a_stale_pid_file_is_no_server(homes: Homes, whose: str) -> None:
    home = homes()
    home.run("up", "--db-only")
    note = home.data / "postmaster.pid"
    text = note.read_text()
    pid = home.kill()
    with subprocess.Popen(["sleep", "60"], user=home.data.stat().st_uid) as other:
        if whose == "somebody else's":  # as after a restart, which deals out the numbers anew
            note.write_text(text.replace(str(pid), str(other.pid), 1))
        assert home.status().state == "stopped"
        home.run("up", "--db-only")
        assert other.poll() is None
        other.kill()
    assert home.sql("select 1") == [(1,)]


def test_two_commands_at_once_start_one_server(homes: Homes) -> None:
    home = homes()
    for _ in ("cold", "warm"):
        commands = [home.start("up", "--db-only") for _ in range(4)]
        said = [command.communicate(timeout=90)[1] for command in commands]
        assert [command.returncode for command in commands] == [0] * 4, said
        assert sum("is started" in line for line in said) == 1
        assert len(home.servers()) == 1
        home.run("down")


@pytest.mark.slow
def test_an_interrupted_initdb_is_begun_again(homes: Homes) -> None:
    home = homes()
    command = home.start("up", "--db-only")
    _wait_for(lambda: list(home.folder.glob("cluster/initdb-*/data/base")))
    command.kill()
    command.communicate()
    assert home.status().state == "absent"
    home.run("up", "--db-only")
    assert home.sql("select 1") == [(1,)]
    assert not list(home.folder.glob("cluster/initdb-*"))


@pytest.mark.slow
def test_an_interrupted_bootstrap_is_done_again(homes: Homes) -> None:
    home = homes()
    command = home.start("up", "--db-only")
    _wait_for(lambda: (home.folder / "cluster/data/postmaster.pid").exists())
    command.kill()
    command.communicate()
    home.run("up", "--db-only")
    assert home.sql("select auth.uid()") == [(None,)]
    home.sql("create table public.kept as select 1 as one")
    (home.data / "setterbase.ready").unlink()  # the crash between the commit and the mark
    home.run("up", "--db-only")
    assert home.sql("select one from public.kept") == [(1,)]


@pytest.mark.slow
def test_the_data_folder_is_removed_under_a_running_server(homes: Homes) -> None:
    home = homes()
    home.run("up", "--db-only")
    old = home.servers()
    shutil.rmtree(home.data)
    assert home.status().state == "absent"
    home.run("up", "--db-only")
    assert home.sql("select 1") == [(1,)]
    assert old
    assert processes.wait_gone(old, 5)


@pytest.mark.slow
def test_the_home_is_removed_under_a_running_server(homes: Homes) -> None:
    home = homes()
    home.run("up", "--db-only")
    old = home.servers()
    shutil.rmtree(home.folder)
    home.run("up", "--db-only")
    assert len(home.servers()) == 1
    assert processes.wait_gone(old, 5)


@pytest.mark.slow
def test_a_taken_port_is_left_to_its_owner(homes: Homes) -> None:
    home = homes()
    home.run("up", "--db-only")
    port = home.status().port
    home.run("down")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        home.run("up", "--db-only")
        assert home.status().port != port
    assert home.sql("select 1") == [(1,)]
    moved = home.status().port
    home.run("down")
    home.run("up", "--db-only")
    assert home.status().port == moved


def test_homes_live_side_by_side(homes: Homes) -> None:
    first, second = homes("first"), homes("second")
    first.run("up", "--db-only")
    second.run("up", "--db-only")
    first.sql("create table public.mine ()")
    assert second.sql("select to_regclass('public.mine')") == [(None,)]
    assert first.status().port != second.status().port
    first.run("down")
    assert second.sql("select 1") == [(1,)]
    stranger = (second.status().db_url or "").replace("postgres:", "postgres:x")
    with pytest.raises(psycopg.Error):
        psycopg.connect(stranger)


@pytest.mark.slow
def test_a_long_path_is_no_obstacle(homes: Homes) -> None:
    home = homes("/".join(["a-folder-with-quite-a-long-name, a comma and 'quotes'"] * 4))
    home.run("up", "--db-only")
    assert home.sql("select 1") == [(1,)]


@pytest.mark.slow
def test_a_moved_project_finds_its_data(homes: Homes) -> None:
    home = homes("before")
    home.run("up", "--db-only")
    home.sql("create table public.kept as select 1 as one")
    moved = homes("after")
    home.folder.rename(moved.folder)
    assert moved.sql("select one from public.kept") == [(1,)]  # the server runs on
    moved.run("down")
    moved.run("up", "--db-only")
    assert moved.sql("select one from public.kept") == [(1,)]


@pytest.mark.slow
def test_a_copied_home_is_another_platform(homes: Homes) -> None:
    home = homes("original")
    home.run("up", "--db-only")
    copy = homes("copy")
    shutil.copytree(home.folder, copy.folder, symlinks=True)
    assert copy.status().state == "stopped"
    assert "was not running" in copy.run("down").stderr
    assert home.sql("select 1") == [(1,)]
    if os.geteuid() == 0:  # root's copies are root's, and PostgreSQL runs as somebody else
        said = copy.run("up", "--db-only", code=5).stderr
        assert "belongs to 'root'" in said
        assert f"chown -R {home.data.owner()}" in said
        for path in (copy.folder / "cluster").rglob("*"):
            shutil.chown(path, home.data.owner())
    home.run("down")
    copy.run("up", "--db-only")
    assert copy.sql("select 1") == [(1,)]
    assert home.status().state == "stopped"


@pytest.mark.slow
@as_root
@pytest.mark.parametrize("words", ["up --db-only", "down", "status", "logs", "kpis show"])
def test_a_cluster_that_may_not_be_read_is_told(
    homes: Homes, open_folder: Path, words: str
) -> None:
    folder = open_folder / "theirs/home"
    (folder / "cluster/data").mkdir(parents=True)
    (folder / "cluster").chmod(0o700)
    memory = folder / "platform.json"
    memory.write_text('{"grants": "current", "port": 0, "passwords": {"postgres": "x"}}')
    for path in (folder.parent, folder, memory):
        shutil.chown(path, "nobody")
    home = homes("theirs/home", account="nobody")
    attempt = home.start("--help")
    attempt.communicate()
    if attempt.returncode != 0:
        pytest.skip("the account 'nobody' cannot read this Python or this checkout")
    said = home.run(*words.split(), code=5).stderr
    assert f"cannot read {folder / 'cluster/data'}: Permission denied." in said
    assert said.count("\n") == 1


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


def test_logs_show_the_last_lines_and_follow(homes: Homes) -> None:
    home = homes()
    home.run("up", "--db-only")
    assert len(home.run("logs", "--lines", "2").stdout.splitlines()) == 2
    following = home.start("logs", "--follow", "--lines", "1")
    assert following.stdout
    assert "LOG" in following.stdout.readline()
    with psycopg.connect(home.status().db_url or "") as connection, pytest.raises(psycopg.Error):
        connection.execute("select 'what the log shows' from nowhere")
    assert any("nowhere" in line for line in following.stdout)
    following.send_signal(signal.SIGINT)
    _, err = following.communicate(timeout=10)
    assert err == ""


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


@as_root
def test_an_ordinary_user_runs_it_too(homes: Homes, open_folder: Path) -> None:
    (open_folder / "theirs").mkdir()
    shutil.chown(open_folder / "theirs", "nobody")
    home = homes("theirs/home", account="nobody")
    attempt = home.start("--help")
    attempt.communicate()
    if attempt.returncode != 0:
        pytest.skip("the account 'nobody' cannot read this Python or this checkout")
    home.run("up", "--db-only")
    assert home.sql("select 1") == [(1,)]
    assert home.data.owner() == "nobody"
    home.kill()
    home.run("up", "--db-only")
    home.run("down")


@pytest.mark.slow
@as_root
def test_below_a_closed_folder_root_keeps_the_cluster_elsewhere(
    homes: Homes, open_folder: Path
) -> None:
    (open_folder / "closed").mkdir(mode=0o700)
    home = homes("closed/project/.setterbase")
    home.run("up", "--db-only")
    home.sql("create table public.kept as select 1 as one")
    outside = home.data
    assert not outside.is_relative_to(open_folder)
    home.run("down")
    home.run("up", "--db-only")
    assert home.sql("select one from public.kept") == [(1,)]
    assert home.data == outside
    old = home.servers()
    shutil.rmtree(home.folder)  # the way to start anew; what lies outside goes with it
    home.run("up", "--db-only")
    assert home.sql("select to_regclass('public.kept')") == [(None,)]
    assert not outside.exists()
    assert processes.wait_gone(old, 5)


def _wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)
