"""The closing report of an ingest."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from setterbase.ingest.load import Report
from setterbase.render.figures import clean, number
from setterbase.render.lists import table


def report(told: Report) -> RenderableType:
    """The three counts, and the first reasons of the dead letters."""
    counts = table("", "", right=[1])
    counts.show_header = False
    for name, count, style in (
        ("accepted", told.accepted, "green"),
        ("duplicates", told.duplicates, ""),
        ("dead letters", told.dead_letters, "red"),
    ):
        counts.add_row(name, Text(number(count, "en"), style if count else ""))
    if not told.dead_letters:
        return counts
    reasons = table("", "", "", right=[0])
    reasons.show_header = False
    reasons.columns[2].no_wrap = False
    for code, count in told.reasons.most_common():
        first = told.examples[code]
        words = f"line {first.line}: {clean(first.why)}"
        reasons.add_row(number(count, "en"), Text(clean(code), "red"), Text(words, "bright_black"))
    return Group(counts, Text(), reasons)
