"""Other tools beside ours, on the stories of the prover's corpus and on our own schema.

A story has a bad state, whose leak is known, and a mended one; some are safe from the start. Of
each tool it is counted how many leaks it names and stops naming once they are mended, and on how
many safe states it raises an alarm. What a tool says it cannot tell is neither.

A leak counts as named when a finding names the object that leaks, or one that the bad version of
the story defines, whatever the rule. Findings on the helpers that policies ask for the caller's
tenants count as sanctioned, since whoever uses these tools would sanction them once.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import median

from setterbase.prover import prove
from tests.benchmarks import peer_tools
from tests.benchmarks.peer_tools import Place, Seen, Tool, bare
from tests.prover import corpus
from tests.support import legs, servers
from tests.support.servers import Database, Server

MAJOR = 17  # what hosted projects run, and the newest that every tool says it supports
JOBS = 4  # stories at once: most of what the tools do is to start
STORIES = legs.TESTS / "prover/corpus"


@dataclass(frozen=True)
class State:
    """A database as one half of a story."""

    story: str
    leaking: bool
    template: Database
    place: Place
    guilty: frozenset[str] = frozenset()


@dataclass
class Tally:
    """What one line of the table said of everything."""

    name: str
    tool: Tool
    named: set[str] = field(default_factory=set)
    still: set[str] = field(default_factory=set)  # named, and named the same when mended
    unsure: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    alarms: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    unsure_safe: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    ours: Seen = field(default_factory=Seen)
    ours_seconds: float = 0.0


@dataclass(frozen=True)
class Comparison:
    """The table, and what was said of ours: every leak named, nothing else."""

    tallies: Sequence[Tally]
    leaks: int
    safe: int

    @property
    def kept(self) -> bool:
        first = self.tallies[0]
        return (
            len(first.named) == self.leaks
            and not first.alarms
            and not first.unsure | first.unsure_safe
            and not first.still
            and not first.failed
            and not first.ours.findings | first.ours.unsure
        )

    def text(self) -> str:
        """A Markdown table, the commands, and every story that a tool did not settle."""
        head = (
            f"| tool | version | leaks named, of {self.leaks} | named when mended too | could not "
            f"tell | silent | alarms, of {self.safe} safe | could not tell there | failed | "
            "median s | our schema: alarms, unsure, s |"
        )
        lines = [f"## Leaks named, safe states left alone (PostgreSQL {MAJOR})", "", head]
        lines.append("| --- " * 2 + "| ---: " * 9 + "|")
        for t in self.tallies:
            ours = f"{len({o for o, _ in t.ours.findings})}, {len(t.ours.unsure)}"
            ours = f"failed: {t.ours.failed}" if t.ours.failed else f"{ours}, {t.ours_seconds:.1f}"
            lines.append(
                f"| {t.name} | {t.tool.version} | {len(t.named)} | {len(t.still)} | "
                f"{len(t.unsure)} | {len(t.silent)} | {len(t.alarms)} | {len(t.unsure_safe)} | "
                f"{len(t.failed)} | {median(t.seconds):.1f} | {ours} |"
            )
        tools = dict.fromkeys(t.tool for t in self.tallies)
        lines += ["", *(f"- {tool.lines[0]}: `{tool.commands}`" for tool in tools)]
        for t in self.tallies:
            lines += ["", f"### {t.name}"]
            for title, stories in (
                ("named when mended too", t.still),
                ("could not tell", t.unsure),
                ("silent", t.silent),
                ("could not tell of the safe", t.unsure_safe),
            ):
                if stories:
                    lines.append(f"- {title}: {', '.join(sorted(stories))}")
            lines += [
                f"- alarm on {name}: {', '.join(sorted(' '.join(f) for f in found))}"
                for name, found in sorted(t.alarms.items())
            ]
            lines += [f"- failed on {name}: {why}" for name, why in sorted(t.failed.items())]
            lines += [f"- ours: {o} {rule}" for o, rule in sorted(t.ours.findings)]
        verdict = "kept" if self.kept else "NOT KEPT"
        lines += ["", f"promised of ours: every leak, no alarm, nothing unproven: {verdict}"]
        return "\n".join(lines)


def run(*, small: bool, only: str | None) -> Iterator[Comparison]:
    """The comparison; `small` takes every tenth story, `only` those whose name holds the text."""
    found = [c for c in corpus.cases() if only is None or only in c.name]
    found = found[::10] if small else found
    lines = [[Tally(name, tool) for name in tool.lines] for tool in peer_tools.tools()]
    leg = next(leg for leg in legs.LEGS if leg.major == MAJOR)
    server = servers.start(leg)
    try:
        server.bare("current")
        with ThreadPoolExecutor(JOBS) as pool:
            for number, case in enumerate(pool.map(partial(_case, server, lines), found), 1):
                print(f"{number}/{len(found)} {case}", file=sys.stderr, flush=True)  # noqa: T201
        for tallies in lines:
            _own(server, tallies)
    finally:
        servers.end(server, keep=False)
    leaks = sum(bool(c.leaks) for c in found)
    yield Comparison([t for tallies in lines for t in tallies], leaks, len(found))


def _case(server: Server, lines: list[list[Tally]], case: corpus.Case) -> str:
    """Every tool on both states of a story, one tool after the other."""
    states = list(_states(server, case))
    for tallies in lines:
        _story(server, tallies, states)
    for state in states:
        server.drop(state.template)
    return case.name


def _states(server: Server, case: corpus.Case) -> Iterator[State]:
    guilty = frozenset({bare(name) for name, _ in case.leaks} | _defined(case.name))
    for leaking, sql in ((True, case.bad), (False, case.mended)):
        if sql and (case.leaks or not leaking):
            template = server.clone(server.bare("current"))
            with template.connect() as connection:
                connection.execute(sql.encode())
            yield State(case.name, leaking, template, _place(template, guilty), guilty)


def _defined(story: str) -> set[str]:
    """The objects that the bad version of a story defines, or whose policies it does."""
    text = (STORIES / f"{story}.sql").read_text(encoding="utf-8")
    parts = re.split(r"^-- @(bad|mended)\n", text, flags=re.M)
    bad = parts[parts.index("bad") + 1] if "bad" in parts else ""
    made = r"(?:table|view|function)\s+(?:if\s+not\s+exists\s+)?(\w+\.\w+)|\bon\s+(\w+\.\w+)"
    return {a or b for a, b in re.findall(made, bad, re.I)}


def _place(database: Database, guilty: frozenset[str]) -> Place:
    """What a person knows of the database: its schemas, its tenant column, its helpers."""
    with database.connect() as connection:
        report = prove.prove(connection)
        asked = connection.execute(
            "select distinct n.nspname || '.' || p.proname from pg_policy as c "
            "join pg_depend as d on d.objid = c.oid and d.refclassid = 'pg_proc'::regclass "
            "join pg_proc as p on p.oid = d.refobjid "
            "join pg_namespace as n on n.oid = p.pronamespace where n.nspname <> 'auth'"
        ).fetchall()
        managed = connection.execute(
            "select n.nspname from pg_namespace as n where n.nspname in ('storage', 'realtime')"
        ).fetchall()
        connection.rollback()
    axes = [a for a in report.axes if a.columns and a.axis not in ("tenant", "profile")]
    first = next((a for a in axes if a.object in guilty), axes[0] if axes else None)
    return Place(
        database,
        tuple(report.schemas) + tuple(name for (name,) in managed),
        first.columns[0] if first else None,
        first is not None and first.axis == "user",
        tuple(name for (name,) in asked),
    )


def _look(server: Server, tallies: list[Tally], state: State) -> tuple[Seen, ...]:
    """What a tool says, in a copy of its own; it may leave there what it likes."""
    copy = server.clone(state.template)
    place = replace(state.place, database=copy)
    try:
        started = time.monotonic()
        found = tallies[0].tool.look(place)
        seconds = time.monotonic() - started
    finally:
        server.drop(copy)
    sanctioned = set(place.helpers) - state.guilty
    for tally, seen in zip(tallies, found, strict=True):
        tally.seconds.append(seconds)
        seen.findings = {f for f in seen.findings if f[0] not in sanctioned}
        seen.unsure -= sanctioned
    return found


def _story(server: Server, tallies: list[Tally], states: list[State]) -> None:
    found = {s.leaking: _look(server, tallies, s) for s in states}
    story, guilty = states[0].story, states[0].guilty
    for line, tally in enumerate(tallies):
        safe = found[False][line]
        _judge_safe(tally, story, safe)
        if True in found:
            _judge_bad(tally, story, guilty, found[True][line], safe)


def _judge_safe(tally: Tally, story: str, safe: Seen) -> None:
    if safe.failed:
        tally.failed[f"{story}, mended"] = safe.failed
    elif safe.findings:
        tally.alarms[story] = safe.findings
    elif safe.unsure:
        tally.unsure_safe.add(story)


def _judge_bad(tally: Tally, story: str, guilty: frozenset[str], bad: Seen, safe: Seen) -> None:
    named = {f for f in bad.findings if f[0] in guilty}
    if bad.failed:
        tally.failed[f"{story}, bad"] = bad.failed
    elif named - safe.findings:
        tally.named.add(story)
    elif named:
        tally.still.add(story)
    elif bad.unsure & guilty:
        tally.unsure.add(story)
    else:
        tally.silent.add(story)


def _own(server: Server, tallies: list[Tally]) -> None:
    template = server.migrated("current")
    state = State("our own schema", False, template, _place(template, frozenset()))
    for tally, seen in zip(tallies, _look(server, tallies, state), strict=True):
        tally.ours, tally.ours_seconds = seen, tally.seconds.pop()
