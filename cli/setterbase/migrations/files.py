"""The migration files of a project: found, ordered, checked and read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from setterbase.errors import MigrationError, UsageError
from setterbase.migrations.statements import Statement, split

FOLDER = Path("supabase") / "migrations"

_FILE_NAME = re.compile(r"(?P<version>[0-9]{14})_(?P<name>.+)\.sql")


@dataclass(frozen=True)
class SqlFile:
    """A file of SQL and its text."""

    path: Path
    text: str

    @property
    def label(self) -> str:
        """What errors and progress call it: a file of `sql/` needs its folder to be told apart."""
        return f"{self.path.parent.name}/{self.path.name}"

    @cached_property
    def statements(self) -> list[Statement]:
        """The statements in order, as they are sent."""
        return split(self.text)

    def line(self, offset: int) -> int:
        """The line, counted from 1, of the character at `offset`."""
        return self.text.count("\n", 0, offset) + 1


@dataclass(frozen=True)
class MigrationFile(SqlFile):
    """One file of `supabase/migrations/`: its version has 14 digits, a time in UTC."""

    version: str
    name: str

    @property
    def label(self) -> str:
        """The file's name alone."""
        return self.path.name

    @property
    def recorded(self) -> list[str]:
        """What the history's `statements` column holds for this file."""
        return [statement.text for statement in self.statements]


def discover(folder: Path) -> list[MigrationFile]:
    """The migrations of `folder` by version; other kinds of file and subfolders are passed over.

    Raises UsageError when the folder is missing, MigrationError for a `.sql` file whose name no
    tool would apply, for a version used twice and for a file that is not UTF-8 text.
    """
    if not folder.is_dir():
        raise UsageError(
            f"there is no folder {folder}.",
            hint="Run this inside the project, or make the first migration with "
            "`setterbase migrate new NAME`.",
        )
    found = [
        read(path)
        for path in folder.iterdir()
        if path.suffix.lower() == ".sql" and not path.name.startswith(".") and path.is_file()
    ]
    found.sort(key=lambda file: (file.version, file.name))
    for earlier, later in pairwise(found):
        if earlier.version == later.version:
            raise MigrationError(
                f"{earlier.label} and {later.label} have the same version.",
                hint="Give the one that is not applied anywhere yet a later timestamp.",
            )
    return found


def read(path: Path) -> MigrationFile:
    """The migration in `path`.

    Raises MigrationError for a malformed name and for what is not UTF-8 text.
    """
    parts = _FILE_NAME.fullmatch(path.name)
    if parts is None:
        raise MigrationError(
            f"{path.name} is not named like a migration, so it would never be applied.",
            hint="Rename it to YYYYMMDDHHMMSS_name.sql, or move it out of the folder.",
        )
    return MigrationFile(path, _text(path), parts["version"], parts["name"])


def read_sql(path: Path) -> SqlFile:
    """Any other file of SQL; raises MigrationError for what is not UTF-8 text."""
    return SqlFile(path, _text(path))


def _text(path: Path) -> str:
    """The file's text without a byte order mark, which the official CLI drops as well."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise MigrationError(
            f"{path.name} cannot be read: {error.strerror}.", hint="Check its permissions."
        ) from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise MigrationError(
            f"{path.name} is not UTF-8: byte 0x{content[error.start]:02x} on line {line}.",
            hint="Save it as UTF-8.",
        ) from None
    if (zero := text.find("\0")) >= 0:
        line = text.count("\n", 0, zero) + 1
        raise MigrationError(
            f"{path.name} has a zero byte on line {line}, which PostgreSQL cannot take.",
            hint="Save it as UTF-8 (UTF-16 files look like this).",
        )
    return text
