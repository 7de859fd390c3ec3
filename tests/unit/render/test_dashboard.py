"""A dashboard fits, says everything, and needs no colour to be understood."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from rich.cells import cell_len

from setterbase.kpis.dashboards import Dashboard
from setterbase.render.dashboard import dashboard
from setterbase.render.page import page
from tests.unit.render.boards import BOARD, CATALOG, without_leads


def drawn(
    board: Dashboard = BOARD, *, lang: str = "en", width: int = 80, colour: bool = False
) -> str:
    return page(dashboard(board, CATALOG, lang=lang, width=width), width=width, colour=colour)


def test_reads_like_this() -> None:
    assert (
        drawn()
        == """\
Zoé · Yoga                                   as of 2026-10-31 13:00 Europe/Paris
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
ACTIVITY
  Leads                               40  Discussion time                 6 h 12

RESPONSE RATES
  Replies to message 1    █████████████████████░░░░░░░░    74.1%  ▲ excellent
  Replies to message 2    ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░     0.0%  ▼ to improve
  Replies to message 3                                         —

CONVERSION
  Leads                   40  ███████████████████   100.0%
  Qualified               10  █████                  25.0%  25.0% of previous
  No-show rate                   ≈ 17.0%

DEMOGRAPHY
  Men                     30  ███████████████████████████████░░░░░░░░░░    75.0%
  Women                   10  ██████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░    25.0%
  Other                    0  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░     0.0%
  Sources                                Professions
  unknown           █████████   100.0%   nothing yet

PIPELINE
  New                     20  █████████████████████░░░░░░░░░░░░░░░░░░░░    50.0%
  Engaged                 10  ██████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░    25.0%
  To follow up again       4  ████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░    10.0%
  Won                      4  ████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░    10.0%
  Lost                     2  ██░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░     5.0%
  Why lost: price 2

PERFORMANCE
  Revenue                      €1,234.50  Best day to win                Tuesday
  ROI                                  —
  ≈ estimate, not a measurement

TO FOLLOW UP
  high 3 · medium 0 · low 7
"""
    )


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("width", [72, 80, 120])
def test_fits_and_cuts_nothing(lang: str, width: int) -> None:
    text = drawn(lang=lang, width=width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "…" not in text


def test_a_narrow_terminal_gets_the_narrowest_page_that_makes_sense() -> None:
    assert max(map(cell_len, drawn(width=20).splitlines())) <= 20
    text = page(dashboard(BOARD, CATALOG, lang="en", width=20), width=80, colour=False)
    assert max(map(cell_len, text.splitlines())) == 72


def test_speaks_french() -> None:
    text = drawn(lang="fr")
    for words in ("TAUX DE RÉPONSE", "≈ 17,0 %", "▼ à améliorer", "1 234,50 €", "mardi", "prix 2"):
        assert words in text


def test_colours_only_where_asked() -> None:
    plain, coloured = drawn(), drawn(colour=True)
    assert "\x1b[" not in plain
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured).split() == plain.split()
    assert "\x1b[" in coloured


def test_a_coach_who_has_just_begun_sees_dashes_and_no_error() -> None:
    text = drawn(without_leads())
    assert "nothing yet" in text
    assert "high 0 · medium 0 · low 0" in text
    assert "≈" not in text
    assert "—" in text


def test_a_name_cannot_break_the_page() -> None:
    text = drawn(replace(BOARD, name="Zoé\x1b[31m[bold]" + "x" * 100))
    assert "\x1b" not in text
    assert "[bold]" in text
    assert max(map(cell_len, text.splitlines())) <= 80
