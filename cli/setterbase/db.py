"""Connections, and SQL loaded by name: one query a file, none in Python strings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, LiteralString

if TYPE_CHECKING:
    import psycopg

    from setterbase.target import Target


@cache
def query(name: str, package: str = "setterbase.queries") -> LiteralString:
    """The text of `<package>/<name>.sql`, shipped with the package."""
    return resources.files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")


@contextmanager
def connect(target: Target, *, autocommit: bool = False) -> Iterator[psycopg.Connection[Any]]:
    """A connection to `target`, closed at the end; committed unless an exception leaves the block.

    Raises TargetError when nobody answers or the address is no address.
    """
    import logging

    import psycopg

    from setterbase import reach

    # Its remarks on stderr (a rollback after Ctrl-C) would stand beside the one line of an error.
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    try:
        connection = psycopg.connect(
            target.db_url,
            autocommit=autocommit,
            connect_timeout=reach.SECONDS,
            application_name="setterbase",
        )
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
        raise reach.explained(target, error) from None
    with connection:
        yield connection


def rows(
    connection: psycopg.Connection[Any],
    name: str,
    params: Sequence[Any] | dict[str, Any] = (),
    package: str = "setterbase.queries",
) -> list[dict[str, Any]]:
    """All rows of a named query, as dictionaries keyed by column."""
    from psycopg.rows import dict_row

    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query(name, package), params).fetchall()
