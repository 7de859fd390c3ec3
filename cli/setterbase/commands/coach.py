"""`setterbase coach`: coaches made, listed, closed, exported and deleted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from setterbase import output
from setterbase.commands.options import OutputReport, OutputRows, Report
from setterbase.commands.session import connected
from setterbase.errors import PartialError, UsageError
from setterbase.output import Format

if TYPE_CHECKING:
    from setterbase.provisioning.admin import Admin
    from setterbase.provisioning.create import Draft, Outcome

app = typer.Typer(
    help="Coaches and their people: made, linked, disabled, exported, deleted.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Which = Annotated[str, typer.Argument(metavar="ID|EMAIL", help="Whose: the coach's id or e-mail.")]
RedirectTo = Annotated[
    str | None,
    typer.Option(
        "--redirect-to",
        metavar="URL",
        help="Where the link leads in the end; the project must allow the address.",
    ),
]


@app.command()
def create(
    email: Annotated[str | None, typer.Option("--email", help="They sign in with it.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="As dashboards show it.")] = None,
    specialty: Annotated[str | None, typer.Option("--specialty", help="What they coach.")] = None,
    coach_id: Annotated[
        UUID | None, typer.Option("--id", help="The id of tenant and user; a new one if left out.")
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option("--timezone", help="Whose days the KPIs count.", show_default="Europe/Paris"),
    ] = None,
    redirect_to: RedirectTo = None,
    from_file: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE.csv",
            help="Many at once: columns email, name, specialty, and timezone, id, redirect_to.",
        ),
    ] = None,
    form: OutputRows = Format.table,
) -> None:
    """Make a coach: user, tenant and membership in one go, and the link to set a password.

    The link is shown here and nowhere else. A coach who is there with the same details is left as
    they are, so that a run can be repeated. If any step fails nothing is left of the coach.
    With --from each line stands alone; exit code 4 says that some were refused.

    Example: setterbase coach create --email camille@exemple.fr --name "Camille Laurent"
    --specialty "Perte de poids"
    """
    from setterbase import target
    from setterbase.provisioning import admin, roster
    from setterbase.provisioning.create import Draft

    single = {"--email": email, "--name": name, "--specialty": specialty}
    if from_file is None:
        if missing := [option for option, value in single.items() if value is None]:
            raise UsageError(
                f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing.",
                hint="A coach has all three; many come from a file: --from FILE.csv.",
            )
        draft = Draft(email or "", name or "", specialty or "", timezone, coach_id, redirect_to)
        with admin.connect(target.resolve_api(output.say)) as api:
            _create_one(api, draft, form)
        return
    if given := [o for o, v in {**single, "--id": coach_id, "--timezone": timezone}.items() if v]:
        raise UsageError(f"{given[0]} names one coach and --from many: choose.")
    drafts = roster.read(from_file)
    with admin.connect(target.resolve_api(output.say)) as api:
        _create_many(api, drafts, redirect_to, form)


def _create_one(api: Admin, draft: Draft, form: Format) -> None:
    from setterbase.provisioning import create as making

    outcome = making.create(api, draft)
    _warn_of_redirect(outcome, draft.redirect_to)
    if outcome.result == "existing":
        output.say(f"{outcome.email} is a coach already; nothing was changed, and no link made.")
    _show([outcome], form)


def _create_many(api: Admin, drafts: list[Draft], redirect_to: str | None, form: Format) -> None:
    from dataclasses import replace

    from setterbase.provisioning import create as making

    drafts = [replace(d, redirect_to=d.redirect_to or redirect_to) for d in drafts]
    api.check()
    with output.progress("coaches", len(drafts)) as advance:
        outcomes = making.create_all(api, drafts, on_done=lambda _: advance(1))
    for outcome, draft in zip(outcomes, drafts, strict=True):
        _warn_of_redirect(outcome, draft.redirect_to)
    _show(outcomes, form)
    kinds = [outcome.result for outcome in outcomes]
    counts = {kind: kinds.count(kind) for kind in ("created", "existing", "refused")}
    output.say(
        f"{len(drafts)} line{'' if len(drafts) == 1 else 's'}: "
        + ", ".join(f"{count} {kind}" for kind, count in counts.items())
    )
    if counts["refused"]:
        raise PartialError(
            f"{counts['refused']} of {len(drafts)} coaches were refused.",
            hint="Mend those lines and run it again: the others are left as they are.",
        )


@app.command("list")
def list_coaches(form: OutputRows = Format.table) -> None:
    """Show every coach with owners, members and leads.

    Example: setterbase coach list --output csv
    """
    from setterbase.provisioning import tenants

    with connected() as connection:
        found = tenants.roster(connection)
    match form:
        case Format.json:
            output.as_json(found)
        case Format.csv:
            flat = [{**coach, "owners": ", ".join(coach["owners"])} for coach in found]
            output.as_csv(flat, tenants.COLUMNS)
        case Format.table:
            from setterbase.render import coaches as render
            from setterbase.render.page import page

            output.text(page(render.roster(found), unbound=True))


@app.command()
def show(coach: Which, form: OutputReport = Report.table) -> None:
    """Show a coach, and the people of the tenant with their roles.

    Example: setterbase coach show camille@exemple.fr
    """
    from dataclasses import asdict

    from setterbase import coaches
    from setterbase.provisioning import tenants

    with connected() as connection:
        one = coaches.find(coaches.every(connection), coach)
        people = tenants.people(connection, one.id)
    if form is Report.json:
        output.as_json({**asdict(one), "people": [asdict(person) for person in people]})
        return
    from setterbase.render import coaches as render
    from setterbase.render.page import page

    output.text(page(render.coach(one, people), unbound=True))


@app.command()
def disable(coach: Which) -> None:
    """Close a tenant: its people see nothing and are signed out, events for it are refused.

    Nothing is deleted, and `enable` opens it again as it was.

    Example: setterbase coach disable camille@exemple.fr
    """
    _switch(coach, "disabled")


@app.command()
def enable(coach: Which) -> None:
    """Open a disabled tenant again, with the memberships that were active before.

    Events that were refused meanwhile are dead letters: `setterbase dead-letters replay --all`.

    Example: setterbase coach enable camille@exemple.fr
    """
    _switch(coach, "active")


def _switch(coach: str, status: str) -> None:
    from setterbase import coaches
    from setterbase.provisioning import tenants

    with connected() as connection:
        one = coaches.find(coaches.every(connection), coach)
        done = tenants.switch(connection, one.id, status)
    if not done.changed:
        output.say(f"{one.name} <{one.email}> is {status} already.")
    elif status == "disabled":
        output.say(f"{one.name} <{one.email}> is disabled; sessions ended: {done.sessions_ended}.")
    else:
        output.say(f"{one.name} <{one.email}> is active again.")


def _warn_of_redirect(outcome: Outcome, asked: str | None) -> None:
    if asked and outcome.redirect_to and outcome.redirect_to != asked:
        output.say(
            f"{outcome.email}: the project does not allow {asked}; the link leads to"
            f" {outcome.redirect_to}."
        )


def _show(outcomes: list[Outcome], form: Format) -> None:
    from dataclasses import asdict

    columns = ("line", "result", "email", "coach_id", "name", "timezone", "magic_link", "reason")
    rows = [{column: asdict(outcome)[column] for column in columns} for outcome in outcomes]
    match form:
        case Format.json:
            one = len(rows) == 1 and outcomes[0].line is None
            output.as_json({k: v for k, v in rows[0].items() if k != "line"} if one else rows)
        case Format.csv:
            output.as_csv(rows, columns)
        case Format.table:
            from setterbase.render import coaches as render
            from setterbase.render.page import page

            output.text(page(render.outcomes(outcomes), unbound=True))
            for outcome in outcomes:
                if outcome.magic_link:  # whole, however narrow the terminal is
                    output.text(f"{outcome.email} sets a password here, once: {outcome.magic_link}")
