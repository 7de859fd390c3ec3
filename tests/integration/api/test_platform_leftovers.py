"""What a killed supervisor, a copied or a removed home leaves: found, and nothing else touched."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from setterbase.platform import processes
from setterbase.platform.api import record
from tests.support.api import answers, names_of
from tests.support.homes import Homes
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow


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
