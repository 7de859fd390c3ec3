"""Values: texts that match patterns, marks that are recognized."""

from __future__ import annotations

import re

import pytest

from setterbase.prover import regexes
from setterbase.prover.marks import Marks


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[A-Z]{2}$",
        r"^\d{3}-\d{4}$",
        r"^(draft|live)$",
        r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$",
        r"^#[0-9a-fA-F]{6}$",
        r"^[a-z0-9]+(-[a-z0-9]+)*$",
        r"^\+?[1-9]\d{7,14}$",
        r"^[[:alpha:]]+$",
        r"^https?://",
        r"^.{3,}$",
        r"^BK-[0-9]{4}-[a-z]{3}$",
    ],
)
def test_a_sample_matches_its_pattern(pattern: str) -> None:
    made = regexes.sample(pattern, "q7k001", size=3)
    assert made is not None
    if "[:" not in pattern:
        assert re.search(pattern, made)


def test_a_pattern_beyond_us_gives_none() -> None:
    assert regexes.sample(r"^(?<!a)b(") is None


def test_marks_are_recognized_and_told_apart() -> None:
    a, b = Marks("a"), Marks("b")
    text = f"{a.text()} {b.uuid()} {b.number('int4')} 17 {a.uuid()}"
    assert len(b.found_in(text)) == 2
    assert len(a.found_in(text)) == 2
    assert not a.found_in("nothing of ours 1234567890")
