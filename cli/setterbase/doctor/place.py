"""Where a target is: addresses and keys, as the environment or the embedded platform has them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from setterbase.errors import PlatformError, SetterbaseError
from setterbase.target import Target, load_environment, resolve

Power = Literal["secret", "publishable"]

KEYS: dict[str, Power] = {
    "SUPABASE_SECRET_KEY": "secret",
    "SUPABASE_SERVICE_ROLE_KEY": "secret",
    "SUPABASE_PUBLISHABLE_KEY": "publishable",
    "SUPABASE_ANON_KEY": "publishable",
}
"""The variables that hold keys, and what each should be good for; the newer form first."""


@dataclass(frozen=True)
class Key:
    """A key and the name of the variable that it comes from."""

    variable: str
    power: Power
    value: str = field(repr=False)


@dataclass(frozen=True)
class Place:
    """The addresses and keys of a target; `error` says why there is no database's."""

    target: Target | None = field(repr=False, default=None)
    error: SetterbaseError | None = None
    api_url: str | None = None
    keys: tuple[Key, ...] = ()

    def key(self, power: Power) -> Key | None:
        """The key to use for that."""
        return next((key for key in self.keys if key.power == power), None)

    @property
    def is_embedded(self) -> bool:
        """Whether it is the embedded platform, up or down."""
        if self.target is None:
            return isinstance(self.error, PlatformError)
        return self.target.kind == "embedded"


def read() -> Place:
    """What the environment, `.env` or the embedded platform says. Nothing is started."""
    try:
        load_environment()
        target = resolve(start=False)
    except SetterbaseError as error:
        return Place(None, error, _given("SUPABASE_URL"), _keys())
    if target.kind == "embedded":
        return _embedded(target)
    return Place(target, None, _given("SUPABASE_URL"), _keys())


def project_of(address: str) -> str | None:
    """The hosted project that an address of its API or of its database names; else None."""
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    if found := re.fullmatch(r"(?:db\.)?([a-z]{20})\.supabase\.(?:co|in|red)", host):
        return found[1]
    if host.endswith(".pooler.supabase.com"):
        return (parts.username or "").partition(".")[2] or None
    return None


def _embedded(target: Target) -> Place:
    from setterbase.platform import embedded

    api = embedded.status().api
    if api is None or api.url is None or api.keys is None:
        return Place(target)
    values = {
        "SUPABASE_SECRET_KEY": api.keys.secret_key,
        "SUPABASE_SERVICE_ROLE_KEY": api.keys.service_role_key,
        "SUPABASE_PUBLISHABLE_KEY": api.keys.publishable_key,
        "SUPABASE_ANON_KEY": api.keys.anon_key,
    }
    keys = tuple(Key(name, power, values[name]) for name, power in KEYS.items())
    return Place(target, None, api.url, keys)


def _keys() -> tuple[Key, ...]:
    return tuple(
        Key(name, power, value)
        for name, power in KEYS.items()
        if (value := os.environ.get(name)) is not None
    )


def _given(name: str) -> str | None:
    return (os.environ.get(name) or "").strip() or None
