"""Which project a command talks to: the one that is named, never half of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from setterbase.errors import UsageError
from setterbase.target import Api, resolve, resolve_api

KEYS = ("DATABASE_URL", "SUPABASE_URL", "SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY")


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a project, and an environment that names none."""
    monkeypatch.chdir(tmp_path)
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)


def test_the_api_and_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPABASE_URL", "https://abc.supabase.co/")
    monkeypatch.setenv("SUPABASE_SERVICE_ROLE_KEY", "legacy")
    assert resolve_api() == Api("https://abc.supabase.co", "legacy")
    monkeypatch.setenv("SUPABASE_SECRET_KEY", "sb_secret_x")
    assert resolve_api() == Api("https://abc.supabase.co", "sb_secret_x")
    assert "sb_secret_x" not in repr(resolve_api())


def test_from_the_file_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "supabase").mkdir()
    (tmp_path / "supabase" / "config.toml").touch()
    (tmp_path / ".env").write_text("SUPABASE_URL=http://h\nSUPABASE_SECRET_KEY=sb_secret_y\n")
    try:
        assert resolve_api() == Api("http://h", "sb_secret_y")
    finally:
        for key in KEYS:  # what the file said is in the environment now
            os.environ.pop(key, None)


def test_a_project_by_half_is_not_completed_with_the_embedded_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SUPABASE_URL", "https://abc.supabase.co")
    with pytest.raises(UsageError, match="SUPABASE_URL names a project, and DATABASE_URL does not"):
        resolve()
    with pytest.raises(UsageError, match="secret key is not set"):
        resolve_api()
    monkeypatch.delenv("SUPABASE_URL")
    monkeypatch.setenv("DATABASE_URL", "postgresql://h/x")
    with pytest.raises(UsageError, match="DATABASE_URL names a project, and SUPABASE_URL does not"):
        resolve_api()


@pytest.mark.parametrize("empty", ["DATABASE_URL", "SUPABASE_URL"])
@pytest.mark.parametrize("ask", [resolve, resolve_api])
def test_an_address_that_nobody_filled_in_is_no_embedded_platform(
    ask: Callable[[], object], empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret that CI did not have: neither the database nor a coach goes elsewhere."""
    for name in ("DATABASE_URL", "SUPABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(empty, " ")
    with pytest.raises(UsageError, match=f"{empty} is set, but empty"):
        ask()
