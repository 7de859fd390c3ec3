"""What a file that is one transaction may not contain."""

from __future__ import annotations

from pathlib import Path

import pytest

from setterbase.errors import MigrationError
from setterbase.migrations import guard
from setterbase.migrations.files import MigrationFile


def migration(text: str) -> MigrationFile:
    return MigrationFile(Path("20260101000000_a.sql"), text, "20260101000000", "a")


@pytest.mark.parametrize(
    "statement",
    [
        "begin",
        "BEGIN TRANSACTION ISOLATION LEVEL serializable",
        "start  transaction",
        "commit",
        "COMMIT AND CHAIN",
        "end",
        "abort",
        "rollback",
        "rollback work",
        "prepare transaction 'x'",
        "create index concurrently i on t (a)",
        "CREATE UNIQUE INDEX\nCONCURRENTLY i on t (a)",
        "drop index concurrently i",
        "reindex table concurrently t",
        "reindex database d",
        "vacuum",
        "VACUUM (analyze) t",
        "alter system set work_mem = '1GB'",
        "cluster",
        "create database d",
        "drop tablespace t",
        "copy t from stdin",
        "copy t (a, b) from stdin with csv",
        "copy t to stdout",
        r"\i other.sql",
    ],
)
def test_is_refused_before_anything_is_touched(statement: str) -> None:
    text = f"select 1;\n-- why\n/* more */ {statement};\nselect 2;"
    with pytest.raises(MigrationError, match=r"_a\.sql, line 3: .*Nothing was applied\. \w+"):
        guard.check([migration(text)])


@pytest.mark.parametrize(
    "statement",
    [
        "savepoint a",
        "rollback to a",
        "ROLLBACK TRANSACTION TO SAVEPOINT a",
        "release a",
        "refresh materialized view concurrently v",
        "cluster t using i",
        "create index i on t (a)",
        "do $$ begin commit; end $$",
        "create table beginning ()",
        "comment on table t is 'vacuum'",
        "create function f() returns int begin atomic select 1; end",
        "alter table commits add a int",
        "copy t from '/a file'",
        "-- commit",
        "analyze t",
        "end_of_day()",
        "reindex table t",
    ],
)
def test_is_allowed(statement: str) -> None:
    guard.check([migration(f"{statement};")])


def test_a_file_that_asks_to_run_without_a_transaction_is_refused() -> None:
    with pytest.raises(MigrationError, match="asks to run without a transaction"):
        guard.check([migration("-- pg-delta: transaction=false\nselect 1;")])
