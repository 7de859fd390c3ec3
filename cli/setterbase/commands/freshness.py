"""What commands say beside figures that are missing or old."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from setterbase import output

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    import psycopg

    from setterbase.coaches import Coach

STALE_SECONDS = 15 * 60


def seen(connection: psycopg.Connection[Any], coach: Coach) -> dict[UUID, datetime | None]:
    """When the figures of this coach were last looked at; nothing where no refresh ever did."""
    from setterbase.kpis import dashboards

    rows = dashboards.kpi_rows(connection, [coach.id])
    return {row["coach_id"]: row["last_updated"] for row in rows}


def remark(
    chosen: Sequence[Coach], seen: Mapping[UUID, datetime | None], *, live: bool = False
) -> None:
    """Who has no figures yet, and when those shown are old; `live` where --live is an option."""
    from datetime import UTC, datetime

    if not chosen:
        output.say("There is no coach yet; `setterbase demo --keep` makes three.")
    fresh = "bring them up to date with `setterbase kpis refresh`"
    fresh += ", or compute now with --live." if live else "."
    if missing := [one.email for one in chosen if one.id not in seen]:
        named = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if missing[5:] else "")
        output.say(f"No figures yet for {named}: {fresh}")
    if times := [time for time in seen.values() if time]:
        age = int((datetime.now(UTC) - min(times)).total_seconds())
        if age > STALE_SECONDS:
            output.say(f"The figures were computed {_ago(age)} ago: {fresh}")


def _ago(seconds: int) -> str:
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length or unit == "minute":
            return f"{seconds // length} {unit}s"
    raise AssertionError("unreachable")
