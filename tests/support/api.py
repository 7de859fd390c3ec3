"""One embedded platform with its whole API, for the tests of one process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from dotenv import dotenv_values
from supabase import Client, ClientOptions, create_client

from tests.support import scratch
from tests.support.homes import Home

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Api:
    """A running platform: `names` are those of `setterbase status --output env`."""

    home: Home
    names: dict[str, str]
    opened: list[httpx.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The one address of REST, auth and functions."""
        return self.names["API_URL"]

    @property
    def publishable_key(self) -> str:
        """The key that a client app carries."""
        return self.names["PUBLISHABLE_KEY"]

    @property
    def secret_key(self) -> str:
        """The key of a server."""
        return self.names["SECRET_KEY"]

    @property
    def db_url(self) -> str:
        """The database, as `postgres`."""
        return self.names["DB_URL"]

    @contextmanager
    def db(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection as `postgres`, committed at the end unless an exception leaves the block."""
        with psycopg.connect(self.db_url) as connection:
            yield connection

    def visitor(self) -> Client:
        """A fresh supabase-py client with the publishable key, signed in as nobody."""
        return self.client(self.publishable_key)

    def admin(self) -> Client:
        """A fresh supabase-py client with the secret key."""
        return self.client(self.secret_key)

    def client(self, key: str) -> Client:
        """A fresh supabase-py client; its connections are closed when the platform is stopped."""
        http = httpx.Client(timeout=30)
        self.opened.append(http)
        options = ClientOptions(httpx_client=http, auto_refresh_token=False)
        return create_client(self.url, key, options)

    def environment(self) -> dict[str, str]:
        """What makes the commands and a client use this platform as a project."""
        return {
            "DATABASE_URL": self.db_url,
            "SUPABASE_URL": self.url,
            "SUPABASE_SECRET_KEY": self.secret_key,
            "SUPABASE_PUBLISHABLE_KEY": self.publishable_key,
        }


def running() -> Iterator[Api]:
    """Start, migrate, yield, and take away."""
    folder = scratch.folder("setterbase-api-", on_disk=True)
    folder.chmod(0o755)
    home = Home(folder / "home", project=ROOT)
    opened: list[httpx.Client] = []
    try:
        api = started(home)
        opened = api.opened
        yield api
    finally:
        for client in opened:
            client.close()
        home.remove()
        shutil.rmtree(folder, ignore_errors=True)


def started(home: Home) -> Api:
    """The API of `home`, started and migrated."""
    home.run("up")
    home.run("migrate", "up")
    return Api(home, names_of(home))


def names_of(home: Home) -> dict[str, str]:
    """What `status --output env` prints, parsed as a shell would."""
    from io import StringIO

    text = home.run("status", "--output", "env").stdout
    return {name: value or "" for name, value in dotenv_values(stream=StringIO(text)).items()}


def answers(names: dict[str, str]) -> bool:
    """Whether REST and auth take requests."""
    headers = {"apikey": names["SECRET_KEY"]}
    for path in ("/rest/v1/", "/auth/v1/admin/users", "/auth/v1/settings"):
        httpx.get(f"{names['API_URL']}{path}", headers=headers).raise_for_status()
    missing = httpx.get(f"{names['FUNCTIONS_URL']}/none", headers=headers)
    assert missing.json()["code"] == "NOT_FOUND"
    return True


def somebody() -> str:
    """An e-mail that no other test uses."""
    return f"{uuid4().hex[:12]}@exemple.fr"
