"""Reading over HTTP: relations by themselves, inside others, and what the API does not serve."""

from __future__ import annotations

import json
from collections.abc import Iterator

from setterbase.prover import scope
from setterbase.prover.attacks.common import base_tables, kind_of
from setterbase.prover.identities import Identity
from setterbase.prover.model import Constraint, Function, Relation
from setterbase.prover.rest.client import Request, as_text, name, path
from setterbase.prover.rest.ground import Ground, Told, shown
from setterbase.prover.verdict import Kind


def run(ground: Ground, identity: Identity) -> None:
    for relation in exposed(ground):
        _whole(ground, identity, relation)
    for outer, inner, hint in _embeddings(ground):
        _embedded(ground, identity, outer, inner, hint)
    for outer, function in _computed(ground):
        _computed_rows(ground, identity, outer, function)
    if identity.name in ("anon", "member of A"):
        _hidden(ground, identity)


def exposed(ground: Ground) -> list[Relation]:
    """Relations that the API serves, granted or not."""
    found = ground.ctx.catalog.relations.values()
    return [r for r in found if r.kind != "S" and ground.ctx.exposed(r)]


def _profile(schema: str) -> dict[str, str]:
    return {"Accept-Profile": schema}


def _judge(
    ground: Ground,
    identity: Identity,
    relation: Relation,
    command: str,
    asked: Request,
    crossed: list[Told],
    how: str,
) -> None:
    """Rows of others came: a leak, unless SQL knows that they cross by design."""
    sql = ground.before(relation.label, "select", identity)
    thing = relation.label, kind_of(relation)
    if sql is not None and sql.verdict is Kind.PUBLIC:
        return ground.say(thing, command, identity, Kind.PUBLIC, sql.reason)
    ground.say(thing, command, identity, Kind.LEAK, how, (asked, shown(crossed[0])))
    return None


def _whole(ground: Ground, identity: Identity, relation: Relation) -> None:
    columns = relation.columns_for(identity.role, "select")
    wanted = as_text(columns) if columns else "*"
    asked = Request("GET", path(relation.name, select=wanted), _profile(relation.schema))
    answer = ground.ask(identity, asked)
    crossed = ground.crossing(identity, relation, answer.rows)
    if crossed:
        count = len(crossed)
        how = f"GET answers with {count} row{'s' * (count > 1)} of another tenant"
        return _judge(ground, identity, relation, "select", asked, crossed, how)
    sql = ground.before(relation.label, "select", identity)
    ground.say((relation.label, kind_of(relation)), "select", identity, *ground.quiet(sql, answer))
    return None


def _embeddings(ground: Ground) -> Iterator[tuple[Relation, Relation, str]]:
    """What may be asked for inside what: the outer, the inner, and PostgREST's hint."""
    there = exposed(ground)
    tables = {r.oid: r for r in there if r.is_table and not r.is_partition}
    for child in tables.values():
        for key in child.foreign_keys:
            parent = tables.get(key.target or 0)
            if parent is not None and parent.schema == child.schema:
                yield parent, child, f"!{key.name}"
                if parent is not child:
                    yield child, parent, f"!{key.name}"
    for view in there:
        if view.is_table:
            continue
        bases = base_tables(ground.ctx, view)
        near = {k.target for b in bases for k in _keys(ground, b)}
        near |= {t.oid for t in tables.values() for k in t.foreign_keys if k.target in bases}
        for oid in near:
            if oid in tables and tables[oid].schema == view.schema:
                yield tables[oid], view, ""


def _keys(ground: Ground, oid: int) -> list[Constraint]:
    return ground.ctx.catalog.relations[oid].foreign_keys


def _embedded(
    ground: Ground, identity: Identity, outer: Relation, inner: Relation, hint: str
) -> None:
    mine = outer.columns_for(identity.role, "select")
    theirs = inner.columns_for(identity.role, "select")
    if not mine or not theirs:
        return
    word = "inside"
    wanted = f"{as_text(mine[:1])},{word}:{name(inner.name)}{hint}({as_text(theirs)})"
    asked = Request("GET", path(outer.name, select=wanted), _profile(outer.schema))
    answer = ground.ask(identity, asked)
    if not answer.ok and answer.code in ("PGRST200", "PGRST201"):
        return  # no relationship, or several: PostgREST embeds nothing here
    found: list[Told] = []
    for row in answer.rows:
        inside = row.get(word)
        found += inside if isinstance(inside, list) else [inside] if inside else []
    crossed = ground.crossing(identity, inner, found)
    if crossed:
        how = f"inside {outer.label} it shows rows of another tenant"
        return _judge(ground, identity, inner, "embed", asked, crossed, how)
    sql = ground.before(inner.label, "select", identity)
    ground.say((inner.label, kind_of(inner)), "embed", identity, *ground.quiet(sql, answer))
    return None


def _computed(ground: Ground) -> Iterator[tuple[Relation, Function]]:
    """Functions of a row, which PostgREST serves as if they were columns or children of it."""
    there = {r.oid: r for r in exposed(ground)}
    for function in ground.ctx.catalog.functions.values():
        if function.kind != "f" or len(function.arguments) != 1:
            continue
        row = ground.ctx.catalog.types[function.arguments[0].type_oid].relation
        outer = there.get(row or 0)
        if outer is not None and outer.schema == function.schema:
            yield outer, function


def _computed_rows(ground: Ground, identity: Identity, outer: Relation, function: Function) -> None:
    columns = outer.columns_for(identity.role, "select")
    thing = function.label, "function"
    if identity.role not in function.grants or not columns:
        why = f"{identity.role} may not execute it"
        return ground.say(thing, "embed", identity, Kind.UNREACHABLE, why)
    composite = ground.ctx.catalog.types[function.return_type].relation
    part = f"{name(function.name)}(*)" if composite else name(function.name)
    wanted = f"{as_text(columns)},{part}"
    asked = Request("GET", path(outer.name, select=wanted), _profile(outer.schema))
    answer = ground.ask(identity, asked)
    for row in answer.rows:
        text = json.dumps(row.pop(function.name, None), ensure_ascii=False)
        # Of a row that is another's by design it may well tell the rest.
        if ground.ctx.foreign(identity, text) and not ground.crossing(identity, outer, [row]):
            how = f"as a part of {outer.label} it gives data of another tenant"
            return ground.say(thing, "embed", identity, Kind.LEAK, how, (asked, text))
    return ground.say(thing, "embed", identity, *ground.quiet(None, answer))


def _hidden(ground: Ground, identity: Identity) -> None:
    """Schemas that the API is not told to serve are asked for by name."""
    catalog = ground.ctx.catalog
    things: list[tuple[str, str, str, Request]] = []
    for relation in catalog.relations.values():
        if scope.is_managed(relation.schema) or relation.of_extension:
            continue
        if relation.kind != "S" and relation.schema not in catalog.exposed:
            asked = Request("GET", path(relation.name, select="*"), _profile(relation.schema))
            things.append((relation.label, kind_of(relation), "select", asked))
    for function in catalog.functions.values():
        if function.schema not in catalog.exposed and function.kind == "f":
            profile = {"Content-Profile": function.schema}
            asked = Request("POST", path(f"rpc/{function.name}"), profile, {})
            things.append((function.label, "function", "execute", asked))
    for label, what, command, asked in things:
        answer = ground.ask(identity, asked)
        if answer.ok:
            how = "the API answers, although it is not told to serve this schema"
            ground.say((label, what), command, identity, Kind.LEAK, how, (asked, answer.text))
        else:
            ground.say((label, what), command, identity, Kind.UNREACHABLE, answer.message)
