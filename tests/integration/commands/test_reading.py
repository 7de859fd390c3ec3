"""`setterbase kpis` and `leads` from outside, on the sample."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from setterbase.ingest import lines, load
from tests.support.command import setterbase
from tests.support.sample import CAMILLE, EXPECTED, STREAM, add_coaches
from tests.support.servers import Database, Server

pytestmark = pytest.mark.legs(18)

AS_OF = ["--as-of", "2026-10-31T12:00:00Z"]
COACH = ["--coach", CAMILLE]
COACH_ID = "065f2d57-c766-56c5-a31b-ccdfeee0d35b"


@pytest.fixture(scope="module")
def filled(server: Server) -> Iterator[Database]:
    """The sample, ingested and refreshed; the tests of this module only read it."""
    database = server.clone(server.migrated("current"))
    with database.connect(autocommit=True) as connection, STREAM.open("rb") as stream:
        add_coaches(connection)
        load.load(connection, lines.read(stream))
        connection.execute("select private.refresh_kpis()")
    yield database
    server.drop(database)


@pytest.fixture
def url(filled: Database) -> str:
    return filled.url()


def as_json(url: str, *words: str) -> Any:
    done = setterbase(url, *words, "--output", "json")
    assert done.stderr == ""
    return json.loads(done.stdout)


def as_csv(url: str, *words: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(setterbase(url, *words, "--output", "csv").stdout)))


@pytest.mark.parametrize("live", [[], ["--live"]])
def test_rows_of_every_coach(url: str, live: list[str]) -> None:
    found = as_json(url, "kpis", "show", *AS_OF, *live)
    by_id = {row["coach_id"]: row for row in found}
    assert list(by_id) == [COACH_ID, *(one for one in by_id if one != COACH_ID)]  # by name
    assert set(by_id) == set(EXPECTED["coaches"])
    for one, expected in EXPECTED["coaches"].items():
        wanted = {**expected["dashboard"], **expected["response_rates"]}
        assert {code: by_id[one][code] for code in wanted} == wanted
    assert next(iter(found[0])) == "coach_id"
    assert list(found[0])[-2:] == ["estimated_kpis", "last_updated"]
    assert found[0]["estimated_kpis"] == ["ai_efficiency", "hours_saved_monthly"]


def test_csv_has_the_same_columns(url: str) -> None:
    [row] = as_csv(url, "kpis", "show", *COACH, *AS_OF)
    [same] = as_json(url, "kpis", "show", *COACH, *AS_OF)
    assert list(row) == list(same)
    assert row["coach_id"] == COACH_ID
    assert row["roi_pct"] == ""
    assert row["estimated_kpis"] == "ai_efficiency hours_saved_monthly"
    assert row["last_updated"] == same["last_updated"]


def test_the_dashboard(url: str) -> None:
    shown = setterbase(url, "kpis", "show", "--coach", CAMILLE.upper(), *AS_OF)
    assert shown.stderr == ""
    assert "\x1b" not in shown.stdout
    for words in ("Camille Laurent · Perte de poids", "74.1%  ▲ excellent", "≈ 47 h", "€1,791.50"):
        assert words in shown.stdout
    french = setterbase(url, "kpis", "show", "--coach", COACH_ID, *AS_OF, "--lang", "fr").stdout
    assert "1 791,50 €" in french
    everybody = setterbase(url, "kpis", "show").stdout
    assert everybody.count("RESPONSE RATES") == 3
    wide = setterbase(url, "kpis", "show", *COACH, COLUMNS="120").stdout
    assert max(map(len, wide.splitlines())) == 100


def test_lists(url: str) -> None:
    followups = as_json(url, "leads", "followups", *COACH, *AS_OF)
    assert len(followups) == 59
    assert list(followups[0]) == [
        "lead_id",
        "user_id_instagram",
        "first_name",
        "status",
        "days_since_contact",
        "priority",
        "last_name",
        "contact_id",
    ]
    table = setterbase(url, "leads", "followups", *COACH, *AS_OF, "--limit", "5").stdout
    assert table.splitlines()[-1] == "… and 54 more"
    assert len(as_csv(url, "leads", "followups", *COACH, *AS_OF, "--limit", "5")) == 5
    expected = EXPECTED["coaches"][COACH_ID]
    assert as_json(url, "leads", "sources", *COACH) == expected["top_sources"]
    assert (
        as_json(url, "leads", "professions", *COACH, "--limit", "5") == expected["top_professions"]
    )
    assert "█" in setterbase(url, "leads", "professions", *COACH).stdout


def test_history_and_comparison(url: str) -> None:
    window = [*COACH, "--from", "2026-10-01", "--to", "2026-10-31"]
    days = as_json(url, "kpis", "history", *window)
    assert (len(days), days[0]["period_start"]) == (31, "2026-10-01")
    assert sum(day["total_leads"] for day in days) == 70
    [month] = as_csv(url, "kpis", "history", *window, "--grain", "month")
    assert (month["total_leads"], month["total_messages_sent"]) == ("70", "123")
    drawn = setterbase(url, "kpis", "history", *window).stdout
    assert len(drawn.splitlines()) == 32
    assert setterbase(url, "kpis", "history", *window, "--kpi", "total_leads").stdout == drawn
    other = setterbase(url, "kpis", "history", *window, "--kpi", "msg1_rate").stdout
    assert "%" in other
    assert "%" not in drawn

    changes = {row["code"]: row for row in as_json(url, "kpis", "compare", *window)}
    assert changes["total_leads"]["current"] == 70
    assert changes["total_leads"]["previous"] == 0
    assert "RESPONSE RATES" in setterbase(url, "kpis", "compare", *window).stdout


def test_the_catalogue(url: str) -> None:
    codes = [row["code"] for row in as_json(url, "kpis", "catalog")]
    assert set(EXPECTED["coaches"][COACH_ID]["dashboard"]) < set(codes)
    assert [row["code"] for row in as_csv(url, "kpis", "catalog")] == codes
    assert "Taux de no-show" in setterbase(url, "kpis", "catalog", "--lang", "fr").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["kpis", "show", "--coach", "nobody"], "no coach has the e-mail nobody. There are c"),
        (["kpis", "show", "--as-of", "noon"], "Write it like 2026-10-31T12:00:00Z or 2026-10-31"),
        (["leads", "followups"], "there is more than one coach. Say which with --coach"),
        (["leads", "sources", *COACH, "--limit", "99999999999"], "integer out of range"),
        (["kpis", "history", *COACH, "--from", "1/10/2026"], "--from '1/10/2026' is no date"),
        (
            ["kpis", "history", *COACH, "--kpi", "leads_today"],
            "no KPI of the history has the code 'leads_today'. There are: total_messages_sent, ",
        ),
        (
            ["kpis", "history", *COACH, "--from", "2026-10-02", "--to", "2026-10-01"],
            "--from 2026-10-02 is after --to 2026-10-01",
        ),
    ],
)
def test_a_mistake_is_one_line(url: str, words: list[str], told: str) -> None:
    said = setterbase(url, *words, code=2)
    assert told in said.stderr
    assert said.stderr.count("\n") == 1
    assert said.stdout == ""


def test_a_terminal_without_utf_8_is_no_error(url: str) -> None:
    poor = setterbase(url, "kpis", "show", *COACH, encoding="ascii")
    assert "==........    74.1%  ^ excellent" in poor.stdout


def test_a_day_ends_on_the_coachs_own_clock(url: str) -> None:
    """2026-10-31 in Paris ends at 23:00 of UTC."""
    for words in (["leads", "followups"], ["kpis", "show"]):
        day = as_json(url, *words, *COACH, "--as-of", "2026-10-31")
        assert day == as_json(url, *words, *COACH, "--as-of", "2026-10-31T22:59:59.999999Z")
    counts = [
        row["leads_today"] for row in as_json(url, "kpis", "show", *COACH, "--as-of", "2026-10-31")
    ]
    assert counts == [2]


def test_a_process_whose_reader_has_seen_enough_ends_quietly(url: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "setterbase.main", "kpis", "catalog", "--output", "csv"],
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as command:
        assert command.stdout
        assert command.stderr
        command.stdout.close()
        assert command.stderr.read() == b""


def test_figures_that_are_missing_or_old_are_told(clone: Database) -> None:
    url = clone.url()
    assert "There is no coach yet" in setterbase(url, "kpis", "show").stderr
    assert "there is no coach yet" in setterbase(url, "leads", "sources", code=2).stderr
    with clone.connect() as connection:
        add_coaches(connection)
    fresh = setterbase(url, "kpis", "show", *COACH)
    assert fresh.stdout == ""
    assert f"No figures yet for {CAMILLE}" in fresh.stderr
    assert "Leads" in setterbase(url, "kpis", "show", *COACH, "--live").stdout
    for words in (["history"], ["history", "--output", "csv"], ["compare"], ["export"]):
        said = setterbase(url, "kpis", *words, *COACH)
        assert said.stdout != ""
        assert said.stderr == (
            f"No figures yet for {CAMILLE}: bring them up to date with `setterbase kpis refresh`.\n"
        )

    done = as_json(url, "kpis", "refresh")
    assert (done["status"], done["days"]) == ("refreshed", 0)
    assert setterbase(url, "kpis", "show", *COACH).stderr == ""
    with clone.connect() as connection:
        connection.execute(
            "update private.kpi_refreshes set finished_at = finished_at - interval '3 hours'"
        )
    for words in (["show"], ["history", *COACH], ["compare", *COACH], ["export", *COACH]):
        old = setterbase(url, "kpis", *words).stderr
        assert "The figures were computed 3 hours ago" in old
        assert ("--live" in old) == (words == ["show"])
    told = setterbase(url, "kpis", "refresh").stdout
    assert told == "Nothing has changed since the last refresh.\n"
    assert setterbase(url, "kpis", "show").stderr == ""
    told = setterbase(url, "kpis", "refresh", "--full").stdout
    assert told.startswith("Refreshed: 0 days of figures written, of 3 coaches, in ")


def test_a_refresh_beside_another_one_says_so(clone: Database) -> None:
    with clone.connect() as connection:
        connection.execute("select private.refresh_kpis()")  # and its transaction stays open
        busy = setterbase(clone.url(), "kpis", "refresh")
        assert busy.stdout == "Another refresh is at work; nothing was done.\n"
        assert as_json(clone.url(), "kpis", "refresh") == {"status": "busy"}


def test_many_coaches_get_a_line_each(clone: Database) -> None:
    with clone.connect() as connection:
        connection.execute(
            "insert into public.coachs (name, email)"
            " select 'Coach ' || n, n || '@x.fr' from generate_series(1, 11) as n"
        )
    shown = setterbase(clone.url(), "kpis", "show", "--live").stdout.splitlines()
    assert len(shown) == 12
    assert shown[1].split() == ["Coach", "1", *["0"] * 4, "—", "€0"]
    assert len(as_json(clone.url(), "kpis", "show", "--live")) == 11
