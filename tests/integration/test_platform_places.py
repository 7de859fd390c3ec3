"""Where a platform may lie, and whose it is: long paths, moves, copies, other accounts."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from setterbase.platform import processes
from tests.support.homes import Homes

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")


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
