"""What the doctor says: a line a check, and below it what is wrong and how to mend it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from setterbase.doctor.model import Result, Verdict

COLOURS = {
    Verdict.OK: "green",
    Verdict.UNSEEN: "dim",
    Verdict.WARNING: "yellow",
    Verdict.PROBLEM: "bold red",
}


def doctor(results: Sequence[Result]) -> RenderableType:
    """Every check in order, then how many came to what."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for result in results:
        table.add_row(_word(result.verdict), result.check, result.title)
        if result.why:
            table.add_row("", "", Text(f"not looked at: {result.why}", style="dim"))
        for finding in result.findings:
            table.add_row("", "", Text(finding.what, style=COLOURS[finding.verdict]))
            table.add_row("", "", Text(f"→ {finding.mend}"))
    return Group(table, _sum(results))


def _word(verdict: Verdict) -> Text:
    return Text(verdict, style=COLOURS[verdict])


def _sum(results: Sequence[Result]) -> Text:
    counts = Counter(result.verdict for result in results)
    words = {
        Verdict.OK: "ok",
        Verdict.WARNING: "with a warning",
        Verdict.PROBLEM: "with a problem",
        Verdict.UNSEEN: "not looked at",
    }
    told = [f"{counts[verdict]} {word}" for verdict, word in words.items() if counts[verdict]]
    return Text(f"{len(results)} checks: {', '.join(told)}.")
