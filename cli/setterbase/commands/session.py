"""A connection for a command, and the database's own errors in the words of the error family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from setterbase import output
from setterbase.errors import SetterbaseError, TargetError, UsageError

if TYPE_CHECKING:
    import psycopg

    from setterbase.migrations.files import MigrationFile

# What the arguments of get_kpi_history and get_kpi_comparison are called on the command line.
WINDOW = {"from_date": "--from", "to_date": "--to", "grain": "--grain"}


@contextmanager
def connected(
    names: Mapping[str, str] | None = None, *, start: bool = True
) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the target in autocommit mode; says so when the platform had to be started.

    `names` maps arguments that the database may complain of to the options that they came from.
    Without `start`, an embedded platform that is down is a PlatformError.

    Raises TargetError for a database that cannot be reached, is not migrated, or goes away;
    UsageError for a value that it refuses.
    """
    import psycopg

    from setterbase import db, target

    place = target.resolve(start=start)
    if place.started:
        output.say("Started the embedded database; `setterbase down` stops it.")
    with db.connect(place, autocommit=True) as connection:
        try:
            yield connection
        except psycopg.Error as error:
            told = explained(error, lost=connection.broken or connection.closed, names=names or {})
            if told is None:
                raise
            raise told from None


def explained(
    error: psycopg.Error, *, lost: bool, names: Mapping[str, str] | None = None
) -> SetterbaseError | None:
    """What a person can do about `error`; None for one that is a bug of ours."""
    from psycopg import errors

    said = " ".join((error.diag.message_primary or str(error)).split()).rstrip(".")
    for argument, option in (names or {}).items():
        said = said.replace(argument, option)
    missing = (errors.UndefinedTable, errors.UndefinedFunction, errors.InvalidSchemaName)
    if isinstance(error, (*missing, errors.UndefinedColumn)):
        return TargetError(
            f"this database has no Setterbase schema, or an older one: {said}.",
            hint="Run `setterbase migrate up`.",
        )
    if isinstance(error, errors.InsufficientPrivilege):
        return TargetError(f"the database refused: {said}.", hint="Connect as postgres.")
    if isinstance(error, errors.DataError):
        return UsageError(f"the database refused a value: {said}.", hint="See `--help`.")
    if lost:
        return TargetError(
            f"the connection to the database was lost: {said}.", hint="Run the command again."
        )
    if isinstance(error, errors.OperationalError):
        return TargetError(f"the database gave up: {said}.", hint="Run the command again.")
    return None


def project_files() -> list[MigrationFile] | None:
    """The project's migrations; None outside of a project, for commands that work there too."""
    from setterbase.migrations import files
    from setterbase.target import project_root

    folder = project_root() / files.FOLDER
    return files.discover(folder) if folder.is_dir() else None
