"""Every story of the corpus: the leak is named with its witness, and gone when it is mended."""

from __future__ import annotations

import psycopg
import pytest

from setterbase.prover import prove
from setterbase.prover.verdict import Kind, Report, Witness
from tests.prover import corpus
from tests.support.servers import Connection

CASES = corpus.cases()
LEAKING = [c for c in CASES if c.bad]
IDS = [c.name for c in CASES]


def verdict(connection: Connection, schema: str) -> Report:
    connection.execute(schema)
    return prove.run(connection)


def spots(report: Report, kind: Kind) -> set[tuple[str, str]]:
    return {(v.object, v.command) for v in report.of(kind)}


@pytest.mark.grants("current", slow="legacy")
@pytest.mark.legs(18)
@pytest.mark.parametrize("case", LEAKING, ids=[c.name for c in LEAKING])
def test_bad_is_seen(blank: Connection, case: corpus.Case) -> None:
    blank.execute(case.bad)
    with blank.transaction(force_rollback=True):
        report = prove.run(blank)
    assert set(case.leaks) <= spots(report, Kind.LEAK)
    assert set(case.oracles) <= spots(report, Kind.ORACLE)
    assert report.exit_code(allow_unproven=True) == (1 if case.leaks else 0)
    found = first_witnesses(report)
    for spot in case.leaks:
        assert shows(blank, found[spot]), f"{spot} shows nothing when pasted"


@pytest.mark.grants("current", slow="legacy")
@pytest.mark.legs(18)
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_mended_is_gone(blank: Connection, case: corpus.Case) -> None:
    report = verdict(blank, case.mended)
    assert not spots(report, Kind.LEAK)
    assert not spots(report, Kind.UNPROVEN)
    assert not set(case.oracles) & spots(report, Kind.ORACLE)
    assert set(case.public) <= spots(report, Kind.PUBLIC)
    assert report.exit_code() == 0
    assert report.has_axis == case.has_axis


@pytest.mark.legs(15, 17)
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_the_same_on_every_major(blank: Connection, case: corpus.Case) -> None:
    if case.bad:
        with blank.transaction(force_rollback=True):
            assert set(case.leaks) <= spots(verdict(blank, case.bad), Kind.LEAK)
    report = verdict(blank, case.mended)
    assert not spots(report, Kind.LEAK) | spots(report, Kind.UNPROVEN)


def first_witnesses(report: Report) -> dict[tuple[str, str], Witness]:
    kept: dict[tuple[str, str], Witness] = {}
    for v in report.of(Kind.LEAK):
        assert v.witness is not None
        kept.setdefault((v.object, v.command), v.witness)
    return kept


def shows(connection: Connection, witness: Witness) -> bool:
    """Runs the script as pasted, on the schema alone; whether its last statement shows the leak."""
    begin, *setup, last, rollback = _statements(witness.sql)
    assert (begin, rollback) == ("begin;", "rollback;")
    with connection.transaction(force_rollback=True):
        try:
            for statement in setup:
                connection.execute(statement)
            return connection.execute(last).rowcount > 0
        except psycopg.Error as error:
            return (error.diag.message_primary or "") in witness.row


def _statements(script: str) -> list[str]:
    """The script's statements; a line that ends in `;` ends one, unless a text is open."""
    found: list[str] = []
    open_part = ""
    for line in script.splitlines(keepends=True):
        open_part += line
        if line.rstrip().endswith(";") and open_part.count("'") % 2 == 0:
            found.append(open_part.strip())
            open_part = ""
    return found


@pytest.mark.legs(18)
@pytest.mark.parametrize("path", ["''", "public", '"$user", auth, extensions, public'])
def test_the_search_path_changes_nothing(blank: Connection, path: str) -> None:
    case = next(c for c in CASES if c.name == "children_by_key_only")
    blank.execute(case.bad)
    blank.execute(f"set local search_path = {path}")
    told = [(v.object, v.command, v.identity, v.verdict) for v in prove.run(blank).verdicts]
    blank.execute("set local search_path = public")
    assert told == [(v.object, v.command, v.identity, v.verdict) for v in prove.run(blank).verdicts]
