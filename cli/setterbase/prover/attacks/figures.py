"""Figures: answers that carry no mark but change when the other tenant's rows appear."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from setterbase.prover import intent, rows
from setterbase.prover.arena import Arena
from setterbase.prover.attacks import arguments, functions, sequences
from setterbase.prover.attacks.common import base_tables, kind_of, refreshes
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.texts import tables_of
from setterbase.prover.verdict import Deed, Kind, Verdict
from setterbase.prover.witness import build as witness

_ROWS = 300
_COUNT = 60


@dataclass
class Figure:
    """One question and what it answered while only A existed; None when it cannot be relied on."""

    object: str
    kind: str
    command: str
    identity: Identity
    statement: str
    tables: list[int]
    refresh: list[str] = field(default_factory=list)
    answer: str | None = None
    deeds: tuple[Deed, ...] = ()


@dataclass
class Figures:
    asked: list[Figure] = field(default_factory=list)


def ask(ctx: Context) -> Figures:
    """Before the other tenant exists: every view and every function that a member can read."""
    found = Figures()
    me = next(i for i in ctx.cast if i.person == "main" and i.side == "a" and not i.privileged)
    anon = next(i for i in ctx.cast if i.role == "anon")
    for identity in (me, anon):
        with ctx.arena.acting(identity):
            for figure in _questions(ctx, identity):
                first = _answer(ctx.arena, figure)
                if first is not None and first == _answer(ctx.arena, figure):
                    figure.answer = first
                    found.asked.append(figure)
    return found


def without(ctx: Context) -> list[Verdict]:
    """The other way round, over a finished world: what changes when B's rows are taken away."""
    from setterbase.prover import build

    asked = ask(ctx)
    with ctx.arena.savepoint():
        ctx.arena.back()
        build.remove(ctx.arena, ctx.catalog, ctx.world.b)
        return compare(ctx, asked)


def compare(ctx: Context, figures: Figures) -> list[Verdict]:
    """After the other tenant has come: what changed for a caller of A, or for nobody."""
    verdicts: list[Verdict] = []
    by_identity: dict[str, list[Figure]] = {}
    for figure in figures.asked:
        by_identity.setdefault(figure.identity.name, []).append(figure)
    for kept in by_identity.values():
        with ctx.arena.acting(kept[0].identity):
            for figure in kept:
                now = _answer(ctx.arena, figure)
                if now is None or figure.answer is None or now == figure.answer:
                    continue
                verdict = Kind.ORACLE if _is_count(figure.answer, now) else Kind.LEAK
                proof = witness(
                    ctx,
                    figure.identity,
                    [figure.statement],
                    figure.tables,
                    f"{figure.answer[:120]} → {now[:120]}",
                    refresh=figure.refresh,
                )
                verdicts.append(
                    Verdict(
                        figure.object,
                        figure.kind,
                        figure.command,
                        figure.identity.name,
                        verdict,
                        "its figures change when another tenant's rows appear",
                        proof,
                        figure.deeds,
                    )
                )
    return verdicts


def _questions(ctx: Context, identity: Identity) -> list[Figure]:
    found: list[Figure] = []
    for relation in ctx.catalog.relations.values():
        if relation.kind not in ("v", "m") or not ctx.exposed(relation):
            continue
        if relation.label in ctx.public or not relation.may(identity.role, "select"):
            continue
        bases = base_tables(ctx, relation)
        columns = relation.columns_for(identity.role, "select")
        if columns and any(_is_someones(ctx, identity, b) for b in bases):
            from psycopg import sql

            asked = sql.SQL("select {} from {} limit {}").format(
                rows.texts(columns), rows.name(relation), sql.Literal(_ROWS)
            )
            found.append(
                Figure(
                    relation.label,
                    kind_of(relation),
                    "select",
                    identity,
                    asked.as_string(),
                    [*bases, relation.oid],
                    refreshes(ctx, relation),
                    deeds=(Deed("select", {}, dict.fromkeys(columns)),),
                )
            )
    for function in functions.callable_ones(ctx):
        if identity.role not in function.grants or function.returns == "void":
            continue
        if function.label in ctx.public or f"{function.schema}.{function.name}" in ctx.public:
            continue
        if sequences.never_alike(ctx, function):
            continue
        worked_on = tables_of(ctx.catalog, function)
        if worked_on and all(
            intent.public_rule(t) or (t.oid in ctx.colleagues and ctx.nobodys(identity, t.oid))
            for t in worked_on
        ):
            continue
        outer = functions.part_of(ctx, function)
        if outer is not None:
            asked = functions.inside(outer, function, ())
        else:
            call = arguments.own_call(ctx, function, ctx.world.a)
            asked = arguments.statement(function, call, ctx)
        found.append(
            Figure(
                function.label,
                "function",
                "execute",
                identity,
                asked.as_string(),
                [t.oid for t in worked_on],
            )
        )
    return found


def _is_someones(ctx: Context, identity: Identity, oid: int) -> bool:
    """Whether a table has rows that are not for everyone."""
    return not ctx.nobodys(identity, oid) and intent.public_rule(ctx.catalog.relations[oid]) is None


def _answer(arena: Arena, figure: Figure) -> str | None:
    outcome = arena.attempt(figure.statement)
    if not outcome.ok or len(outcome.rows) >= _ROWS:
        return None
    return "\n".join(
        sorted(" ".join("" if v is None else str(v) for v in row) for row in outcome.rows)
    )


def _is_count(before: str, after: str) -> bool:
    """Only small numbers or a yes or no changed: it tells that rows exist, not what they hold."""
    old, new = re.findall(r"[\w.-]+", before), re.findall(r"[\w.-]+", after)
    if len(old) != len(new):
        return False
    for one, two in zip(old, new, strict=True):
        if one == two or {one, two} <= {"t", "f", "true", "false"}:
            continue
        if not (one.isdigit() and two.isdigit() and abs(int(one) - int(two)) <= _COUNT):
            return False
    return True
