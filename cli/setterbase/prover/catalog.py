"""Reads the catalogue of a database into a `Catalog`, independent of any search_path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from setterbase import db
from setterbase.prover.model import (
    API_ROLES,
    Argument,
    Catalog,
    Column,
    Constraint,
    Function,
    Policy,
    Relation,
    Type,
)
from setterbase.prover.scope import configured_schemas, exposed_schemas, is_managed

if TYPE_CHECKING:
    import psycopg

_QUERIES = "setterbase.prover.queries"
Row = dict[str, Any]


def _fetch(connection: psycopg.Connection[Any], name: str, *, roles: bool = False) -> list[Row]:
    from psycopg.rows import dict_row

    params = {"roles": list(API_ROLES)} if roles else None
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(db.query(name, _QUERIES), params).fetchall()


def load(connection: psycopg.Connection[Any], schemas: Sequence[str] = ()) -> Catalog:
    """The catalogue as the connected role sees it; `schemas` narrows what the API serves."""
    connection.execute("set local search_path = pg_catalog")
    session = _fetch(connection, "session")[0]
    relations = {r["oid"]: _relation(r) for r in _fetch(connection, "relations", roles=True)}
    for row in _fetch(connection, "columns", roles=True):
        if owner := relations.get(row.pop("relation")):
            row["grants"] = frozenset(row["grants"])
            row["listed"] = frozenset(row["listed"])
            owner.columns[row["name"]] = Column(**row)
    for row in _fetch(connection, "constraints"):
        if owner := relations.get(row.pop("relation")):
            row["columns"], row["target_columns"] = (
                tuple(row["columns"]),
                tuple(row["target_columns"]),
            )
            owner.constraints.append(Constraint(**row))
    for row in _fetch(connection, "policies"):
        if owner := relations.get(row.pop("relation")):
            row["roles"] = tuple(row["roles"])
            owner.policies.append(Policy(**row))
    for row in _fetch(connection, "triggers"):
        if owner := relations.get(row["relation"]):
            owner.triggers.append(row["function"])
    functions = {f["oid"]: _function(f) for f in _fetch(connection, "functions", roles=True)}
    types = {t["oid"]: _type(t) for t in _fetch(connection, "types")}
    reachable = (
        {r.schema for r in relations.values() if r.grants and not r.of_extension}
        | {r.schema for r in relations.values() if any(c.grants for c in r.columns.values())}
        | {f.schema for f in functions.values() if f.grants}
    )
    configured = _fetch(connection, "exposed")[0]
    named = configured_schemas(configured["schemas"])
    there = [n for n in named if n in configured["existing"]] if configured["schemas"] else None
    exposed, why = exposed_schemas(schemas, there, reachable, _helpers(relations, functions))
    return Catalog(
        relations=relations,
        functions={k: f for k, f in functions.items() if not is_managed(f.schema)},
        types=types,
        exposed=exposed,
        exposed_why=why,
        absent=() if schemas else tuple(sorted(set(named) - set(exposed))),
        role=session["role"],
        version=session["version"],
        database=session["database"],
        superuser=session["superuser"],
        bypass_rls=session["bypass_rls"],
        api_roles=frozenset(session["api_roles"]),
    )


def _helpers(relations: dict[int, Relation], functions: dict[int, Function]) -> set[str]:
    """Schemas of functions alone, each called by a policy, a default, a view or such a function."""
    texts = [p.text for r in relations.values() for p in r.policies]
    texts += [r.definition or "" for r in relations.values()]
    texts += [c.default_expr or "" for r in relations.values() for c in r.columns.values()]
    said = "\n".join(texts).lower().replace('"', "")
    occupied = {r.schema for r in relations.values() if r.kind != "S"}
    found: dict[str, list[Function]] = {}
    for function in functions.values():
        if function.schema not in occupied and function.returns != "trigger":
            found.setdefault(function.schema, []).append(function)
    return {schema for schema, held in found.items() if _all_called(held, said)}


def _all_called(held: list[Function], said: str) -> bool:
    called: list[Function] = []
    left = list(held)
    while left:
        now = [f for f in left if re.search(rf"\b{re.escape(f.name.lower())}\s*\(", said)]
        if not now:
            return False
        called += now
        left = [f for f in left if f not in now]
        said += "\n" + "\n".join(f.body.lower() for f in now)
    return True


def _relation(row: Row) -> Relation:
    row["options"] = tuple(row["options"])
    row["reads"] = tuple(row["reads"])
    row["grants"] = frozenset(row["grants"])
    return Relation(**row)


def _type(row: Row) -> Type:
    row["labels"] = tuple(row["labels"])
    row["checks"] = tuple(row["checks"])
    return Type(**row)


def _function(row: Row) -> Function:
    modes, names = row.pop("argument_modes"), row.pop("argument_names")
    all_types, in_types = row.pop("all_types"), row.pop("argument_types")
    defaults, variadic = row.pop("defaults"), row.pop("variadic")
    if modes:
        inputs = [i for i, mode in enumerate(modes) if mode in ("i", "b", "v")]
        typed = [(names[i] if i < len(names) else "", all_types[i]) for i in inputs]
    else:
        typed = [(names[i] if i < len(names) else "", t) for i, t in enumerate(in_types)]
    count = len(typed)
    row["arguments"] = tuple(
        Argument(name, oid, i >= count - defaults, variadic and i == count - 1)
        for i, (name, oid) in enumerate(typed)
    )
    row["grants"] = frozenset(row["grants"])
    return Function(**row)
