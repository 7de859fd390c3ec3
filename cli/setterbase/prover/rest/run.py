"""Runs the proof through PostgREST: a copy, its world, SQL first, then every request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from setterbase import db
from setterbase.errors import TargetError
from setterbase.prover import config, prove
from setterbase.prover.context import Context
from setterbase.prover.model import Function, Relation
from setterbase.prover.rest import call, copy, read, replay, server, source, write
from setterbase.prover.rest.client import Client
from setterbase.prover.rest.ground import Ground
from setterbase.prover.rest.keeper import Keeper
from setterbase.prover.verdict import Kind, Report, Verdict

if TYPE_CHECKING:
    import psycopg

    from setterbase.target import Target

Step = Callable[[str], None]


@contextmanager
def proof(
    target: Target,
    schemas: Sequence[str] = (),
    settings: config.Config | None = None,
    on_step: Step | None = None,
    place: copy.Copy | None = None,
) -> Iterator[Report]:
    """The verdict; the copy serves on until the block ends, for whoever wants to look.

    `place` is a yard for one copy after the other; without it each makes its own.

    `target` is read and nothing else. Raises TargetError when it cannot be read or rebuilt, or
    when its API answers nobody, PlatformError when PostgREST is missing.
    """
    tell = on_step or (lambda _: None)
    settings = settings or config.Config()
    program = server.find(tell)  # before the work, not after it
    started = time.monotonic()
    tell("reading the target")
    with db.connect(target) as connection:
        found = source.read(connection, schemas or settings.schemas, settings)
    tell("building a copy of its schema")
    with copy.made(found, place) as there:
        with _connected(there.url()) as connection:
            ctx = prove.prepare(connection, schemas, settings, tell)
            prove.attack(ctx, tell)
            connection.commit()  # the world alone: every attack has been undone
        there.remember()
        url = there.url("authenticator")
        with server.Server(program, there.api_file, url, ctx.catalog.exposed) as api:
            api.start()
            ground = _attack(ctx, there, api, tell)
            report = _report(ctx, ground, api, found.database)
            report.seconds = time.monotonic() - started
            yield report


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    import psycopg

    connection = psycopg.connect(url, application_name="setterbase")
    try:
        yield connection
    finally:
        connection.close()


def _attack(ctx: Context, there: copy.Copy, api: server.Server, tell: Step) -> Ground:
    def again() -> None:
        api.stop()
        there.restore()
        api.start()

    with Keeper(there, again) as keeper:
        ground = Ground(ctx, api.client, keeper)
        ground.settle()
        for identity in ctx.cast:
            tell(f"asking PostgREST as {identity.name}")
            for family in (read, write, call, replay):
                family.run(ground, identity)
    _refuse_silence(ctx, api.client)
    return ground


def _refuse_silence(ctx: Context, client: Client) -> None:
    """Where people see their own rows in SQL, an API that never answers proves nothing.

    Raises TargetError with what it says instead.
    """
    if ctx.seen_own and not client.answered:
        said, _ = client.refusals.most_common(1)[0]
        raise TargetError(
            f"PostgREST refused every request: {said}.",
            hint="Is pgrst.db_pre_request of the role `authenticator` right? `verify` without "
            "--http needs no API.",
        )


def _report(ctx: Context, ground: Ground, api: server.Server, database: str) -> Report:
    _doubt(ctx, ground)
    report = prove.summarize(ctx)
    report.database = database
    report.role = f"PostgREST {api.version}"
    report.attempts = ground.client.requests
    report.undone = "in a copy of the schema that is gone"
    order = list(Kind)
    report.verdicts = sorted(
        ground.verdicts.values(), key=lambda v: (order.index(v.verdict), v.object, v.command)
    )
    return report


def _doubt(ctx: Context, ground: Ground) -> None:
    """A leak that SQL shows and no request did is open, unless PostgREST refuses such requests."""
    # By any caller: which of them meets the plan that another left, the pool decides.
    shown = {(v.object, v.command) for v in ground.verdicts.values() if v.verdict is Kind.LEAK}
    served = {thing.label for thing in _things(ctx) if thing.schema in ctx.catalog.exposed}
    for (label, command, name), sql in ctx.verdicts.items():
        spot = label, f"http {command}", name
        asked = ground.verdicts.get(spot)
        told = asked is not None and asked.verdict in (Kind.LEAK, Kind.PUBLIC, Kind.UNREACHABLE)
        if sql.verdict is not Kind.LEAK or label not in served or told or spot[:2] in shown:
            continue
        why = f"SQL shows a leak ({sql.reason}), no request did: verify without --http"
        kind = Kind.UNREACHABLE if sql.unsayable else Kind.UNPROVEN
        why = sql.unsayable or why
        ground.verdicts[spot] = Verdict(label, sql.kind, spot[1], name, kind, why)


def _things(ctx: Context) -> list[Relation | Function]:
    return [*ctx.catalog.relations.values(), *ctx.catalog.functions.values()]
