"""Two calls alike but for an id, another tenant's and one of nobody: answers that differ tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from setterbase.prover import witness
from setterbase.prover.attacks import arguments, follows
from setterbase.prover.attacks.common import all_marks
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Argument, Function, Relation
from setterbase.prover.texts import tables_of
from setterbase.prover.verdict import Kind, Verdict
from setterbase.prover.world import Side

if TYPE_CHECKING:
    from psycopg import sql

_IDS = 3  # ids of one kind that an argument is tried with
_DIFFERS = "answers differently for another tenant's id and for one that nobody has"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def compare(ctx: Context, identity: Identity, function: Function, theirs: Side) -> None:
    """Whether the answer for another's id differs from the answer for an id of nobody."""
    tables = tables_of(ctx.catalog, function)
    done: set[tuple[str | None, ...]] = set()
    for rank in range(_IDS):
        real, void = _twins(ctx, function, theirs, tables, rank)
        shape = tuple(v for _, v in real)
        if real == void or shape in done:
            continue
        done.add(shape)
        told = [
            _neutral(ctx, arguments.statement(function, tuple(c), ctx), c)
            for c in (real, void, void)
        ]
        if told[1] != told[2]:
            return  # it never answers twice alike
        if told[0] == told[1] or "57014" in told[0] + told[1]:
            continue
        asked = [arguments.statement(function, tuple(c), ctx) for c in (real, void)]
        hit = follows.followed(ctx, identity, asked[0], tables, theirs)
        if hit is None:
            verdict, row, how = Kind.ORACLE, f"{told[0]} / {told[1]}", _DIFFERS
        else:
            verdict, row = Kind.LEAK, hit[1]
            how = f"its answer follows {hit[0]} of another tenant's row"
            asked = asked[:1]
        lines = [a.as_string() for a in asked]
        proof = witness.build(ctx, identity, lines, [t.oid for t in tables], row)
        label = function.label
        ctx.say(Verdict(label, "function", "execute", identity.name, verdict, how, proof))
        return


def _twins(
    ctx: Context, function: Function, theirs: Side, tables: list[Relation], rank: int
) -> tuple[list[tuple[Argument, str | None]], list[tuple[Argument, str | None]]]:
    """One call with the other's ids, the `rank`-th where there are some, and one with nobody's."""
    nobody = ctx.world.common.marks
    real: list[tuple[Argument, str | None]] = []
    void: list[tuple[Argument, str | None]] = []
    for argument in function.arguments:
        offered = arguments.candidates(ctx, function, argument, theirs, tables)
        value = offered[rank if rank < len(offered) else 0]
        if not theirs.marks.found_in(value or ""):
            value = offered[0]
        kind = ctx.catalog.base_type(argument.type_oid)
        known = bool(value and theirs.marks.found_in(value))
        if argument.has_default and not known:
            continue
        other = value
        if known and (kind.name == "uuid" or _UUID.fullmatch(value or "")):
            other = nobody.uuid()
        elif known and kind.category == "S":
            other = re.sub(theirs.marks.pattern, nobody.text(), value or "")
        elif known and kind.category == "N":
            other = str(nobody.number(kind.name))
        real.append((argument, value))
        void.append((argument, other))
    return real, void


def _neutral(ctx: Context, asked: sql.Composed, call: list[tuple[Argument, str | None]]) -> str:
    outcome = ctx.arena.attempt(asked)
    text = f"{outcome.state or ''} {outcome.text}"
    for _, value in call:
        if value and len(value) > 3:
            text = text.replace(value, "…")
    made = _UUID.pattern + r"|\d{4}-\d\d-\d\d[ T][\d:.+]+"
    return re.sub(f"{all_marks(ctx)}|{ctx.world.common.marks.pattern}|{made}", "…", text)
