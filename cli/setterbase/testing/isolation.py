"""`assert_isolated`: the proof as an assertion, with what leaked in the failure's text."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

    from setterbase.prover.config import Config
    from setterbase.prover.verdict import Report, Verdict

_TOLD = 20  # what is unproven is told as far as a person reads


class NotIsolatedError(AssertionError):
    """Tenants reach each other, or nothing proves that they do not.

    `report` is the whole verdict. `scripts` holds a script for psql by what it shows; they are part
    of the text unless `apart` says that they are shown elsewhere, as the pytest plugin does.
    """

    def __init__(self, summary: str, report: Report, scripts: dict[str, str]) -> None:
        super().__init__(summary)
        self.summary, self.report, self.scripts = summary, report, scripts
        self.apart = False

    def __str__(self) -> str:
        if self.apart:
            return self.summary
        shown = (f"-- {what}\n{script}" for what, script in self.scripts.items())
        return "\n\n".join([self.summary, *shown])


def assert_isolated(
    database: str | psycopg.Connection[Any] | None = None,
    *,
    schemas: Sequence[str] = (),
    config: Path | str | Config | None = None,
    objects: Collection[str] = (),
    allow_unproven: bool | Collection[str] = False,
) -> Report:
    """Fails unless every tenant of `database` is proven to be out of every other's reach.

    `database` is an address, an open psycopg connection, or None for the target of the command:
    `DATABASE_URL`, else the embedded platform. A connection is attacked inside its open
    transaction, whose uncommitted rows and tables count, and is handed back as it was. `schemas`
    are those that the API serves, found out when empty. `config` is what `verify --config` takes,
    or its path. `objects` narrows the judgement, not the attack, to these tables, views and
    functions. `allow_unproven` lets pass what could not be put to the proof: all of it, or these
    objects.

    Returns the report. Raises NotIsolatedError, an AssertionError, for a leak, for what is
    unproven, and for a database or named objects that belong to no tenant: there is nothing to
    prove, and an assertion that cannot fail is none. Raises UsageError for a name that the database
    does not know, TargetError for a database that cannot be attacked.
    """
    __tracebackhide__ = True
    report = _prove(database, schemas, config)
    judged = _judged(report, objects)
    failed = (
        _leaks(judged) or _unproven(judged, allow_unproven) or _vacuous(report, judged, objects)
    )
    if failed is not None:
        summary, scripts = failed
        raise NotIsolatedError(summary, report, scripts)
    return report


def _prove(
    database: str | psycopg.Connection[Any] | None,
    schemas: Sequence[str],
    config: Path | str | Config | None,
) -> Report:
    import psycopg

    from setterbase import db, target
    from setterbase.errors import UsageError
    from setterbase.prover import prove
    from setterbase.prover.config import read

    if isinstance(schemas, str):
        schemas = (schemas,)
    declared = read(Path(config)) if isinstance(config, (str, Path)) else config
    if database is None or isinstance(database, str):
        if database is not None and not database.strip():
            raise UsageError("the address of the database is empty.", hint="Fill it in.")
        place = target.Target("environment", database) if database else target.resolve()
        with db.connect(place) as connection:
            return prove.prove(connection, schemas, declared)
    if not isinstance(database, psycopg.Connection):
        raise UsageError(
            f"a {type(database).__name__} is no connection of psycopg 3, and no address.",
            hint="Pass the address of the database.",
        )
    started = time.monotonic()
    with _borrowed(database):
        report = prove.run(database, schemas, declared)
    report.seconds = time.monotonic() - started
    return report


@contextmanager
def _borrowed(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """The connection with rows as tuples, in a savepoint of its transaction that is rolled back."""
    from psycopg.rows import tuple_row

    made = connection.row_factory
    connection.row_factory = tuple_row
    try:
        with connection.transaction(force_rollback=True):
            yield
    finally:
        connection.row_factory = made


def _judged(report: Report, objects: Collection[str]) -> list[Verdict]:
    """The verdicts on `objects`, all when empty. A function may be named without its arguments."""
    from setterbase.errors import UsageError

    if not objects:
        return report.verdicts
    wanted = {objects} if isinstance(objects, str) else set(objects)
    found = [v for v in report.verdicts if _names(v) & wanted]
    if unknown := sorted(wanted - {n for v in found for n in _names(v)}):
        raise UsageError(
            f"nothing here is called {' or '.join(unknown)}.",
            hint="Write it with its schema, like public.notes.",
        )
    return found


def _names(verdict: Verdict) -> set[str]:
    return {verdict.object, verdict.object.split("(")[0]}


def _leaks(judged: list[Verdict]) -> tuple[str, dict[str, str]] | None:
    from setterbase.prover.verdict import Kind

    found: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in judged:
        if verdict.verdict is Kind.LEAK:
            found.setdefault((verdict.object, verdict.command), []).append(verdict)
    if not found:
        return None
    named = sorted({name for name, _ in found})
    lines = [f"tenants reach each other through {', '.join(named)}"]
    scripts: dict[str, str] = {}
    for (name, command), verdicts in sorted(found.items()):
        first = verdicts[0]
        who = ", ".join(v.identity for v in verdicts)
        lines += ["", f"LEAK {name} {command}", f"  by   {who}", f"  what {first.reason}"]
        if first.witness is not None:
            lines.append(f"  row  {first.witness.row}")
            scripts[f"{name} {command} as {first.identity}"] = first.witness.sql
    return "\n".join(lines), scripts


def _unproven(
    judged: list[Verdict], allowed: bool | Collection[str]
) -> tuple[str, dict[str, str]] | None:
    from setterbase.prover.verdict import Kind

    if allowed is True:
        return None
    let = {allowed} if isinstance(allowed, str) else set(allowed or ())
    left = [v for v in judged if v.verdict is Kind.UNPROVEN and not _names(v) & let]
    if not left:
        return None
    told = sorted({f"  {v.object} {v.command}: {v.reason}" for v in left})
    more = [f"  and {len(told) - _TOLD} more"] if len(told) > _TOLD else []
    named = ", ".join(sorted({v.object for v in left}))
    return "\n".join([f"no leak found, but {named} remain unproven", *told[:_TOLD], *more]), {}


def _vacuous(
    report: Report, judged: list[Verdict], objects: Collection[str]
) -> tuple[str, dict[str, str]] | None:
    """What belongs to nobody cannot leak: to assert its isolation would be a test that never fails.

    Of named objects that holds for each, of a whole database for all of it.
    """
    from setterbase.prover.verdict import Kind

    if not report.has_axis:
        return (
            "nothing in this database belongs to a tenant or a user, so there is nothing to prove\n"
            "  say whose the rows are under [axis] of the config, or leave this assertion out",
            {},
        )
    tried = {v.object for v in judged if v.verdict not in (Kind.PUBLIC, Kind.UNREACHABLE)}
    public = {
        v.object: v.reason for v in judged if v.verdict is Kind.PUBLIC and v.object not in tried
    }
    if not objects or not public:
        return None
    lines = [f"  {name}: {reason}" for name, reason in sorted(public.items())]
    return "\n".join([f"{', '.join(sorted(public))} belong to no tenant", *lines]), {}
