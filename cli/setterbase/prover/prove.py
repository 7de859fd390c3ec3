"""Runs the whole proof on an open connection and leaves nothing behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from setterbase import db
from setterbase.errors import TargetError, UsageError
from setterbase.prover import (
    build,
    catalog,
    config,
    inference,
    refs,
    scope,
    staff,
    texts,
    variants,
    world,
)
from setterbase.prover.arena import Arena
from setterbase.prover.attacks import (
    accept,
    barriers,
    colleagues,
    delete,
    doors,
    figures,
    foreign,
    functions,
    insert,
    listed,
    oracle,
    pooled,
    promote,
    read,
    storage,
    swallowed,
    update,
)
from setterbase.prover.attacks.common import kind_of
from setterbase.prover.axes import Axis
from setterbase.prover.context import Context
from setterbase.prover.fill import Filler
from setterbase.prover.identities import Cast
from setterbase.prover.model import API_ROLES, Catalog
from setterbase.prover.verdict import AxisLine, Kind, Report, Verdict

if TYPE_CHECKING:
    import psycopg

FAMILIES = (
    *(read, insert, accept, update, delete, doors, promote, functions, oracle, pooled, storage),
    *(barriers, colleagues, foreign, listed, swallowed),
)
Step = Callable[[str], None]


def prove(
    connection: psycopg.Connection[Any],
    schemas: Sequence[str] = (),
    settings: config.Config | None = None,
    on_step: Step | None = None,
) -> Report:
    """The verdict on a database; the transaction that it opens is always rolled back."""
    started = time.monotonic()
    before = _sequences(connection)
    connection.rollback()
    try:
        report = run(connection, schemas, settings, on_step)
    finally:
        connection.rollback()
    after = _sequences(connection)
    connection.rollback()
    report.sequences = sum(before.get(name) != value for name, value in after.items())
    report.seconds = time.monotonic() - started
    return report


def run(
    connection: psycopg.Connection[Any],
    schemas: Sequence[str] = (),
    settings: config.Config | None = None,
    on_step: Step | None = None,
) -> Report:
    """As `prove`, inside a transaction that the caller rolls back."""
    tell = on_step or (lambda _: None)
    connection.prepare_threshold = None  # no two attempts are alike
    ctx = prepare(connection, schemas, settings, tell)
    attack(ctx, tell)
    return summarize(ctx)


def attack(ctx: Context, tell: Step = lambda _: None) -> None:
    """Every family of attack, then what their silence is worth."""
    for family in FAMILIES:
        tell(f"attacking: {family.__name__.rsplit('.', 1)[-1]}")
        family.run(ctx)
    ctx.arena.flush()
    _settle(ctx)
    _beyond(ctx)


def _beyond(ctx: Context) -> None:
    """What no request names: other schemas' objects, and sequences, so that none is silent."""
    things: list[tuple[str, str, str]] = []
    for relation in ctx.catalog.relations.values():
        if scope.is_managed(relation.schema) or relation.of_extension:
            continue
        kind = kind_of(relation)
        if relation.kind == "S":
            things.append((relation.label, kind, "the API serves no sequences"))
        elif not ctx.exposed(relation):
            things.append((relation.label, kind, f"the API does not serve {relation.schema}"))
    for function in ctx.catalog.functions.values():
        if function.schema not in ctx.catalog.exposed:
            reason = f"the API does not serve {function.schema}"
            things.append((function.label, "function", reason))
    for label, kind, reason in things:
        ctx.say(Verdict(label, kind, "all", "every caller", Kind.UNREACHABLE, reason))


def summarize(ctx: Context) -> Report:
    found = ctx.catalog
    told = [(t.label, ctx.axes.of[t.oid]) for t in found.tables]
    report = Report(
        database=found.database,
        role=found.role,
        version=found.version,
        schemas=found.exposed,
        schemas_why=found.exposed_why,
        axes=[AxisLine(label, a.kind, a.columns, a.why) for label, a in told],
        verdicts=sorted(
            ctx.verdicts.values(), key=lambda v: (list(Kind).index(v.verdict), v.object, v.command)
        ),
        attempts=ctx.arena.attempts,
    )
    truncatable = sorted({v.object for v in report.verdicts if v.command == "truncate"})
    if truncatable:
        some = ", ".join(truncatable[:3]) + (", …" if len(truncatable) > 3 else "")
        report.warnings.append(
            f"TRUNCATE is granted to API roles on {len(truncatable)} tables ({some}); the API has "
            "no such command, but nothing needs the grant: revoke it"
        )
    if found.absent:
        report.warnings.append(
            f"pgrst.db_schemas names {', '.join(found.absent)}, and no such schema exists: nothing "
            "of it was attacked, and PostgREST may answer nobody until the setting is mended"
        )
    return report


def prepare(
    connection: psycopg.Connection[Any],
    schemas: Sequence[str] = (),
    settings: config.Config | None = None,
    tell: Step = lambda _: None,
) -> Context:
    """Reads the catalogue, infers the axes, fills both sides."""
    settings = settings or config.Config()
    connection.execute(
        "set local statement_timeout = '15s'; set local lock_timeout = '2s'; "
        "set local idle_in_transaction_session_timeout = 0"
    )
    tell("reading the catalogue")
    asked = schemas or settings.schemas
    _refuse_unknown(connection, asked)
    found = catalog.load(connection, asked)
    _refuse(found)
    refuse_empty(found)
    evidence = texts.gather(found)
    references = refs.find(found, evidence)
    none = config.override(found, references, settings)
    inferred = inference.infer(found, references, evidence)
    for oid in none:
        inferred.of[oid] = Axis("none", (), None, "declared to have none")
    path = dict.fromkeys((*found.exposed[:1], "public", "extensions"))
    arena = Arena(connection, ", ".join(f'"{name}"' for name in path))
    arena.owner(f"set local search_path = {arena.path}")  # triggers and defaults trust it
    made = world.empty(found)
    filler = Filler(arena, made, references, inferred, evidence)
    ctx = Context(arena, found, made, references, inferred, evidence, [], filler)
    ctx.public = config.declared_public(found, settings)
    ctx.colleagues = staff.shared(found, references, evidence, inferred)
    _fill(ctx, Cast(made, references, inferred, evidence), tell)
    return ctx


def _refuse_unknown(connection: psycopg.Connection[Any], asked: Sequence[str]) -> None:
    """A schema that is not there would be isolated by silence. Raises UsageError for one."""
    there = connection.execute("select n.nspname from pg_catalog.pg_namespace as n").fetchall()
    if unknown := sorted(set(asked) - {name for (name,) in there}):
        raise UsageError(
            f"there is no schema {' or '.join(unknown)} in this database.",
            hint="Name those that the API serves, or leave --schema out to have them found.",
        )


def refuse_empty(found: Catalog) -> None:
    """A database that serves nothing is more likely the wrong one than a safe one."""
    served = {r.schema for r in found.relations.values()}
    served |= {f.schema for f in found.functions.values()}
    there = [found.by_label.get(label) for label in scope.ATTACKED_THERE]
    if not served & set(found.exposed) and not any(r is not None and r.policies for r in there):
        hint = "Check the address and --schema; in a new project run `setterbase migrate up`."
        if found.absent:
            named = ", ".join(found.absent)
            hint = f"pgrst.db_schemas names {named}, and no such schema exists: mend the setting."
        raise TargetError(f"{found.database} has no table, view or function to attack.", hint=hint)


def _refuse(found: Catalog) -> None:
    """Says politely what the connected role lacks.

    Raises TargetError when it cannot act as the API roles, or cannot see every row.
    """
    missing = [r for r in API_ROLES if r not in found.api_roles]
    if missing:
        raise TargetError(
            f"{found.role} may not act as {' and '.join(missing)} in {found.database}.",
            hint="Connect as `postgres` of a Supabase project, or grant it those roles.",
        )
    if not (found.superuser or found.bypass_rls):
        raise TargetError(
            f"{found.role} does not see every row of {found.database}, so it could prove nothing.",
            hint="Connect as `postgres`, or as another role with BYPASSRLS.",
        )


def _fill(ctx: Context, play: Cast, tell: Step) -> None:
    arena, found, made, filler = ctx.arena, ctx.catalog, ctx.world, ctx.filler
    tell("making tenant A")
    build.common(filler)
    build.side(filler, made.a, outsider=bool(ctx.colleagues))
    ctx.stale = build.refresh(arena, found)
    ctx.cast = play.before()
    asked = figures.ask(ctx)
    tell("making tenant B")
    build.side(filler, made.b)
    ctx.stale = build.refresh(arena, found)
    for verdict in figures.compare(ctx, asked):
        ctx.say(verdict)
    variants.make(filler, made.a)
    variants.make(filler, made.b)
    build.reload(arena, found, made)
    build.orphans(filler)
    build.existing(arena, found, ctx.axes, made)
    ctx.stale = build.refresh(arena, found)
    ctx.cast = play.everyone()
    ctx.baseline = build.baseline(arena, found, ctx.axes, made)


def _settle(ctx: Context) -> None:
    """ISOLATED proves little where nobody sees even their own rows, unless all is denied."""
    for spot, verdict in list(ctx.verdicts.items()):
        table = ctx.catalog.by_label.get(verdict.object)
        if verdict.verdict is not Kind.ISOLATED or table is None or not table.is_table:
            continue
        if verdict.command != "select" or table.oid in ctx.seen_own or table.is_partition:
            continue
        granted = [
            p
            for p in table.policies
            if p.permissive
            and p.command in ("select", "all")
            and (p.using_expr or "").strip("() ") != "false"
            and (not p.roles or {"anon", "authenticated", "public"} & set(p.roles))
        ]
        why = ctx.world.failures.get(("b", table.oid))
        if table.rls and granted:
            ctx.verdicts[spot] = replace(
                verdict,
                verdict=Kind.UNPROVEN,
                reason="nobody saw even a row of their own: "
                + (why or "a condition of its policies is unmet"),
            )


def _sequences(connection: psycopg.Connection[Any]) -> dict[str, int | None]:
    found = connection.execute(db.query("positions", "setterbase.prover.queries")).fetchall()
    return {label: value for _, label, value in found}
