"""`setterbase ingest` and `dead-letters`: events in, and those that did not fit tried again."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from setterbase import output
from setterbase.commands.options import OutputReport, OutputRows, Report
from setterbase.errors import DeadLettersError, UsageError
from setterbase.output import Format

if TYPE_CHECKING:
    from rich.progress import Progress

    from setterbase.ingest import load

app = typer.Typer(
    help="Events that could not be applied: list them, try them again, or give them up.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

AGAIN = "Run the same command again: an event is taken once, however often it is sent."


def ingest(
    source: Annotated[
        Path, typer.Argument(metavar="FILE|-", help="JSON lines, one event a line; - is stdin.")
    ],
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with code 4 if there are dead letters.")
    ] = False,
    batch_size: Annotated[
        int, typer.Option(min=1, max=10_000, help="How many lines go into a transaction.")
    ] = 500,
    form: OutputReport = Report.table,
) -> None:
    """Take events from a file or a pipe; docs/ingest.md says what an event is.

    What cannot be applied (a torn line, an unknown coach) stops nothing: it becomes a dead letter.
    Sending the same events again changes nothing, so a run that was interrupted is simply repeated.

    Example: setterbase ingest conversations.jsonl
    """
    from setterbase.commands.session import connected
    from setterbase.ingest import lines, load

    stream = _stdin() if str(source) == "-" else lines.open_file(source)
    report, started = load.Report(), time.monotonic()
    try:
        with stream, connected() as connection, _progress(source) as on_batch:
            load.load(
                connection,
                lines.read(stream),
                batch_size=batch_size,
                report=report,
                on_batch=on_batch,
            )
    except KeyboardInterrupt:
        done = f"all up to line {report.line} is ingested" if report.line else "nothing is ingested"
        output.fail(f"interrupted; {done}. {AGAIN}")
        raise typer.Exit(130) from None
    _tell(report, time.monotonic() - started, form)
    if strict and report.dead_letters:
        raise DeadLettersError(
            f"{report.dead_letters} of {report.lines} events became dead letters.",
            hint="See `setterbase dead-letters list`.",
        )


@app.command("list")
def list_letters(
    limit: Annotated[int | None, typer.Option(min=1, help="How many at most.")] = None,
    resolved_too: Annotated[
        bool, typer.Option("--all", help="Also those that were resolved by a replay.")
    ] = False,
    form: OutputRows = Format.table,
) -> None:
    """Show the events that could not be applied, with the reason, the oldest first.

    Without --limit a table shows 50.

    Example: setterbase dead-letters list --output json
    """
    from dataclasses import asdict

    from setterbase.commands.session import connected
    from setterbase.ingest import dead_letters

    if limit is None and form is Format.table:
        limit = 50
    with connected() as connection:
        listing = dead_letters.waiting(connection, limit=limit, resolved_too=resolved_too)
    letters = [asdict(letter) for letter in listing.letters]
    match form:
        case Format.json:
            output.as_json(letters)
        case Format.csv:
            output.as_csv(letters, dead_letters.COLUMNS)
        case Format.table:
            from setterbase.render import lists
            from setterbase.render.page import page

            output.text(page(lists.dead_letters(listing.letters), unbound=True))
            if more := listing.total - len(letters):
                output.say(f"{more} more; see them with --limit {listing.total}.")


Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", min=1)]
Everything = Annotated[bool, typer.Option("--all", help="All that wait.")]


@app.command()
def replay(
    ids: Ids = None,
    everything: Everything = False,
    form: OutputReport = Report.table,
) -> None:
    """Try dead letters again, once their cause is mended: the named ones, or all.

    Example: setterbase dead-letters replay --all
    """
    from dataclasses import asdict

    from setterbase.commands.session import connected
    from setterbase.ingest import dead_letters

    _require_names(ids, everything, "replay")
    with connected() as connection:
        done = dead_letters.replay(connection, ids or None)
    if form is Report.json:
        output.as_json(asdict(done))
        return
    output.text(
        f"{done.accepted} accepted, {_count(done.duplicates, 'duplicate')},"
        f" {done.dead_letters} still dead."
    )
    if done.accepted:
        output.say(REFRESH)


@app.command()
def discard(
    ids: Ids = None,
    everything: Everything = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    form: OutputReport = Report.table,
) -> None:
    """Give up dead letters that nobody will mend: the named ones, or all that wait.

    They wait no longer and are not replayed; `dead-letters list --all` still shows them.

    Example: setterbase dead-letters discard 12 15 --yes
    """
    from setterbase.commands.session import connected
    from setterbase.ingest import dead_letters

    _require_names(ids, everything, "discard")
    with connected() as connection:
        wanted = dead_letters.count(connection, ids or None)
        if wanted:
            output.confirm(
                f"This gives up {_count(wanted, 'event')}: no replay will take"
                f" {'it' if wanted == 1 else 'them'}.",
                yes=yes,
            )
        done = dead_letters.discard(connection, ids or None)
    if form is Report.json:
        output.as_json({"discarded": done})
    else:
        output.text(f"{_count(done, 'dead letter')} discarded.")


def _require_names(ids: list[int] | None, everything: bool, verb: str) -> None:
    if bool(ids) == everything:
        raise UsageError(
            "name dead letters or say --all, not both." if ids else f"nothing is named to {verb}.",
            hint=f"`setterbase dead-letters list` shows their ids; `{verb} --all` takes all.",
        )


REFRESH = "Dashboards show them after the next refresh: `setterbase kpis refresh`."


def _tell(report: load.Report, seconds: float, form: Report) -> None:
    if form is Report.json:
        output.as_json(report.counts)
        return
    from setterbase.render import ingest as rendered
    from setterbase.render.page import page

    output.say(f"{_count(report.lines, 'event')} in {seconds:.1f} s")
    output.text(page(rendered.report(report), unbound=True))
    if report.dead_letters:
        output.say(
            "Nothing is lost: `setterbase dead-letters list` shows them, and once the cause is"
            " mended `setterbase dead-letters replay --all` tries them again."
        )
    if report.accepted:
        output.say(REFRESH)


def _stdin() -> BinaryIO:
    if sys.stdin is None or sys.stdin.closed:
        raise UsageError("there is no standard input.", hint="Name a file.")
    if sys.stdin.isatty():
        output.say("Reading events from the terminal; Ctrl-D ends them.")
    return sys.stdin.buffer


@contextmanager
def _progress(source: Path) -> Iterator[Callable[[load.Report], None]]:
    """A bar on stderr, on a terminal alone, for what takes more than a second."""
    started = time.monotonic()
    bar: Progress | None = None

    def on_batch(report: load.Report) -> None:
        nonlocal bar
        if bar is None and sys.stderr.isatty() and time.monotonic() - started > 1:
            bar = _bar(source.stat().st_size if source.is_file() else None)
        if bar is not None:
            text = f"{report.lines:,} events, {report.dead_letters:,} dead letters"
            bar.update(bar.task_ids[0], completed=report.end, description=text)

    try:
        yield on_batch
    finally:
        if bar is not None:
            bar.stop()


def _bar(size: int | None) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    bar.add_task("", total=size)
    bar.start()
    return bar


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
