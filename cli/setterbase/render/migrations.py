"""How migrations stand, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from setterbase.migrations.status import DRIFT, Entry, State


def status(entries: Sequence[Entry]) -> str:
    """One line a version, coloured where stdout is a terminal; `why` only if there is any."""
    from rich.console import Console
    from rich.table import Table

    if not entries:
        return "There are no migrations."
    table = Table(box=None, pad_edge=False)
    for column in ("version", "name", "state"):
        table.add_column(column, no_wrap=True)
    if any(entry.why for entry in entries):
        table.add_column("why", overflow="fold")
    for entry in entries:
        table.add_row(
            entry.version,
            entry.name or "—",
            f"[{_colour(entry.state)}]{entry.state}[/]",
            entry.why or "",
        )
    console = Console()
    with console.capture() as capture:
        # Wide enough for every line where nobody reads at a width: in a pipe or a log.
        console.print(table, width=None if console.is_terminal else 200)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _colour(state: State) -> str:
    if state in DRIFT:
        return "red"
    return {State.PENDING: "yellow", State.APPLIED: "green"}.get(state, "default")
