"""Whether `sql/`, the truth, and the migrations make the same database."""

from __future__ import annotations

import difflib
import os
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from setterbase.errors import PlatformError, UsageError
from setterbase.migrations import apply, files

if TYPE_CHECKING:
    import psycopg

    from setterbase.migrations.files import MigrationFile, SqlFile

Fresh = Callable[[], AbstractContextManager[str]]
"""Opens a block with a fresh project's database, and gives its address for `postgres`."""

# Servers from the minor releases of November 2026 on keep a number of their own with a column, for
# which `pg_dump` of an earlier release writes a statement.
VERSION_OF_A_COLUMN = re.compile(r"ALTER TABLE ONLY \S+ ALTER COLUMN \S+ SET \(pg_attver=\d+\);")


def sources(folder: Path) -> list[SqlFile]:
    """The files of `sql/` in the order of their application, which is that of their paths.

    Raises UsageError when there are none, MigrationError for one that is not UTF-8 text.
    """
    found = sorted(folder.glob("*/*.sql"), key=lambda path: (path.parent.name, path.name))
    if not found:
        raise UsageError(
            f"there is no SQL in {folder}.", hint="Run this inside a project that has `sql/`."
        )
    return [files.read_sql(path) for path in found]


def build(connection: psycopg.Connection[Any], source: Iterable[SqlFile]) -> None:
    """Run `source` on the fresh project behind `connection`, which is in autocommit mode.

    Raises MigrationError, naming file, line and statement, when one fails.
    """
    for file in source:
        apply.run(connection, file)


def difference(
    source: Sequence[SqlFile], migrations: Sequence[MigrationFile], fresh: Fresh, pg_dump: Path
) -> list[str]:
    """What to change in the migrations' database to get that of `sql/`, as lines of a diff.

    Empty when the two are equal. Rows count too: those that a fresh database has are part of its
    definition, such as a catalogue. Raises MigrationError when either cannot be built.
    """
    import psycopg

    with fresh() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            apply.up(connection, migrations)
        migrated = dump(url, pg_dump)
    with fresh() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            build(connection, source)
        wanted = dump(url, pg_dump)
    return list(
        difflib.unified_diff(migrated, wanted, "supabase/migrations", "sql", n=3, lineterm="")
    )


def dump(url: str, pg_dump: Path) -> list[str]:
    """The database as lines of SQL that depend on nothing but its content.

    Raises PlatformError when `pg_dump` fails.
    """
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    address = conninfo_to_dict(url)
    environment = dict(os.environ)
    if password := address.pop("password", None):  # the command line is for everybody to see
        environment["PGPASSWORD"] = str(password)
    command = [
        str(pg_dump),
        f"--dbname={make_conninfo('', **address)}",
        "--exclude-schema=supabase_migrations",
    ]
    try:
        done = subprocess.run(
            command, check=True, capture_output=True, encoding="utf-8", env=environment
        )
    except (OSError, subprocess.CalledProcessError) as error:
        told = getattr(error, "stderr", None) or str(error)
        raise PlatformError(
            f"pg_dump failed: {told.strip().splitlines()[-1]}.",
            hint="It must be of the server's major version or newer.",
        ) from None
    return list(comparable(done.stdout.splitlines()))


def comparable(lines: Iterable[str]) -> Iterator[str]:
    """Without what differs from one dump to the next, and with the rows of each table sorted."""
    rows: list[str] | None = None
    for line in lines:
        if line.startswith(("\\restrict ", "\\unrestrict ")) or VERSION_OF_A_COLUMN.fullmatch(line):
            continue
        if rows is None:
            yield line
            if line.startswith("COPY ") and line.endswith(" FROM stdin;"):
                rows = []
        elif line == "\\.":
            yield from [*sorted(rows), line]
            rows = None
        else:
            rows.append(line)
