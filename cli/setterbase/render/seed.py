"""What a seed plans and has done, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table


def counts(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows with one coach a line; numbers to the right, thousands apart, and a total below."""
    if not rows:
        return "Nothing."
    table = Table(box=None, pad_edge=False)
    numbers = [column for column in rows[0] if isinstance(rows[0][column], int)]
    for column in rows[0]:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    if len(rows) > 1:
        total = {column: sum(row[column] for row in rows) for column in numbers}
        table.add_row(
            *("total" if i == 0 else _cell(total.get(c, "")) for i, c in enumerate(rows[0])),
            style="bold",
        )
    return _text(table)


def preview(rows: Sequence[Mapping[str, Any]]) -> str:
    """A few of the leads that would be written, and how their conversations begin."""
    table = Table(box=None, pad_edge=False, title="A few of them", title_justify="left")
    for column in rows[0] if rows else ():
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    return _text(table)


def _cell(value: object) -> str:
    if value is None:
        return "—"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _text(table: Table) -> str:
    console = Console()
    if not console.is_terminal:
        # Wide enough for every line where nobody reads at a width: in a pipe or a log.
        console = Console(width=200)
    with console.capture() as capture:
        console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())
