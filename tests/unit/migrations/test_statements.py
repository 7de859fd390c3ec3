"""The splitter by itself; that it agrees with the official CLI is proven in the interop tests."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setterbase.migrations.statements import split

CASES = {
    "nothing": ("", []),
    "blanks": (" \n\t\r\n", []),
    "one": ("select 1;", ["select 1"]),
    "no last semicolon": ("select 1;\nselect 2\n", ["select 1", "select 2"]),
    "empty statements": (";; ;select 1;;\n;", ["select 1"]),
    "comment before": ("-- why; really\nselect 1;", ["-- why; really\nselect 1"]),
    "comment after": ("select 1; -- done;\n", ["select 1", "-- done;"]),
    "block comments nest": ("/* a /* b; */ c; */ select 1; select 2", None),
    "comment that looks closed": ("/*/ ; */ select 1;", ["/*/ ; */ select 1"]),
    "string": ("select 'a;''b;'; select 2", ["select 'a;''b;'", "select 2"]),
    "backslash in a plain string": (r"select '\'; select 2", [r"select '\'", "select 2"]),
    "backslash in an escape string": (r"select E'\';'; select 2", [r"select E'\';'", "select 2"]),
    "escape string goes on": ("select e'a'\n  '\\';'; select 2", None),
    "quoted identifier": ('create table "a;""b" (); select 2', None),
    "dollar quotes": ("do $$ begin null; end $$; select 2", None),
    "dollar quotes with a tag": ("do $a_1$ $$ ; $b$ $a_1$; select 2", None),
    "parameters are no quotes": ("select $1; select $2", ["select $1", "select $2"]),
    "dollar in a name": ("select a$b$; select c$b$", ["select a$b$", "select c$b$"]),
    "parentheses": ("create rule r as on insert to t do (a; b); select 2", None),
    "atomic body": (
        "create function f() returns int begin atomic select 1; select case when a then b end; "
        "end; select 2",
        None,
    ),
    "empty atomic body": ("create function f() begin\natomic end; select 2", None),
    "atomic as a name": ("select atomic; select 2", ["select atomic", "select 2"]),
    "windows line ends": ("select 1;\r\nselect\r\n2;\r\n", ["select 1", "select\r\n2"]),
    "line comment ends at a carriage return": ("-- a\rselect 1; select 2", None),
    "not ASCII": ("select 'é;😀'; select 2", ["select 'é;😀'", "select 2"]),
    "blanks as JavaScript knows them": (
        "\ufeff\u00a0select 1\u2028;\ufeffselect 2\ufeff;\x85select 3\x1c",
        ["select 1", "select 2", "\x85select 3\x1c"],
    ),
    "unterminated": ("select 'a; select 2", ["select 'a; select 2"]),
}


@pytest.mark.parametrize(("sql", "expected"), CASES.values(), ids=CASES.keys())
def test_each_construct_hides_its_semicolons(sql: str, expected: list[str] | None) -> None:
    if expected is None:  # two statements, of which the second is the short one at the end
        first, last = re.split(r"; (?=select (?:2|c\$b\$)\Z)", sql)
        expected = [first, last]
    assert [statement.text for statement in split(sql)] == expected


def test_a_statement_knows_where_it_stands_and_where_its_code_begins() -> None:
    sql = "select 1;\n\n  -- why\n  /* more */ select 2;"
    statement = split(sql)[1]
    assert sql[statement.start :].startswith("-- why")
    assert sql[statement.code_start :].startswith("select 2")
    assert statement.code == "select 2"


def test_a_big_file_takes_no_time() -> None:
    """A million characters of literals and comments: what is linear ends well before pytest."""
    sql = "insert into t values ('it''s', E'\\n', $$x$$, \"a\") -- begin atomic\n;" * 15_000
    assert len(split(sql)) == 15_000


PIECES = st.sampled_from(
    [
        "select 1",
        ";",
        ";;",
        " ",
        "\n",
        "\r\n",
        "'",
        "''",
        "\\",
        '"',
        "--",
        "/*",
        "*/",
        "(",
        ")",
        "$$",
        "$a$",
        "$",
        "E'",
        "begin atomic ",
        "end",
        "; end;",
        "atomic",
        "é",
        "😀",
        "a",
        "1",
        "-",
    ]
)
SQL = st.lists(PIECES, max_size=40).map("".join)


@given(SQL)
def test_nothing_is_lost_but_semicolons_and_blanks(sql: str) -> None:
    def essence(text: str) -> str:
        return re.sub(r"[;\s]", "", text)

    statements = split(sql)
    assert essence("".join(s.text for s in statements)) == essence(sql)
    assert all(sql.startswith(s.text, s.start) for s in statements)


@given(SQL)
def test_a_statement_is_one_statement(sql: str) -> None:
    """Split again it stays whole; only an unterminated literal may lose a semicolon at its end."""
    for statement in split(sql):
        again = [part.text for part in split(statement.text)]
        assert again in ([statement.text], [statement.text.rstrip(";").strip()], [])
