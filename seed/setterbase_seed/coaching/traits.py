"""What makes one coach's business differ from another's, as tables for the simulation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from setterbase_seed import ids, rhythm
from setterbase_seed.people import People, people
from setterbase_seed.texts import Texts, texts
from setterbase_seed.world import Coach, World

# Where leads come from: of 64 how many on an ordinary day, and how warm they are.
SOURCES = ("story", "post", "keyword", "dm_organique")
_USUAL = (25, 17, 12, 8)
_WARMTH = {"story": 1.0, "post": 0.82, "keyword": 1.3, "dm_organique": 1.15, None: 0.9}
_SOURCE_SLOTS = 64
# A campaign multiplies a day's arrivals, in percent, and fades within a week.
_CAMPAIGN = (420, 330, 240, 180, 140, 115)
# Chance of an answer to the first, second, third and fourth opener.
_REPLIES = (0.36, 0.21, 0.13, 0.08)
_PRICES = (290, 490, 690, 890, 990, 1290, 1490, 1990, 2490, 2900)
_DISCOUNTS = (100,) * 13 + (90,) * 3 + (80, 75, 150, 200)

Source = tuple[str | None, float]


@dataclass(frozen=True)
class Traits:
    """A coach in a world. Seconds are since 1970; tables are indexed by one random number."""

    coach_id: str
    id_prefix: str
    tag: str
    start: int
    end: int
    offset: int
    days: list[int]
    hours: list[tuple[int, ...]]  # by day
    sources: list[list[Source]]  # by day
    women: float
    skill: float
    replies: tuple[float, ...]
    deals: list[int]
    people: People
    texts: Texts


def traits(world: World, coach: Coach) -> Traits:
    """The traits of a coach; they depend on the world and the coach's own row alone."""

    def chance(name: str) -> float:
        return ids.fraction(name, world.seed, coach.id)

    weekdays = [(world.day - timedelta(days=world.days - d)).weekday() for d in range(world.days)]
    weights = [
        rhythm.WEEKDAYS[weekday] * (100 + 40 * day // world.days)
        for day, weekday in enumerate(weekdays)
    ]
    usual = _source_table(tuple(w + int(6 * chance(f"source {i}")) for i, w in enumerate(_USUAL)))
    sources = [usual] * world.days
    for campaign in range(1 + world.days // 18):
        first = int(chance(f"campaign {campaign}") * world.days)
        pushed = int(chance(f"campaign source {campaign}") * 3)
        for age, percent in enumerate(_CAMPAIGN):
            if first + age < world.days:
                weights[first + age] = weights[first + age] * percent // 100
                sources[first + age] = _source_table(
                    tuple(w * (5 if i == pushed else 1) for i, w in enumerate(_USUAL))
                )
    skill = 0.75 + 0.55 * chance("skill")
    price = _PRICES[int(chance("price") * len(_PRICES))]
    return Traits(
        coach_id=coach.id,
        id_prefix=ids.prefix(world.seed, coach.id),
        tag=ids.tag(world.seed, coach.id),
        start=world.start,
        end=world.start + world.days * rhythm.DAY,
        offset=rhythm.offset(coach.timezone),
        days=rhythm.spread(weights, max(1024, 16 * world.days)),
        hours=[rhythm.HOURS[weekday >= 5] for weekday in weekdays],
        sources=sources,
        women=_women(coach.specialty, chance("women")),
        skill=skill,
        replies=tuple(rate * (0.7 + 0.3 * skill) for rate in _REPLIES),
        deals=[price * percent // 100 for percent in _DISCOUNTS],
        people=people(world.locale),
        texts=texts(world.locale),
    )


def _source_table(weights: tuple[int, ...]) -> list[Source]:
    named = rhythm.spread(weights, _SOURCE_SLOTS - 2)
    table: list[Source] = [(SOURCES[i], _WARMTH[SOURCES[i]]) for i in named]
    return [*table, (None, _WARMTH[None]), (None, _WARMTH[None])]


def _women(specialty: str | None, chance: float) -> float:
    """The share of women among the leads, by what the coach teaches."""
    words = (specialty or "").lower()
    if any(word in words for word in ("yoga", "pilates", "nutrition", "parental", "maternité")):
        return 0.72 + 0.16 * chance
    if any(word in words for word in ("muscu", "trading", "crossfit", "business")):
        return 0.18 + 0.2 * chance
    return 0.38 + 0.3 * chance
