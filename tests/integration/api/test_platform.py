"""The API starts, stops and comes back, whatever happened to it in between."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from setterbase.platform import processes
from setterbase.platform.api import record
from setterbase.platform.api.places import PARTS
from tests.support import scratch
from tests.support.api import names_of
from tests.support.homes import Home, Homes

pytestmark = pytest.mark.slow
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """As everywhere, but on the disk: Deno writes nothing below /dev."""
    folder = scratch.folder("setterbase-open-", on_disk=True)
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


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


def test_a_killed_supervisor_leaves_nothing_that_down_does_not_find(homes: Homes) -> None:
    home = homes()
    home.run("up")
    before, pids = home.record(), home.processes()
    assert before
    os.kill(before.supervisor.pid, signal.SIGKILL)
    eventually(lambda: not record.alive(before.supervisor))
    assert json.loads(home.run("status", "--output", "json").stdout)["api"] == "stopped"
    assert "is stopped" in home.run("down").stderr
    assert not any(processes.alive(pid) for pid in pids)


def test_orphans_are_found_by_the_record(homes: Homes, open_folder: Path) -> None:
    """Where no kernel ends the parts with their supervisor: macOS, or an old record."""
    home = homes()
    home.run("up")
    noted = home.record()
    assert noted
    part = noted.parts["rest"]
    assert part.process
    home.run("down")
    orphan = subprocess.Popen(["sleep", "60"], process_group=0)
    member = subprocess.Popen(["sleep", "60"], process_group=orphan.pid)
    other = subprocess.Popen(["sleep", "60"], process_group=0)
    try:
        began = record.began(orphan.pid)
        assert began
        part.process = record.Process(orphan.pid, began)
        stale = noted.parts["auth"].process
        assert stale
        stale.pid = other.pid  # the number has gone on to somebody else
        record.write(home.folder / "api.json", noted)
        home.run("up")
        assert orphan.wait(5) == -signal.SIGTERM
        assert member.wait(5) == -signal.SIGTERM
        assert other.poll() is None
    finally:
        for process in (orphan, member, other):
            process.kill()
            process.wait()
    assert answers(names_of(home))


def test_a_copied_home_stops_nothing_of_the_original(homes: Homes) -> None:
    home, copy = homes("original"), homes("copy")
    home.run("up")
    shutil.copytree(
        home.folder, copy.folder, ignore=shutil.ignore_patterns("*.sock", "cluster"), symlinks=True
    )
    copy.run("down")
    assert answers(names_of(home))
    copy.folder.joinpath("platform.json").unlink()  # no cluster was copied


def test_the_home_is_removed_under_a_running_platform(homes: Homes) -> None:
    home = homes()
    home.run("up")
    before = home.record()
    assert before
    shutil.rmtree(home.folder)
    eventually(lambda: not record.alive(before.supervisor))
    assert not any(record.alive(part.process) for part in before.parts.values())
    home.run("up")
    assert answers(names_of(home))


def test_a_port_in_use_is_told_with_the_setting_that_changes_it(homes: Homes) -> None:
    home = homes()
    home.run("up")
    port = int(names_of(home)["API_URL"].rpartition(":")[2])
    home.run("down")
    with listening(port):
        said = home.run("up", code=5).stderr
        assert f"port {port}" in said
        assert "SETTERBASE_API_PORT" in said
        assert home.status().state == "running"  # the database came up before
        home.environment["SETTERBASE_API_PORT"] = str(port)
        assert "change SETTERBASE_API_PORT" in home.run("up", code=5).stderr
        with socket.create_server(("127.0.0.1", 0)) as probe:
            free = probe.getsockname()[1]
        home.environment["SETTERBASE_API_PORT"] = str(free)
        home.run("up")
        assert names_of(home)["API_URL"].endswith(f":{free}")
    home.environment["SETTERBASE_API_PORT"] = "many"
    home.run("down")
    assert "which is no port" in home.run("up", code=5).stderr


def test_the_port_of_the_projects_configuration(homes: Homes, open_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    project = open_folder / "project"
    (project / "supabase").mkdir(parents=True)
    (project / "supabase/config.toml").write_text(f"[api]\nport = {port}\n")
    home = homes("project/.setterbase")
    home.project = project
    home.run("up")
    assert names_of(home)["API_URL"].endswith(f":{port}")
    home.run("down")
    with listening(port):
        assert "`port` of [api] in supabase/config.toml" in home.run("up", code=5).stderr
    (project / "supabase/config.toml").write_text("[api]\nport = 'x'\n")
    assert "api.port is 'x'" in home.run("up", code=5).stderr


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


def test_secrets_are_for_their_owner_alone(homes: Homes) -> None:
    home = homes()
    command = home.start("up")
    seen = []
    while command.poll() is None:
        listing = subprocess.run(["ps", "-axww", "-o", "args="], capture_output=True, text=True)
        seen.append(listing.stdout)
    command.communicate()
    names = names_of(home)
    url, email = f"{names['API_URL']}/auth/v1", "ana@exemple.fr"
    headers = {"apikey": names["SECRET_KEY"]}
    made = {"email": email, "password": "a-secret-password", "email_confirm": True}
    httpx.post(f"{url}/admin/users", headers=headers, json=made).raise_for_status()
    given = {"email": email, "password": "a-secret-password"}
    session = httpx.post(f"{url}/token?grant_type=password", headers=headers, json=given).json()
    httpx.post(f"{url}/recover?apikey={names['SECRET_KEY']}", json=given).raise_for_status()
    mail = next((home.folder / "mail").glob("*.eml"))
    link = re.search(r"token=(\w+)", mail.read_text())
    assert link
    seen.append(
        subprocess.run(["ps", "-axww", "-o", "args="], capture_output=True, text=True).stdout
    )

    secrets = [value for name, value in names.items() if name.endswith(("KEY", "SECRET"))]
    secrets += re.findall(r":(\w+)@", names["DB_URL"])
    secrets += [session["access_token"], session["refresh_token"], link[1], "a-secret-password"]
    written = seen + [file.read_text() for file in (home.folder / "logs").iterdir()]
    written.append((home.folder / "cluster/postgres.log").read_text())
    written.append((home.folder / "api.json").read_text())
    for secret in secrets:
        assert not any(secret in text for text in written)
    for name in ("keys.json", "platform.json", mail.relative_to(home.folder)):
        assert (home.folder / name).stat().st_mode & 0o777 == 0o600
    for name in ("run", "mail", "logs"):
        assert (home.folder / name).stat().st_mode & 0o777 == 0o700


def test_keys_that_are_damaged_are_not_replaced(homes: Homes) -> None:
    home = homes()
    home.run("up")
    names = names_of(home)
    home.run("down")
    keys = home.folder / "keys.json"
    text = keys.read_text()
    keys.write_text("{")
    assert "keys.json is damaged" in home.run("up", code=5).stderr
    keys.write_text(text)
    home.run("up")
    assert names_of(home) == names


def test_a_missing_program_is_told_with_what_to_install(homes: Homes, open_folder: Path) -> None:
    for setting, words in (
        ("SETTERBASE_DENO", "SETTERBASE_DENO names"),
        ("SETTERBASE_POSTGREST", "SETTERBASE_POSTGREST names"),
    ):
        home = homes("home", **{setting: str(open_folder / "nothing")})
        said = home.run("up", code=5).stderr
        assert words in said
        assert said.count("\n") == 1
        home.run("up", "--db-only")


def test_without_a_network_the_cache_is_enough(homes: Homes, open_folder: Path) -> None:
    """Cold and offline it says what is missing; warm it starts, and no registry is asked."""
    nowhere = {"NPM_CONFIG_REGISTRY": "http://127.0.0.1:9/"}
    cold = homes("cold", **nowhere, XDG_CACHE_HOME=str(open_folder / "cache"))
    said = cold.run("up", code=5).stderr
    assert "could not be fetched" in said
    assert "NPM_CONFIG_REGISTRY" in said
    assert "--db-only" in said
    warm = homes("warm", **nowhere)
    warm.run("up")
    assert answers(names_of(warm))


def test_logs_of_a_part(homes: Homes) -> None:
    home = homes()
    assert "there is no log yet" in home.run("logs", "gateway", code=5).stderr
    home.run("up")
    for part in ("gateway", "auth", "functions"):
        assert "listening" in home.run("logs", part).stdout
    assert "Starting PostgREST" in home.run("logs", "rest").stdout
    assert "LOG" in home.run("logs").stdout
    assert home.run("logs", "storage", code=2).stdout == ""


def answers(names: dict[str, str]) -> bool:
    """Whether REST and auth take requests."""
    headers = {"apikey": names["SECRET_KEY"]}
    for path in ("/rest/v1/", "/auth/v1/admin/users", "/auth/v1/settings"):
        httpx.get(f"{names['API_URL']}{path}", headers=headers).raise_for_status()
    missing = httpx.get(f"{names['FUNCTIONS_URL']}/none", headers=headers)
    assert missing.json()["code"] == "NOT_FOUND"
    return True


def restarted(home: Home, part: str) -> bool:
    noted = home.record()
    return noted is not None and noted.ready and noted.parts[part].restarts == 1


def eventually(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def listening(port: int) -> socket.socket:
    other = socket.socket()
    other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    other.bind(("127.0.0.1", port))
    other.listen()
    return other
