"""Which Supabase a command talks to: the project in the environment, else the embedded one."""

from __future__ import annotations

import os
from dataclasses import dataclass
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

    Raises PlatformError when the embedded platform cannot start, UsageError when DATABASE_URL is
    empty or `.env` cannot be read.
    """
    load_environment()
    url = os.environ.get("DATABASE_URL")
    if url is not None and not url.strip():
        # A secret that CI did not fill in must not turn into another database.
        raise UsageError(
            "DATABASE_URL is set, but empty.", hint="Fill it in, or unset it for the embedded one."
        )
    if url:
        return Target("environment", url)
    from setterbase.platform import embedded

    platform = embedded.connect(start=start)
    return Target("embedded", platform.db_url or "", started=platform.started)
