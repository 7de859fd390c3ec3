"""What the attacks share: what an object is, whose rows it holds, how a finding is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from setterbase.prover import intent, rows, witness
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.verdict import Deed, Kind, Verdict, Witness
from setterbase.prover.world import Row

KINDS = {
    "r": "table",
    "p": "table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
    "S": "sequence",
}
BLIND_LIMIT = 20_000  # rows beyond which no table is read or written whole
UPDATABLE = {"update": 4, "insert": 8, "delete": 16}


def kind_of(relation: Relation) -> str:
    return "partition" if relation.is_partition else KINDS[relation.kind]


def data_of(ctx: Context, relation: Relation) -> Relation:
    """The table whose rows a relation holds: itself, or the root of its partitions."""
    while relation.is_partition and relation.parent in ctx.catalog.relations:
        relation = ctx.catalog.relations[relation.parent]
    return relation


def writable_home(ctx: Context, relation: Relation, command: str) -> Relation | None:
    """The table that a write to `relation` reaches; None when it reaches none that we can name."""
    if relation.is_table:
        return data_of(ctx, relation)
    if relation.kind != "v" or not relation.updatable & UPDATABLE[command]:
        return None
    bases = [data_of(ctx, ctx.catalog.relations[o]) for o in base_tables(ctx, relation)]
    named = [b for b in bases if b.key and set(b.key) <= set(relation.columns)]
    if not named:
        return None
    return max(named, key=lambda b: len(set(b.columns) & set(relation.columns)))


def base_tables(ctx: Context, relation: Relation) -> set[int]:
    """The tables under a view, through other views."""
    found: set[int] = set()
    todo, done = set(relation.reads), set[int]()
    while todo:
        oid = todo.pop()
        done.add(oid)
        under = ctx.catalog.relations.get(oid)
        if under is None:
            continue
        if under.is_table:
            found.add(data_of(ctx, under).oid)
        todo |= set(under.reads) - done
    return found


def refreshes(ctx: Context, relation: Relation) -> list[str]:
    """The refreshes that a witness needs before it reads `relation`."""
    todo, done = {relation.oid}, set[int]()
    found: list[str] = []
    while todo:
        oid = todo.pop()
        done.add(oid)
        under = ctx.catalog.relations.get(oid)
        if under is None:
            continue
        if under.kind == "m":
            found.append(f"refresh materialized view {rows.name(under).as_string()}")
        todo |= set(under.reads) - done
    return found


def flat(back: tuple[object, ...]) -> str:
    return " ".join("" if v is None else str(v) for v in back)


def all_marks(ctx: Context) -> str:
    """The pattern of a mark of either side."""
    return f"{ctx.world.a.marks.pattern}|{ctx.world.b.marks.pattern}"


def show(told: dict[str, Any]) -> str:
    return ", ".join(f"{k}={v}" for k, v in told.items() if v is not None)


def carries(columns: list[str], pattern: str) -> Any:
    """The condition that a row's text holds a mark."""
    from psycopg import sql

    return sql.SQL("concat_ws(' ', {}) ~ {}").format(rows.texts(columns), sql.Literal(pattern))


def said_public(ctx: Context, identity: Identity, home: Relation, crossed: list[Row]) -> str | None:
    """The rule that opens every one of these rows to everyone, on purpose."""
    from psycopg import sql

    if home.oid in ctx.axes.profiles and intent.listed_columns(home, identity.role):
        return "a directory: its grant lists the columns that others may read"
    parts = intent.public_parts(home)
    if not parts:
        return None
    ctx.arena.back()
    beyond = ctx.arena.attempt(
        sql.SQL("select 1 from {} where ({}) and ({}) is not true").format(
            rows.name(home),
            rows.any_of(home, crossed),
            rows.as_written(" or ".join(f"({part})" for _, part in parts)),
        )
    )
    ctx.arena.become(identity)
    names = ", ".join(dict.fromkeys(f"«{policy.name}»" for policy, _ in parts))
    return f"{intent.SAYS} {names}" if beyond.ok and not beyond.count else None


class Speaker:
    """Says verdicts about one object, command and identity."""

    def __init__(self, ctx: Context, identity: Identity, relation: Relation, command: str) -> None:
        self.ctx, self.identity, self.relation = ctx, identity, relation
        self.command = command

    def __call__(
        self,
        verdict: Kind,
        reason: str,
        proof: Witness | None = None,
        deeds: Sequence[Deed] = (),
    ) -> None:
        if verdict is Kind.LEAK and self.identity.privileged:
            verdict, proof = Kind.PUBLIC, None
            reason = "a platform admin reaches every tenant: only the server grants it"
        self.ctx.say(
            Verdict(
                self.relation.label,
                kind_of(self.relation),
                self.command,
                self.identity.name,
                verdict,
                reason,
                proof,
                tuple(deeds),
            )
        )

    def leak(
        self,
        reason: str,
        statements: list[str],
        tables: list[int],
        row: str,
        prepare: Sequence[str] = (),
        deeds: Sequence[Deed] = (),
    ) -> None:
        proof = witness.build(self.ctx, self.identity, statements, tables, row, refresh=prepare)
        self(Kind.LEAK, reason, proof, deeds)
