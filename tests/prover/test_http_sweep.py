"""Every story over HTTP: what SQL finds requests find too, and what is mended alarms nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from setterbase.errors import TargetError
from setterbase.prover.rest import copy, run
from setterbase.prover.verdict import Kind, Report
from setterbase.target import Target
from tests.prover import corpus
from tests.support import scratch
from tests.support.servers import Database, Grants, Server

pytestmark = [pytest.mark.slow, pytest.mark.legs(18)]

# PostgREST serves neither schema: storage and realtime have services of their own.
ELSEWHERE = ("storage.", "realtime.")
# What SQL alone can say, and what the report says of it over HTTP.
UNSAYABLE = {("public.my_patients", "http select"): "no function of a column in a condition"}
CASES = [c for c in corpus.cases() if c.name != "storage_alone"]
LEAKING = [c for c in CASES if c.bad]


@pytest.fixture(scope="session")
def place() -> Iterator[copy.Copy]:
    """One cluster for the copies of all stories, in memory where there is enough."""
    with copy.yard(scratch.root()) as made:
        yield made


@pytest.fixture
def target(server: Server, grants: Grants) -> Iterator[Database]:
    """A fresh project of the test's own, where the schema can be committed."""
    database = server.clone(server.bare(grants))
    yield database
    server.drop(database)


def verdict(database: Database, schema: str, place: copy.Copy) -> Report:
    with database.connect() as connection:
        connection.execute(schema.encode())
    with run.proof(Target("option", database.url()), place=place) as report:
        return report


def spots(report: Report, kind: Kind) -> set[tuple[str, str]]:
    return {(v.object, v.command) for v in report.of(kind)}


@pytest.mark.parametrize("case", LEAKING, ids=[c.name for c in LEAKING])
def test_bad_is_seen(target: Database, place: copy.Copy, case: corpus.Case) -> None:
    report = verdict(target, case.bad, place)
    wanted = {(o, f"http {c}") for o, c in case.leaks if not o.startswith(ELSEWHERE)}
    leaks = spots(report, Kind.LEAK)
    # A function of a row without a name for it is called inside that row.
    leaks |= {(o, "http execute") for o, c in leaks if c == "http embed"}
    assert wanted - UNSAYABLE.keys() <= leaks
    for spot in wanted & UNSAYABLE.keys():
        told = {v.reason for v in report.of(Kind.UNREACHABLE) if (v.object, v.command) == spot}
        assert any(UNSAYABLE[spot] in reason for reason in told)
    assert not spots(report, Kind.UNPROVEN)
    assert report.exit_code() == (1 if wanted - UNSAYABLE.keys() else 0)
    assert all(v.witness and v.witness.sql for v in report.of(Kind.LEAK))


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_mended_is_gone(target: Database, place: copy.Copy, case: corpus.Case) -> None:
    report = verdict(target, case.mended, place)
    assert not spots(report, Kind.LEAK)
    assert not spots(report, Kind.UNPROVEN)
    assert report.exit_code() == 0


def test_storage_alone_gives_requests_nothing_to_ask(target: Database, place: copy.Copy) -> None:
    case = next(c for c in corpus.cases() if c.name == "storage_alone")
    with pytest.raises(TargetError, match="no table, view or function"):
        verdict(target, case.bad, place)
