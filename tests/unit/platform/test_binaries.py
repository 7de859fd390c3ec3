"""PostgreSQL's programs: found, and copied to where the server's account can read them."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from setterbase.errors import PlatformError
from setterbase.platform import account, binaries

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")


def _postgres(folder: Path, version: str) -> Path:
    """A program that says its version."""
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o700)
    return folder


def test_the_packaged_one_is_18() -> None:
    assert binaries.find().major == 18
    assert Path(binaries.find().program("initdb")).is_file()


@pytest.mark.parametrize(
    ("version", "major"), [("15.3 (Debian 15.3-1)", 15), ("17beta2", 17), ("18.4", 18)]
)
def test_another_is_asked_for_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, major: int
) -> None:
    folder = _postgres(tmp_path / "bin", version)
    monkeypatch.setenv("SETTERBASE_PG_BIN", str(folder))
    assert binaries.find() == binaries.Installation(folder, major)


def test_one_that_is_too_old_or_none_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="15 is the oldest"):
        binaries.find(_postgres(tmp_path / "bin", "14.9"))
    with pytest.raises(PlatformError, match="no PostgreSQL that runs"):
        binaries.find(tmp_path)


@as_root
def test_programs_in_a_closed_folder_are_copied_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_folder: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    hidden = binaries.Installation(_postgres(closed / "pg/bin", "18.4"), 18)
    monkeypatch.setattr(binaries, "CACHES", (open_folder / "cache",))
    who = account.choose()
    assert who.borrowed

    copied = binaries.readable(hidden, who)
    assert copied.bin.is_relative_to(open_folder)
    assert who.can_enter(copied.bin / "postgres")
    before = copied.bin.stat().st_ino
    assert binaries.readable(hidden, who).bin.stat().st_ino == before
    (hidden.bin / "postgres").write_text("#!/bin/sh\necho another build\n")
    assert binaries.readable(hidden, who).bin != copied.bin


@as_root
def test_a_cache_that_another_account_planted_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_folder: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    hidden = binaries.Installation(_postgres(closed / "pg/bin", "18.4"), 18)
    planted = open_folder / "cache"
    planted.mkdir()
    shutil.chown(planted, "nobody")
    monkeypatch.setattr(binaries, "CACHES", (planted,))
    with pytest.raises(PlatformError, match="cannot read"):
        binaries.readable(hidden, account.choose())


@as_root
def test_the_account_of_the_server_is_no_root_and_cannot_pass_closed_folders(
    tmp_path: Path,
) -> None:
    who = account.choose()
    assert who.uid != 0
    tmp_path.chmod(0o700)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    assert not who.can_enter(tmp_path)
