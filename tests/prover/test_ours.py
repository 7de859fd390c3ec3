"""Our own schema: isolated, nothing unproven, nothing changed by the proof, every break noticed."""

from __future__ import annotations

import subprocess

import pytest

from setterbase.prover import mutants, prove
from setterbase.prover.verdict import Kind
from tests.support.servers import Connection, Database, Server


@pytest.mark.grants("current", slow="legacy")
def test_ours_is_isolated(db: Connection) -> None:
    report = prove.prove(db)
    assert [v for v in report.verdicts if v.verdict in (Kind.LEAK, Kind.UNPROVEN)] == []
    assert report.exit_code() == 0
    assert report.seconds < 20


def dump(server: Server, database: Database) -> str:
    pg_dump = server.place.installation.bin / "pg_dump"
    told = subprocess.run(
        [pg_dump, "--no-comments", database.url()], capture_output=True, text=True, check=True
    ).stdout
    return "\n".join(
        line
        for line in told.splitlines()
        if not line.startswith(("\\restrict", "\\unrestrict", "SELECT pg_catalog.setval"))
    )


def counts(connection: Connection) -> list[tuple[object, ...]]:
    connection.rollback()
    return connection.execute(
        "select relid::regclass::text, n_live_tup from pg_stat_user_tables order by 1"
    ).fetchall()


@pytest.mark.slow
@pytest.mark.legs(18)
def test_nothing_of_the_target_changes(server: Server, clone: Database) -> None:
    before = dump(server, clone)
    with clone.connect() as connection:
        rows = counts(connection)
        prove.prove(connection)
        assert counts(connection) == rows
    assert dump(server, clone) == before


@pytest.mark.slow
@pytest.mark.legs(18)
def test_every_break_that_is_not_equivalent_is_noticed(db: Connection) -> None:
    harvest = mutants.run(db)
    assert [(f.kind, f.object) for f in harvest.fates if f.fate == "survived"] == []
    assert len({f.kind for f in harvest.fates if f.fate == "noticed"}) >= 25
    assert all(f.reason for f in harvest.fates)
