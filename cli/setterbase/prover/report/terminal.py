"""The report for a terminal: the summary, the leaks with their witness, what is unproven."""

from __future__ import annotations

import textwrap
from collections import defaultdict

from setterbase.prover.verdict import Kind, Report, Verdict

_SHOWN = 3
_NAMED = 12  # objects that the first line names
_SCREEN = 40  # tables that get a line each
_WIDTH = 100


def render(report: Report) -> str:
    parts = [summary(report), _axes(report)]
    parts += [
        _leaks(report),
        _group(report, Kind.ORACLE, "Oracles"),
        _group(report, Kind.UNPROVEN, "Unproven"),
        _objects(report),
    ]
    return "\n\n".join(p for p in parts if p)


def summary(report: Report) -> str:
    """The verdict in a few lines: what was found, where, and how hard it was tried."""
    counts = report.counts()
    worst: dict[Kind, int] = defaultdict(int)
    for kind in report.objects().values():
        worst[kind] += 1
    version = f"{report.version // 10000}.{report.version % 10000}"
    lines = [
        f"{_headline(report)}",
        f"{report.database} as {report.role}, PostgreSQL {version}; schemas "
        f"{', '.join(report.schemas) or 'none'} ({report.schemas_why})",
        f"{len(report.objects())} objects, {len(report.verdicts)} verdicts, {report.attempts} "
        f"attempts in {report.seconds:.1f} s; {report.undone}"
        + (f", but {_sequences(report.sequences)} moved on" if report.sequences else ""),
        "  ".join(f"{kind} {counts[kind]}" for kind in Kind if counts[kind]),
    ]
    return "\n".join([*lines, *(f"! {w}" for w in report.warnings)])


def _sequences(number: int) -> str:
    return "1 sequence" if number == 1 else f"{number} sequences"


def _headline(report: Report) -> str:
    counts = report.counts()
    if not report.has_axis:
        return "NO TENANT AXIS: nothing here belongs to a tenant or a user, so nothing can cross."
    if counts[Kind.LEAK]:
        named = sorted({v.object for v in report.of(Kind.LEAK)})
        return f"LEAK: {len(named)} objects let tenants reach each other: {_some(named)}"
    if counts[Kind.UNPROVEN]:
        named = sorted({v.object for v in report.of(Kind.UNPROVEN)})
        return f"UNPROVEN: no leak found, but {len(named)} objects remain: {_some(named)}"
    return "ISOLATED: no tenant reaches another."


def _some(names: list[str]) -> str:
    """All names; of many the first, without the arguments of functions."""
    if len(names) <= _NAMED:
        return ", ".join(names)
    shown = dict.fromkeys(name.split("(")[0] for name in names[:_NAMED])
    return f"{', '.join(shown)}, …"


def _axes(report: Report) -> str:
    if not report.axes:
        return ""
    if len(report.axes) > _SCREEN:
        return _axes_of_many(report)
    wide = max(len(a.object) for a in report.axes)
    lines = [f"  {a.object:<{wide}}  {a.axis:<10}  {a.why}" for a in report.axes]
    return "\n".join(["Whose rows they are", *lines])


def _axes_of_many(report: Report) -> str:
    """The tables by how they reach their tenant: a line each would be no screen any more."""
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for line in report.axes:
        alike[line.axis, ", ".join(line.columns)].append(line.object)
    lines = [f"Whose rows they are: {len(report.axes)} tables (why, each: --output json)"]
    for (axis, columns), names in sorted(alike.items(), key=lambda kept: -len(kept[1])):
        how = f"{axis} {columns}".strip()
        lines.append(f"  {how} ({len(names)})")
        lines += textwrap.wrap(
            ", ".join(names),
            width=_WIDTH,
            initial_indent="    ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(lines)


def _leaks(report: Report) -> str:
    found: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for verdict in report.of(Kind.LEAK):
        found[verdict.object, verdict.command].append(verdict)
    lines: list[str] = []
    for (name, command), verdicts in sorted(found.items()):
        first = verdicts[0]
        who = ", ".join(v.identity for v in verdicts)
        lines += ["", f"LEAK  {name}  {command}", f"  by    {who}", f"  what  {first.reason}"]
        if first.witness is not None:
            lines.append(f"  row   {first.witness.row}")
            lines += [f"  paste into {_where(first)}:"]
            lines += [f"    {s}" for s in first.witness.sql.splitlines()]
    return "\n".join(["Leaks", *lines[1:]]) if lines else ""


def _where(verdict: Verdict) -> str:
    return "a shell, while --hold keeps the copy" if verdict.command.startswith("http") else "psql"


def _group(report: Report, kind: Kind, title: str) -> str:
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for verdict in report.of(kind):
        found[verdict.object, verdict.command, verdict.reason].append(verdict.identity)
    lines = [
        f"  {name}  {command}: {reason} ({', '.join(who[:_SHOWN])}"
        f"{', …' if len(who) > _SHOWN else ''})"
        for (name, command, reason), who in sorted(found.items())
    ]
    return "\n".join([title, *lines]) if lines else ""


def _objects(report: Report) -> str:
    found = report.objects()
    if not found:
        return ""
    wide = min(max(map(len, found)), _WIDTH // 2)
    lines = [f"  {name:<{wide}}  {kind}" for name, kind in sorted(found.items())]
    return "\n".join(["Every object, its gravest verdict", *lines])
