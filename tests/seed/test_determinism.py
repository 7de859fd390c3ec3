"""The same seed, settings and day give the same bytes, whoever makes them."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setterbase_seed.coaches import made
from setterbase_seed.coaching.blocks import BLOCK, Chunk, Form, chunks, make, simulate, stream
from setterbase_seed.world import Coach, World

WORLD = World(seed=3, day=date(2026, 10, 31), days=60)
COACHES = [one.coach for one in made(WORLD, 3)]

# What this world is. It changes when the model or Faker's lists do, and then on purpose: people who
# seeded before keep what they have, and a new seed gives other people.
GOLDEN = "bf151249cee1c6ff1acdf116b1df1a3a32a7c8d164fdbee42527a91feb2383a9"


def digest(workers: int, form: Form = "copy") -> str:
    total = sha256()
    wanted = [chunk for coach in COACHES for chunk in chunks(coach, 0, 1100)]
    for _, rows in stream(WORLD, wanted, form=form, workers=workers):
        for text in rows.texts:
            total.update(text)
    return total.hexdigest()


def test_the_world_is_what_it_was() -> None:
    assert digest(0) == GOLDEN


@pytest.mark.slow
@pytest.mark.parametrize("form", ["copy", "events"])
def test_the_number_of_workers_changes_nothing(form: Form) -> None:
    assert digest(1, form) == digest(3, form) == digest(0, form)


def test_the_hash_seed_and_the_locale_of_the_machine_change_nothing() -> None:
    code = "from tests.seed.test_determinism import digest; print(digest(0))"
    for variables in (
        {"PYTHONHASHSEED": "1", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "2", "TZ": "UTC-9"},
    ):
        answer = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **variables, "PYTHONPATH": "."},
            check=True,
            capture_output=True,
            text=True,
        )
        assert answer.stdout.strip() == GOLDEN


def test_another_seed_day_length_locale_or_coach_is_another_world() -> None:
    worlds = [
        WORLD,
        World(4, WORLD.day, WORLD.days),
        World(3, date(2026, 11, 1), WORLD.days),
        World(3, WORLD.day, 61),
        World(3, WORLD.day, WORLD.days, "en_US"),
    ]
    texts = {make(world, Chunk(COACHES[0], 0, 50)).texts[0] for world in worlds}
    texts.add(make(WORLD, Chunk(COACHES[1], 0, 50)).texts[0])
    assert len(texts) == 6


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 5 * BLOCK), st.integers(0, 5 * BLOCK), st.integers(0, 5 * BLOCK))
def test_more_leads_are_the_same_leads_and_then_some(a: int, b: int, c: int) -> None:
    first, middle, last = sorted((a, b, c))

    def text(start: int, end: int) -> bytes:
        return b"".join(make(WORLD, chunk).texts[0] for chunk in chunks(COACHES[0], start, end))

    assert text(first, middle) + text(middle, last) == text(first, last)


def test_blocks_end_where_the_numbers_say_whatever_their_start() -> None:
    coach = Coach("11111111-1111-4111-8111-111111111111", "A", "a@example.com")
    found = [(chunk.first, chunk.last) for chunk in chunks(coach, 130, 4034)]
    assert found == [(130, 2000), (2000, 4000), (4000, 4034)]
    assert [lead.index for lead in simulate(WORLD, Chunk(coach, 130, 133))] == [130, 131, 132]
