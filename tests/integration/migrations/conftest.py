"""What the tests of migrations share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from setterbase.migrations.check import Fresh
from tests.support.servers import Grants, Server


@pytest.fixture
def fresh(server: Server, grants: Grants) -> Fresh:
    """Opens a block with the database of a fresh project, and gives its address."""

    @contextmanager
    def database() -> Iterator[str]:
        made = server.clone(server.bare(grants))
        yield made.url()
        server.drop(made)

    return database
