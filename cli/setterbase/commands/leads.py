"""`setterbase leads`: whom to write to, where leads come from, what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from setterbase import output
from setterbase.commands import options
from setterbase.commands.options import AsOf, Language, OneCoach, OutputRows
from setterbase.commands.session import connected
from setterbase.output import Format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

app = typer.Typer(help="Lists about a coach's leads.", no_args_is_help=True, rich_markup_mode=None)

Limit = Annotated[int, typer.Option(min=1, help="How many at most.")]
FOLLOWUPS = 30


@app.command()
def followups(
    coach: OneCoach = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="How many at most.", show_default="30 in a table, else all"),
    ] = None,
    as_of: AsOf = None,
    form: OutputRows = Format.table,
    lang: Language = None,
) -> None:
    """Show open leads that nobody has heard of for some days, the most urgent first.

    Example: setterbase leads followups --coach camille@exemple.fr --limit 10
    """
    from setterbase import coaches
    from setterbase.kpis import leads

    moment = options.moment(as_of)
    if limit is None and form is Format.table:
        limit = FOLLOWUPS
    with connected() as connection:
        one = coaches.find_or_only(coaches.every(connection), coach)
        found = leads.followups(connection, one.id, as_of=moment, limit=limit)
    from setterbase.render import lists

    more = found.total - len(found.leads)
    drawn = lists.followups(found.leads, lang=options.language(lang), more=more)
    _write(found.leads, leads.FOLLOWUP_COLUMNS, form, drawn)


@app.command()
def sources(
    coach: OneCoach = None,
    limit: Limit = 10,
    form: OutputRows = Format.table,
    lang: Language = None,
) -> None:
    """Show where leads come from, the commonest first; the share is of all leads.

    Example: setterbase leads sources --coach camille@exemple.fr
    """
    from setterbase import coaches
    from setterbase.kpis import leads
    from setterbase.render import lists

    with connected() as connection:
        one = coaches.find_or_only(coaches.every(connection), coach)
        rows = leads.sources(connection, one.id, limit=limit)
    drawn = lists.shares(rows, "source_name", lang=options.language(lang))
    _write(rows, leads.SOURCE_COLUMNS, form, drawn)


@app.command()
def professions(
    coach: OneCoach = None,
    limit: Limit = 10,
    form: OutputRows = Format.table,
    lang: Language = None,
) -> None:
    """Show what leads do for a living, the commonest first; the share is of those known.

    Example: setterbase leads professions --coach camille@exemple.fr --output csv
    """
    from setterbase import coaches
    from setterbase.kpis import leads
    from setterbase.render import lists

    with connected() as connection:
        one = coaches.find_or_only(coaches.every(connection), coach)
        rows = leads.professions(connection, one.id, limit=limit)
    drawn = lists.shares(rows, "profession", lang=options.language(lang))
    _write(rows, leads.PROFESSION_COLUMNS, form, drawn)


def _write(
    rows: Sequence[dict[str, Any]], columns: Sequence[str], form: Format, drawn: RenderableType
) -> None:
    match form:
        case Format.json:
            output.as_json(rows)
        case Format.csv:
            output.as_csv(rows, columns)
        case Format.table:
            from setterbase.render.page import page

            output.text(page(drawn, unbound=True))
