"""`setterbase demo`: from nothing to three dashboards, and nothing is left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from setterbase.demo import place, run
from setterbase.errors import PlatformError, UsageError
from setterbase.platform import processes
from tests.support.homes import Home, Homes
from tests.support.projects import ROOT
from tests.support.sample import EXPECTED, STREAM


def start(home: Home, *words: str) -> subprocess.Popen[str]:
    """The demo inside a checkout, whatever DATABASE_URL says."""
    home.environment["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/somebody_elses"
    return home.start("demo", *words)


def finish(command: subprocess.Popen[str], code: int = 0) -> tuple[str, str]:
    out, err = command.communicate(timeout=90)
    assert "Traceback" not in err, err
    assert command.returncode == code, err
    return out, err


def servers(folder: Path) -> list[str]:
    """Command lines of the servers whose data lie below `folder`."""
    lines = subprocess.run(["ps", "-axww", "-o", "args="], capture_output=True, text=True).stdout
    return [line for line in lines.splitlines() if f"{folder}/" in line and "postgres" in line]


@pytest.mark.slow
def test_from_nothing_kept_and_again(homes: Homes) -> None:
    home = homes()
    _, err = finish(start(home, "--keep"))
    demo = homes("home/demo")
    assert f"export SETTERBASE_HOME={demo.folder}\n" in err
    assert "unset DATABASE_URL" in err
    assert demo.status().state == "running"
    assert home.status().state == "absent"  # one's own platform is another one
    assert demo.sql("select count(*) from public.leads") == [(175,)]
    assert "74.1%" in demo.run("kpis", "show").stdout
    demo.sql("delete from public.leads")

    out, err = finish(start(home, "--output", "json"))
    told = json.loads(out)
    assert told["ingest"] == {
        name: EXPECTED[name] for name in ("accepted", "duplicates", "dead_letters")
    }
    for row in told["dashboards"]:
        expected = EXPECTED["coaches"][row["coach_id"]]["dashboard"]
        assert {code: row[code] for code in expected} == expected
    assert len(told["followups"]) == 139
    assert "is removed" in err
    assert servers(home.folder) == []
    assert list(home.folder.iterdir()) == []


def test_prints_three_dashboards_and_the_most_urgent_leads(homes: Homes) -> None:
    out, err = finish(start(homes()))
    assert out.count("RESPONSE RATES") == 3
    assert "THE MOST URGENT" in out
    assert "… and 127 more" in out
    assert "everything is shown as of then" in err
    assert "900 accepted, 60 duplicates, 12 dead letters" in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_cleans_up(homes: Homes, number: signal.Signals) -> None:
    home = homes()
    command = start(home)
    wait_for_server(home)
    command.send_signal(number)
    _, err = finish(command, code=128 + number)
    assert "Interrupted; the demo's database is removed." in err
    assert servers(home.folder) == []
    assert not home.folder.exists()


@pytest.mark.slow
def test_a_killed_demo_is_cleaned_up_by_the_next_and_two_at_once_are_refused(homes: Homes) -> None:
    home = homes()
    command = start(home)
    wait_for_server(home)
    _, err = finish(start(home), code=5)
    assert "another demo is running" in err
    command.kill()
    command.communicate()
    assert servers(home.folder)
    finish(start(home))
    assert servers(home.folder) == []


def test_a_folder_of_that_name_with_something_else_is_left_alone(homes: Homes) -> None:
    home = homes()
    precious = home.folder / "demo" / "precious"
    precious.parent.mkdir(parents=True)
    precious.write_text("mine")
    _, err = finish(start(home), code=5)
    assert "holds something that is not the demo's" in err
    assert precious.read_text() == "mine"
    shutil.rmtree(home.folder)


def test_a_damaged_demo_is_no_obstacle(tmp_path: Path) -> None:
    demo = tmp_path / "home" / "demo"
    demo.mkdir(parents=True)
    (demo / place.MARK).touch()
    (demo / "platform.json").write_text("{")
    with place.occupied(demo):
        assert [path.name for path in demo.iterdir()] == [place.MARK]
        with pytest.raises(PlatformError, match="another demo"), place.occupied(demo):
            pass
    assert os.environ.get("SETTERBASE_HOME") != str(demo)


def test_migrations_are_the_project_s_or_the_checkout_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = [file.name for file in run.migrations(ROOT)]
    assert [file.name for file in run.migrations(tmp_path)] == ours
    monkeypatch.setattr(run, "__file__", str(tmp_path / "a/b/c/d.py"))
    with pytest.raises(UsageError, match="Run the demo inside a checkout of Setterbase"):
        run.migrations(tmp_path)


def test_the_sample_is_the_one_that_the_other_tests_use() -> None:
    assert STREAM.read_bytes() == (ROOT / "tests/data/conversations.jsonl").read_bytes()


def wait_for_server(home: Home) -> None:
    note = home.folder / "demo/cluster/data/postmaster.pid"
    end = time.monotonic() + 30
    while not (note.exists() and processes.alive(int(note.read_text().split()[0]))):
        assert time.monotonic() < end
        time.sleep(0.01)
