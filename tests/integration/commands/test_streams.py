"""What becomes of a result that cannot be written, read to its end, or shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import setterbase
from tests.support.sample import CAMILLE, STREAM, add_coaches
from tests.support.servers import Database
from tests.support.terminal import session

pytestmark = pytest.mark.legs(18)

FULL = Path("/dev/full")
NOWHERE = "postgresql://postgres@127.0.0.1:1/postgres"


@pytest.fixture
def url(clone: Database) -> str:
    with clone.connect() as connection:
        add_coaches(connection)
        connection.execute(
            "insert into public.leads (coach_id, contact_id, first_name)"
            " select c.id, c.id::text, 'Zoé' from public.coachs as c"
        )
    return clone.url()


def command(*words: str, stdout: int, url: str = NOWHERE) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "setterbase.main", *words],
        env={**os.environ, "DATABASE_URL": url},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("words", ["--version", "--help", "kpis --help"])
def test_a_full_disk_is_told_in_one_line(words: str) -> None:
    with FULL.open("wb") as full:
        started = command(*words.split(), stdout=full.fileno())
        _, said = started.communicate()
    assert said.startswith(b"error: cannot write the result: No space left on device.")
    assert said.count(b"\n") == 1
    assert started.returncode == 7


@pytest.mark.parametrize(
    "words",
    ["kpis catalog", "kpis catalog --output csv", "kpis show --output json", "dead-letters list"],
)
def test_a_full_disk_fails_a_command_that_did_its_work(url: str, words: str) -> None:
    with FULL.open("wb") as full:
        started = command(*words.split(), stdout=full.fileno(), url=url)
        _, said = started.communicate()
    lines = [line for line in said.splitlines() if line.startswith(b"error: ")]
    assert lines == [
        b"error: cannot write the result: No space left on device. What it holds so far is torn."
    ]
    assert b"Traceback" not in said
    assert started.returncode == 7


def test_talk_that_nobody_can_hear_stops_nothing(url: str) -> None:
    with FULL.open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "setterbase.main", "ingest", "-", "--output", "json"],
            env={**os.environ, "DATABASE_URL": url},
            input=STREAM.read_bytes(),
            stdout=subprocess.PIPE,
            stderr=full,
            check=True,
        )
    assert json.loads(done.stdout)["accepted"] == 900


def test_without_standard_output_there_is_an_error() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"{sys.executable}" -m setterbase.main --version >&-'],
        capture_output=True,
        check=False,
    )
    assert done.stderr == b"error: there is no standard output to write the result to.\n"
    assert done.returncode == 7


@pytest.mark.parametrize("words", ["--help", "--version", "kpis catalog --output csv"])
def test_a_reader_who_leaves_ends_the_command_as_it_ends_cat(url: str, words: str) -> None:
    read, write = os.pipe()
    os.close(read)
    started = command(*words.split(), stdout=write, url=url)
    os.close(write)
    _, said = started.communicate()
    assert (started.returncode, said) == (141, b"")


def test_a_failure_outranks_a_gone_reader() -> None:
    read, write = os.pipe()
    os.close(read)
    started = command("kpis", "show", stdout=write)
    os.close(write)
    _, said = started.communicate()
    assert started.returncode == 6
    assert said.count(b"\n") == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--foo", "no such option: --foo. See `setterbase --help`."),
        ("nonsense", "no such command 'nonsense'. See `setterbase --help`."),
        ("ingest", "missing argument 'FILE|-'. See `setterbase ingest --help`."),
        ("kpis history --grain hour", "'hour' is not one of 'day', 'week', 'month', 'year'. See"),
        ("seed --workers 99", "See `setterbase seed --help`."),
    ],
)
def test_words_that_cannot_be_parsed_are_one_line(words: str, told: str) -> None:
    said = setterbase(NOWHERE, *words.split(), code=2)
    assert said.stderr.startswith("error: ")
    assert told in said.stderr
    assert said.stderr.count("\n") == 1
    assert said.stdout == ""


def test_a_group_without_a_command_shows_its_help() -> None:
    assert "Commands:\n" in setterbase(NOWHERE, "kpis", code=2).stderr


def test_the_c_locale_gets_ascii_on_a_terminal_and_data_as_it_is(url: str) -> None:
    poor = session("kpis", "show", "--live", DATABASE_URL=url, LC_ALL="C", NO_COLOR="1")
    assert poor.code == 0
    assert poor.screen.isascii()
    assert "  ....." in poor.screen
    assert "?" not in poor.screen
    rich = session("kpis", "show", "--live", DATABASE_URL=url, LC_ALL="C.UTF-8", NO_COLOR="1")
    assert "░░░░░" in rich.screen
    assert len(poor.screen.replace("EUR ", "€")) == len(rich.screen)

    words = ("leads", "followups", "--coach", CAMILLE, "--as-of", "2030-01-01T00:00:00Z")
    for answer in (
        setterbase(url, *words, "--output", "json", LC_ALL="C"),
        setterbase(url, *words, "--output", "json", encoding="ascii"),
    ):
        assert json.loads(answer.stdout)[0]["first_name"] == "Zoé"
