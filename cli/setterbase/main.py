"""The `setterbase` command: wires the groups together and turns errors into exit codes."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable

import typer

from setterbase import __version__, output
from setterbase.commands import (
    coach,
    demo,
    doctor,
    farewell,
    health,
    ingest,
    kpis,
    leads,
    members,
    migrate,
    platform,
    seed,
    verify,
)
from setterbase.errors import OutputError, ReaderGoneError, SetterbaseError

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
app.add_typer(coach.app, name="coach")
coach.app.command()(farewell.export)
coach.app.command()(farewell.delete)
coach.app.command()(members.link)
coach.app.command("invite-member")(members.invite_member)
coach.app.command("set-role")(members.set_role)
app.command()(seed.seed)
app.command()(ingest.ingest)
app.add_typer(ingest.app, name="dead-letters")
app.add_typer(kpis.app, name="kpis")
app.add_typer(leads.app, name="leads")
app.command()(verify.verify)
app.command()(health.health)
app.command()(doctor.doctor)


def run() -> None:
    """Entry point: a user's mistake is one line and an exit code, a bug keeps its traceback."""
    output.prepare()
    code = _told(_command)
    # A verdict outranks the fate of its text, but a result that nobody got is no success.
    unwritten = _told(output.finish)
    sys.exit(code or unwritten)


def _command() -> int:
    """Run what the command line says; the exit code that it chose, 0 when it chose none."""
    stdout = sys.stdout
    try:
        code = app(standalone_mode=False)
    except SystemExit:
        if sys.stdout is stdout:
            raise
        raise ReaderGoneError from None  # typer swaps the stream when a help text has no reader
    except typer.TyperException as error:
        return _mistaken(error)
    return code if isinstance(code, int) else 0


def _mistaken(error: typer.TyperException) -> int:
    """What typer says of words that it cannot parse, in one line; help where none were given."""
    context = getattr(error, "ctx", None)
    said = " ".join(error.format_message().split()).replace("Value error, ", "")
    said = said[:1].lower() + said[1:]
    if context is None:
        output.fail(said)
    elif error.message == context.get_help():
        output.say(error.message)
    else:
        output.fail(f"{said.rstrip('.')}. See `{context.command_path} --help`.")
    return error.exit_code


def _told(work: Callable[[], int | None]) -> int:
    """The exit code of `work`, after a line about what a person can mend."""
    try:
        return work() or 0
    except SetterbaseError as error:
        if str(error):
            output.fail(str(error))
        return error.exit_code
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        output.drop()
        output.fail(f"cannot write {error.filename or 'the result'}: {error.strerror}.")
        return OutputError.exit_code


if __name__ == "__main__":
    run()
