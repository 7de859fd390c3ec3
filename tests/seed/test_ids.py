"""Derived ids: recognised as a seed's, never anybody else's, one range a coach and seed."""

from __future__ import annotations

from uuid import RFC_4122, UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from setterbase_seed import ids

seeds = st.integers(0, (1 << 63) - 1)
owners = st.uuids().map(str)
indexes = st.integers(0, ids.MOST_LEADS - 1)


@given(seeds, owners, indexes)
def test_an_id_is_a_custom_uuid_that_gives_its_number_back(
    seed: int, owner: str, index: int
) -> None:
    made = ids.lead_id(ids.prefix(seed, owner), index)
    assert made.version == 8
    assert made.variant == RFC_4122
    assert ids.lead_index(made) == index
    assert ids.FIRST_OF_ALL <= made <= ids.LAST_OF_ALL


@given(seeds, owners, indexes, indexes)
def test_ids_sort_as_the_leads_are_numbered(seed: int, owner: str, a: int, b: int) -> None:
    prefix = ids.prefix(seed, owner)
    assert (ids.lead_id(prefix, a) < ids.lead_id(prefix, b)) == (a < b)


def test_no_random_id_is_a_seeds() -> None:
    for _ in range(10_000):
        assert not ids.FIRST_OF_ALL <= uuid4() <= ids.LAST_OF_ALL
    # Not by luck: the version is part of the marker.
    nearest = UUID("5e77e4ba-5eed-4fff-8000-000000000000")
    assert nearest.version == 4
    assert not ids.FIRST_OF_ALL <= nearest <= ids.LAST_OF_ALL


def test_coaches_and_seeds_have_ranges_of_their_own() -> None:
    prefixes = {ids.prefix(seed, f"coach {n}") for seed in range(20) for n in range(500)}
    assert len(prefixes) == 20 * 500


def test_ids_are_the_same_on_every_machine() -> None:
    assert ids.prefix(1, "11111111-1111-4111-8111-111111111111") == GOLDEN_PREFIX
    assert ids.number("a", 1) == GOLDEN_NUMBER


GOLDEN_PREFIX = "5e77e4ba-5eed-840f-92cc-1b92"
GOLDEN_NUMBER = 9484037261928657086
