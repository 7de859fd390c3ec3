"""`setterbase verify`: prove by execution that no tenant reaches another."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from setterbase import output
from setterbase.errors import UsageError
from setterbase.prover.report import Form

if TYPE_CHECKING:
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
    for path in save or ():
        report.form_of(path)  # before the attack, not after it
    declared = settings.read(config) if config else settings.Config()
    with db.connect(_target(db_url)) as connection:
        if mutants:
            from setterbase.prover import mutants as breaking

            found = breaking.run(connection, schema or (), declared, on_step=output.say)
            output.text(breaking.render(found, form))
            raise typer.Exit(found.exit_code())
        tell = output.say if sys.stderr.isatty() else None
        result = prove.prove(connection, schema or (), declared, tell)
    for path in save or ():
        report.save(result, path)
    output.text(report.render(result, form))
    raise typer.Exit(result.exit_code(allow_unproven=allow_unproven))


def _target(db_url: str | None) -> Target:
    from setterbase import target

    if db_url is not None and not db_url.strip():
        raise UsageError(
            "--db-url is empty.", hint="Fill it in, or leave it out to verify the target."
        )
    return target.Target("option", db_url) if db_url else target.resolve()
