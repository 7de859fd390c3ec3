"""Everything of one tenant as files: what the law lets a person take along."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from setterbase.db import query
from setterbase.errors import UsageError
from setterbase.provisioning.catalogue import TenantTable, tenant_tables
from setterbase.provisioning.tenants import QUERIES
from setterbase.spreadsheets import write_csv

if TYPE_CHECKING:
    import psycopg

    from setterbase.coaches import Coach

ACCOUNTS = "auth.users"
ACCOUNT_COLUMNS = (
    "id", "email", "phone", "created_at", "updated_at", "email_confirmed_at", "invited_at",
    "last_sign_in_at", "raw_app_meta_data", "raw_user_meta_data",
)  # fmt: skip
MANIFEST = "manifest.json"
BATCH = 1_000


@dataclass(frozen=True)
class Exported:
    """One table: how many rows, and the checksums of its two files."""

    table: str
    rows: int
    csv_sha256: str
    json_sha256: str


def export(
    connection: psycopg.Connection[Any],
    coach: Coach,
    to: Path,
    *,
    on_table: Callable[[int], None] = lambda _: None,
) -> list[Exported]:
    """Write `<schema>.<table>.csv` and `.json` for every table that holds rows of the tenant.

    The accounts of its people are there too, without hashes and tokens, and `manifest.json` says
    what was written. All is read at one moment, and the folder appears when it is complete, for the
    eyes of its owner alone. JSON holds the values exactly; CSV has nulls as empty fields, and an
    apostrophe before what a spreadsheet would run.

    Raises UsageError when the folder exists and holds something, or cannot be written.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise UsageError(f"{to} exists already.", hint="Name a folder that is new or empty.")
    part = to.with_name(f"{to.name}.part-{os.getpid()}")
    try:
        part.mkdir(mode=0o700, parents=True)
        written = _write(connection, coach, part, on_table)
        part.rename(to)
    except OSError as error:
        raise UsageError(
            f"cannot write {to}: {error.strerror}.", hint="Name another folder with --to."
        ) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return written


def _write(
    connection: psycopg.Connection[Any],
    coach: Coach,
    folder: Path,
    on_table: Callable[[int], None],
) -> list[Exported]:
    written = []
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        # A large table takes longer than the platform lets a statement run.
        connection.execute("set local statement_timeout = 0")
        connection.execute("set local timezone = 'UTC'")
        for table in tenant_tables(connection):
            rows = _rows(connection, table, coach)
            written.append(_table(folder, table.label, table.columns, rows))
            on_table(1)
        written.append(_table(folder, ACCOUNTS, ACCOUNT_COLUMNS, _accounts(connection, coach)))
    manifest = {
        "coach": asdict(coach),
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "tables": [asdict(one) for one in written],
    }
    with _file(folder / MANIFEST) as out:
        json.dump(manifest, out, ensure_ascii=False, indent=2, default=str)
    return written


def _rows(connection: psycopg.Connection[Any], table: TenantTable, coach: Coach) -> Iterator[str]:
    from psycopg import sql

    order = sql.SQL(", ").join(
        sql.Identifier("t", column) for column in (table.order_by or [table.key])
    )
    statement = sql.SQL("select to_jsonb(t)::text from {} as t where {} order by {}").format(
        table.identifier(), table.of(coach.id), order
    )
    with connection.cursor(name="setterbase_export") as cursor:
        cursor.itersize = BATCH
        for (row,) in cursor.execute(statement):
            yield row


def _accounts(connection: psycopg.Connection[Any], coach: Coach) -> Iterator[str]:
    for (row,) in connection.execute(query("export_users", QUERIES), {"coach_id": coach.id}):
        yield row


def _table(folder: Path, label: str, columns: Sequence[str], rows: Iterator[str]) -> Exported:
    """Both files of one table, row by row: a large tenant fits into no memory."""
    count = 0
    sheet, exact = folder / f"{label}.csv", folder / f"{label}.json"
    with _file(sheet) as out, _file(exact) as listed:

        def told() -> Iterator[dict[str, Any]]:
            nonlocal count
            for row in rows:
                listed.write(f"{',' if count else ''}\n{row}")
                count += 1
                # A float would round what PostgreSQL keeps exactly.
                values = json.loads(row, parse_float=Decimal)
                yield {name: _cell(values[name]) for name in columns}

        listed.write("[")
        write_csv(out, told(), columns)
        listed.write("\n]\n" if count else "]\n")
    return Exported(label, count, _checksum(sheet), _checksum(exact))


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=float)
    return value


def _file(path: Path) -> TextIO:
    """A new file that its owner alone may read."""
    return os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600),
        "w",
        encoding="utf-8",
        newline="",
    )


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
