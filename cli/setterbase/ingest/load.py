"""Lines into the database, batch by batch, each in a transaction of its own.

An event is known by its id and taken once. So a batch may be tried again, and a file that was
interrupted may be sent again from its start.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from setterbase.db import rows
from setterbase.errors import TargetError
from setterbase.ingest.lines import Line

if TYPE_CHECKING:
    import psycopg

BATCH_LINES = 500
BATCH_CHARACTERS = 4 << 20
TRIES = 5
FIRST_PAUSE = 0.05

# Deadlocks and serialization failures; a lock that was not to be had.
_PASSING = ("40", "55P03")


@dataclass(frozen=True)
class Rejected:
    """A line that became a dead letter: its number, and why in words."""

    line: int
    why: str


@dataclass
class Report:
    """What became of the lines so far; `line` and `end` are where the last of them stood.

    `reasons` counts the dead letters by code, `examples` holds the first of each.
    """

    accepted: int = 0
    duplicates: int = 0
    dead_letters: int = 0
    line: int = 0
    end: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: dict[str, Rejected] = field(default_factory=dict)

    @property
    def lines(self) -> int:
        """How many lines were sent."""
        return self.accepted + self.duplicates + self.dead_letters

    @property
    def counts(self) -> dict[str, int]:
        """The three counts by name."""
        return {
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "dead_letters": self.dead_letters,
        }


Progress = Callable[[Report], None]


def load(
    connection: psycopg.Connection[Any],
    lines: Iterable[Line],
    *,
    batch_size: int = BATCH_LINES,
    report: Report | None = None,
    on_batch: Progress | None = None,
) -> Report:
    """Send `lines` and return what became of them; `report`, if given, is filled as it goes.

    `connection` is in autocommit mode. `on_batch` is called after each batch.

    Raises TargetError when the connection is lost or the database stays too busy: what was
    committed until then is in `report`.
    """
    if not connection.autocommit:
        raise ValueError("each batch is a transaction: the connection must be in autocommit mode")
    report = report or Report()
    for batch in _batches(lines, batch_size):
        _add(report, batch, _send(connection, batch, report))
        if on_batch:
            on_batch(report)
    return report


def _batches(lines: Iterable[Line], size: int) -> Iterator[list[Line]]:
    batch: list[Line] = []
    characters = 0
    for line in lines:
        batch.append(line)
        characters += len(line.text)
        if len(batch) >= size or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _send(connection: psycopg.Connection[Any], batch: list[Line], sofar: Report) -> dict[str, Any]:
    import psycopg

    texts = {"lines": [line.text for line in batch]}
    for trial in range(1, TRIES + 1):
        try:
            answer: dict[str, Any] = rows(connection, "ingest_lines", texts)[0]["answer"]
            return answer
        except psycopg.OperationalError as error:
            if trial < TRIES and (error.sqlstate or "").startswith(_PASSING):
                time.sleep(FIRST_PAUSE * 4 ** (trial - 1))
                continue
            lost = connection.broken or connection.closed
            what = "the connection to the database was lost" if lost else "the database refused"
            raise TargetError(f"{what}: {_said(error)}. {_where(sofar)}", hint=AGAIN) from None
    raise AssertionError("unreachable")


AGAIN = "Run the same command again: an event is taken once, however often it is sent."


def _where(report: Report) -> str:
    if not report.line:
        return "Nothing was ingested yet."
    return f"All up to line {report.line} is ingested."


def _said(error: psycopg.Error) -> str:
    words = error.diag.message_primary or (str(error).strip().splitlines() or ["no word"])[0]
    return words.strip().rstrip(".")


def _add(report: Report, batch: list[Line], answer: dict[str, Any]) -> None:
    report.accepted += answer["accepted"]
    report.duplicates += answer["duplicates"]
    report.dead_letters += answer["dead_letters"]
    report.line, report.end = batch[-1].number, batch[-1].end
    for line, result in zip(batch, answer["results"], strict=True):
        if result["result"] == "dead_letter":
            code, _, words = result["reason"].partition(": ")
            report.reasons[code] += 1
            report.examples.setdefault(code, Rejected(line.number, words))
