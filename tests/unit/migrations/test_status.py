"""Files against history, without a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from setterbase.errors import DriftError
from setterbase.migrations import status
from setterbase.migrations.files import MigrationFile
from setterbase.migrations.history import Applied
from setterbase.migrations.status import State

A, B, C = "20260101000000", "20260102000000", "20260103000000"


def file(version: str, text: str = "select 1;\nselect 2;") -> MigrationFile:
    return MigrationFile(Path(f"{version}_x.sql"), text, version, "x")


def ran(version: str, *statements: str) -> Applied:
    return Applied(version, "x", list(statements or ("select 1", "select 2")))


def states(files: list[MigrationFile], applied: list[Applied]) -> dict[str, State]:
    return {entry.version: entry.state for entry in status.compare(files, applied)}


def test_applied_and_pending() -> None:
    assert states([file(A), file(B)], [ran(A)]) == {A: State.APPLIED, B: State.PENDING}


def test_an_older_pending_file_is_a_gap() -> None:
    assert states([file(A), file(B)], [ran(B)]) == {A: State.GAP, B: State.APPLIED}


def test_a_version_without_a_file_is_unknown() -> None:
    assert states([file(B)], [ran(A), ran(B)]) == {A: State.UNKNOWN, B: State.APPLIED}


def test_a_row_without_statements_cannot_be_compared() -> None:
    assert states([file(A)], [Applied(A, "x", None)]) == {A: State.UNVERIFIED}


def test_layout_between_statements_is_no_change() -> None:
    assert states([file(A, "\n\nselect 1 ;;\r\n select 2")], [ran(A)]) == {A: State.APPLIED}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("select 1;\n-- why\nselect 3;", "statement 2, line 3"),
        ("select 1;\nselect 2;\nselect 3;\nselect 4;", "2 more at its end, from line 3"),
        ("select 1;", "1 fewer at its end"),
    ],
)
def test_a_change_is_told_with_its_place(text: str, where: str) -> None:
    (entry,) = status.compare([file(A, text)], [ran(A)])
    assert (entry.state, entry.why) == (State.CHANGED, f"was changed after it ran: {where}")


def test_the_refusal_names_every_drift_and_what_to_do_about_each_kind() -> None:
    entries = status.compare([file(A), file(B, "select 9")], [ran(B), ran(C)])
    with pytest.raises(DriftError) as caught:
        status.refuse_drift(entries)
    told = str(caught.value)
    assert caught.value.exit_code == 3
    assert "\n" not in told
    for part in (A, B, C, "never applied", "changed after", "missing", "--include-all", "restore"):
        assert part in told


def test_gaps_pass_where_they_are_wanted_and_nothing_else_does() -> None:
    status.refuse_drift(status.compare([file(A), file(B)], [ran(B)]), include_all=True)
    with pytest.raises(DriftError):
        status.refuse_drift(status.compare([file(A)], [ran(B)]), include_all=True)
