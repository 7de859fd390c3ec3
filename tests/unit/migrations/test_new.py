"""Making the next migration's file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from setterbase.errors import UsageError
from setterbase.migrations import files
from setterbase.migrations.new import HEADER, new

NOW = datetime(2026, 11, 20, 13, 5, 9, tzinfo=UTC)


def test_the_version_is_the_time_and_the_header_waits_to_be_filled_in(tmp_path: Path) -> None:
    path = new(tmp_path / "supabase" / "migrations", "add_score", now=NOW)
    assert path.name == "20261120130509_add_score.sql"
    assert path.read_text() == HEADER
    assert files.discover(path.parent)[0].name == "add_score"


@pytest.mark.parametrize(
    ("newest", "version"),
    [
        ("20261120130509", "20261120130510"),
        ("20261231235959", "20270101000000"),
        ("20269999999999", "20270000000000"),  # fourteen digits, but no date
        ("20261120130508", "20261120130509"),
    ],
)
def test_the_version_is_later_than_every_other(tmp_path: Path, newest: str, version: str) -> None:
    (tmp_path / f"{newest}_x.sql").touch()
    assert new(tmp_path, "y", now=NOW).name == f"{version}_y.sql"


@pytest.mark.parametrize("name", ["", "Add", "a-b", "a b", "é", "a/b", "../a", "a.sql"])
def test_other_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="small letters"):
        new(tmp_path, name)
    assert not list(tmp_path.iterdir())
