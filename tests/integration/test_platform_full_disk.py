"""A disk that takes no more is told as what it is, and a start after room was made succeeds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.homes import Homes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.geteuid() != 0 or sys.platform != "linux", reason="only root on Linux can mount a disk"
    ),
]


@pytest.fixture
def disk(open_folder: Path) -> Iterator[Path]:
    """One of 100 MB, with room for nothing."""
    place = open_folder / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=100m,mode=755", "none", str(place)]
    if subprocess.run(words, capture_output=True).returncode != 0:
        pytest.skip("this container may not mount")
    fill(place)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path) -> None:
    with (place / "filling").open("wb", buffering=0) as filling:
        try:
            while True:
                filling.write(b"x" * 65536)
        except OSError:
            return


def test_where_the_home_has_no_room(homes: Homes, disk: Path) -> None:
    home = homes("disk/home")
    said = home.run("up", "--db-only", code=5).stderr
    assert f"cannot write to {home.folder}: No space left on device." in said
    assert said.count("\n") == 1
    (disk / "filling").unlink()
    home.run("up", "--db-only")
    assert home.sql("select 1") == [(1,)]
    home.run("down")


def test_where_the_cache_has_no_room(homes: Homes, disk: Path) -> None:
    cache = disk / "cache"
    home = homes("home", XDG_CACHE_HOME=str(cache))
    said = home.run("up", code=5).stderr
    assert f"cannot write to {cache / 'setterbase'}: No space left on device." in said
    assert "XDG_CACHE_HOME" in said
