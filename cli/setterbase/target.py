"""Which Supabase a command talks to: the project in the environment, else the embedded one."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from setterbase.errors import UsageError


@dataclass(frozen=True)
class Target:
    """A database that commands connect to as `postgres`, and where its address came from:
    the embedded platform, DATABASE_URL, or the option --db-url.

    `started` tells that the embedded platform was down and has been started for this command.
    """

    kind: Literal["embedded", "environment", "option"]
    db_url: str
    started: bool = False


@dataclass(frozen=True)
class Api:
    """A project's HTTP address and its secret key, which never shows in a repr or a traceback."""

    url: str
    secret_key: str = field(repr=False)


def project_root(start: Path | None = None) -> Path:
    """The nearest folder at or above `start` that holds `supabase/config.toml`, else `start`."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "supabase" / "config.toml").is_file():
            return folder
    return here


def in_project() -> bool:
    """Whether the current folder belongs to a project."""
    return (project_root() / "supabase" / "config.toml").is_file()


def load_environment() -> None:
    """Read the project's `.env`; what the environment already says outranks it."""
    env_file = project_root() / ".env"
    if env_file.is_file():
        from dotenv import load_dotenv

        try:
            load_dotenv(env_file)
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no UTF-8 text"
            raise UsageError(
                f"cannot read {env_file}: {why}.", hint="Mend it, or move it out of the way."
            ) from None


def resolve(*, start: bool = True) -> Target:
    """The target of this invocation; the embedded database is started when it is down.

    Raises PlatformError when the embedded platform cannot start, UsageError when an address is
    empty or `.env` cannot be read.
    """
    load_environment()
    if url := _filled_in("DATABASE_URL"):
        return Target("environment", url)
    if _filled_in("SUPABASE_URL"):
        # Half of what a command does must not happen in another project.
        raise UsageError(
            "SUPABASE_URL names a project, and DATABASE_URL does not.",
            hint="Set DATABASE_URL to the same, or unset SUPABASE_URL for the embedded one.",
        )
    from setterbase.platform import embedded

    platform = embedded.connect(start=start)
    return Target("embedded", platform.db_url or "", started=platform.started)


def _filled_in(name: str) -> str | None:
    """A variable that names a project; None when it is unset.

    Raises UsageError when it is empty: a secret that CI did not fill in must not turn into another
    database.
    """
    value = os.environ.get(name)
    if value is not None and not value.strip():
        raise UsageError(
            f"{name} is set, but empty.", hint="Fill it in, or unset it for the embedded platform."
        )
    return value


SECRET_KEYS = ("SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY")


def resolve_api(told: Callable[[str], None] = lambda _: None) -> Api:
    """The HTTP side of this invocation's target, with the right to administer it.

    The embedded platform is started when it is down; `told` hears of what takes a while. Raises
    UsageError when the environment names a project by half or with an empty address, PlatformError
    when the embedded platform cannot serve.
    """
    load_environment()
    database, url = _filled_in("DATABASE_URL"), (_filled_in("SUPABASE_URL") or "").strip()
    if not url and not database:
        return _embedded_api(told)
    if not url:
        raise UsageError(
            "DATABASE_URL names a project, and SUPABASE_URL does not.",
            hint="This goes over the API: set SUPABASE_URL and SUPABASE_SECRET_KEY too.",
        )
    if not url.startswith(("https://", "http://")):
        raise UsageError(
            f"SUPABASE_URL {url!r} is no address.", hint="Write it like https://abc.supabase.co."
        )
    key = next((value for name in SECRET_KEYS if (value := os.environ.get(name, "").strip())), "")
    if not key:
        raise UsageError(
            "the project's secret key is not set.",
            hint=f"Set {SECRET_KEYS[0]}, or the legacy {SECRET_KEYS[1]}.",
        )
    if key.startswith("sb_publishable_"):
        raise UsageError(
            "the key that is set as secret is a publishable one.",
            hint="Take the one that begins with sb_secret_.",
        )
    return Api(url.rstrip("/"), key)


def _embedded_api(told: Callable[[str], None]) -> Api:
    from setterbase.platform import embedded

    platform = embedded.up_with_api(None, told)
    assert platform.api is not None
    assert platform.api.url is not None
    assert platform.api.keys is not None
    if platform.started:
        told("Started the embedded platform; `setterbase down` stops it.")
    return Api(platform.api.url, platform.api.keys.secret_key)
