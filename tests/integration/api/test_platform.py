"""The API starts and stops, whoever runs it, wherever, and whatever is killed in between."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from pathlib import Path

import httpx
import pytest

from setterbase.platform import processes
from setterbase.platform.api.places import PARTS
from tests.support.api import answers, names_of
from tests.support.homes import Home, Homes
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")


def test_a_day_in_the_life(homes: Homes) -> None:
    home = homes()
    assert "is started" in home.run("up").stderr
    assert "already running" in home.run("up").stderr
    names = names_of(home)
    assert list(names) == [
        "API_URL",
        "REST_URL",
        "FUNCTIONS_URL",
        "DB_URL",
        "PUBLISHABLE_KEY",
        "SECRET_KEY",
        "JWT_SECRET",
        "ANON_KEY",
        "SERVICE_ROLE_KEY",
    ]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", names["API_URL"])
    assert answers(names)
    told = json.loads(home.run("status", "--output", "json").stdout)
    assert told["api_url"] == names["API_URL"]
    assert told["parts"] == dict.fromkeys(PARTS, "running")

    pids = home.processes()
    assert len(pids) >= 6  # the server and its helpers, the supervisor, four parts
    assert "is stopped" in home.run("down").stderr
    assert not any(processes.alive(pid) for pid in pids)
    assert not list((home.folder / "run").iterdir())
    assert "was not running" in home.run("down").stderr
    home.run("up")
    assert names_of(home) == names  # clients keep their address and keys


def test_the_database_alone_first_and_the_api_later(homes: Homes) -> None:
    home = homes()
    home.run("up", "--db-only")
    assert list(names_of(home)) == ["DB_URL"]
    home.run("up")
    assert answers(names_of(home))
    server = home.status().pid
    home.run("up", "--db-only")
    assert home.status().pid == server


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_comes_back(homes: Homes, part: str) -> None:
    home = homes()
    home.run("up")
    names, before = names_of(home), home.record()
    assert before
    victim = before.parts[part].process
    assert victim
    os.kill(victim.pid, signal.SIGKILL)
    eventually(lambda: restarted(home, part))
    assert answers(names)
    assert f"{part} ended" in home.run("logs", "supervisor").stdout


def test_a_killed_database_comes_back(homes: Homes) -> None:
    home = homes()
    home.run("up")
    home.sql("create table public.kept as select 1 as one; grant select on public.kept to anon")
    names, port = names_of(home), home.status().port
    home.kill()
    eventually(lambda: home.status().state == "running")
    assert home.status().port == port
    headers = {"apikey": names["PUBLISHABLE_KEY"]}
    eventually(
        lambda: httpx.get(f"{names['REST_URL']}/kept", headers=headers).json() == [{"one": 1}]
    )


def test_two_commands_at_once_start_one_api(homes: Homes) -> None:
    home = homes()
    commands = [home.start("up") for _ in range(3)]
    said = [command.communicate(timeout=90)[1] for command in commands]
    assert [command.returncode for command in commands] == [0] * 3, said
    assert sum("is started" in line for line in said) == 1


def test_homes_live_side_by_side(homes: Homes) -> None:
    first, second = homes("first"), homes("second")
    first.run("up")
    second.run("up")
    one, other = names_of(first), names_of(second)
    assert one["API_URL"] != other["API_URL"]
    stranger = httpx.get(f"{one['REST_URL']}/", headers={"apikey": other["SECRET_KEY"]})
    assert stranger.status_code == 401
    first.run("down")
    assert answers(other)


def test_a_long_path_is_no_obstacle(homes: Homes) -> None:
    home = homes("/".join(["a-folder-with-quite-a-long-name, a comma and 'quotes'"] * 3))
    home.run("up")
    assert answers(names_of(home))


@as_root
def test_an_ordinary_user_runs_it_too(homes: Homes, open_folder: Path) -> None:
    (open_folder / "theirs").mkdir()
    shutil.chown(open_folder / "theirs", "nobody")
    home = homes("theirs/home", account="nobody", XDG_CACHE_HOME=str(open_folder / "theirs/cache"))
    home.environment["HOME"] = str(open_folder / "theirs")
    if not home.can_run():
        pytest.skip("the account 'nobody' cannot read this Python or this checkout")
    home.run("up")
    names = names_of(home)
    assert answers(names)
    owners = {Path(f"/proc/{pid}").owner() for pid in home.processes()}
    assert owners == {"nobody"}
    home.run("down")


def test_logs_of_a_part(homes: Homes) -> None:
    home = homes()
    assert "there is no log yet" in home.run("logs", "gateway", code=5).stderr
    home.run("up")
    for part in ("gateway", "auth", "functions"):
        assert "listening" in home.run("logs", part).stdout
    assert "Starting PostgREST" in home.run("logs", "rest").stdout
    assert "LOG" in home.run("logs").stdout
    assert home.run("logs", "storage", code=2).stdout == ""


def restarted(home: Home, part: str) -> bool:
    noted = home.record()
    return noted is not None and noted.ready and noted.parts[part].restarts == 1
