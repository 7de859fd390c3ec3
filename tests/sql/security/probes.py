"""Traps put back on purpose, and the probes that must see the leak."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from tests.support.acting import acting_as
from tests.support.catalogue import attempt
from tests.support.servers import Connection
from tests.support.world import PERSONAS, A

Probe = Callable[[Connection], Any]


def springs(db: Connection, probe: Probe, *, sound: Any, trap: str, leaks: Any) -> None:
    """The probe finds `sound`; with the trap put back it finds `leaks`; without it, `sound`."""
    assert probe(db) == sound
    with db.transaction(force_rollback=True):
        db.execute(trap.encode())
        assert probe(db) == leaks
    assert probe(db) == sound


def tenants_read(relation: str, sub: UUID = A) -> Probe:
    """Whose rows somebody reads in a relation; or the SQLSTATE."""

    def probe(db: Connection) -> Any:
        with acting_as(db, sub=sub):
            statement = f"select distinct coach_id from {relation} order by 1"
            outcome = attempt(db, statement)
            if isinstance(outcome, str):
                return outcome
            return [tenant for (tenant,) in db.execute(statement.encode()).fetchall()]

    return probe


def rows_of(statement: str, name: str, **words: object) -> Probe:
    """How many rows a persona gets; or the SQLSTATE."""

    def probe(db: Connection) -> int | str:
        with acting_as(db, PERSONAS[name].role, PERSONAS[name].claims):
            return attempt(db, statement.format(**words))

    return probe
