"""`setterbase coach link`, `invite-member`, `set-role`: the people of a tenant."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from setterbase import output
from setterbase.commands.coach import RedirectTo, Which
from setterbase.commands.options import OutputReport, Report
from setterbase.commands.session import connected


class Role(StrEnum):
    """What a member may do."""

    owner = "owner"
    admin = "admin"
    member = "member"
    viewer = "viewer"


Somebody = Annotated[
    str, typer.Option("--user", metavar="EMAIL|ID", help="Who: an account's e-mail or id.")
]
AsRole = Annotated[
    Role, typer.Option("--role", help="owner and admin change settings, member leads, viewer none.")
]


def link(
    coach: Which,
    user: Somebody,
    redirect_to: RedirectTo = None,
    form: OutputReport = Report.table,
) -> None:
    """Give an existing tenant to a user, as its owner.

    For a tenant that came in by another way than `coach create`, or whose owner has left. An
    account is made for an e-mail that has none, and its link shown once.

    Example: setterbase coach link camille@exemple.fr --user camille.laurent@exemple.fr
    """
    _join(coach, user, Role.owner, redirect_to, form)


def invite_member(
    coach: Which,
    email: Annotated[str, typer.Option("--email", help="Whom; an account is made for a new one.")],
    role: AsRole = Role.member,
    redirect_to: RedirectTo = None,
    form: OutputReport = Report.table,
) -> None:
    """Add somebody to a tenant. Shows the link to set a password, once, if the account is new.

    Example: setterbase coach invite-member camille@exemple.fr --email sam@exemple.fr --role viewer
    """
    _join(coach, email, role, redirect_to, form)


def set_role(
    coach: Which,
    user: Somebody,
    role: Annotated[Role, typer.Option("--role", help="The new one.")],
    form: OutputReport = Report.table,
) -> None:
    """Give a member of a tenant another role. A tenant keeps an owner.

    Example: setterbase coach set-role camille@exemple.fr --user sam@exemple.fr --role admin
    """
    from dataclasses import asdict

    from setterbase import coaches
    from setterbase.provisioning import members

    with connected() as connection:
        one = coaches.find(coaches.every(connection), coach)
        done = members.set_role(connection, one, user, role.value)
    if form is Report.json:
        output.as_json(asdict(done))
    elif done.before == done.after:
        output.say(f"{done.email} is {done.after} of {one.email} already.")
    else:
        output.say(f"{done.email} is {done.after} of {one.email}, no longer {done.before}.")


def _join(coach: str, user: str, role: Role, redirect_to: str | None, form: Report) -> None:
    from dataclasses import asdict

    from setterbase import coaches, target
    from setterbase.provisioning import admin, members

    with connected() as connection:
        one = coaches.find(coaches.every(connection), coach)
        done = members.join(
            connection,
            lambda: admin.connect(target.resolve_api(output.say)),
            one,
            user,
            role.value,
            redirect_to=redirect_to,
        )
    if form is Report.json:
        output.as_json(asdict(done))
        return
    said = {"joined": "is now", "reopened": "is again", "existing": "is already"}[done.result]
    output.say(f"{done.email} {said} {done.role} of {one.name} <{one.email}>.")
    if done.magic_link:
        output.text(f"{done.email} sets a password here, once: {done.magic_link}")
