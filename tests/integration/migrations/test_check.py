"""`sql/` is the truth: the migrations make the same database, or the suite is red."""

from __future__ import annotations

from pathlib import Path

import pytest

from setterbase.errors import MigrationError, UsageError
from setterbase.migrations import check, files, scratch
from setterbase.migrations.check import Fresh
from tests.support.projects import ROOT, project, sql


@pytest.mark.grants("current", "legacy")
def test_sql_and_the_migrations_make_the_same_database(fresh: Fresh) -> None:
    difference = check.difference(
        check.sources(ROOT / "sql"),
        files.discover(ROOT / files.FOLDER),
        fresh,
        scratch.pg_dump(),
    )
    assert "\n".join(difference) == ""


@pytest.mark.legs(18)
@pytest.mark.parametrize(
    ("in_sql", "in_migration", "shown"),
    [
        ("create table t (a int, b int);", "create table t (a int);", "+    b integer"),
        ("create table t ();", "create table t (); grant select on t to anon;", "-GRANT SELECT"),
        ("create table t ();", "create table t (); create table u ();", "-CREATE TABLE public.u"),
        (
            "create table t (a int); insert into t values (1), (2);",
            "create table t (a int); insert into t values (1), (3);",
            "+2",
        ),
        ("create table t (a int);", "create table t (a int);", None),
        (
            "create table t (a int); insert into t values (1), (2); create table u ();",
            "create table u (); create table t (a int); insert into t values (2), (1);",
            None,
        ),
    ],
    ids=["column", "right", "table", "row", "equal", "equal in another order"],
)
def test_every_kind_of_difference_shows(
    fresh: Fresh, tmp_path: Path, in_sql: str, in_migration: str, shown: str | None
) -> None:
    difference = check.difference(
        check.sources(sql(tmp_path / "sql", a=in_sql)),
        files.discover(project(tmp_path, {"20260101000000_a.sql": in_migration})),
        fresh,
        scratch.pg_dump(),
    )
    assert any(line.startswith(shown) for line in difference) if shown else difference == []


@pytest.mark.legs(18)
def test_a_broken_file_of_sql_is_named_with_its_folder(fresh: Fresh, tmp_path: Path) -> None:
    sources = check.sources(sql(tmp_path / "sql", a="create table t ();", b="select 1;\nnonsense;"))
    migrations = files.discover(project(tmp_path, {}))
    with pytest.raises(MigrationError, match=r"^b/20_tables\.sql failed on line 2, in `nonsense`"):
        check.difference(sources, migrations, fresh, scratch.pg_dump())


def test_no_sql_at_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no SQL in"):
        check.sources(tmp_path)
