"""`setterbase ingest` and `dead-letters` from outside: stdout, stderr and exit codes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.support.command import setterbase
from tests.support.sample import EXPECTED, STREAM, add_coaches
from tests.support.servers import Database
from tests.support.terminal import session

pytestmark = pytest.mark.legs(18)

COUNTS = {name: EXPECTED[name] for name in ("accepted", "duplicates", "dead_letters")}


@pytest.fixture
def url(clone: Database) -> str:
    with clone.connect() as connection:
        add_coaches(connection)
    return clone.url()


def test_a_file_then_a_pipe_then_strictly(url: str) -> None:
    first = setterbase(url, "ingest", STREAM)
    assert first.stdout.startswith("accepted      900\nduplicates     60\ndead letters   12\n\n")
    assert "line 198: the text is no JSON" in first.stdout
    said = first.stderr.splitlines()
    assert said[0].startswith("972 events in ")
    assert "dead-letters list" in said[1]
    assert "kpis refresh" in said[2]
    assert len(said) == 3

    pipe = setterbase(url, "ingest", "-", "--output", "json", stdin=STREAM.read_bytes())
    assert json.loads(pipe.stdout) == {"accepted": 0, "duplicates": 960, "dead_letters": 12}
    assert pipe.stderr == ""

    strict = setterbase(
        url, "ingest", STREAM, "--strict", "--batch-size", "100", "--output", "json", code=4
    )
    assert json.loads(strict.stdout)["duplicates"] == 960
    assert strict.stderr == (
        "error: 12 of 972 events became dead letters. See `setterbase dead-letters list`.\n"
    )
    assert setterbase(url, "ingest", "-", "--strict", stdin=b"\n").stderr.startswith("0 events in")


def test_dead_letters_are_listed_and_replayed(url: str) -> None:
    setterbase(url, "ingest", STREAM)
    listed = setterbase(url, "dead-letters", "list", "--limit", "2")
    assert len(listed.stdout.splitlines()) == 4
    assert listed.stderr == "10 more; see them with --limit 12.\n"
    letters = json.loads(setterbase(url, "dead-letters", "list", "--output", "json").stdout)
    assert len(letters) == 12
    assert list(letters[0])[:4] == ["id", "reason", "coach_id", "event_id"]
    rows = setterbase(url, "dead-letters", "list", "--output", "csv").stdout.splitlines()
    assert (len(rows), rows[0][:20]) == (13, "id,reason,coach_id,e")

    one = str(letters[0]["id"])
    replayed = setterbase(url, "dead-letters", "replay", one)
    assert replayed.stdout == "0 accepted, 0 duplicates, 1 still dead.\n"
    everything = setterbase(url, "dead-letters", "replay", "--all", "--output", "json")
    assert json.loads(everything.stdout) == {"accepted": 0, "duplicates": 0, "dead_letters": 12}


@pytest.mark.slow
def test_dead_letters_are_given_up_after_a_yes(url: str) -> None:
    setterbase(url, "ingest", STREAM)
    letters = json.loads(setterbase(url, "dead-letters", "list", "--output", "json").stdout)
    one, two, *_ = (str(letter["id"]) for letter in letters)
    asked = setterbase(url, "dead-letters", "discard", one, two, code=2)
    assert asked.stderr == (
        "error: This gives up 2 events: no replay will take them. Say `--yes` to go on.\n"
    )
    done = setterbase(url, "dead-letters", "discard", one, two, "--yes")
    assert done.stdout == "2 dead letters discarded.\n"
    again = setterbase(url, "dead-letters", "discard", one, "--yes", code=2)
    assert f"dead letter {one} was resolved before: discarded." in again.stderr
    assert len(json.loads(setterbase(url, "dead-letters", "list", "--output", "json").stdout)) == 10
    assert setterbase(url, "dead-letters", "list", "--all").stdout.count("→ discarded") == 2

    words = ("dead-letters", "discard", "--all")
    said_no = session(*words, typed={"Go on? [y/N] ": "no"}, DATABASE_URL=url)
    assert (said_no.code, "Nothing was done." in said_no.screen) == (2, True)
    said_yes = session(*words, typed={"Go on? [y/N] ": "oui"}, DATABASE_URL=url)
    assert said_yes.code == 0
    assert "This gives up 10 events" in said_yes.screen
    nothing = setterbase(url, *words, "--output", "json")
    assert (json.loads(nothing.stdout), nothing.stderr) == ({"discarded": 0}, "")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["dead-letters", "discard"], 2, "nothing is named to discard"),
        (["dead-letters", "discard", "1"], 2, "there is no dead letter 1"),
        (["ingest", "{tmp}/none.jsonl"], 2, "there is no such file"),
        (["ingest", "{tmp}"], 2, "it is a folder"),
        (["ingest", "{tmp}/packed.gz"], 2, "the input is gzip, not JSON lines"),
        (["dead-letters", "replay"], 2, "nothing is named to replay"),
        (["dead-letters", "replay", "1", "--all"], 2, "not both"),
        (["dead-letters", "replay", "1"], 2, "there is no dead letter 1"),
        (["dead-letters", "replay", "99999999999999999999"], 2, "out of range"),
    ],
)
def test_a_mistake_is_one_line(
    url: str, tmp_path: Path, words: list[str], code: int, told: str
) -> None:
    (tmp_path / "packed.gz").write_bytes(b"\x1f\x8b\x08\x00\x00")
    said = setterbase(url, *(word.format(tmp=tmp_path) for word in words), code=code)
    assert told in said.stderr
    assert said.stderr.startswith("error: ")
    assert said.stderr.count("\n") == 1
    assert said.stdout == ""


def test_a_database_without_the_schema_says_what_to_run(bare: Database) -> None:
    for words in (["ingest", STREAM], ["dead-letters", "list"], ["kpis", "show"]):
        said = setterbase(bare.url(), *words, code=6)
        assert "Run `setterbase migrate up`." in said.stderr
        assert said.stderr.count("\n") == 1


def test_nobody_answers() -> None:
    said = setterbase("postgresql://postgres:secret@127.0.0.1:1/x", "ingest", STREAM, code=6)
    assert said.stderr.startswith(
        "error: cannot connect to 127.0.0.1, port 1: Connection refused. Check DATABASE_URL"
    )
    assert "secret" not in said.stderr


def test_ctrl_c_says_what_is_done(url: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "setterbase.main", "ingest", "-", "--batch-size", "1"],
        env={"DATABASE_URL": url, "PATH": ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as command:
        assert command.stdin
        command.stdin.write(b"torn\ntoo\n")
        command.stdin.flush()
        with psycopg.connect(url, autocommit=True) as connection:
            while len(connection.execute("select from private.dead_letters").fetchall()) < 2:
                assert command.poll() is None
        command.send_signal(signal.SIGINT)
        _, err = command.communicate(timeout=10)
    assert command.returncode == 130
    assert re.match(rb"error: interrupted; all up to line [12] is ingested\. Run the same", err)
