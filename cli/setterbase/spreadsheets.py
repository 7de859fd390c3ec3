"""Rows as CSV and xlsx that a spreadsheet can open without running what a lead has written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TextIO

Row = Mapping[str, Any]

# What begins a formula, in the full-width forms of East Asian input methods too.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
# What spreadsheets take away before they look at the first character, beside Unicode's blanks.
_SKIPPED = "\ufeff\u200b\x00"
# Excel's own limits; it calls a file that exceeds them damaged.
_CELL_CHARACTERS = 32_767
_SHEET_ROWS = 1_048_575


@dataclass(frozen=True)
class Sheet:
    """A page of a workbook; `formats` maps a column to a number format of Excel."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Row]
    formats: Mapping[str, str] = field(default_factory=dict)


def neutral(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets an apostrophe in front.

    Anything else comes back as it is: the number -5 stays a number.
    """
    if not isinstance(value, str):
        return value
    if value.startswith(("\t", "\r", "\n")):
        return "'" + value
    first = value
    while first and (first[0].isspace() or first[0] in _SKIPPED):
        first = first[1:]
    return "'" + value if first.startswith(_FORMULA) else value


def write_csv(file: TextIO, rows: Iterable[Row], columns: Sequence[str]) -> None:
    """Rows as CSV with a header, null as an empty field; a line ends in a line feed alone."""
    # The writer quotes a carriage return only where its own lines end in one. Unquoted, it begins
    # a new line, and what follows it a new cell.
    writer = csv.DictWriter(_Lines(file), fieldnames=list(columns), lineterminator="\r\n")
    writer.writerow({column: neutral(column) for column in columns})
    writer.writerows({column: _field(row[column]) for column in columns} for row in rows)


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """A workbook. Numbers and dates are such; every text is a text and never a formula or a link.

    Equal sheets give equal bytes. Raises ValueError for more rows than a sheet can hold.
    """
    import xlsxwriter

    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    book.set_properties({"created": datetime(2000, 1, 1)})  # so that equal sheets are equal bytes
    days = book.add_format({"num_format": "yyyy-mm-dd"})
    heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    for sheet in sheets:
        if len(sheet.rows) > _SHEET_ROWS:
            raise ValueError(f"a sheet holds {_SHEET_ROWS:,} rows at most")
        page = book.add_worksheet(sheet.name)
        page.freeze_panes(1, 0)
        for column, key in enumerate(sheet.columns):
            values = [row[key] for row in sheet.rows]
            cells = book.add_format({"num_format": sheet.formats.get(key, "General")})
            page.set_column(column, column, _width(key, values))
            page.write_string(0, column, neutral(key), heading)
            for number, value in enumerate(values, start=1):
                _write(page, number, column, value, days if isinstance(value, date) else cells)
    book.close()
    return content.getvalue()


@dataclass(frozen=True)
class _Lines:
    """Takes a row at a time and ends it in a line feed."""

    file: TextIO

    def write(self, row: str) -> int:
        return self.file.write(row.removesuffix("\r\n") + "\n")


def _field(value: Any) -> Any:
    if isinstance(value, date):  # datetime is one
        return value.isoformat()
    return neutral(value)


def _write(page: Any, row: int, column: int, value: Any, cells: Any) -> None:
    match value:
        case None:
            page.write_blank(row, column, None, cells)
        case bool():
            page.write_boolean(row, column, value, cells)
        case int() | float() | Decimal():
            page.write_number(row, column, float(value), cells)
        case date() if isinstance(value, datetime) or value.year < 1900:
            # A cell knows no time zone, and no day before 1900.
            page.write_string(row, column, value.isoformat())
        case date():
            page.write_datetime(row, column, value, cells)
        case _:
            page.write_string(row, column, neutral(str(value))[:_CELL_CHARACTERS], cells)


def _width(title: str, values: Sequence[Any]) -> int:
    """Wide enough for the values, and for the longest word of the title, within reason."""
    words = max(map(len, title.replace("_", "_ ").split()), default=0)
    longest = max((len(str(value)) for value in values if value is not None), default=0)
    return min(max(words, longest, 8) + 2, 60)
