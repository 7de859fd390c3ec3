"""Decide what a seed writes: which coaches, and which leads they lack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from setterbase.db import query
from setterbase.errors import TargetError, UsageError
from setterbase_seed import ids
from setterbase_seed import world as worlds
from setterbase_seed.coaches import MadeCoach
from setterbase_seed.coaching import blocks, check
from setterbase_seed.coaching.traits import traits
from setterbase_seed.people import UnknownLocaleError, people
from setterbase_seed.world import Coach, World

if TYPE_CHECKING:
    import psycopg

QUERIES = "setterbase.seeding.queries"
_LOOKED_AT = 60  # leads of each coach that are checked before anything is written


@dataclass(frozen=True)
class Part:
    """Leads `first` to `last` - 1 of a coach; none when the coach has them all."""

    coach: Coach
    first: int
    last: int
    has_real: bool = False


@dataclass(frozen=True)
class Plan:
    """What is to be written."""

    world: World
    parts: tuple[Part, ...]

    @property
    def leads(self) -> int:
        """Leads to write."""
        return sum(part.last - part.first for part in self.parts)

    @property
    def beside_real(self) -> list[Coach]:
        """Coaches who get leads and have some that no seed made."""
        return [p.coach for p in self.parts if p.has_real and p.last > p.first]


def world(world: World, leads: int | None, coaches: int | None) -> World:
    """The world, once its settings are sound; raises UsageError with everything that is wrong."""
    wrong = worlds.problems(world, leads, coaches)
    try:
        people(world.locale)
    except UnknownLocaleError as error:
        wrong.append(f"--locale is {world.locale}: {error}")
    if wrong:
        raise UsageError("these settings make no world: " + "; ".join(wrong) + ".")
    return world


def require_schema(connection: psycopg.Connection[Any]) -> None:
    """Raise TargetError unless the database has the tables and triggers that a seed leans on."""
    found = connection.execute(query("is_ready", QUERIES)).fetchone()
    if not found or not found[0]:
        raise TargetError(
            "this database lacks the tables or triggers of the coaching domain.",
            hint="Bring it up to date: `setterbase migrate up`.",
        )


def coaches(
    connection: psycopg.Connection[Any], wanted: Sequence[str] = (), *, disabled: bool = False
) -> list[Coach]:
    """The active coaches in the order of their ids, or those named by id or email.

    Raises UsageError when a name fits nobody, when there is no coach at all, and when one is
    disabled unless `disabled` ones are welcome.
    """
    known = rows_of(connection, "active_coaches")
    wrong, chosen = [], []
    for name in wanted:
        folded = name.strip().lower()
        match = [row for row in known if folded in (row["id"], row["email"].lower())]
        if not match:
            wrong.append(f"no coach has the id or email {name}")
        elif match[0]["status"] != "active" and not disabled:
            wrong.append(f"coach {name} is disabled")
        else:
            chosen.append(match[0])
    if wrong:
        raise UsageError("; ".join(wrong) + ".")
    if not wanted:
        chosen = [row for row in known if row["status"] == "active"]
    if not chosen:
        raise UsageError(
            "there is no active coach to seed.",
            hint="`setterbase seed --coaches 3` makes sample coaches with their leads; a coach of "
            "your own is a row of public.coachs with a name and an email.",
        )
    unique = {row["id"]: row for row in chosen}
    return [
        Coach(row["id"], row["name"], row["email"], row["specialty"], row["timezone"])
        for _, row in sorted(unique.items())
    ]


def make_coaches(connection: psycopg.Connection[Any], made: Sequence[MadeCoach]) -> list[str]:
    """Insert the sample coaches that are missing; answers their ids. All of them or none."""
    import psycopg

    added = []
    with connection.transaction():
        for one in made:
            try:
                row = connection.execute(
                    query("insert_coach", QUERIES),
                    {**vars(one.coach), "created_at": one.created_at},
                ).fetchone()
            except psycopg.Error as error:
                raise UsageError(
                    f"sample coach {one.coach.name} <{one.coach.email}> could not be made: "
                    f"{error.diag.message_primary} ({error.diag.message_detail}).",
                    hint="No coach was made. Choose another --seed.",
                ) from error
            added += [row[0]] if row else []
    return added


def plan(
    connection: psycopg.Connection[Any] | None,
    world: World,
    coaches: Sequence[Coach],
    *,
    total: int | None,
    profile: worlds.Profile,
) -> Plan:
    """Which leads each coach lacks: `total` in all, or as many as the profile says.

    Without a connection nothing is there yet. Raises UsageError, with all that is wrong, when a
    world would clash with what is there or break a rule of the tables.
    """
    counts = (
        worlds.leads_by_profile(world.seed, coaches, profile.leads)
        if total is None
        else worlds.leads_by_total(world.seed, coaches, total)
    )
    there = _present(connection, world, coaches) if connection is not None else {}
    wrong, parts = [], []
    for coach, count in zip(coaches, counts, strict=True):
        row = there.get(coach.id, {})
        last_id: UUID | None = row.get("last_id")
        first = 0 if last_id is None else ids.lead_index(last_id) + 1
        if row.get("ingested"):
            wrong.append(
                f"coach {coach.name} <{coach.email}> has {row['ingested']} leads that events of "
                f"seed {world.seed} made; choose another --seed"
            )
        parts.append(Part(coach, first, max(first, count), bool(row.get("has_real"))))
    result = Plan(world, tuple(parts))
    wrong += _broken_rules(result)
    if wrong:
        raise UsageError("nothing was written: " + "; ".join(wrong[:20]) + ".")
    return result


def rows_of(
    connection: psycopg.Connection[Any], name: str, params: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """All rows of a query of this package, as dictionaries."""
    from psycopg.rows import dict_row

    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query(name, QUERIES), params).fetchall()


def _present(
    connection: psycopg.Connection[Any], world: World, coaches: Sequence[Coach]
) -> dict[str, dict[str, Any]]:
    prefixes = [ids.prefix(world.seed, coach.id) for coach in coaches]
    params = {
        "coach_ids": [coach.id for coach in coaches],
        "lows": [f"{prefix}00000000" for prefix in prefixes],
        "highs": [f"{prefix}ffffffff" for prefix in prefixes],
        "contacts": [f"seed-{ids.tag(world.seed, coach.id)}-" for coach in coaches],
        "first_of_all": ids.FIRST_OF_ALL,
        "last_of_all": ids.LAST_OF_ALL,
    }
    return {row["coach_id"]: row for row in rows_of(connection, "present", params)}


def _broken_rules(plan: Plan) -> list[str]:
    """Look at the first leads of each coach that gets some; one line for each kind of fault."""
    faults: dict[str, str] = {}
    for part in plan.parts:
        if part.last == part.first:
            continue
        few = blocks.Chunk(part.coach, 0, min(part.last, _LOOKED_AT))
        table = traits(plan.world, part.coach)
        for lead in blocks.simulate(plan.world, few):
            for problem in check.problems(lead, table):
                faults.setdefault(problem, f"lead {lead.index} of coach {part.coach.name}")
    return [f"{where}: {problem}" for problem, where in faults.items()]
