"""Draft the next migration with the official differ, npm `@supabase/pg-delta`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from setterbase.errors import PlatformError
from setterbase.migrations import apply, check

if TYPE_CHECKING:
    from setterbase.migrations.check import Fresh
    from setterbase.migrations.files import MigrationFile, SqlFile

# An alpha whose every release may change its options: the one that this was written for.
PACKAGE = "@supabase/pg-delta@1.0.0-alpha.34"
_NO_CHANGES = 3


def differ(project: Path) -> Path:
    """The program `pgdelta`: on the PATH, or in `node_modules` of the project.

    Raises PlatformError when it is in neither.
    """
    local = project / "node_modules" / ".bin"
    found = shutil.which("pgdelta", path=os.pathsep.join([str(local), os.environ.get("PATH", "")]))
    if found is None:
        raise PlatformError(
            "the differ `pgdelta` is not installed.",
            hint=f"Install it with `npm install --global {PACKAGE}` (Node.js 20 or later).",
        )
    return Path(found)


def draft(
    source: Sequence[SqlFile], migrations: Sequence[MigrationFile], fresh: Fresh, program: Path
) -> str:
    """The SQL that takes a database from `migrations` to `source`; empty when they are equal.

    A draft: it drops whatever `source` lacks, knows no renaming and moves no rows.
    Raises MigrationError when either cannot be built, PlatformError when the differ fails.
    """
    import psycopg

    with fresh() as migrated, fresh() as wanted, tempfile.TemporaryDirectory() as folder:
        with psycopg.connect(migrated, autocommit=True) as connection:
            apply.up(connection, migrations)
            # No part of the schema: the differ would drop it.
            connection.execute("drop schema if exists supabase_migrations cascade")
        with psycopg.connect(wanted, autocommit=True) as connection:
            check.build(connection, source)
        source_url, password = _address(migrated)
        desired_url, _ = _address(wanted)
        plan, sql = str(Path(folder) / "plan.json"), str(Path(folder) / "draft.sql")
        ends = ["--source", source_url, "--desired", desired_url]
        _run([str(program), "plan", *ends, "--out", plan], password)
        render = [str(program), "render", "--plan", plan, "--out", sql, "--allow-drops"]
        answer = json.loads(_run(render, password))
        parts = [Path(part["path"]).read_text(encoding="utf-8") for part in answer["files"]]
    return "\n".join(part.strip() for part in parts)


def _address(conninfo: str) -> tuple[str, str]:
    """A URL without the password, and the password: a command line is for everybody to see."""
    from psycopg.conninfo import conninfo_to_dict

    parts = {key: str(value) for key, value in conninfo_to_dict(conninfo).items()}
    user, name = quote(parts["user"], safe=""), quote(parts["dbname"], safe="")
    return f"postgresql://{user}@{parts['host']}:{parts['port']}/{name}", parts["password"]


def _run(command: list[str], password: str) -> str:
    """What the differ writes to stdout."""
    environment = {**os.environ, "PGPASSWORD": password}
    try:
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", env=environment, check=False
        )
    except OSError as error:
        raise PlatformError(
            f"{command[0]} cannot be run: {error.strerror}.", hint=f"Install {PACKAGE} anew."
        ) from None
    if done.returncode not in (0, _NO_CHANGES):
        told = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
        raise PlatformError(f"pgdelta failed: {told}.", hint=f"It was tried with {PACKAGE}.")
    return done.stdout
