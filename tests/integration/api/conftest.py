"""Folders for homes with an API, and the auth service as a client app and a server ask it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support import scratch
from tests.support.api import Api


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """As everywhere, but on the disk: Deno writes nothing below /dev."""
    folder = scratch.folder("setterbase-open-", on_disk=True)
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


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
