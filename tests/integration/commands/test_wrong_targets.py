"""A wrong or forgotten address is told in one line, and never turns into another database."""

from __future__ import annotations

from pathlib import Path

import pytest

from setterbase import db
from setterbase.commands import options
from setterbase.errors import TargetError, UsageError
from setterbase.prover import config, prove
from setterbase.target import Target, resolve
from tests.support.servers import Connection, Database


def test_an_empty_address_is_no_embedded_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", " ")
    with pytest.raises(UsageError, match="set, but empty"):
        resolve()


def test_a_damaged_env_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_bytes(b"\xa7\xff\x00")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"cannot read .*\.env"):
        resolve()


def test_no_part_of_a_password_is_repeated() -> None:
    target = Target("environment", "postgresql://postgres:p@ss#w@127.0.0.1:1/postgres")
    with pytest.raises(TargetError, match="host has no address") as told, db.connect(target):
        pass
    assert "ss#w" not in str(told.value)


def test_a_moment_out_of_range_is_told() -> None:
    with pytest.raises(UsageError, match="no moment of a business"):
        options.moment("9999-12-31T23:59:59Z")


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        config.read(tmp_path)


@pytest.mark.legs(18)
def test_a_schema_that_is_not_there_is_not_isolated(db: Connection) -> None:
    with pytest.raises(UsageError, match="no schema nope"):
        prove.run(db, ["nope"])


@pytest.mark.legs(18)
def test_an_empty_database_is_not_isolated(bare: Database) -> None:
    with bare.connect() as connection, pytest.raises(TargetError, match="no table"):
        prove.prove(connection)
