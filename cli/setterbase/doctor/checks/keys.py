"""What keys and addresses say of themselves, before anybody is asked."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from setterbase.doctor.model import Finding, World, warning
from setterbase.doctor.place import Key, project_of

WHERE = "Copy it anew from the project's settings, API keys."
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def keys(world: World) -> Iterator[Finding]:
    """Each key is of the kind that its variable promises, whole, and of this project."""
    for key in world.place.keys:
        if told := list(_shape(key)):
            yield from told
            continue
        power, project, expires = _claims(key.value)
        if power not in (None, key.power):
            yield _swapped(key)
        if (
            project
            and world.place.api_url
            and project != (project_of(world.place.api_url) or project)
        ):
            yield Finding(f"{key.variable} is a key of another project than SUPABASE_URL's.", WHERE)
        if expires is not None and expires < time.time():
            yield Finding(f"{key.variable} has expired.", WHERE)
    if world.place.api_url:
        for power, name in (("secret", "SUPABASE_SECRET_KEY"),
                            ("publishable", "SUPABASE_PUBLISHABLE_KEY")):  # fmt: skip
            if not any(key.power == power and key.value.strip() for key in world.place.keys):
                yield warning(
                    f"SUPABASE_URL is set, and {name} is not.",
                    f"Set {name}: without it, what needs that key cannot be used or looked at.",
                )


def urls(world: World) -> Iterator[Finding]:
    """SUPABASE_URL is the root of a project's API, and DATABASE_URL is the same project's."""
    api_url, target = world.place.api_url, world.place.target
    if api_url is not None:
        yield from _api_url(api_url)
    if target is None:
        return
    database = urlsplit(target.db_url)
    if _port(target.db_url) == 6543:
        yield Finding(
            "DATABASE_URL is the transaction pooler (port 6543): a session's lock"
            " and settings do not last there, and migrations need them.",
            "Take the session pooler or the direct address, port 5432.",
        )
    of_api, of_database = project_of(api_url or ""), project_of(target.db_url)
    if of_api and of_database and of_api != of_database:
        yield Finding(
            f"SUPABASE_URL is the project {of_api}, and DATABASE_URL is {of_database}.",
            "Let both name the same project.",
        )
    if target.kind == "environment" and api_url is None and database.hostname not in LOOPBACK:
        yield warning(
            "DATABASE_URL names a project, and SUPABASE_URL does not: its API is not looked at.",
            "Set SUPABASE_URL, SUPABASE_SECRET_KEY and SUPABASE_PUBLISHABLE_KEY too.",
        )


def _shape(key: Key) -> Iterator[Finding]:
    value = key.value
    if not value.strip():
        yield Finding(f"{key.variable} is set, but empty.", "Fill it in, or unset it.")
    elif value != value.strip() or value.strip("'\"") != value or any(map(str.isspace, value)):
        yield Finding(f"{key.variable} has blanks or quotes in it.", WHERE)
    elif not value.startswith(("sb_secret_", "sb_publishable_")) and _payload(value) is None:
        yield Finding(
            f"{key.variable} is no key: it begins neither with sb_secret_ or sb_publishable_, nor"
            " is it a token.",
            WHERE,
        )


def _swapped(key: Key) -> Finding:
    if key.power == "secret":
        return Finding(
            f"{key.variable} holds a publishable key: whatever needs the secret one is refused.",
            "Put the key there that begins with sb_secret_, or the legacy service_role key.",
        )
    return Finding(
        f"{key.variable} holds a secret key: a client app that carries it opens every tenant to"
        " whoever looks into the app.",
        "Put the key there that begins with sb_publishable_, or the legacy anon key. If an app was"
        " shipped with this one, make a new secret key and revoke it.",
    )


def _claims(value: str) -> tuple[str | None, str | None, float | None]:
    """What a key is good for, whose it is, and when it ends; None for what it does not say."""
    for power in ("secret", "publishable"):
        if value.startswith(f"sb_{power}_"):
            return power, None, None
    claims = _payload(value) or {}
    role = {"service_role": "secret", "anon": "publishable"}.get(str(claims.get("role")))
    expires = claims.get("exp")
    return role, claims.get("ref"), expires if isinstance(expires, int | float) else None


def _payload(token: str) -> dict[str, Any] | None:
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    return claims if isinstance(claims, dict) else None


def _api_url(url: str) -> Iterator[Finding]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        yield Finding("SUPABASE_URL is no address.", "Write it like https://abc.supabase.co.")
    elif parts.hostname in ("supabase.com", "app.supabase.com"):
        yield Finding(
            "SUPABASE_URL is the dashboard's address, not the project's.",
            "Take the project URL of its settings: https://abc.supabase.co.",
        )
    elif parts.path.strip("/"):
        yield Finding(
            "SUPABASE_URL names a path: clients add /rest/v1 and the like themselves.",
            f"Leave {parts.path!r} out.",
        )
    elif parts.scheme == "http" and parts.hostname not in LOOPBACK:
        yield Finding(
            "SUPABASE_URL is not encrypted: keys and tokens can be read on their way.",
            "Write it with https://.",
        )


def _port(db_url: str) -> int | None:
    try:
        return urlsplit(db_url).port
    except ValueError:  # no number; connecting tells it in full
        return None
