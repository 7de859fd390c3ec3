"""`setterbase seed`: sample data that could be a real coaching business, at any size."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from setterbase import output
from setterbase.commands.session import connected
from setterbase.output import Format

if TYPE_CHECKING:
    import psycopg

    from setterbase.seeding.plan import Plan
    from setterbase_seed.world import Profile, World


class Size(StrEnum):
    """The named sizes of a world."""

    demo = "demo"
    small = "small"
    realistic = "realistic"
    large = "large"


def seed(
    coaches: Annotated[
        int | None,
        typer.Option("--coaches", help="Make so many sample coaches and seed those alone."),
    ] = None,
    leads: Annotated[
        int | None, typer.Option("--leads", help="Leads in all, shared among the coaches.")
    ] = None,
    days: Annotated[int | None, typer.Option("--days", help="How far back the world goes.")] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Another number, another world; 1 if not given.")
    ] = None,
    profile: Annotated[
        Size,
        typer.Option("--profile", help="60, 250, 1,500 or 20,000 leads a coach or more."),
    ] = Size.demo,
    coach: Annotated[
        list[str] | None,
        typer.Option("--coach", metavar="ID|EMAIL", help="Only this coach; may be repeated."),
    ] = None,
    locale: Annotated[str, typer.Option("--locale", help="Whose names, as Faker spells it.")] = (
        "fr_FR"
    ),
    day: Annotated[
        datetime | None,
        typer.Option("--day", formats=["%Y-%m-%d"], help="The world ends as this day begins."),
    ] = None,
    purge: Annotated[
        bool, typer.Option("--purge", help="Take out what seeds made, and nothing else.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan; write nothing.")] = (
        False
    ),
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE.jsonl", help="Write the world as events instead."),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=0, max=64, help="Processes that generate.")
    ] = 1,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    form: Annotated[Format, typer.Option("--output", help="How the result is written.")] = (
        Format.table
    ),
) -> None:
    """Fill coaches with leads, conversations, calls and sales that could be real.

    The same seed, settings and day give the same rows; a second run changes nothing. Every row has
    an id that starts with 5e77e4ba-5eed-8, by which --purge knows it.

    Example: setterbase seed --coaches 3 --profile small
    """
    from setterbase.seeding import plan as planning
    from setterbase_seed.world import PROFILES, World

    size = PROFILES[profile.value]
    if coaches is not None and coach:
        from setterbase.errors import UsageError

        raise UsageError("--coaches makes coaches and --coach names one: choose.")
    world = planning.world(
        World(
            seed=1 if seed is None else seed,
            day=(day or datetime.now(UTC)).date(),
            days=size.days if days is None else days,
            locale=locale,
        ),
        leads,
        coaches,
    )
    with connected() as connection:
        planning.require_schema(connection)
        if purge:
            _purge(connection, coach or [], seed, dry_run=dry_run, yes=yes, form=form)
            return
        plan = _plan(connection, world, coaches, coach or [], leads, size, dry_run, to)
        if to is not None and not dry_run:
            _export(plan, to, workers, form)
            if coaches is not None:
                output.say(f"Its coaches: `setterbase seed --coaches {coaches} --leads 0`.")
        elif dry_run:
            _preview(plan, form)
        else:
            _load(connection, plan, workers, yes=yes, form=form)


def _plan(
    connection: psycopg.Connection[Any],
    world: World,
    coaches: int | None,
    names: list[str],
    leads: int | None,
    size: Profile,
    dry_run: bool,
    to: Path | None,
) -> Plan:
    from setterbase.seeding import plan as planning
    from setterbase_seed.coaches import made

    if coaches is None:
        chosen = planning.coaches(connection, names)
    else:
        sample = made(world, coaches)
        chosen = sorted((one.coach for one in sample), key=lambda coach: coach.id)
        if not dry_run and to is None:
            added = planning.make_coaches(connection, sample)
            output.say(
                f"{_coaches(len(added), 'sample')} made, {coaches - len(added)} there before."
            )
    # As events the whole world is told, whatever the database holds already.
    there = None if to is not None else connection
    return planning.plan(there, world, chosen, total=leads, profile=size)


def _load(
    connection: psycopg.Connection[Any], plan: Plan, workers: int, *, yes: bool, form: Format
) -> None:
    from time import monotonic

    from setterbase.seeding import load

    if plan.beside_real and plan.leads:
        names = ", ".join(coach.name for coach in plan.beside_real[:5])
        have = "has" if len(plan.beside_real) == 1 else "have"
        output.confirm(
            f"{_coaches(len(plan.beside_real))} {have} leads that no seed made ({names}); sample "
            "leads would stand beside them until `--purge`.",
            yes=yes,
        )
    began = monotonic()
    with output.progress("leads", plan.leads) as advance:
        loaded = load.load(connection, plan, workers=workers, on_leads=advance)
    seconds = monotonic() - began
    if plan.leads:
        load.settle(connection)
    rows = [
        {"coach": part.coach.name, "email": part.coach.email, **loaded.rows[part.coach.id]}
        for part in plan.parts
        if part.coach.id in loaded.rows
    ]
    there = sum(part.last for part in plan.parts)
    if not plan.leads and there:
        have = "has its" if len(plan.parts) == 1 else "have their"
        output.say(
            f"Nothing to do: {_coaches(len(plan.parts))} {have} {there:,} leads of seed "
            f"{plan.world.seed} already."
        )
    elif plan.leads:
        rate = loaded.total / max(seconds, 0.001)
        output.say(f"{loaded.total:,} rows in {seconds:.1f} s ({rate:,.0f} a second).")
    _result(rows, form, nothing="Nothing was written.")


def _export(plan: Plan, to: Path, workers: int, form: Format) -> None:
    from setterbase.seeding import export

    with output.progress("leads", plan.leads) as advance:
        events = export.write(plan, to, workers=workers, on_leads=advance)
    output.say(f"Replay it with `setterbase ingest {to}`.")
    _result([{"file": str(to), "leads": plan.leads, "events": events}], form)


def _preview(plan: Plan, form: Format) -> None:
    from setterbase.seeding import preview

    rows = [
        {
            "coach": part.coach.name,
            "email": part.coach.email,
            "leads_there": part.first,
            "leads_to_write": part.last - part.first,
        }
        for part in plan.parts
    ]
    _result(rows, form)
    if form is Format.table and plan.leads:
        from setterbase.render import seed as render

        output.text("\n" + render.preview(preview.leads(plan, 8)))
    output.say(
        f"Dry run: seed {plan.world.seed}, {plan.world.days} days up to {plan.world.day}, "
        f"{plan.world.locale}. Nothing was written."
    )


def _purge(
    connection: psycopg.Connection[Any],
    names: list[str],
    seed: int | None,
    *,
    dry_run: bool,
    yes: bool,
    form: Format,
) -> None:
    from setterbase.seeding import load, purge
    from setterbase.seeding import plan as planning

    coaches = planning.coaches(connection, names, disabled=True) if names else None
    coach_ids = [coach.id for coach in coaches] if coaches is not None else None
    found = purge.find(connection, coach_ids, seed)
    total = sum(coach.leads for coach in found)
    rows = [{"coach": c.name, "email": c.email, "leads": c.leads} for c in found]
    if dry_run:
        _result(rows, form, nothing="No seed has left anything here.")
        output.say("Dry run: nothing was taken out.")
        return
    if total:
        output.confirm(
            f"This deletes {total:,} seeded leads of {_coaches(len(found))} and all that hangs on "
            "them; no other lead is touched.",
            yes=yes,
        )
    with output.progress("leads", total) as advance:
        gone = purge.purge(connection, found, seed, sample_coaches=not names, on_leads=advance)
    if total:
        load.settle(connection)
    if gone.coaches:
        output.say(f"{_coaches(len(gone.coaches), 'sample')} went too: {_some(gone.coaches)}.")
    if gone.kept:
        stay = "stays" if len(gone.kept) == 1 else "stay"
        output.say(
            f"{_coaches(len(gone.kept), 'sample')} with leads or members of their own {stay}:"
            f" {_some(gone.kept)}."
        )
    _result([gone.rows] if gone.rows else [], form, nothing="No seed has left anything here.")


def _coaches(number: int, kind: str = "") -> str:
    return f"{number:,} {kind + ' ' if kind else ''}coach{'' if number == 1 else 'es'}"


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _result(rows: list[dict[str, Any]], form: Format, *, nothing: str = "Nothing.") -> None:
    match form:
        case Format.json:
            output.as_json(rows)
        case Format.csv:
            output.as_csv(rows, list(rows[0]) if rows else [])
        case Format.table if rows:
            from setterbase.render import seed as render

            output.text(render.counts(rows))
        case Format.table:
            output.text(nothing)
