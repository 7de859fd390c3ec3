"""The `setterbase` command: wires the groups together and turns errors into exit codes."""

from __future__ import annotations

import sys
from io import TextIOWrapper

import typer

from setterbase import __version__, output
from setterbase.commands import demo, ingest, kpis, leads, migrate, platform, seed, verify
from setterbase.errors import SetterbaseError

app = typer.Typer(
    name="setterbase",
    help="The Supabase backend for people who sell through conversations.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        output.text(f"setterbase {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Migrate, provision, seed, read and prove a multi-tenant Supabase backend."""


app.command()(demo.demo)
app.command()(platform.up)
app.command()(platform.down)
app.command()(platform.status)
app.command()(platform.logs)
app.add_typer(migrate.app, name="migrate")
app.command()(seed.seed)
app.command()(ingest.ingest)
app.add_typer(ingest.app, name="dead-letters")
app.add_typer(kpis.app, name="kpis")
app.add_typer(leads.app, name="leads")
app.command()(verify.verify)


def run() -> None:
    """Entry point: a user's mistake is one line and an exit code, a bug keeps its traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal without UTF-8 shows «?», and no error
            stream.reconfigure(errors="replace")
    try:
        app()
    except SetterbaseError as error:
        output.fail(str(error))
        sys.exit(error.exit_code)
    finally:
        output.finish()


if __name__ == "__main__":
    run()
