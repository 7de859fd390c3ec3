"""What the database tests share: worlds that are made once and spoiled in rolled-back tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support import cron, schema, servers, world
from tests.support.legs import LEGS
from tests.support.servers import Connection, Database, Grants, Server

# A fixture's connection serves every example of a test: each example rolls itself back.
settings.register_profile(
    "database", deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
settings.load_profile("database")

LAST = "test_a_real_job_refreshes"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The test that waits for a minute to turn comes last, when the minute has long passed."""
    items.sort(key=lambda item: LAST in item.name)


@pytest.fixture(scope="session", autouse=True)
def early_job(request: pytest.FixtureRequest, throwaway: dict[int, Server]) -> None:
    """Asks for that job with the first test of the session, if its test is to run at all."""
    items = request.session.items
    if len(items) < 20 or not any(item.name == f"{LAST}[pg15]" for item in items):
        return
    if 15 not in throwaway:
        throwaway[15] = servers.start(next(leg for leg in LEGS if leg.major == 15))
    database = throwaway[15].maintenance
    with database.connect() as db:
        found = db.execute("select to_regclass('public.coachs')").fetchone()
    if found == (None,):
        schema.apply(database.url())
    cron.ask(database)


WORLDS: dict[tuple[int, Grants], Database] = {}


@pytest.fixture(scope="session")
def world_database(server: Server, grants: Grants) -> Database:
    """The database that holds the world of `tests.support.world`, committed."""
    key = (server.leg.major, grants)
    if key not in WORLDS:
        database = server.clone(server.migrated(grants))
        with database.connect() as db:
            world.build(db)
        WORLDS[key] = database
    return WORLDS[key]


@pytest.fixture
def wdb(world_database: Database) -> Iterator[Connection]:
    """A connection as `postgres` to the world; nothing of the test remains."""
    with world_database.connect() as db:
        db.execute("select")  # the transaction begins here, so that a block within commits nothing
        yield db
        db.rollback()
