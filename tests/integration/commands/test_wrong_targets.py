"""A wrong or forgotten address is told in one line, and never turns into another database."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Literal

import pytest

from setterbase import db, reach
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


@pytest.mark.parametrize(
    "address",
    [
        "foo",
        "postgres//user:s3cret@host",
        "postgresql://user:s3c%zzret@host/x",
        "postgresql://user:s3c@ret@127.0.0.1:1/x",
        "postgresql://user:s3c/ret@127.0.0.1:1/x",
        "postgresql://s3cret/ret@127.0.0.1:1/x",
        "postgresql://user:3/s3cret@127.0.0.1:1/x",
        "postgresql://user:s3cret@127.0.0.1:1,127.0.0.1:2/x",
        "postgresql://user:s3cret@127.0.0.1:99999/x",
    ],
)
@pytest.mark.parametrize("kind", ["option", "environment"])
def test_an_address_that_is_none_is_told_by_its_name(
    address: str, kind: Literal["option", "environment"]
) -> None:
    with pytest.raises(TargetError) as told, db.connect(Target(kind, address)):
        pass
    said = str(told.value)
    assert "s3c" not in said
    assert "ret@" not in said
    assert ("DATABASE_URL" in said) == (kind == "environment") or "looks like" in said
    assert "\n" not in said


def test_where_nobody_listens() -> None:
    with (
        pytest.raises(TargetError, match=r"to 127\.0\.0\.1, port 1: Connection refused") as told,
        db.connect(Target("option", "postgresql://postgres:s3cret@127.0.0.1:1/x")),
    ):
        pass
    assert told.value.hint == "Check --db-url."
    with (
        pytest.raises(TargetError, match="DATABASE_URL"),
        db.connect(Target("environment", "postgresql://postgres@127.0.0.1:1/x")),
    ):
        pass


def test_another_service_is_not_taken_for_a_slow_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"postgresql://postgres:s3cret@127.0.0.1:{other.getsockname()[1]}/x"
        with (
            pytest.raises(TargetError, match="something listens there, but does not answer"),
            db.connect(Target("option", address)),
        ):
            pass


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
