"""`setterbase kpis export`: a coach's figures over time as a file."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from setterbase import output
from setterbase.commands import freshness, options
from setterbase.commands.options import From, Grain, Language, OneCoach, To
from setterbase.commands.session import WINDOW, connected
from setterbase.errors import UsageError


class Document(StrEnum):
    """What kind of file is written."""

    csv = "csv"
    json = "json"
    xlsx = "xlsx"


def export(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE|-]", help="Where to; its ending says what kind. Default, or -: stdout."
        ),
    ] = None,
    coach: OneCoach = None,
    from_date: From = None,
    to_date: To = None,
    grain: Annotated[Grain, typer.Option(help="How long a period is.")] = Grain.day,
    form: Annotated[
        Document | None,
        typer.Option(
            "--output", help="The kind of file.", show_default="by FILE's ending, else csv"
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Replace FILE without asking.")] = False,
    lang: Language = None,
) -> None:
    """Write a coach's figures by day, week, month or year to a csv, json or xlsx file.

    csv has a line a period, with the columns of get_kpi_history. json and xlsx have beside it the
    whole window next to the one of equal length before it. Figures are those of the last refresh;
    estimates are left out. In csv and xlsx an apostrophe stands before a text that a spreadsheet
    would take for a formula.

    Example: setterbase kpis export october.xlsx --from 2026-10-01 --to 2026-10-31
    """
    from setterbase import coaches
    from setterbase.kpis import export as library

    if file == Path("-"):
        file = None
    kind = _kind(file, form)
    first, last = options.window(from_date, to_date)
    if file is not None and library.is_taken(file, example=f"kpis.{kind}"):
        output.confirm(f"{file} exists and would be replaced.", yes=yes)
    with connected(names=WINDOW) as connection:
        one = coaches.find_or_only(coaches.every(connection), coach)
        told = library.export(connection, one, from_date=first, to_date=last, grain=grain.value)
        seen = freshness.seen(connection, one)
    match kind:
        case Document.csv:
            content = library.as_csv(told)
        case Document.json:
            content = output.json_text(library.as_object(told)).encode()
        case Document.xlsx:
            content = library.as_xlsx(told, lang=options.language(lang))
    if file is None:
        output.document(content)
    else:
        library.write(file, content)
        from setterbase.render.figures import clean

        count = len(told.periods)
        output.say(
            f"Wrote {file}: {clean(one.name)}, {told.from_date} to {told.to_date} "
            f"by {grain.value}, {count} line{'' if count == 1 else 's'} of figures."
        )
    freshness.remark([one], seen)


def _kind(file: Path | None, asked: Document | None) -> Document:
    """The kind asked for, or what the ending says. Raises UsageError when they disagree."""
    kinds = ", ".join(f".{kind}" for kind in Document)
    ending = file.suffix.lower().removeprefix(".") if file else ""
    named = Document(ending) if ending in list(Document) else None
    if file is None:
        if asked is Document.xlsx and sys.stdout.isatty():
            raise UsageError("an xlsx file is nothing to read here.", hint="Name a FILE.xlsx.")
        return asked or Document.csv
    if asked is None and named is None:
        raise UsageError(
            f"{file} does not say what kind of file it is.",
            hint=f"End its name in one of {kinds}, or give --output.",
        )
    if asked and named and asked is not named:
        raise UsageError(
            f"{file} and --output {asked} disagree.",
            hint="Leave one of them out, or make both one.",
        )
    return asked or named or Document.csv
