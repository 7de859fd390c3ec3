"""How leads are shared out among coaches, and which settings make no world."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from setterbase_seed import world as worlds
from setterbase_seed.world import Coach, World

coaches = st.lists(st.uuids().map(str), unique=True, max_size=12).map(
    lambda found: [Coach(id, "A", "a@example.com") for id in sorted(found)]
)


@given(st.integers(0, 9), coaches, st.integers(0, 5000))
def test_a_total_is_shared_out_whole(seed: int, chosen: list[Coach], total: int) -> None:
    shares = worlds.leads_by_total(seed, chosen, total)
    assert sum(shares) == (total if chosen else 0)
    if total >= len(chosen):
        assert all(share >= 1 for share in shares)


@given(st.integers(0, 9), coaches, st.integers(1, 5000))
def test_by_profile_a_coachs_share_does_not_depend_on_the_others(
    seed: int, chosen: list[Coach], leads: int
) -> None:
    together = worlds.leads_by_profile(seed, chosen, leads)
    alone = [worlds.leads_by_profile(seed, [coach], leads)[0] for coach in chosen]
    assert together == alone
    assert all(leads <= share < 2 * leads for share in together)


def test_every_wrong_setting_is_told_at_once() -> None:
    wrong = worlds.problems(World(-1, date(2026, 10, 31), 0), -3, 0)
    assert [line.split()[0] for line in wrong] == ["--seed", "--days", "--leads", "--coaches"]
    assert worlds.problems(World(1, date(2026, 10, 31), 30), None, None) == []
    assert worlds.problems(World(1, date(1901, 1, 1), 30), None, None) == [
        "--day is 1901-01-01; it goes from 1980 to 2200"
    ]
