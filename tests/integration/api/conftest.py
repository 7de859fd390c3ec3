"""The auth service of the platform, asked by a client app and by a server."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.api import Api


@pytest.fixture(scope="module")
def public(api: Api) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=f"{api.url}/auth/v1", headers={"apikey": api.publishable_key}, timeout=30
    ) as client:
        yield client


@pytest.fixture(scope="module")
def admin(api: Api) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=f"{api.url}/auth/v1", headers={"apikey": api.secret_key}, timeout=30
    ) as client:
        yield client
