"""Breaks the rules of the database at hand on purpose, one at a time, and tells what is noticed."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from setterbase.prover import catalog, config, intent, prove, staff, texts
from setterbase.prover.arena import BUSY, CROSSED
from setterbase.prover.attacks import figures
from setterbase.prover.breaks import Break, all_breaks
from setterbase.prover.context import Context
from setterbase.prover.identities import Cast
from setterbase.prover.model import Catalog
from setterbase.prover.report import Form
from setterbase.prover.verdict import Kind

if TYPE_CHECKING:
    import psycopg


_TRIES = 3  # of one break
_FATES = ("noticed", "survived", "equivalent", "impossible", "unproven")


@dataclass(frozen=True)
class Fate:
    """What became of one break: noticed, survived, equivalent, impossible here, or unproven."""

    kind: str
    object: str
    statement: str
    fate: str
    reason: str


@dataclass
class Harvest:
    fates: list[Fate] = field(default_factory=list)
    seconds: float = 0.0

    def count(self, fate: str) -> int:
        return sum(f.fate == fate for f in self.fates)

    def exit_code(self) -> int:
        """0 when every break that is not equivalent was noticed, 1 when one was not, 3 unproven."""
        if self.count("survived"):
            return 1
        return 3 if self.count("unproven") else 0


def run(
    connection: psycopg.Connection[Any],
    schemas: Sequence[str] = (),
    settings: config.Config | None = None,
    on_step: Callable[[str], None] | None = None,
) -> Harvest:
    """Each break in its own savepoint over one world; the transaction is rolled back."""
    tell = on_step or (lambda _: None)
    started = time.monotonic()
    harvest = Harvest()
    try:
        ctx = prove.prepare(connection, schemas, settings)
        prove.attack(ctx)
        before = _grave(ctx)
        todo = list(all_breaks(ctx))
        tell(f"{len(todo)} breaks of {len({b.kind for b in todo})} kinds")
        for number, one in enumerate(todo, 1):
            if number % 50 == 0:
                tell(f"{number} of {len(todo)}")
            harvest.fates.append(_again(ctx, one, before, tuple(schemas)))
    finally:
        connection.rollback()
    harvest.seconds = time.monotonic() - started
    return harvest


def _again(
    ctx: Context, one: Break, before: set[tuple[str, str, str, Kind]], schemas: tuple[str, ...]
) -> Fate:
    """Tries a break, and again where others at work in the database came in between."""
    from psycopg import Error

    reason = ""
    for _ in range(_TRIES):
        try:
            return _try(ctx, one, before, schemas)
        except Error as error:
            if error.sqlstate not in BUSY:
                raise
            reason = error.diag.message_primary or str(error)
    statement = "; ".join(one.statements)
    return Fate(one.kind, one.object, statement, "unproven", f"the database was busy: {reason}")


def _grave(ctx: Context) -> set[tuple[str, str, str, Kind]]:
    """What was said already, so that only what a break adds counts."""
    return {
        (v.object, v.command, v.identity, v.verdict)
        for v in ctx.verdicts.values()
        if v.verdict in (Kind.LEAK, Kind.ORACLE)
    }


def _try(
    ctx: Context, one: Break, before: set[tuple[str, str, str, Kind]], schemas: tuple[str, ...]
) -> Fate:
    def fate(name: str, reason: str) -> Fate:
        return Fate(one.kind, one.object, "; ".join(one.statements), name, reason)

    if one.equivalent:
        return fate("equivalent", one.equivalent)
    with ctx.arena.savepoint():
        for statement in one.statements:
            outcome = ctx.arena.try_owner(statement)
            if outcome.state in BUSY:
                return fate("unproven", f"the database was busy: {outcome.message}")
            if not outcome.ok:
                return fate("impossible", outcome.message)
        ctx.arena.owner("set local search_path = pg_catalog")
        served = (*(schemas or ctx.catalog.exposed), *([one.exposes] if one.exposes else []))
        broken = catalog.load(ctx.arena.connection, served)
        ctx.arena.owner(f"set local search_path = {ctx.arena.path}")
        evidence = texts.gather(broken)
        cast = Cast(ctx.world, ctx.refs, ctx.axes, evidence).everyone()
        focus = one.focus | _dependents(broken, one.focus)
        if one.widens:
            focus |= {
                f.oid for f in broken.functions.values() if f.oid not in ctx.catalog.functions
            }
            focus |= {r for r in broken.relations if r not in ctx.catalog.relations}
        fresh = Context(
            ctx.arena,
            broken,
            ctx.world,
            ctx.refs,
            ctx.axes,
            evidence,
            cast,
            ctx.filler,
            public=ctx.public,
            focus=focus,
            baseline=ctx.baseline,
            seen_own=set(ctx.seen_own),
            colleagues=staff.shared(broken, ctx.refs, evidence, ctx.axes),
        )
        fresh.verdicts = (
            {
                spot: v
                for spot, v in ctx.verdicts.items()
                if v.verdict is Kind.ISOLATED and v.command == "select"
            }
            if one.everywhere
            else {}
        )
        prior = set(fresh.verdicts)
        ctx.arena.errors.clear()
        for family in (*prove.FAMILIES, None):
            if family is not None:
                family.run(fresh)
            else:
                for verdict in figures.without(fresh) if focus else ():
                    fresh.say(verdict)
            found = [
                v
                for spot, v in fresh.verdicts.items()
                if v.verdict in (Kind.LEAK, Kind.ORACLE)
                and (v.object, v.command, v.identity, v.verdict) not in before
                and (spot not in prior or v.verdict is Kind.LEAK)
            ]
            if found:
                first = found[0]
                told = f"{first.object} {first.command} as {first.identity}: {first.reason}"
                return fate("noticed", f"{first.verdict} {told}")
        return fate(*_why_not(ctx, one, fresh))


def _why_not(ctx: Context, one: Break, fresh: Context) -> tuple[str, str]:
    """Whether the database's own constraints stood in the way, or nothing tells why."""
    if one.guarded:
        return "equivalent", one.guarded
    for verdict in fresh.verdicts.values():
        if verdict.verdict is Kind.LEAK and one.object.startswith(verdict.object):
            return "equivalent", f"it is open already: {verdict.command}, {verdict.reason}"
        said = verdict.command == "select" and verdict.reason.startswith(intent.SAYS)
        if said and one.object.startswith(verdict.object):
            return "equivalent", verdict.reason
    refused = [
        v.reason
        for v in fresh.verdicts.values()
        if v.kind == "function" and v.identity == "member of A"
    ]
    if one.kind == "function granted" and all("permission denied" in r for r in refused):
        return "equivalent", f"it runs with the caller's rights: {', '.join(refused)}"
    table = ctx.catalog.by_label.get(one.object)
    rule = intent.public_rule(table) if table is not None else None
    if rule is not None:
        return "equivalent", f"{intent.SAYS} «{rule.name}»"
    met = next((e for e in ctx.arena.errors if e.state in CROSSED), None)
    if met is not None:
        return "unproven", f"the database was busy: {met.message}"
    for error in reversed(ctx.arena.errors):
        structural = (error.state or "")[:2] in ("23", "P0") or error.state == "42P17"
        if error.state == "42501":  # the refusal of a trigger or a function
            structural = not re.search(r"row-level|denied for (?!function)", error.message)
        if structural and one.kind in _BY_WRITE:
            return "equivalent", f"the database refuses for another reason: {error.message}"
    return "survived", f"no attack on {len(fresh.focus or ())} objects went through"


_BY_WRITE = frozenset(
    {
        "rows may be handed over",
        "rows may be taken over",
        "update policy added",
        "insert policy added",
        "delete policy added",
        "with check (true)",
        "self-promotion",
        "writable view added",
        "definer function deletes by id",
    }
)


def _dependents(broken: Catalog, focus: set[int]) -> set[int]:
    """Views over the objects in focus, and functions that read them."""
    found: set[int] = set()
    todo = set(focus)
    while todo:
        oid = todo.pop()
        for relation in broken.relations.values():
            if oid in relation.reads and relation.oid not in found:
                found.add(relation.oid)
                todo.add(relation.oid)
    tables = focus | found
    for function in broken.functions.values():
        if any(t.oid in tables for t in texts.mentioned(broken, function.body)):
            found.add(function.oid)
    return found


def render(harvest: Harvest, form: Form) -> str:
    """The harvest as a table, or as JSON."""
    kinds = sorted({f.kind for f in harvest.fates})
    summary = {
        "kinds": len(kinds),
        "breaks": len(harvest.fates),
        "seconds": round(harvest.seconds, 1),
        **{n: harvest.count(n) for n in _FATES},
    }
    if form is Form.json:
        fates = [vars(f) for f in harvest.fates]
        return json.dumps({"summary": summary, "breaks": fates}, ensure_ascii=False, indent=2)
    return "\n".join(_lines(harvest, summary, kinds))


def _lines(harvest: Harvest, summary: dict[str, Any], kinds: list[str]) -> Iterator[str]:
    yield (
        f"{summary['breaks']} breaks of {summary['kinds']} kinds in {summary['seconds']} s: "
        f"{summary['noticed']} noticed, {summary['survived']} not, "
        f"{summary['equivalent']} equivalent, {summary['impossible']} impossible here"
        + (f", {summary['unproven']} unproven" if summary["unproven"] else "")
    )
    wide = max(map(len, kinds), default=0)
    yield ""
    for kind in kinds:
        counts = Counter(f.fate for f in harvest.fates if f.kind == kind)
        yield f"  {kind:<{wide}}  " + ", ".join(f"{n} {fate}" for fate, n in counts.items())
    for fate, title in (
        ("survived", "Not noticed"),
        ("unproven", "Unproven"),
        ("equivalent", "Equivalent"),
        ("impossible", "Impossible here"),
    ):
        told = [f for f in harvest.fates if f.fate == fate]
        if told:
            yield from ["", title]
            yield from (f"  {f.kind}  {f.object}: {f.reason}\n    {f.statement}" for f in told)
