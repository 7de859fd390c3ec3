"""What a lead has written stays a text in a spreadsheet, and comes back as it went in."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from setterbase.spreadsheets import Sheet, as_xlsx, neutral, write_csv

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "＝1", "＋1", "－1", "＠a"]
BLANKS = ["", " ", "  ", "\t", "\r", "\n", "\r\n", "\xa0", "\u2003", "\ufeff", "\u200b", " \ufeff"]
# What XML 1.0 can hold and a spreadsheet keeps as it is.
TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufffe\uffff"),
    max_size=40,
)
NUMBERS = st.integers(-(10**12), 10**12) | st.decimals(-(10**9), 10**9, places=2)
VALUES = st.none() | TEXTS | NUMBERS | st.dates(date(1900, 3, 1)) | st.booleans()


def csv_of(*rows: dict[str, Any]) -> str:
    file = io.StringIO()
    write_csv(file, rows, list(rows[0]))
    return file.getvalue()


def cells(content: bytes) -> list[list[Any]]:
    page = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return [list(row) for row in page.iter_rows()]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("blank", BLANKS)
def test_formulas_are_neutralised(formula: str, blank: str) -> None:
    text = blank + formula
    assert neutral(text) == "'" + text
    [[told]] = list(csv.reader(io.StringIO(csv_of({"name": text}), newline="")))[1:]
    assert told == "'" + text
    cell = cells(as_xlsx([Sheet("Leads", ["name"], [{"name": text}])]))[1][0]
    assert cell.data_type == "s"
    assert cell.value.startswith("'")


@pytest.mark.parametrize("text", ["Zoé", "a=b", "1-2", "'=1", "", " ", "\ufeff", "3 + 4", "#N/A"])
def test_other_texts_stay_what_they_are(text: str) -> None:
    assert neutral(text) == text


def test_a_text_that_begins_with_a_tab_or_a_new_line_is_no_plain_text() -> None:
    assert [neutral(text) for text in ("\tx", "\rx", "\nx")] == ["'\tx", "'\rx", "'\nx"]


@pytest.mark.parametrize("ending", ["\r", "\n", "\r\n"])
def test_a_line_within_a_text_begins_no_cell(ending: str) -> None:
    text = f"a{ending}=1+1"
    assert csv_of({"name": text}) == f'name\n"{text}"\n'


def test_numbers_stay_numbers() -> None:
    row = {"a": -5, "b": Decimal("-12.50"), "c": -0.5}
    assert csv_of(row) == "a,b,c\n-5,-12.50,-0.5\n"
    told = cells(as_xlsx([Sheet("x", ["a", "b", "c"], [row])]))[1]
    assert [(cell.data_type, cell.value) for cell in told] == [("n", -5), ("n", -12.5), ("n", -0.5)]


def test_a_heading_is_neutral_too() -> None:
    assert cells(as_xlsx([Sheet("x", ["=1+1"], [])]))[0][0].value == "'=1+1"
    assert csv_of({"=1+1": 1}).splitlines()[0] == "'=1+1"


def test_a_link_is_a_text() -> None:
    content = as_xlsx([Sheet("x", ["a"], [{"a": "https://example.com"}, {"a": "mailto:a@b.fr"}])])
    assert cells(content)[1][0].hyperlink is None
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert not [name for name in book.namelist() if "rels/sheet" in name]


@given(st.lists(st.fixed_dictionaries({"a": VALUES, "b": VALUES}), max_size=4))
def test_a_workbook_comes_back(rows: list[dict[str, Any]]) -> None:
    found = cells(as_xlsx([Sheet("x", ["a", "b"], rows)]))[1:]
    told = [[_back(cell) for cell in row] for row in found]
    assert told == [[_came(row["a"]), _came(row["b"])] for row in rows]


def _back(cell: Any) -> Any:
    return cell.value.date() if isinstance(cell.value, datetime) else cell.value


def _came(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return neutral(value)


@given(st.lists(st.fixed_dictionaries({"a": VALUES, "b": VALUES}), min_size=1, max_size=4))
def test_csv_comes_back(rows: list[dict[str, Any]]) -> None:
    found = list(csv.DictReader(io.StringIO(csv_of(*rows), newline="")))
    assert [row["a"] for row in found] == [
        "" if row["a"] is None else str(neutral(row["a"])) for row in rows
    ]


def test_what_a_cell_has_no_type_for_is_a_text() -> None:
    at = datetime(2026, 10, 31, 12, tzinfo=UTC)
    row = {"id": UUID(int=1), "at": at, "day": date(1899, 12, 31)}
    told = cells(as_xlsx([Sheet("x", list(row), [row])]))[1]
    assert [cell.value for cell in told] == [str(UUID(int=1)), at.isoformat(), "1899-12-31"]


def test_equal_sheets_are_equal_bytes() -> None:
    sheet = Sheet("x", ["a"], [{"a": 1}])
    assert as_xlsx([sheet]) == as_xlsx([sheet])
