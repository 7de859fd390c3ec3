"""Files against history: what is applied, what is pending, and where the two tell other stories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from setterbase.errors import DriftError
from setterbase.migrations import history

if TYPE_CHECKING:
    import psycopg

    from setterbase.migrations.files import MigrationFile
    from setterbase.migrations.history import Applied


class State(StrEnum):
    """How one version stands."""

    APPLIED = "applied"
    """Applied, and the file is what ran."""
    UNVERIFIED = "unverified"
    """Applied by a tool that did not record the statements, so nobody can compare."""
    PENDING = "pending"
    """Not applied, and newer than all that is."""
    GAP = "gap"
    """Not applied, though a newer one is."""
    CHANGED = "changed"
    """Applied, but the file says something else by now."""
    UNKNOWN = "unknown"
    """Applied, but there is no such file."""


DRIFT = frozenset({State.GAP, State.CHANGED, State.UNKNOWN})


@dataclass(frozen=True)
class Entry:
    """One version: its state, and for a drift the reason in words."""

    version: str
    name: str
    state: State
    why: str | None = None

    @property
    def label(self) -> str:
        """The file's name, or what it was when it ran."""
        return f"{self.version}_{self.name}.sql" if self.name else self.version


def status(connection: psycopg.Connection[Any], files: Sequence[MigrationFile]) -> list[Entry]:
    """Every version of the files and of the history, in order.

    Raises MigrationError when the history may not be read, TargetError when the connection is lost.
    """
    return compare(files, history.read(connection))


def compare(files: Sequence[MigrationFile], applied: Sequence[Applied]) -> list[Entry]:
    """Every version of either side, in order."""
    by_version = {row.version: row for row in applied}
    newest = max(by_version, default="")
    entries = [_entry(file, by_version.pop(file.version, None), newest) for file in files]
    entries += [
        Entry(row.version, row.name, State.UNKNOWN, "was applied here, but its file is missing")
        for row in by_version.values()
    ]
    return sorted(entries, key=lambda entry: entry.version)


def refuse_drift(entries: Sequence[Entry], *, include_all: bool = False) -> None:
    """Raise DriftError, naming each version and what to do next; `include_all` lets gaps pass."""
    tolerated = {State.GAP} if include_all else set()
    drifted = [entry for entry in entries if entry.state in DRIFT - tolerated]
    if not drifted:
        return
    states = {entry.state for entry in drifted}
    raise DriftError(
        "; ".join(f"{entry.label} {entry.why}" for entry in drifted) + ".",
        hint=" ".join(advice for state, advice in _ADVICE.items() if state in states),
    )


_ADVICE = {
    State.CHANGED: "A file that ran is never edited: restore it and put the change into a new "
    "migration (`setterbase migrate new NAME`).",
    State.UNKNOWN: "Get the missing file from whoever applied it (`git pull`), or, if it never "
    "belonged here, run `supabase migration repair --status reverted VERSION`.",
    State.GAP: "Give the older file a new timestamp, or apply it late with "
    "`setterbase migrate up --include-all`.",
}


def _entry(file: MigrationFile, row: Applied | None, newest: str) -> Entry:
    if row is None:
        if file.version < newest:
            why = f"was never applied, though the newer {newest} was"
            return Entry(file.version, file.name, State.GAP, why)
        return Entry(file.version, file.name, State.PENDING)
    if row.statements is None:
        why = "was applied by a tool that did not record its text"
        return Entry(file.version, file.name, State.UNVERIFIED, why)
    if row.statements != file.recorded:
        return Entry(file.version, file.name, State.CHANGED, _difference(file, row.statements))
    return Entry(file.version, file.name, State.APPLIED)


def _difference(file: MigrationFile, ran: list[str]) -> str:
    """Where the file leaves what ran, in words."""
    for number, (statement, before) in enumerate(zip(file.statements, ran, strict=False), start=1):
        if statement.text != before:
            line = file.line(statement.code_start)
            return f"was changed after it ran: statement {number}, line {line}"
    more, fewer = len(file.statements) - len(ran), len(ran) - len(file.statements)
    if more > 0:
        line = file.line(file.statements[len(ran)].code_start)
        return f"was changed after it ran: {more} more at its end, from line {line}"
    return f"was changed after it ran: {fewer} fewer at its end"
