"""ASCII for streams that know nothing else."""

from __future__ import annotations

import pytest

from setterbase import plain


@pytest.mark.parametrize(
    ("text", "ascii_"),
    [
        ("███░░  ▲ ● ▼", "===..  ^ o v"),
        ("━━ ≈ 3 — …", "== ~ 3 - ."),
        ("Zoé Çelik, 74,1\u202f%\xa0!", "Zoe Celik, 74,1 % !"),
        ("€7,200 £3", "EUR 7,200 GBP 3"),
        ("−5 «cœur» ’", '-5 "coeur" \''),
        ("日本 💬", "?? ?"),
    ],
)
def test_the_nearest_ascii(text: str, ascii_: str) -> None:
    plain.register()
    assert text.encode("ascii", plain.ERRORS).decode() == ascii_


def test_a_stream_keeps_what_it_knows() -> None:
    plain.register()
    assert "é█".encode("latin-1", plain.ERRORS) == b"\xe9="


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"LANG": "C"}, True),
        ({"LC_ALL": "POSIX", "LANG": "fr_FR.UTF-8"}, True),
        ({"LC_ALL": "", "LC_CTYPE": "C.UTF-8", "LANG": "C"}, False),
        ({"LANG": "fr_FR.UTF-8"}, False),
        ({}, False),
    ],
)
def test_only_a_locale_that_was_chosen_counts(environment: dict[str, str], wanted: bool) -> None:
    assert plain.wanted(environment) is wanted
