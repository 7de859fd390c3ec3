"""A bare project of the prover's own, in which every test rolls back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.servers import Connection, Database, Grants, Server


@pytest.fixture(scope="session")
def project(server: Server, grants: Grants) -> Iterator[Database]:
    """A fresh project on this leg, before any migration."""
    database = server.clone(server.bare(grants))
    yield database
    server.drop(database)


@pytest.fixture
def blank(project: Database) -> Iterator[Connection]:
    """A connection as `postgres` to the fresh project, rolled back at the end."""
    with project.connect() as connection:
        yield connection
        connection.rollback()
