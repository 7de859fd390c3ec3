"""The report as Markdown, for a pull request or a job's summary."""

from __future__ import annotations

from collections import defaultdict

from setterbase.prover.report.terminal import _headline
from setterbase.prover.verdict import Kind, Report, Verdict


def render(report: Report) -> str:
    counts = report.counts()
    head = " | ".join(str(k) for k in Kind)
    lines = [
        "## Tenant isolation",
        "",
        _headline(report),
        "",
        f"| objects | {head} |",
        "| ---: " * (len(Kind) + 1) + "|",
        f"| {len(report.objects())} | " + " | ".join(str(counts[k]) for k in Kind) + " |",
    ]
    lines += [f"\n> {w}" for w in report.warnings]
    found: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for verdict in report.of(Kind.LEAK):
        found[verdict.object, verdict.command].append(verdict)
    for (name, command), verdicts in sorted(found.items()):
        first = verdicts[0]
        lines += [
            "",
            f"### LEAK: `{name}` {command}",
            "",
            f"{_cell(first.reason)}, as {', '.join(v.identity for v in verdicts)}.",
        ]
        if first.witness is not None:
            lines += ["", f"`{_cell(first.witness.row)}`", "", "```sql", first.witness.sql, "```"]
    for kind in (Kind.ORACLE, Kind.UNPROVEN):
        told = sorted({(v.object, v.command, v.reason) for v in report.of(kind)})
        if told:
            lines += ["", f"### {kind}", "", "| object | command | why |", "| --- | --- | --- |"]
            lines += [f"| `{o}` | {c} | {_cell(r)} |" for o, c, r in told]
    lines += [
        "",
        "<details><summary>Whose rows they are</summary>",
        "",
        "| object | axis | why |",
        "| --- | --- | --- |",
    ]
    lines += [f"| `{a.object}` | {a.axis} | {_cell(a.why)} |" for a in report.axes]
    return "\n".join([*lines, "", "</details>"])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("`", "'")
