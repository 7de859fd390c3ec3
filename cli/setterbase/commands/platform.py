"""`setterbase up`, `down`, `status`, `logs`: the embedded platform of this project."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from setterbase import output
from setterbase.errors import PlatformError

if TYPE_CHECKING:
    from setterbase.platform.embedded import Status


class Grants(StrEnum):
    """What the API roles may do with new objects of `public`."""

    current = "current"
    legacy = "legacy"


class StatusFormat(StrEnum):
    """How `status` is written to stdout."""

    table = "table"
    json = "json"
    env = "env"


class Part(StrEnum):
    """What has a log of its own."""

    database = "database"
    gateway = "gateway"
    rest = "rest"
    auth = "auth"
    functions = "functions"
    supervisor = "supervisor"


def up(
    grants: Annotated[
        Grants | None,
        typer.Option(
            help="For a new platform: `current` grants the API roles nothing on new objects, as"
            " hosted projects do since 30 October 2026; `legacy` grants everything, as before."
            " An existing platform keeps what it was made with.",
            show_default="current",
        ),
    ] = None,
    db_only: Annotated[
        bool, typer.Option("--db-only", help="Start the database alone, without the API.")
    ] = False,
) -> None:
    """Start the embedded platform: database, REST, auth, edge functions, on one URL.

    It is made first where there is none. Its state lies in `.setterbase/` of the project;
    SETTERBASE_HOME names another folder, SETTERBASE_API_PORT the port of the API.

    Example: setterbase up --grants legacy
    """
    from setterbase.platform import embedded

    chosen: Literal["current", "legacy"] | None = grants.value if grants else None
    platform = embedded.up(chosen) if db_only else embedded.up_with_api(chosen, output.say)
    word = "started" if platform.started else "already running"
    output.say(
        f"The embedded platform is {word}: PostgreSQL {platform.version} on 127.0.0.1,"
        f" port {platform.port}; `setterbase status` shows its address."
    )
    if platform.api and platform.api.url:
        output.say(f"Its API is at {platform.api.url}.")
    _warn_if_bypassed()


def down() -> None:
    """Stop the embedded platform; its data stays for the next `up`.

    Example: setterbase down
    """
    from setterbase.platform import embedded

    if embedded.down():
        output.say("The embedded platform is stopped; `setterbase up` starts it again.")
    else:
        output.say("The embedded platform was not running.")
        _warn_if_elsewhere()
    _warn_if_bypassed()


def status(
    form: Annotated[
        StatusFormat,
        typer.Option(
            "--output", help="`env` prints the names that `supabase status -o env` prints."
        ),
    ] = StatusFormat.table,
) -> None:
    """Show whether the embedded platform runs, and how to reach it. Exit code 5 if it does not.

    `json` and `env` carry the keys.

    Example: eval "$(setterbase status --output env)"; psql "$DB_URL"
    """
    from setterbase.platform import embedded

    platform = embedded.status()
    if form is StatusFormat.env:
        if platform.db_url is None:
            _warn_if_elsewhere()
            raise PlatformError(
                "the embedded platform is not running.", hint="Start it with `setterbase up`."
            )
        output.text("\n".join(f'{name}="{value}"' for name, value in _official(platform).items()))
    elif form is StatusFormat.json:
        output.as_json(_facts(platform))
    else:
        facts = _facts(platform).items()
        output.text("\n".join(f"{name:<9} {_cell(value)}" for name, value in facts))
    _warn_if_bypassed()
    if platform.state != "running":
        _warn_if_elsewhere()
        raise typer.Exit(PlatformError.exit_code)


def logs(
    part: Annotated[Part, typer.Argument(help="Whose log.")] = Part.database,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with new lines until Ctrl-C.")
    ] = False,
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, help="How many of the last lines to show.")
    ] = 100,
) -> None:
    """Show the log of a part of the embedded platform.

    Example: setterbase logs gateway --lines 20 --follow
    """
    from setterbase.platform import embedded

    try:
        for line in embedded.logs(part.value, lines, follow):
            output.text(line, at_once=follow)
    except KeyboardInterrupt:  # the way to end `--follow`
        raise typer.Exit from None


def _official(platform: Status) -> dict[str, str]:
    """The names of `supabase status -o env`, for what there is here."""
    names = {"DB_URL": platform.db_url or ""}
    if platform.api and platform.api.url and platform.api.keys:
        url, keys = platform.api.url, platform.api.keys
        names = {
            "API_URL": url,
            "REST_URL": f"{url}/rest/v1",
            "FUNCTIONS_URL": f"{url}/functions/v1",
            **names,
            "PUBLISHABLE_KEY": keys.publishable_key,
            "SECRET_KEY": keys.secret_key,
            "JWT_SECRET": keys.jwt_secret,
            "ANON_KEY": keys.anon_key,
            "SERVICE_ROLE_KEY": keys.service_role_key,
        }
    return names


def _facts(platform: Status) -> dict[str, Any]:
    api = platform.api
    return {
        "state": platform.state,
        "version": platform.version,
        "grants": platform.grants,
        "port": platform.port,
        "pid": platform.pid,
        "home": str(platform.home),
        "data": str(platform.data) if platform.data else None,
        "log": str(platform.log) if platform.log else None,
        "db_url": platform.db_url,
        "api": api.state if api else None,
        "api_url": api.url if api else None,
        "parts": api.parts if api else {},
    }


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {state}" for name, state in value.items()) or "—"
    return "—" if value is None else str(value)


def _warn_if_bypassed() -> None:
    if os.environ.get("DATABASE_URL"):
        output.say("DATABASE_URL is set: the other commands use that database, not this platform.")


def _warn_if_elsewhere() -> None:
    """The platform of a project is found from its folder: a newcomer may stand in another."""
    from setterbase.target import in_project

    if not os.environ.get("SETTERBASE_HOME") and not in_project():
        output.say(
            f"This is no folder of a project (no supabase/config.toml at or above {Path.cwd()}):"
            " go there, or name its `.setterbase` in SETTERBASE_HOME."
        )
