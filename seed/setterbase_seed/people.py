"""Who the leads are: names, jobs and ages that agree with one another, by locale.

Names and the long tail of jobs are Faker's lists, read once. Its generators are not asked: they
promise the same answer to the same seed only within one version, and one call costs more than a
whole message of ours.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from setterbase_seed.jobs import COMMON, Job
from setterbase_seed.rhythm import spread

SLOTS = 1024
JOB_SLOTS = 128
YOUNGEST, OLDEST = 16, 72
# Of every hundred jobs, how many come from Faker's long list; it knows nothing of ages.
_RARE = 22
_RARE_AGES = range(25, 61)


class UnknownLocaleError(ValueError):
    """Faker has no such locale, or none with names."""


@dataclass(frozen=True)
class People:
    """Tables that one random number indexes; `people(locale)` makes them.

    A name is the pair of its spelling and its letters for addresses and handles.
    """

    locale: str
    male: list[tuple[str, str]]
    female: list[tuple[str, str]]
    last: list[tuple[str, str]]
    male_jobs: list[list[str]]  # by age - YOUNGEST
    female_jobs: list[list[str]]
    ages: list[int]


@cache
def people(locale: str) -> People:
    """The people of a locale, such as fr_FR.

    Raises UnknownLocaleError when Faker has none.
    """
    names, jobs = _providers(locale)
    any_first = _listed(names, "first_names")
    male = _listed(names, "first_names_male") or any_first
    female = _listed(names, "first_names_female") or any_first
    last = _listed(names, "last_names")
    if not (male and female and last):
        raise UnknownLocaleError(f"the locale {locale} has no lists of names")
    common, rare = _jobs(locale, jobs)
    return People(
        locale=locale,
        male=_table(male),
        female=_table(female),
        last=_table(last),
        male_jobs=_jobs_by_age(common, rare[0], 0),
        female_jobs=_jobs_by_age(common, rare[1], 1),
        ages=spread(_age_weights(), SLOTS),
    )


def letters(name: str) -> str:
    """The small ASCII letters of a name; `lead` when it has none."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(c for c in folded if c.isalpha()) or "lead"


def _providers(locale: str) -> tuple[object, object]:
    from faker import Faker

    try:
        providers = Faker(locale).get_providers()
    except (AttributeError, ImportError, ValueError, TypeError):
        raise UnknownLocaleError(f"Faker knows no locale {locale}") from None
    found = {type(p).__module__.split(".")[2]: p for p in providers}
    if type(found["person"]).__module__.rpartition(".")[2] != locale:
        raise UnknownLocaleError(f"Faker has no names of the locale {locale}")
    return found["person"], found["job"]


def _jobs(locale: str, provider: object) -> tuple[tuple[Job, ...], tuple[list[str], list[str]]]:
    """The common jobs of a locale, and the long tails of its men and women."""
    language = locale[:2]
    own = type(provider).__module__.rpartition(".")[2].startswith(language)
    male, female = (
        [job for job in _listed(provider, name) if own and len(job) <= 40 and "/" not in job]
        for name in ("jobs", "jobs_female")
    )
    if language == "fr":
        # Its list for men runs both forms together; a single word is a single form.
        male = [job for job in male if " " not in job]
    if language in COMMON:
        return COMMON[language], (male, female or male)
    if male:
        return tuple(Job((job, job), 20, 64, 1) for job in male), ([], [])
    return COMMON["en"], ([], [])


def _listed(provider: object, name: str) -> dict[str, int]:
    """Faker's list as text → weight, a thousandth at the least."""
    values: Mapping[str, float] | Iterable[str] = getattr(provider, name, ())
    if isinstance(values, Mapping):
        top = max(values.values(), default=1.0)
        return {text: max(1, int(1000 * weight / top)) for text, weight in values.items()}
    return dict.fromkeys(values, 1)


def _table(weights: Mapping[str, int]) -> list[tuple[str, str]]:
    # A COPY line and a printf-style template must survive every name.
    sound = {n: w for n, w in weights.items() if not set(n) & set("\t\n\r\\%")}
    pairs = [(name, letters(name)) for name in sound]
    return [pairs[position] for position in spread(list(sound.values()), SLOTS)]


def _jobs_by_age(common: Iterable[Job], rare: Iterable[str], form: int) -> list[list[str]]:
    tail = list(rare)
    tables = []
    for age in range(YOUNGEST, OLDEST + 1):
        fitting = [job for job in common if job.youngest <= age <= job.oldest]
        if not fitting:
            tables.append([""] * JOB_SLOTS)  # unknown
            continue
        tail_slots = JOB_SLOTS * _RARE // 100 if tail and age in _RARE_AGES else 0
        table = [
            fitting[position].forms[form]
            for position in spread([job.weight for job in fitting], JOB_SLOTS - tail_slots)
        ]
        # A different part of the tail at every age.
        table += [tail[(age * 37 + i * 13) % len(tail)] for i in range(tail_slots)]
        tables.append(table)
    return tables


def _age_weights() -> list[int]:
    """By age from 0 on: rises from 16, is widest around 30, thins out to 72."""
    return [
        (age - YOUNGEST + 2) * (OLDEST + 4 - age) ** 3 if YOUNGEST <= age <= OLDEST else 0
        for age in range(OLDEST + 1)
    ]
