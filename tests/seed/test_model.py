"""The simulated business is one: rhythms, funnel, people who agree with themselves."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setterbase_seed.coaches import made
from setterbase_seed.coaching import check
from setterbase_seed.coaching.blocks import BLOCK, STATUSES, Chunk, chunks, simulate
from setterbase_seed.coaching.journey import Lead
from setterbase_seed.coaching.settle import settle
from setterbase_seed.coaching.traits import SOURCES, Traits, traits
from setterbase_seed.jobs import COMMON
from setterbase_seed.people import UnknownLocaleError, people
from setterbase_seed.world import Coach, World

WORLD = World(seed=5, day=date(2026, 10, 31), days=120)
COACHES = [one.coach for one in made(WORLD, 6)]


@pytest.fixture(scope="module")
def leads() -> list[Lead]:
    return [
        lead
        for coach in COACHES
        for chunk in chunks(coach, 0, 2000)
        for lead in simulate(WORLD, chunk)
    ]


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, (1 << 63) - 1),
    st.integers(1, 900),
    st.dates(date(1980, 1, 1), date(2200, 12, 31)),
    st.sampled_from(["fr_FR", "en_US", "de_DE", "ja_JP"]),
    st.sampled_from(["Europe/Paris", "Pacific/Tahiti", "Pacific/Auckland", "Mars/Olympus"]),
    st.sampled_from([None, "Yoga", "Trading"]),
)
def test_every_lead_of_every_world_keeps_the_rules(
    seed: int, days: int, day: date, locale: str, timezone: str, specialty: str | None
) -> None:
    world = World(seed, day, days, locale)
    coach = Coach("11111111-1111-4111-8111-111111111111", "A", "a@b.c", specialty, timezone)
    table = traits(world, coach)
    for lead in simulate(world, Chunk(coach, 0, 150)):
        assert check.problems(lead, table) == []


def test_every_coach_shows_every_status_and_source() -> None:
    for coach in COACHES:
        first = simulate(WORLD, Chunk(coach, 0, 8))
        assert [settle(lead).status for lead in first] == list(STATUSES)
        assert {lead.source for lead in first} == set(SOURCES)


def test_the_funnel_narrows(leads: list[Lead]) -> None:
    standings = [settle(lead) for lead in leads]
    stages = [
        len(leads),
        sum(s.engaged_at is not None for s in standings),
        sum(s.qualified_at is not None for s in standings),
        sum(s.call_proposed_at is not None for s in standings),
        sum(s.call_booked_at is not None for s in standings),
        sum(lead.attended_at is not None for lead in leads),
        sum(s.won_at is not None for s in standings),
    ]
    assert stages == sorted(stages, reverse=True)
    assert 0.4 < stages[1] / stages[0] < 0.75
    assert 0.02 < stages[-1] / stages[0] < 0.12
    missed = sum(lead.missed_at is not None for lead in leads)
    assert 0.1 < missed / (missed + stages[5]) < 0.3


def test_each_opener_is_answered_less_than_the_one_before(leads: list[Lead]) -> None:
    sent, answered = Counter[int](), Counter[int]()
    for lead in leads:
        for number, (_, outbound, _) in enumerate(lead.messages[:4]):
            if not outbound:
                break
            sent[number] += 1
            following = lead.messages[number + 1 : number + 2]
            answered[number] += bool(following and not following[0][1])
    rates = [answered[n] / sent[n] for n in range(4)]
    assert rates == sorted(rates, reverse=True)
    assert all(earlier > 1.2 * later for earlier, later in pairwise(rates))


def test_a_warm_source_sells_more_than_a_cold_one(leads: list[Lead]) -> None:
    def rate(source: str) -> float:
        of_it = [settle(lead).qualified_at is not None for lead in leads if lead.source == source]
        return sum(of_it) / len(of_it)

    assert rate("keyword") > rate("story") > rate("post")


def test_days_and_hours_have_a_rhythm(leads: list[Lead]) -> None:
    # The coaches live an hour or two east of Greenwich.
    hours = Counter(datetime.fromtimestamp(lead.created_at + 3600, UTC).hour for lead in leads)
    assert sum(hours[h] for h in range(18, 23)) > 8 * sum(hours[h] for h in range(1, 6))
    for coach in COACHES:
        mine = [lead for chunk in chunks(coach, 0, 2000) for lead in simulate(WORLD, chunk)]
        days = Counter(lead.created_at // 86_400 for lead in mine)
        usual = sorted(days.values())[len(days) // 2]
        assert max(days.values()) > 2 * usual, "no campaign peaks"
        assert len(days) > 100, "leads come on nearly every day"


def test_names_ages_and_jobs_agree(leads: list[Lead]) -> None:
    tables = people("fr_FR")
    men = {name for name, _ in tables.male}
    women = {name for name, _ in tables.female}
    forms = {form: job for job in COMMON["fr"] for form in job.forms}
    for lead in leads:
        if lead.first_name and lead.gender == "male":
            assert lead.first_name in men
        if lead.first_name and lead.gender == "female":
            assert lead.first_name in women
        job = forms.get(lead.job or "")
        if job and lead.age is not None:
            assert job.youngest <= lead.age <= job.oldest
        if job and job.forms[0] != job.forms[1] and lead.gender in ("male", "female"):
            assert lead.job == job.forms[lead.gender == "female"]
    assert 0.5 < sum(lead.age is not None for lead in leads) / len(leads) < 0.9


def test_coaches_differ() -> None:
    tables = [traits(WORLD, coach) for coach in COACHES]
    assert len({table.deals[0] for table in tables}) > 2
    assert len({round(table.skill, 3) for table in tables}) == len(COACHES)
    assert max(t.women for t in tables) - min(t.women for t in tables) > 0.1


def test_handles_contacts_and_emails_are_unique_to_a_coach() -> None:
    mine = [lead for chunk in chunks(COACHES[0], 0, 20 * BLOCK) for lead in simulate(WORLD, chunk)]
    assert len({lead.handle for lead in mine}) == len(mine)
    emails = [lead.email for lead in mine if lead.email]
    assert len(set(emails)) == len(emails)
    assert all(email.endswith("@example.com") for email in emails)  # nobody's, by RFC 2606


@pytest.mark.parametrize("locale", ["xx_YY", "", "fr", "french"])
def test_an_unknown_locale_is_refused(locale: str) -> None:
    with pytest.raises(UnknownLocaleError):
        people(locale)


def broken(lead: Lead, table: Traits, **changes: object) -> list[str]:
    for name, value in changes.items():
        setattr(lead, name, value)
    return check.problems(lead, table)


def test_what_is_wrong_with_a_lead_is_told() -> None:
    table = traits(WORLD, COACHES[0])

    def fresh() -> Lead:
        return simulate(WORLD, Chunk(COACHES[0], 5, 6))[0]  # won

    assert check.problems(fresh(), table) == []
    assert broken(fresh(), table, age=131) == ["age 131"]
    assert broken(fresh(), table, gender="m") == ["gender m"]
    assert broken(fresh(), table, source="tv") == ["source tv"]
    assert broken(fresh(), table, email="nobody") == ["email nobody"]
    assert broken(fresh(), table, deal_value=None) == [
        "a deal value without a win, or a win without one"
    ]
    assert broken(fresh(), table, loss_reason="price") == [
        "a loss reason without a loss, or a loss without one"
    ]
    assert broken(fresh(), table, first_name="A\tB") == [
        "a text is empty or holds a tab, a newline or a backslash"
    ]
    assert "something happens outside the world's days" in broken(
        fresh(), table, created_at=table.start - 1
    )
    assert "something happens before the lead arrives" in broken(
        fresh(), table, created_at=table.end - 1
    )
    one = fresh()
    assert broken(one, table, messages=one.messages[::-1])[0].startswith("messages are not in")
    assert broken(fresh(), table, attended_at=table.start)[-1] == (
        "a later stage is reached before an earlier one"
    )
