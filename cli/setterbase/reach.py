"""Why a database cannot be reached, in words that name its address and never its password."""

from __future__ import annotations

import re
import socket
from typing import Final

from setterbase.errors import TargetError
from setterbase.target import Target

SECONDS: Final = 10
"""How long a server has to answer."""

_PLACE: Final = re.compile(r"[\w.:/-]+ \d+")  # several hosts and the like are not worth naming

_NAMES: Final = {
    "environment": "DATABASE_URL",
    "option": "--db-url",
    "embedded": "the embedded platform's address",
}
_ADVICE: Final = {
    "environment": "Check DATABASE_URL, or unset it to use the embedded platform.",
    "option": "Check --db-url.",
    "embedded": "See `setterbase status` and `setterbase logs`.",
}


def explained(target: Target, error: Exception) -> TargetError:
    """The error of psycopg's `connect`, told for people. libpq repeats parts of what it cannot
    parse, a password among them: so of such an address nothing is said."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = conninfo_to_dict(target.db_url)
    except psycopg.ProgrammingError:
        return TargetError(
            f"{_NAMES[target.kind]} is no address of a database.",
            hint="One looks like postgresql://user:password@host:5432/postgres; @ : / # % of a"
            " password are written %40 %3A %2F %23 %25.",
        )
    host, port = str(parts.get("host") or "localhost"), str(parts.get("port") or "5432")
    return TargetError(
        f"cannot connect to {_reason(error, host, port)}.", hint=_ADVICE[target.kind]
    )


def _reason(error: Exception, host: str, port: str) -> str:
    import psycopg

    # A password with an unescaped «@», «/» or «#» is cut in two, and libpq takes its parts for a
    # host or a port: what does not look like one is not repeated.
    if "resolve host" in str(error) or not _PLACE.fullmatch(f"{host} {port}"):
        return (
            "the database: its host has no address; write @ : / # of a password as %40 %3A %2F %23"
        )
    place = f"{host}, port {port}"
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        if _listens(host, port):
            return (
                f"{place}: something listens there, but does not answer as PostgreSQL does"
                f" within {SECONDS} seconds; is it the port of another service?"
            )
        return f"{place}: no answer within {SECONDS} seconds; a firewall, or a paused project?"
    lines = [line for line in str(error).splitlines() if line.strip()] or ["no answer"]
    told = [line for line in lines if " failed: " in line] or lines
    words = re.sub(r"^(FATAL|connection is bad):\s*", "", told[-1].split(" failed: ")[-1].strip())
    return f"{place}: {words.rstrip('.')}"


def _listens(host: str, port: str) -> bool:
    try:
        with socket.create_connection((host, int(port)), timeout=2):
            return True
    except (OSError, ValueError):
        return False
