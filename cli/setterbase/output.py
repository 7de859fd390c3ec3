"""The one module that prints: the result to stdout, the talk to stderr."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any


class Format(StrEnum):
    """How a result is written to stdout."""

    table = "table"
    json = "json"
    csv = "csv"


def say(message: str) -> None:
    """One line of talk: progress, advice, what was done."""
    print(message, file=sys.stderr)  # noqa: T201


def fail(message: str) -> None:
    """One line that says what failed, why, and what to do next."""
    print(f"error: {message}", file=sys.stderr)  # noqa: T201


def confirm(consequence: str, *, yes: bool) -> None:
    """Go on after a yes: given with `--yes`, or by whoever sits at the terminal.

    Raises UsageError when the answer is no, or when there is nobody to ask.
    """
    from setterbase.errors import UsageError

    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(consequence, hint="Say `--yes` to go on.")
    print(f"{consequence} Go on? [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201
    if sys.stdin.readline().strip().lower() not in ("y", "yes", "o", "oui"):
        raise UsageError("Nothing was done.")


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr where somebody watches; the block calls what it gets with each advance."""
    if not sys.stderr.isatty() or total == 0:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda advance: bar.update(task, advance=advance)


def text(result: str, *, at_once: bool = False) -> None:
    """A rendered result; `at_once` for one that somebody follows as it grows."""
    print(result, flush=at_once)  # noqa: T201


def finish() -> None:
    """Write what is still in the buffer. A reader that has seen enough (`| head`) is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def as_json(result: Any) -> None:
    """A result as JSON, with the names that SQL gave it; numerics stay numbers."""
    print(json.dumps(result, ensure_ascii=False, indent=2, default=_plain))  # noqa: T201


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Rows as CSV with a header, null as an empty field."""
    writer = csv.DictWriter(sys.stdout, fieldnames=list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows({c: _neutral(row[c]) for c in columns} for row in rows)


def _neutral(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets an apostrophe in front."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value


def _plain(value: Any) -> Any:
    from datetime import date
    from decimal import Decimal
    from uuid import UUID

    if isinstance(value, Decimal):
        return int(value) if value.as_tuple().exponent == 0 else float(value)
    if isinstance(value, date):  # datetime is one
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
