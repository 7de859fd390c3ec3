"""A database of the test's own, with an admin API over it that can be made to fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from setterbase.provisioning import admin
from setterbase.provisioning.admin import Admin
from tests.support import auth_api
from tests.support.auth_api import AuthApi
from tests.support.servers import Database


@pytest.fixture
def project(clone: Database) -> Iterator[AuthApi]:
    """The API of `clone`."""
    with auth_api.serve(clone) as served:
        yield served


@pytest.fixture
def client(project: AuthApi) -> Iterator[Admin]:
    """The client of that API."""
    with admin.connect(project.api) as connected:
        yield connected
