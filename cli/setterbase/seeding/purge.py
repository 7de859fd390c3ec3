"""Take out what seeds made, and nothing else: the ids say whose a row is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from setterbase.db import query
from setterbase.seeding import tables
from setterbase.seeding.load import SeedError
from setterbase.seeding.plan import QUERIES, rows_of
from setterbase_seed import ids

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Seeded:
    """A coach with leads that seeds made: all seeds, or one."""

    id: str
    name: str
    email: str
    leads: int


@dataclass(frozen=True)
class Purged:
    """Rows taken out by table, the sample coaches that went with them, and those in use, kept."""

    rows: dict[str, int]
    coaches: list[str]
    kept: list[str]


def find(
    connection: psycopg.Connection[Any], coach_ids: Sequence[str] | None, seed: int | None
) -> list[Seeded]:
    """The coaches of a purge with the number of leads that it would take from each."""
    params = {
        "coach_ids": None if coach_ids is None else list(coach_ids),
        "first_of_all": ids.FIRST_OF_ALL,
        "last_of_all": ids.LAST_OF_ALL,
    }
    found = [Seeded(**row) for row in rows_of(connection, "seeded_coaches", params)]
    if seed is None:
        return found
    counted = []
    for coach in found:
        low, high = _range(coach.id, seed)
        row = connection.execute(
            "select count(*) from public.leads where coach_id = %s and id between %s and %s",
            [coach.id, low, high],
        ).fetchone()
        if row and row[0]:
            counted.append(Seeded(coach.id, coach.name, coach.email, row[0]))
    return counted


def purge(
    connection: psycopg.Connection[Any],
    found: Sequence[Seeded],
    seed: int | None,
    *,
    sample_coaches: bool,
    on_leads: Callable[[int], None] = lambda _: None,
) -> Purged:
    """Delete what `find` found, a transaction a coach; then sample coaches that nobody uses.

    Raises SeedError, which names the coach, when one fails: that coach is left as they were.
    """
    import psycopg

    gone: dict[str, int] = {}
    for coach in found:
        low, high = _range(coach.id, seed)
        params = {"coach_id": coach.id, "low": low, "high": high}
        try:
            with tables.alone(connection, tables.DELETING):
                children = rows_of(connection, "purge_children", params)[0]
                leads = connection.execute(query("purge_leads", QUERIES), params).rowcount
        except psycopg.Error as error:
            raise SeedError(
                f"the seed of coach {coach.name} <{coach.email}> could not be taken out: "
                f"{error.diag.message_primary or error}. It is as it was.",
                hint="Mend the cause and run it again.",
            ) from error
        for table, count in {"leads": leads, **children}.items():
            gone[table] = gone.get(table, 0) + count
        on_leads(coach.leads)
    if not sample_coaches:
        return Purged(gone, [], [])
    low, high = _range("coaches", seed)
    params = {"low": low, "high": high}
    coaches = [row["name"] for row in rows_of(connection, "purge_coaches", params)]
    kept = [row["name"] for row in rows_of(connection, "sample_coaches", params)]
    return Purged(gone, coaches, kept)


def _range(owner: str, seed: int | None) -> tuple[str, str]:
    """The first and last id of an owner's rows, of one seed or of all."""
    if seed is None:
        return str(ids.FIRST_OF_ALL), str(ids.LAST_OF_ALL)
    prefix = ids.prefix(seed, owner)
    return f"{prefix}00000000", f"{prefix}ffffffff"
