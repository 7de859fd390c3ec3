"""Fixtures of every test: which PostgreSQL, which grants, and a database to spoil.

- `db`: a connection as `postgres` to a migrated database, rolled back at the end.
- `clone`: a migrated database of the test's own, where it may commit.
- `bare`: the same before any migration.
- `cron_database`: the one database with pg_cron, migrated; on the 15 leg alone.
- `homes`: embedded platforms of the test's own, driven by the command.
- `api`: one embedded platform with its whole API, migrated, shared by the tests of a process.

Each runs on every PostgreSQL that is here: 18 always, 15 and 17 where they are installed. A test
narrows that with `@pytest.mark.legs(18)`, and asks for both bootstraps with
`@pytest.mark.grants("current", "legacy")`; the current one is what it gets otherwise. With
`@pytest.mark.grants("current", slow="legacy")` the second is left out of `make test`.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import api as apis
from tests.support import schema, scratch, servers
from tests.support.api import Api
from tests.support.homes import Home, Homes
from tests.support.legs import LEGS, Leg, in_ci
from tests.support.servers import Connection, Database, Grants, Server

# `nohup make test &` ignores these, and so would every command that a test ends by one of them.
for _number, _usual in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)

FAILED = pytest.StashKey[bool]()
KEPT: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--leg", type=int, action="append", help="Run database tests on this PostgreSQL alone."
    )


def pytest_configure(config: pytest.Config) -> None:
    # Commands that tests start buffer their output as they do for people.
    os.environ.pop("PYTHONUNBUFFERED", None)
    config.addinivalue_line("markers", "legs(*majors): run on these PostgreSQL majors alone")
    config.addinivalue_line(
        "markers", "grants(*names, slow=name): run under these grant bootstraps"
    )
    config.addinivalue_line("markers", "slow: left out of `make test`; `make check` and CI run it")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "leg" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("legs")
        wanted = metafunc.config.getoption("--leg") or [leg.major for leg in LEGS]
        legs = [
            leg
            for leg in LEGS
            if leg.missing is None
            and leg.major in wanted
            and (marker is None or leg.major in marker.args)
        ]
        metafunc.parametrize(
            "leg", legs, ids=[f"pg{leg.major}" for leg in legs], indirect=True, scope="session"
        )
    if "grants" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("grants")
        if marker is not None:
            slow = marker.kwargs.get("slow")
            names = [*marker.args, *([pytest.param(slow, marks=pytest.mark.slow)] if slow else [])]
            metafunc.parametrize("grants", names, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of other legs than those asked for are not skipped: nobody wanted them."""
    asked = config.getoption("--leg")
    if not asked:
        return
    kept: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        marker = item.get_closest_marker("legs")
        (others if marker and not {*marker.args} & {*asked} else kept).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=others)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist sends what it kept to the process that prints."""
    output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["kept"] = KEPT


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    KEPT.extend(getattr(node, "workeroutput", {}).get("kept", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for leg in LEGS:
        if leg.missing:
            terminalreporter.write_line(
                f"PostgreSQL {leg.major} was not tested: {leg.missing}", yellow=True
            )
    for address in KEPT:
        terminalreporter.write_line(f"kept for a quarter of an hour: {address}", yellow=True)


@pytest.fixture(scope="session")
def throwaway() -> Iterator[dict[int, Server]]:
    """The servers of this test process by major, started on demand."""
    running: dict[int, Server] = {}
    yield running
    for server in running.values():
        servers.end(server, keep=not in_ci())


@pytest.fixture(scope="session")
def leg(request: pytest.FixtureRequest) -> Leg:
    """The PostgreSQL that this test runs on."""
    chosen: Leg = request.param
    return chosen


@pytest.fixture(scope="session")
def grants(request: pytest.FixtureRequest) -> Grants:
    """The grant bootstrap that this test runs under."""
    chosen: Grants = getattr(request, "param", "current")
    return chosen


@pytest.fixture(scope="session")
def server(throwaway: dict[int, Server], leg: Leg) -> Server:
    """The throwaway server of this leg."""
    if leg.major not in throwaway:
        throwaway[leg.major] = servers.start(leg)
    return throwaway[leg.major]


@pytest.fixture
def db(server: Server, grants: Grants, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A connection as `postgres` to a migrated database; nothing of the test remains."""
    database = server.borrow(grants)
    with database.connect() as connection:
        connection.execute("select")  # begins here, so that a block within commits nothing
        yield connection
        if request.node.stash.get(FAILED, False):
            connection.commit()  # what the test saw, for whoever looks at the kept database
            _keep(server, database, request)
        else:
            connection.rollback()


@pytest.fixture
def clone(server: Server, grants: Grants, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated database of one's own."""
    yield from _own(server, server.migrated(grants), request)


@pytest.fixture
def bare(server: Server, grants: Grants, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh project of one's own, before any migration."""
    yield from _own(server, server.bare(grants), request)


@pytest.fixture(scope="session")
def cron_database(server: Server) -> Database:
    """The migrated database in which pg_cron runs jobs; shared by the tests that use it."""
    database = server.maintenance
    with database.connect() as connection:
        found = connection.execute("select to_regclass('public.coachs')").fetchone()
    if found == (None,):
        schema.apply(database.url())
    return database


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every account may pass, unlike pytest's own: what root's server needs."""
    folder = scratch.folder("setterbase-open-")
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def homes(open_folder: Path) -> Iterator[Homes]:
    """Makes embedded platforms of the test's own; stopped and removed at the end."""
    made: list[Home] = []

    def make(name: str = "home", account: str | None = None, **environment: str) -> Home:
        home = Home(open_folder / name, environment, account)
        home.folder.parent.mkdir(parents=True, exist_ok=True)
        made.append(home)
        return home

    yield make
    for home in made:
        home.remove()


@pytest.fixture(scope="session")
def api() -> Iterator[Api]:
    """The whole platform behind one URL, migrated. It is shared, so what a test makes is its own:
    an e-mail, a tenant that nobody else uses.
    """
    yield from apis.running()


def _own(server: Server, template: Database, request: pytest.FixtureRequest) -> Iterator[Database]:
    database = server.clone(template)
    yield database
    if not (request.node.stash.get(FAILED, False) and _keep(server, database, request)):
        server.drop(database)


def _keep(server: Server, database: Database, request: pytest.FixtureRequest) -> bool:
    if in_ci() or not server.keep(database):
        return False
    KEPT.append(f"{database.url()} ({request.node.nodeid})")
    return True
