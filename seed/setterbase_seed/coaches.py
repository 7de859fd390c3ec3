"""Sample coaches, for a database that has none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from setterbase_seed import ids
from setterbase_seed.people import people
from setterbase_seed.rhythm import DAY
from setterbase_seed.world import Coach, World

_SPECIALTIES = {
    "fr": (
        "Fitness", "Musculation", "Yoga", "Nutrition", "Confiance en soi", "Business en ligne",
        "Reconversion", "Pilates", "Gestion du stress", "Parentalité",
    ),
    "en": (
        "Fitness", "Bodybuilding", "Yoga", "Nutrition", "Confidence", "Online business",
        "Career change", "Pilates", "Stress relief", "Parenting",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class MadeCoach:
    """A coach that the seed makes, and when they joined."""

    coach: Coach
    created_at: datetime


def made(world: World, count: int) -> list[MadeCoach]:
    """The first `count` sample coaches of a seed; a greater count is the same ones and more."""
    tables = people(world.locale)
    prefix = ids.prefix(world.seed, "coaches")
    specialties = _SPECIALTIES["fr" if world.locale.startswith("fr") else "en"]
    joined = datetime.fromtimestamp(world.start - 30 * DAY, UTC)
    coaches = []
    for n in range(count):
        draw = ids.number("sample coach", world.seed, world.locale, n)
        firsts = (tables.female, tables.male)[draw & 1]
        first, first_letters = firsts[(draw >> 1) % len(firsts)]
        last, last_letters = tables.last[(draw >> 20) % len(tables.last)]
        coaches.append(
            MadeCoach(
                Coach(
                    id=str(ids.lead_id(prefix, n)),
                    name=f"{first} {last}",
                    email=f"{first_letters}.{last_letters}.s{world.seed}c{n + 1}@example.com",
                    specialty=specialties[n % len(specialties)],
                ),
                joined,
            )
        )
    return coaches
