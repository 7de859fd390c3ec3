"""The embedded platform starts, stops and comes back, one or several at once."""

from __future__ import annotations

import re
import signal
import socket
import subprocess

import psycopg
import pytest

from tests.support.homes import Homes


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


@pytest.mark.slow
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


@pytest.mark.slow
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
