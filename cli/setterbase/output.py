"""The one module that prints: the result to stdout, the talk to stderr."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, TextIO

from setterbase import plain
from setterbase.errors import OutputError, ReaderGoneError, UsageError


class Format(StrEnum):
    """How a result is written to stdout."""

    table = "table"
    json = "json"
    csv = "csv"


def prepare() -> None:
    """Let both streams take any text: what they cannot show becomes the nearest ASCII."""
    plain.register()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            poor = stream.isatty() and plain.wanted()
            encoding = "ascii" if poor else stream.encoding
            stream.reconfigure(encoding=encoding, errors=plain.ERRORS)


def say(message: str, *, end: str = "\n") -> None:
    """One line of talk: progress, advice, what was done. Without a listener nothing is said."""
    try:
        print(message, end=end, file=sys.stderr, flush=True)  # noqa: T201
    except OSError:  # a full disk or a gone reader of the talk: the work and its result go on
        _silence(sys.stderr)


def fail(message: str) -> None:
    """One line that says what failed, why, and what to do next."""
    say(f"error: {message}")


def confirm(consequence: str, *, yes: bool) -> None:
    """Go on after a yes: given with `--yes`, or by whoever sits at the terminal.

    Raises UsageError when the answer is no, or when there is nobody to ask.
    """
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(consequence, hint="Say `--yes` to go on.")
    say(f"{consequence} Go on? [y/N] ", end="")
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
    _write(result + "\n", at_once=at_once)


def as_json(result: Any) -> None:
    """A result as JSON, with the names that SQL gave it; numerics stay numbers."""
    utf8 = sys.stdout is None or sys.stdout.encoding.lower().replace("-", "") == "utf8"
    _write(json_text(result, ensure_ascii=not utf8))


def json_text(result: Any, *, ensure_ascii: bool = False) -> str:
    """What `as_json` writes."""
    return json.dumps(result, ensure_ascii=ensure_ascii, indent=2, default=_plain) + "\n"


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Rows as CSV with a header, null as an empty field."""
    from setterbase import spreadsheets

    written = io.StringIO()
    spreadsheets.write_csv(written, rows, columns)
    _write(written.getvalue())


def document(content: bytes) -> None:
    """A whole file as it is, for a pipe or a redirection behind stdout. Raises as `text` does."""
    _write(content, at_once=True)


def finish() -> None:
    """Write what is still in the buffer. Raises as `text` does."""
    _write("", at_once=True)


def drop() -> None:
    """Forget what is in the buffer: it could not be written, and that has been told."""
    if sys.stdout is not None:
        _silence(sys.stdout)


def _write(content: str | bytes, *, at_once: bool = False) -> None:
    """Raises ReaderGoneError after `| head` has seen enough, OutputError when the disk is full."""
    if sys.stdout is None:
        if content:
            raise OutputError("there is no standard output to write the result to.")
        return
    try:
        if isinstance(content, bytes):
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
        else:
            sys.stdout.write(content)
        if at_once:
            sys.stdout.flush()
    except BrokenPipeError:
        _silence(sys.stdout)
        raise ReaderGoneError from None
    except OSError as error:
        _silence(sys.stdout)
        raise OutputError(
            f"cannot write the result: {error.strerror}.", hint="What it holds so far is torn."
        ) from None


def _silence(stream: TextIO) -> None:
    """Send what is in the buffer nowhere: Python would try to write it again at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


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
