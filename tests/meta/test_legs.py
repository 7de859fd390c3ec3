"""Every supported PostgreSQL is tested, or the run says which is not; CI lets none be missing."""

from __future__ import annotations

import pytest

from tests.support.legs import LEGS, Leg, in_ci


def test_all_supported_majors_have_a_leg() -> None:
    assert {leg.major for leg in LEGS} == {15, 17, 18}


@pytest.mark.parametrize("leg_", LEGS, ids=lambda leg: f"pg{leg.major}")
def test_the_leg_runs_here(leg_: Leg) -> None:
    if leg_.missing and not in_ci():
        pytest.skip(f"PostgreSQL {leg_.major} is not tested here: {leg_.missing}")
    assert leg_.missing is None
    assert leg_.installation().major == leg_.major
