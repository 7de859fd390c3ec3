"""`setterbase kpis export` from outside: three kinds of file, one content."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from setterbase.ingest import lines, load
from tests.support.command import setterbase
from tests.support.sample import CAMILLE, STREAM, add_coaches
from tests.support.servers import Database, Server

pytestmark = pytest.mark.legs(18)

WINDOW = ["--coach", CAMILLE, "--from", "2026-10-01", "--to", "2026-10-31"]
NAME = "=HYPERLINK(1)"


@pytest.fixture(scope="module")
def filled(server: Server) -> Iterator[Database]:
    """The sample, refreshed, its first coach with a name that a spreadsheet would run."""
    database = server.clone(server.migrated("current"))
    with database.connect(autocommit=True) as connection, STREAM.open("rb") as stream:
        add_coaches(connection)
        load.load(connection, lines.read(stream))
        connection.execute("select private.refresh_kpis()")
        connection.execute("update public.coachs set name = %s where email = %s", [NAME, CAMILLE])
    yield database
    server.drop(database)


@pytest.fixture
def url(filled: Database) -> str:
    return filled.url()


def sheet(content: bytes | Path, name: str) -> list[dict[str, Any]]:
    book = openpyxl.load_workbook(io.BytesIO(content) if isinstance(content, bytes) else content)
    header, *found = book[name].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in found]


@pytest.mark.parametrize("grain", ["day", "week", "month", "year"])
def test_the_three_kinds_say_the_same(url: str, tmp_path: Path, grain: str) -> None:
    files = {kind: tmp_path / f"kpis.{kind}" for kind in ("csv", "json", "xlsx")}
    for file in files.values():
        told = setterbase(url, "kpis", "export", file, *WINDOW, "--grain", grain)
        assert told.stdout == ""
        lines = {"day": "31 lines", "week": "5 lines", "month": "1 line", "year": "1 line"}[grain]
        assert told.stderr == (
            f"Wrote {file}: {NAME}, 2026-10-01 to 2026-10-31 by {grain}, {lines} of figures.\n"
        )
    plain = json.loads(files["json"].read_text(encoding="utf-8"))
    same = setterbase(url, "kpis", "history", *WINDOW, "--grain", grain, "--output", "json").stdout
    assert plain["periods"] == json.loads(same)
    assert (plain["coach"], plain["grain"]) == (NAME, grain)

    with files["csv"].open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    book = sheet(files["xlsx"], "Periods")
    assert list(book[0]) == list(rows[0])
    for row, cells, period in zip(rows, book, plain["periods"], strict=True):
        assert row.pop("coach") == cells.pop("coach") == "'" + NAME
        assert row.pop("coach_id") == cells.pop("coach_id") == plain["coach_id"]
        assert {key: _number(text) for key, text in row.items()} == period
        assert {key: _day(value) for key, value in cells.items()} == period


def _number(text: str) -> Any:
    if text == "":
        return None
    return text if text.count("-") == 2 else float(text)


def _day(value: Any) -> Any:
    return value.date().isoformat() if isinstance(value, datetime) else value


def test_the_comparison_is_in_the_workbook(url: str, tmp_path: Path) -> None:
    file = tmp_path / "kpis.xlsx"
    setterbase(url, "kpis", "export", file, *WINDOW, "--lang", "fr")
    wanted = json.loads(setterbase(url, "kpis", "compare", *WINDOW, "--output", "json").stdout)
    found = sheet(file, "Comparison")
    assert [{key: row[key] for key in wanted[0]} for row in found] == wanted
    assert (found[0]["label"], found[0]["formula"]) == (
        "Messages envoyés",
        "messages with direction out",
    )
    plain = json.loads(setterbase(url, "kpis", "export", *WINDOW, "--output", "json").stdout)
    assert plain["comparison"] == wanted


def test_without_a_file_it_goes_to_stdout(url: str) -> None:
    told = setterbase(url, "kpis", "export", *WINDOW)
    assert told.stderr == ""
    assert told.stdout.startswith("coach_id,coach,period_start,period_end,total_messages_sent,")
    assert len(told.stdout.splitlines()) == 32


def test_a_dash_is_stdout_as_it_is_stdin_elsewhere(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = setterbase(url, "kpis", "export", "-", *WINDOW)
    assert told.stdout == setterbase(url, "kpis", "export", *WINDOW).stdout
    assert list(tmp_path.iterdir()) == []


def test_a_name_moves_no_cursor_and_begins_no_line(clone: Database, tmp_path: Path) -> None:
    with clone.connect() as connection:
        connection.execute(
            "insert into public.coachs (name, email) values (%s, 'a@x.fr')", ["Ana\x1b[2J\r\n=1+1"]
        )
        connection.execute("select private.refresh_kpis()")
    file = tmp_path / "kpis.csv"
    told = setterbase(clone.url(), "kpis", "export", file, "--grain", "year")
    assert told.stderr.startswith(f"Wrote {file}: Ana\\x1b[2J\\x0d\\x0a=1+1, ")
    assert told.stderr.count("\n") == 1
    with file.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    assert {row["coach"] for row in rows} == {"Ana\x1b[2J\r\n=1+1"}


def test_a_link_stays_one(url: str, tmp_path: Path) -> None:
    file, link = tmp_path / "kpis.csv", tmp_path / "latest.csv"
    link.symlink_to(file.name)
    setterbase(url, "kpis", "export", link, *WINDOW)
    assert link.is_symlink()
    assert file.read_text(encoding="utf-8").startswith("coach_id")
    assert "would be replaced" in setterbase(url, "kpis", "export", link, *WINDOW, code=2).stderr
    assert {path.name for path in tmp_path.iterdir()} == {"kpis.csv", "latest.csv"}


def test_what_is_no_plain_file_is_written_into(url: str, tmp_path: Path) -> None:
    """Replaced, /dev/null would be a file from then on."""
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as elsewhere:
        read = elsewhere.submit(pipe.read_text, encoding="utf-8")
        setterbase(url, "kpis", "export", pipe, *WINDOW)
        assert read.result(20).startswith("coach_id,coach,")
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_file_is_replaced_only_on_purpose(url: str, tmp_path: Path) -> None:
    file = tmp_path / "kpis.csv"
    file.write_text("precious", encoding="utf-8")
    told = setterbase(url, "kpis", "export", file, *WINDOW, code=2).stderr
    assert told == f"error: {file} exists and would be replaced. Say `--yes` to go on.\n"
    assert file.read_text(encoding="utf-8") == "precious"
    setterbase(url, "kpis", "export", file, *WINDOW, "--yes")
    assert file.read_text(encoding="utf-8").startswith("coach_id")
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["x.pdf"], "x.pdf does not say what kind of file it is. End its name in one of .csv"),
        (["x.csv", "--output", "xlsx"], "x.csv and --output xlsx disagree."),
        (["no/where.csv"], "cannot write no/where.csv: No such file or directory."),
        (["."], ". does not say what kind of file it is."),
        (["a" * 255 + ".csv"], ".csv: File name too long. Choose another file."),
        ([".", "--output", "csv"], ". is a folder. Name a file: kpis.csv."),
        (["--from", "2026-11-02"], "--from 2026-11-02 is after --to 2026-10-31."),
        (["--from", "1900-01-01"], "a window has at most a hundred years"),
        (["--from", "soon"], "--from 'soon' is no date. Write it like 2026-10-31."),
        (["--to", "0001-01-01"], "--from 2026-10-01 is after --to 0001-01-01."),
        (["--coach", "nobody"], "no coach has the e-mail nobody."),
        (["--grain", "hour"], "'hour' is not one of 'day', 'week', 'month', 'year'"),
    ],
)
def test_a_mistake_is_explained(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = setterbase(url, "kpis", "export", *WINDOW, *words, code=2)
    assert told in " ".join(said.stderr.split())
    assert said.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_names_of_options_stand_in_the_words_of_the_database(url: str) -> None:
    """Only the database knows that the default of --to is today."""
    said = setterbase(url, "kpis", "history", "--coach", CAMILLE, "--from", "2090-01-01", code=2)
    assert "--from is after --to" in said.stderr
