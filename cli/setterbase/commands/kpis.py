"""`setterbase kpis`: dashboards, their history and comparison, the catalogue, the refresh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from setterbase import output
from setterbase.commands import export, freshness, options
from setterbase.commands.options import (
    AsOf,
    From,
    Grain,
    Language,
    OneCoach,
    OutputReport,
    OutputRows,
    Report,
    To,
)
from setterbase.commands.session import WINDOW, connected
from setterbase.output import Format

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    import psycopg

    from setterbase.coaches import Coach

app = typer.Typer(
    help="Show the dashboards and what their figures mean; bring them up to date.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

# More dashboards than this one after another help nobody: a line a coach instead.
DASHBOARDS = 10


@app.command()
def show(
    coach: Annotated[
        str | None, typer.Option(metavar="ID|EMAIL", help="Whose; default everybody's.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Compute now instead of reading the last refresh.")
    ] = False,
    as_of: AsOf = None,
    form: OutputRows = Format.table,
    lang: Language = None,
) -> None:
    """Show dashboards: every coach's one after another; a line a coach when there are over 10.

    json and csv give one row a coach, with the columns of coach_dashboard_kpis. --as-of moves what
    depends on the clock: leads of the day and of the week, and whom to follow up.

    Example: setterbase kpis show --coach camille@exemple.fr --live
    """
    from setterbase import coaches
    from setterbase.kpis import catalog, dashboards

    moment = options.moment(as_of)
    with connected() as connection:
        every = coaches.every(connection)
        chosen = [coaches.find(every, coach)] if coach is not None else every
        kpis = catalog.catalog(connection)
        if form is Format.table and len(chosen) <= DASHBOARDS:
            shown = _pages(connection, chosen, kpis, moment, live, options.language(lang))
        else:
            ids = [one.id for one in chosen]
            rows = dashboards.kpi_rows(connection, ids, as_of=moment, live=live)
            shown = [(row["coach_id"], row["last_updated"]) for row in rows]
            _write(rows, dashboards.columns(kpis), chosen, form, options.language(lang))
    freshness.remark(chosen, dict(shown), live=True)


@app.command()
def refresh(
    full: Annotated[
        bool, typer.Option("--full", help="Count everything anew, not only what changed.")
    ] = False,
    form: OutputReport = Report.table,
) -> None:
    """Bring every coach's figures up to date now; a job does so every five minutes.

    Example: setterbase kpis refresh
    """
    from dataclasses import asdict

    from setterbase.kpis import dashboards

    with connected() as connection:
        done = dashboards.refresh(connection, full=full)
    if form is Report.json:
        output.as_json({"status": done.status} if done.status == "busy" else asdict(done))
    elif done.status == "busy":
        output.text("Another refresh is at work; nothing was done.")
        output.say("Run it again for what was written since that one began.")
    elif done.status == "unchanged":
        output.text("Nothing has changed since the last refresh.")
    else:
        days = f"{done.days:,} day{'' if done.days == 1 else 's'}"
        coaches = f"{done.tenants:,} coach{'' if done.tenants == 1 else 'es'}"
        output.text(
            f"Refreshed: {days} of figures written, of {coaches}, in {done.duration_ms:,.0f} ms."
        )


@app.command()
def catalog(form: OutputRows = Format.table, lang: Language = None) -> None:
    """Show what each KPI means: formula, unit, badges, and what stands in when nothing is measured.

    Example: setterbase kpis catalog --output csv
    """
    from dataclasses import asdict

    from setterbase.kpis import catalog as library

    with connected() as connection:
        kpis = library.catalog(connection)
    rows = [asdict(kpi) for kpi in kpis]
    match form:
        case Format.json:
            output.as_json(rows)
        case Format.csv:
            output.as_csv(rows, library.COLUMNS)
        case Format.table:
            from setterbase.render import lists
            from setterbase.render.page import page

            output.text(page(lists.catalog(kpis, lang=options.language(lang)), unbound=True))


@app.command()
def history(
    coach: OneCoach = None,
    from_date: From = None,
    to_date: To = None,
    grain: Annotated[Grain, typer.Option(help="How long a period is.")] = Grain.day,
    kpi: Annotated[
        str, typer.Option(metavar="CODE", help="What the bars of the table show.")
    ] = "total_leads",
    form: OutputRows = Format.table,
    lang: Language = None,
) -> None:
    """Show a coach's figures by day, week, month or year; weeks begin on Monday.

    json and csv give every KPI of get_kpi_history, the table those that are looked at most, and
    the one of --kpi with bars. `setterbase kpis catalog` lists the codes.

    Example: setterbase kpis history --from 2026-01-01 --grain month --kpi win_rate
    """
    from setterbase import coaches
    from setterbase.kpis import catalog as kpi_catalog
    from setterbase.kpis import history as library

    first, last = options.window(from_date, to_date)
    with connected(names=WINDOW) as connection:
        one = coaches.find_or_only(coaches.every(connection), coach)
        rows = library.history(connection, one.id, from_date=first, to_date=last, grain=grain.value)
        seen = freshness.seen(connection, one)
        shown = library.shown(kpi_catalog.catalog(connection), rows, kpi)
    match form:
        case Format.json:
            output.as_json(rows)
        case Format.csv:
            output.as_csv(rows, list(rows[0]) if rows else [])
        case Format.table:
            from setterbase.render import periods
            from setterbase.render.page import columns, page

            drawn = periods.history(
                rows,
                grain.value,
                currency=one.currency,
                lang=options.language(lang),
                kpi=shown,
                width=columns(),
            )
            output.text(page(drawn))
    freshness.remark([one], seen)


@app.command()
def compare(
    coach: OneCoach = None,
    from_date: From = None,
    to_date: To = None,
    form: OutputRows = Format.table,
    lang: Language = None,
) -> None:
    """Show a window of days (default: the last 30) beside the one of equal length before it.

    Example: setterbase kpis compare --coach camille@exemple.fr --from 2026-10-01 --to 2026-10-31
    """
    from setterbase import coaches
    from setterbase.kpis import catalog as kpi_catalog
    from setterbase.kpis import history as library

    first, last = options.window(from_date, to_date)
    with connected(names=WINDOW) as connection:
        one = coaches.find_or_only(coaches.every(connection), coach)
        kpis = kpi_catalog.catalog(connection)
        rows = library.comparison(connection, one.id, from_date=first, to_date=last)
        seen = freshness.seen(connection, one)
    match form:
        case Format.json:
            output.as_json(rows)
        case Format.csv:
            output.as_csv(rows, library.COMPARISON_COLUMNS)
        case Format.table:
            from setterbase.render import periods
            from setterbase.render.page import columns, page

            drawn = periods.comparison(
                rows, kpis, currency=one.currency, lang=options.language(lang), width=columns()
            )
            output.text(page(drawn))
    freshness.remark([one], seen)


app.command()(export.export)


def _pages(
    connection: psycopg.Connection[Any],
    chosen: Sequence[Coach],
    kpis: Sequence[Any],
    moment: datetime | date | None,
    live: bool,
    lang: str,
) -> list[tuple[Any, datetime | None]]:
    """Print the dashboards; who was shown, and how old their figures are."""
    from setterbase.kpis import dashboards
    from setterbase.render.dashboard import dashboard
    from setterbase.render.page import columns, page

    boards = dashboards.dashboards(connection, [one.id for one in chosen], as_of=moment, live=live)
    for board in boards:
        output.text(page(dashboard(board, kpis, lang=lang, width=columns())))
    return [(board.coach_id, board.last_updated) for board in boards]


def _write(
    rows: Sequence[dict[str, Any]],
    columns: Sequence[str],
    chosen: Sequence[Coach],
    form: Format,
    lang: str,
) -> None:
    match form:
        case Format.json:
            output.as_json([{name: row[name] for name in columns} for row in rows])
        case Format.csv:
            flat = [{**row, "estimated_kpis": " ".join(row["estimated_kpis"])} for row in rows]
            output.as_csv(flat, columns)
        case Format.table:
            from setterbase.render import lists
            from setterbase.render.page import page

            output.text(page(lists.overview(chosen, rows, lang=lang), unbound=True))
