"""Reading: every table, partition, view and materialized view, as every identity."""

from __future__ import annotations

from setterbase.prover import intent, rows, witness, words
from setterbase.prover.arena import BUSY
from setterbase.prover.attacks.common import (
    BLIND_LIMIT,
    Speaker,
    base_tables,
    carries,
    data_of,
    flat,
    refreshes,
    said_public,
    show,
)
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.texts import tables_of
from setterbase.prover.verdict import Kind
from setterbase.prover.world import UNDER, Row

RECURSION = "42P17"  # a policy that asks itself: the database refuses every caller


def run(ctx: Context) -> None:
    targets = [
        r
        for r in ctx.catalog.relations.values()
        if r.kind != "S" and (r.kind != "f" or r.remote) and ctx.attacked(r)
    ]
    for identity in ctx.cast:
        with ctx.arena.acting(identity):
            for relation in targets:
                if relation.is_table:
                    table(ctx, identity, relation)
    for identity in ctx.cast:
        with ctx.arena.acting(identity):
            for relation in targets:
                if not relation.is_table:
                    view(ctx, identity, relation)


def table(ctx: Context, identity: Identity, relation: Relation) -> None:
    """Asks for the victims' rows by key."""
    say = Speaker(ctx, identity, relation, "select")
    columns = relation.columns_for(identity.role, "select")
    if not relation.may(identity.role, "select") or not columns:
        return say(Kind.UNREACHABLE, f"{identity.role} has no grant")
    home = data_of(ctx, relation)
    _control(ctx, identity, relation, home, columns)
    if relation.label in ctx.public:
        return say(Kind.PUBLIC, ctx.public[relation.label])
    if not ctx.axes.has(home.oid):
        return _shared(ctx, identity, say, relation, columns)
    if nobodys := ctx.nobodys(identity, home.oid):
        return say(Kind.PUBLIC, nobodys)
    victims = ctx.victims(identity, home.oid)
    if not victims:
        why = next((w for (_, o), w in ctx.world.failures.items() if o == home.oid), "no rows")
        return say(Kind.UNPROVEN, f"no row of another tenant could be made: {why}")
    crossed, statement, shown = _crossing(ctx, relation, home, victims, columns)
    last = ctx.arena.errors[-1] if ctx.arena.errors and not statement else None
    if last is not None and last.state == RECURSION:
        ctx.seen_own.add(home.oid)
        return say(Kind.ISOLATED, f"refused to everyone: {last.message}")
    if not crossed:
        held = f"{len(victims)} rows of others asked for, none came"
        return say(Kind.ISOLATED, held + _orphan(ctx, identity, say, relation, home, columns))
    ctx.seen_own.add(home.oid)
    flag = (
        said_public(ctx, identity, home, crossed)
        or ctx.by_flag(crossed, victims)
        or _under_public(ctx, identity, home, crossed, victims)
    )
    if flag:
        ctx.beside |= {m for row in crossed for v in row.values.values() for m in _marks(ctx, v)}
        ctx.crossing |= {
            m
            for row in crossed
            for n in (*home.key, *_own_texts(row))
            for m in _marks(ctx, row.values.get(n))
        }
        return say(Kind.PUBLIC, flag)
    say(
        Kind.LEAK,
        f"reads {len(crossed)} of {len(victims)} rows of another tenant",
        witness.build(ctx, identity, [statement], [home.oid], shown),
    )


def _under_public(
    ctx: Context, identity: Identity, home: Relation, crossed: list[Row], victims: list[Row]
) -> str | None:
    """The parent that explains which rows crossed: those alone under one that is public itself."""
    if len(crossed) == len(victims) or intent.looks_private(home):
        return None
    parents = {_public_parent(ctx, identity, home, row) for row in crossed}
    if None in parents:
        return None
    return f"only rows under a public row of {', '.join(sorted(map(str, parents)))} cross"


def _public_parent(ctx: Context, identity: Identity, home: Relation, row: Row) -> str | None:
    """The table in which the row's parent is published by its flag, or crosses by design."""
    if row.variant is None or row.variant[0] != UNDER:
        return None
    side = ctx.world.a if row.side == "a" else ctx.world.b
    for ref in ctx.refs[home.oid]:
        if not isinstance(ref.target, int):
            continue
        table = ctx.catalog.relations[ref.target]
        aim = {t: row.values.get(c) for c, t in zip(ref.columns, ref.target_columns, strict=True)}
        told = [ctx.verdicts.get((table.label, "select", n)) for n in ("anon", identity.name)]
        for parent in side.all(ref.target):
            if parent.variant is None or not aim.items() <= parent.values.items():
                continue
            published = any(words.PUBLIC.search(word or "") for word in parent.variant)
            if published or any(v is not None and v.verdict is Kind.PUBLIC for v in told):
                return table.label
    return None


def _shared(
    ctx: Context, identity: Identity, say: Speaker, relation: Relation, columns: list[str]
) -> None:
    """A table of nobody's rows, which a trigger may still fill with a copy of somebody's."""
    if relation.estimate < BLIND_LIMIT:
        statement = rows.select(relation, columns, carries(columns, ctx.pattern(identity)))
        for back in ctx.arena.attempt(statement).rows:
            if ctx.foreign(identity, flat(back)):
                shown = show(dict(zip(columns, back, strict=True)))
                makers = [t.oid for t in ctx.catalog.tables if _fills(ctx, t, relation)]
                proof = witness.build(
                    ctx, identity, [statement.as_string()], [relation.oid, *makers], shown
                )
                return say(Kind.LEAK, "it holds a copy of another tenant's data", proof)
    return say(Kind.PUBLIC, "no tenant axis: its rows belong to nobody")


def _fills(ctx: Context, table: Relation, other: Relation) -> bool:
    """Whether a trigger of `table` speaks of `other`."""
    run = [ctx.catalog.functions[f] for f in table.triggers if f in ctx.catalog.functions]
    return any(t.oid == other.oid for f in run for t in tables_of(ctx.catalog, f))


def _orphan(
    ctx: Context,
    identity: Identity,
    say: Speaker,
    relation: Relation,
    home: Relation,
    columns: list[str],
) -> str:
    """A row without tenant: a leak through a comparison with null, a remark where a rule opens it.

    What a rule opens leaves the tenants' own rows isolated, so it is no verdict of its own.
    """
    row = ctx.world.orphans.get(home.oid)
    if (
        row is None
        or identity.privileged
        or ctx.is_about(row, identity)
        or not set(home.key) <= set(columns)
    ):
        return ""
    statement = rows.select(relation, columns, rows.where(home, row.key(home)))
    found = ctx.arena.attempt(statement)
    if not found.ok or not found.rows:
        return ""
    axis = ctx.axes.of[home.oid]
    told = show(dict(zip(columns, found.rows[0], strict=True)))
    text = " ".join(p.text for p in home.policies).lower()
    if axis.ref is not None and axis.ref.on_delete == "n":
        say.leak(
            "reads rows without tenant, which is what the rows of a deleted tenant become",
            [statement.as_string()],
            [home.oid],
            told,
        )
    elif home.rls and "is null" in text:
        return "; its policy opens rows without tenant to all"
    else:
        say.leak(
            "reads rows without tenant that no rule opens",
            [statement.as_string()],
            [home.oid],
            told,
        )
    return ""


def _own_texts(row: Row) -> list[str]:
    """Columns whose mark belongs to this row alone, not to its tenant."""
    return [n for n, v in row.values.items() if v and "zq" in v and not n.endswith("_id")]


def _marks(ctx: Context, value: str | None) -> set[str]:
    return ctx.world.a.marks.found_in(value or "") | ctx.world.b.marks.found_in(value or "")


def _crossing(
    ctx: Context, relation: Relation, home: Relation, victims: list[Row], columns: list[str]
) -> tuple[list[Row], str, str]:
    """The victims that came back, the statement that brought them, the first row as text."""
    by_key = bool(home.key) and set(home.key) <= set(columns)
    sides = {"a": ctx.world.a, "b": ctx.world.b}
    patterns = [sides[s].marks.pattern for s in sorted({v.side for v in victims})]
    condition = rows.any_of(home, victims) if by_key else carries(columns, "|".join(patterns))
    statement = rows.select(relation, columns, condition)
    outcome = ctx.arena.attempt(statement)
    if not outcome.ok or not outcome.rows:
        return [], statement.as_string() if outcome.ok else "", ""
    crossed: list[Row] = []
    first = ""
    for back in outcome.rows:
        told = dict(zip(columns, back, strict=True))
        for victim in victims:
            if by_key:
                same = all(told[k] == victim.values.get(k) for k in home.key)
            else:
                same = all(v == victim.values.get(k) for k, v in told.items())
            if same and all(victim is not c for c in crossed):
                crossed.append(victim)
                first = first or show(told)
    return crossed, statement.as_string(), first


def _control(
    ctx: Context, identity: Identity, relation: Relation, home: Relation, columns: list[str]
) -> None:
    """Remembers that someone with the right to it saw a row of their own tenant."""
    if identity.side is None or home.oid in ctx.seen_own or not set(home.key) <= set(columns):
        return
    side = ctx.world.a if identity.side == "a" else ctx.world.b
    own = side.all(home.oid)
    if own:
        found = ctx.arena.attempt(rows.select(relation, columns[:1], rows.any_of(home, own)))
        if found.ok and found.rows:
            ctx.seen_own.add(home.oid)


def view(ctx: Context, identity: Identity, relation: Relation) -> None:
    """Reads a view whole and looks for the others' marks."""
    say = Speaker(ctx, identity, relation, "select")
    columns = relation.columns_for(identity.role, "select")
    if not relation.may(identity.role, "select") or not columns:
        return say(Kind.UNREACHABLE, f"{identity.role} has no grant")
    if relation.label in ctx.public:
        return say(Kind.PUBLIC, ctx.public[relation.label])
    if relation.oid in ctx.stale:
        return say(Kind.UNPROVEN, ctx.stale[relation.oid])
    bases = base_tables(ctx, relation)
    if bases and not any(ctx.axes.has(b) for b in bases):
        return say(Kind.PUBLIC, "it reads only what has no tenant axis")
    if bases and all(ctx.nobodys(identity, b) for b in bases):
        return say(Kind.PUBLIC, "it reads only what colleagues share")
    statement = rows.select(relation, columns, carries(columns, ctx.pattern(identity)))
    outcome = ctx.arena.attempt(statement)
    if outcome.state in BUSY:
        ctx.stale[relation.oid] = f"reading it whole takes too long: {outcome.message}"
        return say(Kind.UNPROVEN, f"reading it whole takes too long: {outcome.message}")
    for back in outcome.rows:
        told = dict(zip(columns, back, strict=True))
        text = flat(back)
        if not ctx.foreign(identity, text) - ctx.beside:
            continue  # made of rows that are public; a private figure in it would have moved
        proof = witness.build(
            ctx,
            identity,
            [statement.as_string()],
            bases | {relation.oid},
            show(told),
            refresh=refreshes(ctx, relation),
        )
        return say(Kind.LEAK, "shows data of another tenant", proof)
    if not any(ctx.world.b.all(b) for b in bases):
        if outcome.state == "42501":
            return say(Kind.ISOLATED, f"refused: {outcome.message}")
        return say(Kind.UNPROVEN, "none of the tables that it reads could be filled")
    say(
        Kind.ISOLATED,
        f"refused: {outcome.message}" if not outcome.ok else "no mark of others in it",
    )
