"""`setterbase migrate`: bring a database up to `supabase/migrations/`, and keep the two in step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from setterbase import output
from setterbase.output import Format

if TYPE_CHECKING:
    import psycopg

    from setterbase.migrations.files import MigrationFile

app = typer.Typer(
    help="Apply the migrations of supabase/migrations/ and tell how the database stands.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Output = Annotated[Format, typer.Option("--output", help="How the result is written.")]


@app.command()
def up(
    include_all: Annotated[
        bool,
        typer.Option("--include-all", help="Also apply files older than the newest applied one."),
    ] = False,
    form: Output = Format.table,
) -> None:
    """Apply what is pending, in order, one transaction a file.

    A file that fails leaves the database as it was before that file.

    Example: DATABASE_URL=postgresql://… setterbase migrate up
    """
    from setterbase.migrations import apply

    files = _files()
    with _connection() as connection:
        applied = apply.up(
            connection,
            files,
            include_all=include_all,
            on_file=lambda file, number, total: output.say(
                f"[{number}/{total}] applying {file.label}"
            ),
            on_wait=lambda: output.say("another `migrate up` is at work; waiting for it…"),
        )
    rows = [{"version": file.version, "name": file.name} for file in applied]
    match form:
        case Format.json:
            output.as_json({"applied": rows})
        case Format.csv:
            output.as_csv(rows, ["version", "name"])
        case Format.table if applied:
            output.text(f"Applied {_count(len(applied))}; up to date.")
        case Format.table:
            output.text(f"Nothing to do: {_count(len(files))}, all applied.")


@app.command()
def status(form: Output = Format.table) -> None:
    """Compare the files with the database's history; exit code 3 when they disagree.

    pending: not applied yet. gap: not applied, though a newer one is. changed: edited after it
    ran. unknown: applied, but the file is missing. unverified: applied by a tool that did not
    record its text.

    Example: setterbase migrate status --output json
    """
    from setterbase.migrations import status as standing

    files = _files()
    with _connection() as connection:
        entries = standing.status(connection, files)
    columns = ["version", "name", "state", "why"]
    rows = [{column: getattr(entry, column) for column in columns} for entry in entries]
    match form:
        case Format.json:
            output.as_json(rows)
        case Format.csv:
            output.as_csv(rows, columns)
        case Format.table:
            from setterbase.render import migrations

            output.text(migrations.status(entries))
    standing.refuse_drift(entries)
    pending = sum(entry.state is standing.State.PENDING for entry in entries)
    if pending:
        output.say(f"{_count(pending)} pending: apply with `setterbase migrate up`.")


@app.command()
def new(
    name: Annotated[
        str, typer.Argument(help="What it does, verb first: small letters, digits and _.")
    ],
) -> None:
    """Make the next migration's file, with the header to fill in, and print its path.

    Example: setterbase migrate new add_lead_score
    """
    from setterbase.migrations import new as creation
    from setterbase.migrations.files import FOLDER
    from setterbase.target import project_root

    output.text(str(creation.new(project_root() / FOLDER, name)))


@app.command()
def check() -> None:
    """Prove that sql/ and the migrations make the same database; exit code 3 when they do not.

    Builds one of each on the embedded platform, whatever DATABASE_URL says, and prints what the
    migrations lack (+) or have too much (-).

    Example: setterbase migrate check
    """
    from setterbase.errors import DriftError
    from setterbase.migrations import check as proof
    from setterbase.migrations import scratch
    from setterbase.target import load_environment, project_root

    load_environment()
    sources, files = proof.sources(project_root() / "sql"), _files()
    output.say(f"building sql/ and {_count(len(files))} on the embedded platform…")
    difference = proof.difference(sources, files, scratch.database, scratch.pg_dump())
    if difference:
        output.text("\n".join(difference))
        raise DriftError(
            "sql/ and the migrations make different databases.",
            hint="Write what is missing into a new migration: `setterbase migrate new NAME`.",
        )
    output.text("sql/ and the migrations make the same database.")


@app.command()
def diff() -> None:
    """Draft the SQL that the migrations lack to make what sql/ makes, and print it.

    Needs the official differ, npm @supabase/pg-delta. It drops whatever sql/ no longer has, takes
    a renaming for a drop and a new object, and moves no rows: read it before you keep it.

    Example: setterbase migrate diff >> "$(setterbase migrate new add_lead_score)"
    """
    from setterbase.migrations import check as proof
    from setterbase.migrations import draft, scratch
    from setterbase.target import load_environment, project_root

    load_environment()
    sources, files = proof.sources(project_root() / "sql"), _files()
    program = draft.differ(project_root())
    sql = draft.draft(sources, files, scratch.database, program)
    if sql:
        output.text(sql)
    else:
        output.say("sql/ and the migrations make the same schema: nothing to draft.")


def _files() -> list[MigrationFile]:
    from setterbase.migrations import files
    from setterbase.target import project_root

    return files.discover(project_root() / files.FOLDER)


@contextmanager
def _connection() -> Iterator[psycopg.Connection[Any]]:
    from setterbase import db, target

    with db.connect(target.resolve(), autocommit=True) as connection:
        yield connection


def _count(number: int) -> str:
    return f"{number} migration{'' if number == 1 else 's'}"
