"""`setterbase coach export` and `delete`: a tenant taken along, and taken out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from setterbase import output
from setterbase.commands.coach import Which
from setterbase.commands.options import OutputReport, Report
from setterbase.commands.session import connected
from setterbase.errors import UsageError

if TYPE_CHECKING:
    import psycopg

    from setterbase.coaches import Coach
    from setterbase.provisioning.delete import Deletion


def export(
    coach: Which,
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="A new or empty folder.")],
    form: OutputReport = Report.table,
) -> None:
    """Write everything of one tenant to a folder, as CSV and as JSON.

    Every table with rows of the tenant is there, read at one moment, with the accounts of its
    people (no password hash, no token) and a manifest. What a person may ask for under the GDPR.

    Example: setterbase coach export camille@exemple.fr --to camille/
    """
    from setterbase import coaches

    with connected() as connection:
        one = coaches.find(coaches.every(connection), coach)
        _export(connection, one, to, form)


def _export(connection: psycopg.Connection[Any], one: Coach, to: Path, form: Report | None) -> None:
    from dataclasses import asdict

    from setterbase.provisioning import catalogue
    from setterbase.provisioning import export as exporting

    with output.progress("tables", len(catalogue.tenant_tables(connection))) as advance:
        written = exporting.export(connection, one, to, on_table=advance)
    rows = sum(table.rows for table in written)
    output.say(f"{one.name} <{one.email}>: {rows:,} rows of {len(written)} tables are in {to}.")
    if form is Report.json:
        output.as_json([asdict(table) for table in written])
    elif form is Report.table:
        from setterbase.render import seed as render

        output.text(render.counts([{"table": t.table, "rows": t.rows} for t in written]))


def delete(
    coach: Which,
    export_to: Annotated[
        Path | None,
        typer.Option(
            "--export-to",
            metavar="DIR",
            help="Where the export goes first.",
            show_default="coach-ID in this folder",
        ),
    ] = None,
    no_export: Annotated[
        bool, typer.Option("--no-export", help="Delete without an export.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a tenant with everything in it, and its owner's account. Exports it first.

    An owner who belongs to another tenant too, a platform admin, and other members keep their
    account. All goes in one transaction, or nothing does.

    Example: setterbase coach delete camille@exemple.fr --export-to camille/
    """
    from setterbase import coaches
    from setterbase.provisioning import delete as deleting

    if no_export and export_to:
        raise UsageError("--no-export and --export-to contradict each other: choose.")
    with connected() as connection:
        one = coaches.find(coaches.every(connection), coach)
        output.confirm(
            f"This deletes {one.name} <{one.email}> for good:"
            f" {_told(deleting.preview(connection, one))}.",
            yes=yes,
        )
        if not no_export:
            _export(connection, one, export_to or Path(f"coach-{one.id}"), None)
        gone = deleting.delete(connection, one)
    output.say(f"{one.name} <{one.email}> is deleted: {_told(gone)}.")


def _told(deletion: Deletion) -> str:
    rows = ", ".join(f"{count:,} of {table}" for table, count in deletion.rows.items())
    leaving = [a.email or str(a.id) for a in deletion.accounts if a.leaves]
    staying = [a.email or str(a.id) for a in deletion.accounts if not a.leaves]
    told = f"{rows}; accounts that go: {', '.join(leaving) or 'none'}"
    return f"{told}; accounts that stay: {', '.join(staying)}" if staying else told
