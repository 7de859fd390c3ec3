"""A rule that keeps a command for a rank, swallowed by a wider one that is `for all`.

Rules that permit are joined by `or`: what «owners delete» keeps for owners is open to every member
once «members», for all, lets them in. Swallowed is a rule that asks for a rank and lets nobody do
what the wider one does not: told by asking both conditions, as every caller, about every row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setterbase.prover import rows, words
from setterbase.prover.attacks import effects, forge
from setterbase.prover.attacks.common import Speaker, show
from setterbase.prover.attacks.moves import setting
from setterbase.prover.attacks.update import harmless
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Policy, Relation
from setterbase.prover.person import RANKED
from setterbase.prover.texts import helper_text
from setterbase.prover.verdict import Deed
from setterbase.prover.world import Row

if TYPE_CHECKING:
    from psycopg import sql

_NO_RANK = re.compile(r"\bauth\.role\(\)|'(?:anon|authenticated|service_role)'")


@dataclass(frozen=True)
class Pair:
    """The rule that keeps a command for some, and the one for all that lets others do it."""

    narrow: Policy
    wide: Policy


def run(ctx: Context) -> None:
    for relation in ctx.catalog.relations.values():
        if not relation.is_table or not relation.rls or not ctx.attacked(relation):
            continue
        if relation.label in ctx.public:
            continue
        for pair in _pairs(ctx, relation):
            _pair(ctx, relation, pair)


def _pairs(ctx: Context, relation: Relation) -> Iterator[Pair]:
    heard = [p for p in relation.policies if p.permissive and _is_heard(p)]
    for narrow in heard:
        if narrow.command == "all" or not _asks_rank(ctx, narrow):
            continue
        for wide in heard:
            if wide.command == "all" and not _asks_rank(ctx, wide):
                yield Pair(narrow, wide)


def _is_heard(policy: Policy) -> bool:
    return not policy.roles or bool({"authenticated", "public"} & set(policy.roles))


def _asks_rank(ctx: Context, policy: Policy) -> bool:
    """Whether the rule, or a helper that it calls, speaks of a role."""
    named = set(re.findall(r"\w+", policy.text.lower()))
    text = policy.text.lower()
    for function in ctx.catalog.functions.values():
        if function.name.lower() in named:
            text += "\n" + helper_text(ctx.catalog, function).lower()
    text = _NO_RANK.sub("", text)
    return any(words.is_rank(w) for w in re.findall(r"'(\w+)'", text)) or any(
        words.ROLE.match(w) for w in re.findall(r"\w+", text)
    )


def _condition(policy: Policy, command: str) -> str:
    if command == "insert":
        return policy.check_expr or policy.using_expr or "true"
    return policy.using_expr or "true"


def _pair(ctx: Context, relation: Relation, pair: Pair) -> None:
    known = [r for side in ctx.world.sides() for r in side.all(relation.oid)]
    known += ctx.world.common.all(relation.oid)
    if not known or not relation.key:
        return
    barred: list[tuple[Identity, list[Row]]] = []
    kept = False
    for identity in ctx.cast:
        if identity.side is None or identity.role != "authenticated":
            continue
        told = _told(ctx, identity, relation, pair, known)
        if told is None or any(narrow and not wide for _, narrow, wide in told):
            return  # it lets somebody do what the wider rule does not
        kept |= any(narrow for _, narrow, _ in told)
        open_rows = [row for row, narrow, wide in told if wide and not narrow]
        plain = not words.is_rank((identity.person or "").removeprefix(RANKED))
        if open_rows and plain and not identity.privileged and identity.person != "off":
            barred.append((identity, open_rows))
    for identity, open_rows in barred if kept else ():
        with ctx.arena.acting(identity):
            for row in open_rows:
                if _does(ctx, identity, relation, pair, row):
                    break


def _told(
    ctx: Context, identity: Identity, relation: Relation, pair: Pair, known: list[Row]
) -> list[tuple[Row, bool, bool]] | None:
    """Of each row, whether either rule is true for the caller; asked as the owner of all rows."""
    from psycopg import sql

    narrow, wide = (_condition(p, pair.narrow.command) for p in (pair.narrow, pair.wide))
    asked = sql.SQL("select {}, ({}) is true, ({}) is true from {} where {}").format(
        rows.texts(relation.key),
        rows.as_written(narrow),
        rows.as_written(wide),
        rows.name(relation),
        rows.any_of(relation, known),
    )
    with ctx.arena.acting(identity):
        ctx.arena.back()
        outcome = ctx.arena.attempt(asked)
    if not outcome.ok:
        return None
    found = []
    for *key, one, other in outcome.rows:
        row = next((r for r in known if [r.values.get(n) for n in relation.key] == key), None)
        if row is not None:
            found.append((row, bool(one), bool(other)))
    return found


def _does(ctx: Context, identity: Identity, relation: Relation, pair: Pair, row: Row) -> bool:
    deed = _deed(ctx, identity, relation, pair.narrow.command, row)
    if deed is None:
        return False
    statement = _statement(relation, deed, row)
    with ctx.arena.savepoint():
        outcome = ctx.arena.keep(statement)
        if not outcome.ok or not (outcome.rows or outcome.count):
            return False
        if deed.command in ("update", "delete"):
            hit = effects.changed(ctx, relation, [row])
            ctx.arena.become(identity)
            if hit is None:
                return False
        Speaker(ctx, identity, relation, deed.command).leak(
            f"«{pair.wide.name}», for all, lets in whom «{pair.narrow.name}» keeps out",
            [statement.as_string()],
            [relation.oid],
            show(row.values),
            deeds=[deed],
        )
    return True


def _deed(
    ctx: Context, identity: Identity, relation: Relation, command: str, row: Row
) -> Deed | None:
    """The command on the row, or for an insert on a new one like it."""
    key = row.key(relation)
    if command == "select":
        columns = relation.columns_for(identity.role, "select")
        return Deed(command, key, dict.fromkeys(columns)) if columns else None
    if command == "update":
        options = harmless(ctx, relation, relation.columns_for(identity.role, "update"), row)
        return Deed(command, key, dict(options[:1])) if options else None
    if command == "insert":
        side = {"a": ctx.world.a, "b": ctx.world.b}.get(row.side, ctx.world.common)
        copy = forge.copy_of(ctx, relation, row, side)
        return Deed(command, key, forge.allowed(relation, identity.role, "insert", copy))
    return Deed(command, key)


def _statement(relation: Relation, deed: Deed, row: Row) -> sql.Composed:
    from psycopg import sql

    where = rows.where(relation, deed.key or {})
    if deed.command == "select":
        return rows.select(relation, deed.values, where)
    if deed.command == "delete":
        return sql.SQL("delete from {} where {}").format(rows.name(relation), where)
    if deed.command == "update":
        made: sql.Composed = setting(relation, relation, row, deed.values)
        return made
    return rows.insert(relation, deed.values, overriding=False, returning=False)
