"""A job of pg_cron that takes up to a minute to fire: asked for early, looked at late."""

from __future__ import annotations

from datetime import datetime

from tests.support.events import add_coach
from tests.support.servers import Database

NAME = "probe_refresh_kpis"
"""Not one of ours by its name, so that registering jobs leaves it alone."""

ASKED: dict[int, datetime] = {}


def ask(database: Database) -> datetime:
    """Have the refresh run each minute; the moment when that was asked for first."""
    major = database.server.leg.major
    if major not in ASKED:
        with database.connect() as db:
            add_coach(db)
            row = db.execute(
                "select cron.schedule(%s, '* * * * *', 'select private.refresh_kpis()'), now()",
                [NAME],
            ).fetchone()
        assert row is not None
        ASKED[major] = row[1]
    return ASKED[major]


def end(database: Database) -> None:
    """Unschedule it."""
    with database.connect() as db:
        db.execute("select cron.unschedule(%s)", [NAME])
