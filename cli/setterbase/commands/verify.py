"""`setterbase verify`: prove by execution that no tenant reaches another."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from setterbase import output
from setterbase.commands.interrupt import interruptible
from setterbase.errors import UsageError
from setterbase.prover.report import Form

if TYPE_CHECKING:
    from setterbase.prover.verdict import Report
    from setterbase.target import Target


def verify(
    db_url: Annotated[
        str | None, typer.Option("--db-url", help="Any Supabase database; the target by default.")
    ] = None,
    schema: Annotated[
        list[str] | None, typer.Option("--schema", help="A schema that the API serves; repeatable.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="A TOML file: schemas, [public], [axis].")
    ] = None,
    form: Annotated[
        Form, typer.Option("--output", help="How the verdict is written.")
    ] = Form.table,
    save: Annotated[
        list[Path] | None,
        typer.Option(
            "--save",
            help="Also write the verdict to a file: .xml JUnit, .sarif, .json, .md, .txt; "
            "repeatable.",
        ),
    ] = None,
    mutants: Annotated[
        bool,
        typer.Option(
            "--mutants",
            help="Break the rules on purpose; tell what is noticed. Takes minutes, up to a second"
            " a break, and holds its locks until the end: try it on a copy.",
        ),
    ] = False,
    http: Annotated[
        bool,
        typer.Option("--http", help="Attack through PostgREST, on a throwaway copy of the schema."),
    ] = False,
    hold: Annotated[
        bool,
        typer.Option("--hold", help="With --http: keep the copy until Enter, to paste witnesses."),
    ] = False,
    allow_unproven: Annotated[
        bool, typer.Option("--allow-unproven", help="Exit with 0 although something is unproven.")
    ] = False,
) -> None:
    """Attack everything that an API role can reach, as every kind of caller, and tell what crossed.

    Two tenants are made, attacked and rolled back: nothing of the database changes but the
    sequences that were drawn from. Exit codes: 0 isolated, 1 a leak, 2 usage, 3 unproven.

    Example: setterbase verify --db-url postgresql://… --save isolation.xml
    """
    from setterbase import db
    from setterbase.prover import config as settings
    from setterbase.prover import prove, report

    if save and mutants:
        raise UsageError(
            "--save writes a verdict, and --mutants gives none.",
            hint="Leave one of them out; what --mutants prints can be sent to a file.",
        )
    if http and mutants:
        raise UsageError("--mutants breaks rules in SQL alone.", hint="Leave --http out.")
    if hold and not http:
        raise UsageError("--hold keeps the copy of --http.", hint="Add --http, or leave it out.")
    for path in save or ():
        report.form_of(path)  # before the attack, not after it
    declared = settings.read(config) if config else settings.Config()
    tell = output.say if sys.stderr.isatty() else None
    if http:
        from setterbase.prover.rest import run as over_http

        asked = _target(db_url), schema or (), declared, tell
        with (
            interruptible("Interrupted; the copy of the schema is removed."),
            over_http.proof(*asked) as result,
        ):
            _show(result, form, save or ())
            if hold:
                output.say("The copy serves on. Press Enter to remove it.")
                sys.stdin.readline()
        raise typer.Exit(result.exit_code(allow_unproven=allow_unproven))
    with db.connect(_target(db_url)) as connection:
        if mutants:
            from setterbase.prover import mutants as breaking

            found = breaking.run(connection, schema or (), declared, on_step=output.say)
            output.text(breaking.render(found, form))
            raise typer.Exit(found.exit_code())
        result = prove.prove(connection, schema or (), declared, tell)
    _show(result, form, save or ())
    raise typer.Exit(result.exit_code(allow_unproven=allow_unproven))


def _show(result: Report, form: Form, files: Sequence[Path]) -> None:
    from setterbase.prover import report

    for path in files:
        report.save(result, path)
    output.text(report.render(result, form), at_once=True)


def _target(db_url: str | None) -> Target:
    from setterbase import target

    if db_url is not None and not db_url.strip():
        raise UsageError(
            "--db-url is empty.", hint="Fill it in, or leave it out to verify the target."
        )
    return target.Target("option", db_url) if db_url else target.resolve()
