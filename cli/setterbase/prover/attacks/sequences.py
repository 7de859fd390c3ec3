"""Sequences that a call moves: another tenant's own, or the one behind everybody's keys set back.

No rollback undoes a drawn number. A sequence that a call set back is set forward at once, so that
the target draws on where it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from setterbase import db
from setterbase.prover import rows
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Function
from setterbase.prover.texts import helper_text

_DRAWS = re.compile(r"\b(nextval|setval)\b", re.I)
_HIDES = re.compile(r"\bexecute\b", re.I)
_QUERIES = "setterbase.prover.queries"


@dataclass(frozen=True)
class Move:
    sequence: int
    label: str
    before: int | None
    now: int | None

    @property
    def back(self) -> bool:
        return self.before is not None and (self.now is None or self.now < self.before)

    @property
    def leaps(self) -> bool:
        return self.now is not None and self.now > (self.before or 0) + 1

    def __str__(self) -> str:
        return f"{self.label}: {self.before or 'unused'} → {self.now or 'unused'}"


Positions = dict[int, tuple[str, int | None]]


def may_move(ctx: Context, function: Function) -> bool:
    """Whether the function, or a helper of its, draws from sequences or runs text as SQL."""
    text = helper_text(ctx.catalog, function)
    return bool(_DRAWS.search(text) or _HIDES.search(text))


def never_alike(ctx: Context, function: Function) -> bool:
    """Whether each call draws a number: its answers say nothing about anybody's rows."""
    return bool(_DRAWS.search(helper_text(ctx.catalog, function)))


def positions(ctx: Context, identity: Identity) -> Positions:
    """Every sequence's place, asked as the connected role; the caller is who they were."""
    ctx.arena.back()
    found = ctx.arena.owner(db.query("positions", _QUERIES))
    ctx.arena.become(identity)
    return {oid: (label, value) for oid, label, value in found}


def moved(ctx: Context, identity: Identity, before: Positions) -> list[Move]:
    """What moved since; what moved back stands again where it was."""
    now = positions(ctx, identity)
    found = [
        Move(oid, label, before[oid][1], value)
        for oid, (label, value) in now.items()
        if oid in before and before[oid][1] != value
    ]
    for move in found:
        if move.back:
            ctx.arena.back()
            restore(ctx, move)
            ctx.arena.become(identity)
    return found


def restore(ctx: Context, move: Move) -> None:
    from psycopg import sql

    ctx.arena.try_owner(
        sql.SQL("select setval({}::oid::regclass, {})").format(
            sql.Literal(move.sequence), sql.Literal(move.before)
        )
    )


def harm(
    ctx: Context, identity: Identity, theirs: list[Move], own: list[Move], said: set[str]
) -> tuple[str, str] | None:
    """What is wrong with the moves of a call that named others, beside those of one's own call.

    `said` are the call's arguments. A sequence behind a column is everybody's, and drawing from it
    leaves a gap that nobody minds.
    """
    feeds = _feeds(ctx, identity)
    for move in theirs:
        for oid, column in feeds.get(move.sequence, []):
            if move.back and _is_taken(ctx, identity, oid, column, move):
                label = ctx.catalog.relations[oid].label
                return f"sets the sequence behind {label} back to numbers that are taken", str(move)
            if move.leaps and str(move.now) in said:
                label = ctx.catalog.relations[oid].label
                return f"sets the sequence behind {label} to whatever the caller says", str(move)
    others = {m.sequence for m in own}
    for move in theirs:
        if others and move.sequence not in others and move.sequence not in feeds:
            return f"moves {move.label}, a sequence of another tenant", str(move)
    return None


def _feeds(ctx: Context, identity: Identity) -> dict[int, list[tuple[int, str]]]:
    ctx.arena.back()
    found: dict[int, list[tuple[int, str]]] = {}
    for sequence, relation, column in ctx.arena.owner(db.query("feeds", _QUERIES)):
        if relation in ctx.catalog.relations:
            found.setdefault(sequence, []).append((relation, column))
    ctx.arena.become(identity)
    return found


def _is_taken(ctx: Context, identity: Identity, oid: int, column: str, move: Move) -> bool:
    """Whether a row has a number that the sequence will draw again."""
    from psycopg import sql

    ctx.arena.back()
    found = ctx.arena.attempt(
        sql.SQL("select from {} where {} > {} limit 1").format(
            rows.name(ctx.catalog.relations[oid]),
            sql.Identifier(column),
            sql.Literal(move.now or 0),
        )
    )
    ctx.arena.become(identity)
    return bool(found.count)
