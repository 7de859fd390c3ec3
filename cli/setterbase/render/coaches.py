"""Coaches, their people, and what became of those asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from setterbase.coaches import Coach
from setterbase.provisioning.create import Outcome
from setterbase.provisioning.tenants import Person
from setterbase.render.figures import NOTHING, clean, number
from setterbase.render.lists import table

_STYLES = {"created": "green", "existing": "", "refused": "red", "disabled": "yellow"}


def outcomes(told: Sequence[Outcome]) -> RenderableType:
    """One line each; the reason of a refusal. Links are not for a table."""
    if not told:
        return Text("No coach was named.")
    with_lines = any(outcome.line is not None for outcome in told)
    made = table(
        *(["line"] if with_lines else []), "", "e-mail", "coach", "", right=[0][:with_lines]
    )
    made.show_header = len(told) > 1
    for outcome in told:
        made.add_row(
            *([number(outcome.line or 0, "en")] if with_lines else []),
            Text(outcome.result, _STYLES[outcome.result]),
            Text(clean(outcome.email)),
            Text(str(outcome.coach_id or NOTHING)),
            Text(clean(outcome.reason or outcome.name or "")),
        )
    return made


def roster(rows: Sequence[dict[str, Any]]) -> RenderableType:
    """One line a coach."""
    if not rows:
        return Text("There is no coach yet; `setterbase coach create` makes one.")
    made = table("name", "e-mail", "status", "owners", "members", "leads", "id", right=[4, 5])
    for row in rows:
        made.add_row(
            Text(clean(row["name"])),
            Text(clean(row["email"])),
            Text(row["status"], _STYLES.get(row["status"], "")),
            Text(clean(", ".join(row["owners"]) or NOTHING)),
            number(row["members"], "en"),
            number(row["leads"], "en"),
            Text(str(row["id"])),
        )
    return made


def coach(one: Coach, people: Sequence[Person]) -> RenderableType:
    """A coach's own facts, then the people of the tenant."""
    facts = table("", "")
    facts.show_header = False
    for name, value in (
        ("name", one.name),
        ("specialty", one.specialty or NOTHING),
        ("e-mail", one.email),
        ("id", str(one.id)),
        ("time zone", one.timezone),
        ("currency", one.currency),
        ("status", one.status),
    ):
        facts.add_row(name, Text(clean(value), _STYLES.get(value, "")))
    if not people:
        return Group(facts, Text(), Text("Nobody belongs to it: `setterbase coach link`."))
    members = table("person", "role", "", "last signed in", "user")
    for person in people:
        state = "active" if person.active else "paused" if person.paused else "inactive"
        seen = person.last_sign_in_at
        members.add_row(
            Text(clean(person.email or NOTHING)),
            person.role,
            state,
            seen.strftime("%Y-%m-%d %H:%M") if seen else "never",
            str(person.user_id),
        )
    return Group(facts, Text(), members)
