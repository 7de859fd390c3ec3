"""Everybody against every object of the catalogue, under both bootstraps, with exact outcomes.

The objects come from the catalogue, the expectations from `tests.support.access`: an object that
nobody has thought about fails here.
"""

from __future__ import annotations

import pytest

from tests.support import access, catalogue, world
from tests.support.acting import acting_as
from tests.support.catalogue import attempts
from tests.support.servers import Connection
from tests.support.world import PERSONAS, Persona

BOTH = pytest.mark.grants("current", "legacy")
DENIED = "42501"
NOT_UPDATABLE = "55000"
NOT_A_TABLE = "42809"
NOT_NULL_VIOLATED = "23502"

Matrix = dict[tuple[str, str], int | str]


@BOTH
def test_the_world_holds_what_the_matrix_counts(wdb: Connection) -> None:
    counts = {}
    for relation in access.ROWS:
        key = "id" if relation == "coachs" else "coach_id"
        found = dict(
            wdb.execute(f"select {key}, count(*) from public.{relation} group by 1").fetchall()
        )
        counts[relation] = tuple(found[tenant] for tenant in world.TENANTS)
    assert counts == access.ROWS


@BOTH
def test_every_exposed_object_has_an_expectation(wdb: Connection) -> None:
    assert set(catalogue.relations(wdb, "public")) == set(access.SERVICE)
    assert set(access.SERVICE) == set(access.ROWS) | set(access.SHARED)
    wdb.execute("set local search_path = public")
    assert set(catalogue.functions(wdb, "public")) == set(access.FUNCTIONS)


@BOTH
@pytest.mark.parametrize("name", PERSONAS)
def test_relations(wdb: Connection, name: str) -> None:
    persona = PERSONAS[name]
    expected: Matrix = {}
    statements: dict[tuple[str, str], str] = {}
    targets = [
        (schema, relation, kind)
        for schema in ("public", "private")
        for relation, kind in catalogue.relations(wdb, schema).items()
    ]
    for schema, relation, kind in targets:
        key = f"{schema}.{relation}"
        column = _a_column(wdb, schema, relation)
        for command, statement in {
            "select": f"select * from {key}",
            "lock": f"select 1 from {key} for update",
            "insert": f"insert into {key} default values",
            "update": f"update {key} set {column} = {column}",
            "delete": f"delete from {key}",
            "truncate": f"truncate {key}",
        }.items():
            statements[key, command] = statement
            expected[key, command] = _expected(persona, schema, relation, kind, command)
    with acting_as(wdb, persona.role, persona.claims):
        assert attempts(wdb, statements) == expected


def _expected(
    persona: Persona, schema: str, relation: str, kind: catalogue.Kind, command: str
) -> int | str:
    if schema == "private":
        return DENIED
    if kind == "view" and command in ("insert", "update", "delete"):
        return NOT_UPDATABLE
    if kind == "view" and command == "truncate":
        return NOT_A_TABLE
    if persona.role == "anon":
        return DENIED
    rows = access.rows_for(relation, persona.sees)
    if command == "select":
        return rows
    if command == "lock":
        # The dashboards are no plain views: locking asks for update on them.
        may = persona.role == "service_role" and "UPDATE" in access.SERVICE[relation]
        return rows if may else DENIED
    if persona.role == "service_role" and command.upper() in access.SERVICE[relation]:
        return NOT_NULL_VIOLATED if command == "insert" else rows
    return DENIED


def _a_column(db: Connection, schema: str, relation: str) -> str:
    row = db.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum = 2",
        [f"{schema}.{relation}"],
    ).fetchone()
    assert row is not None
    return str(row[0])


@BOTH
@pytest.mark.parametrize("name", PERSONAS)
def test_nothing_of_private_can_be_called_or_counted_up(wdb: Connection, name: str) -> None:
    persona = PERSONAS[name]
    calls = list(catalogue.functions(wdb, "private").values())
    assert len(calls) > 30
    for sequence in catalogue.sequences(wdb):
        calls += [f"nextval('{sequence}')", f"setval('{sequence}', 1)"]
    with acting_as(wdb, persona.role, persona.claims):
        found = attempts(wdb, {call: f"select {call}" for call in calls})
    assert found == dict.fromkeys(calls, DENIED)
