"""Which coach is meant."""

from __future__ import annotations

from uuid import UUID

import pytest

from setterbase.coaches import Coach, find, find_or_only
from setterbase.errors import UsageError


def coach(number: int, email: str) -> Coach:
    return Coach(UUID(int=number), f"c{number}", None, email, "Europe/Paris", "EUR", "active")


ANA, BEA = coach(1, "ana@x.fr"), coach(2, "Bea@x.fr")


@pytest.mark.parametrize(
    "asked", ["Bea@x.fr", " bea@X.FR ", str(BEA.id), str(BEA.id).upper(), BEA.id.hex]
)
def test_by_id_or_by_e_mail_in_any_case(asked: str) -> None:
    assert find([ANA, BEA], asked) is BEA


def test_the_exact_e_mail_wins_and_a_draw_is_told() -> None:
    low = coach(3, "bea@x.fr")
    assert find([BEA, low], "bea@x.fr") is low
    with pytest.raises(UsageError, match=r"several coaches have the e-mail BEA@x.fr") as told:
        find([BEA, low], "BEA@x.fr")
    assert str(BEA.id) in str(told.value)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("nobody@x.fr", "no coach has the e-mail nobody@x.fr. There are ana@x.fr, Bea@x.fr."),
        (str(UUID(int=9)), f"no coach has the id {UUID(int=9)}. There are ana@x.fr, Bea@x.fr."),
        ("  ", "--coach is empty. Give an id or an e-mail. There are ana@x.fr, Bea@x.fr."),
    ],
)
def test_an_unknown_one_is_told_with_those_there_are(asked: str, words: str) -> None:
    with pytest.raises(UsageError) as told:
        find([ANA, BEA], asked)
    assert str(told.value) == words


def test_many_coaches_are_not_all_listed() -> None:
    with pytest.raises(UsageError, match="and 3 more"):
        find([coach(n, f"{n}@x.fr") for n in range(1, 9)], "nobody")


def test_the_only_one_need_not_be_named() -> None:
    assert find_or_only([ANA], None) is ANA
    assert find_or_only([ANA, BEA], "ana@x.fr") is ANA
    with pytest.raises(UsageError, match=r"more than one coach. Say which with --coach"):
        find_or_only([ANA, BEA], None)
    with pytest.raises(UsageError, match=r"there is no coach yet. Make one"):
        find_or_only([], None)
