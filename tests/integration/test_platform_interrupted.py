"""What was interrupted is begun again, and what was removed under a server is made anew."""

from __future__ import annotations

import shutil

import pytest

from setterbase.platform import processes
from tests.support.homes import Homes
from tests.support.waiting import eventually


@pytest.mark.slow
def test_an_interrupted_initdb_is_begun_again(homes: Homes) -> None:
    home = homes()
    command = home.start("up", "--db-only")
    eventually(lambda: list(home.folder.glob("cluster/initdb-*/data/base")))
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
    eventually(lambda: (home.folder / "cluster/data/postmaster.pid").exists())
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
