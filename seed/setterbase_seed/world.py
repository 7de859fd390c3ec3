"""What a world is made from: four settings, and the coaches whose business it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from setterbase_seed import ids, rhythm

MOST_DAYS = 3650
MOST_COACHES = 10_000


@dataclass(frozen=True)
class World:
    """Equal worlds have equal bytes.

    `day` is the first day that has not happened yet: the world covers the `days` days before it,
    in UTC.
    """

    seed: int
    day: date
    days: int
    locale: str = "fr_FR"

    @property
    def start(self) -> int:
        """Its first second, since 1970."""
        return rhythm.midnight(self.day) - self.days * rhythm.DAY


@dataclass(frozen=True)
class Coach:
    """A coach as the database knows them, `id` in small letters."""

    id: str
    name: str
    email: str
    specialty: str | None = None
    timezone: str = "Europe/Paris"


@dataclass(frozen=True)
class Profile:
    """A size: about so many leads a coach (a busy one has up to twice as many), over so long."""

    leads: int
    days: int


PROFILES = {
    "demo": Profile(60, 30),
    "small": Profile(250, 60),
    "realistic": Profile(1_500, 180),
    "large": Profile(20_000, 365),
}


def busyness(seed: int, coach: Coach) -> float:
    """How many leads this coach gets compared with the quietest one: from 1 to 2."""
    return 1.0 + ids.fraction("volume", seed, coach.id)


def leads_by_profile(seed: int, coaches: Sequence[Coach], leads: int) -> list[int]:
    """Leads of each coach; the others' number has no part in it, so newcomers change nothing."""
    return [int(leads * busyness(seed, coach)) for coach in coaches]


def leads_by_total(seed: int, coaches: Sequence[Coach], total: int) -> list[int]:
    """`total` leads shared out by busyness, one each at the least while there are enough."""
    if not coaches:
        return []
    each = 1 if total >= len(coaches) else 0
    rest = total - each * len(coaches)
    weights = [busyness(seed, coach) for coach in coaches]
    whole = sum(weights)
    shares = [each + int(rest * weight / whole) for weight in weights]
    # What rounding left over goes to the busiest.
    order = sorted(range(len(coaches)), key=lambda i: (-weights[i], coaches[i].id))
    for i in range(total - sum(shares)):
        shares[order[i % len(order)]] += 1
    return shares


def problems(world: World, leads: int | None, coaches: int | None) -> list[str]:
    """Why these settings make no world, one line each; empty when they do."""
    found = []
    if not 0 <= world.seed < 1 << 63:
        found.append(f"--seed is {world.seed}; it goes from 0 to {(1 << 63) - 1}")
    if not 1 <= world.days <= MOST_DAYS:
        found.append(f"--days is {world.days}; it goes from 1 to {MOST_DAYS}")
    elif not 1980 <= world.day.year <= 2200:
        found.append(f"--day is {world.day}; it goes from 1980 to 2200")
    if leads is not None and not 0 <= leads <= ids.MOST_LEADS:
        found.append(f"--leads is {leads}; it goes from 0 to {ids.MOST_LEADS}")
    elif leads == 0 and coaches is None:
        found.append("--leads is 0, which makes nothing; with --coaches it makes coaches alone")
    if coaches is not None and not 1 <= coaches <= MOST_COACHES:
        found.append(f"--coaches is {coaches}; it goes from 1 to {MOST_COACHES}")
    return found
