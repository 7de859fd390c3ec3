"""A coach's figures over time as a document: csv for tools, json, and a workbook for people."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from setterbase.errors import UsageError
from setterbase.kpis import catalog, history
from setterbase.kpis.catalog import Kpi

if TYPE_CHECKING:
    import psycopg

    from setterbase.coaches import Coach

Row = dict[str, Any]

WHO = ["coach_id", "coach"]
# Excel's formats; a percent here is 74.1 and not 0.741.
_FORMATS = {
    "percent": '0.0"%"',
    "currency": "#,##0.00",
    "minutes": "#,##0.0",
    "years": "0.0",
    "ratio": "0.00",
    "count": "#,##0",
}


@dataclass(frozen=True)
class Export:
    """What a document holds: the periods of a window, and the window beside the one before.

    `periods` have the columns of public.get_kpi_history, `comparison` those of get_kpi_comparison.
    """

    coach: Coach
    grain: str
    periods: Sequence[Row]
    comparison: Sequence[Row]
    kpis: Sequence[Kpi]

    @property
    def from_date(self) -> date:
        """The first day of the window."""
        first: date = self.periods[0]["period_start"]
        return first

    @property
    def to_date(self) -> date:
        """The last day of the window."""
        last: date = self.periods[-1]["period_end"]
        return last

    @property
    def columns(self) -> list[str]:
        """The columns of `rows`."""
        return [*WHO, *self.periods[0]]

    @property
    def rows(self) -> list[Row]:
        """The periods, each with whose they are."""
        who = {"coach_id": str(self.coach.id), "coach": self.coach.name}
        return [{**who, **period} for period in self.periods]


def export(
    connection: psycopg.Connection[Any],
    coach: Coach,
    *,
    from_date: date | None = None,
    to_date: date | None = None,
    grain: history.Grain = "day",
) -> Export:
    """The figures of the last refresh, under one snapshot. Dates as in `history`."""
    from psycopg import IsolationLevel

    before = connection.isolation_level
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        with connection.transaction():
            kpis = catalog.catalog(connection)
            periods = history.history(
                connection, coach.id, from_date=from_date, to_date=to_date, grain=grain
            )
            comparison = history.comparison(
                connection,
                coach.id,
                from_date=periods[0]["period_start"],
                to_date=periods[-1]["period_end"],
            )
    finally:
        connection.isolation_level = before
    return Export(coach, grain, periods, comparison, kpis)


def as_object(told: Export) -> Row:
    """The document as JSON has it."""
    return {
        "coach_id": told.coach.id,
        "coach": told.coach.name,
        "timezone": told.coach.timezone,
        "currency": told.coach.currency,
        "from_date": told.from_date,
        "to_date": told.to_date,
        "grain": told.grain,
        "periods": told.periods,
        "comparison": told.comparison,
    }


def as_csv(told: Export) -> bytes:
    """One line a period."""
    import io

    from setterbase import spreadsheets

    text = io.StringIO()
    spreadsheets.write_csv(text, told.rows, told.columns)
    return text.getvalue().encode()


def as_xlsx(told: Export, *, lang: str) -> bytes:
    """A workbook of two sheets: the periods, and the window beside the one before."""
    from setterbase import spreadsheets

    kpis = {kpi.code: kpi for kpi in told.kpis}
    compared = [
        {**row, "label": kpis[row["code"]].label(lang), "formula": kpis[row["code"]].formula}
        for row in told.comparison
    ]
    shown = ["label", *history.COMPARISON_COLUMNS, "formula"]
    sheets = [
        spreadsheets.Sheet(
            "Periods",
            told.columns,
            told.rows,
            {code: _FORMATS[kpis[code].unit] for code in told.columns if code in kpis},
        ),
        spreadsheets.Sheet("Comparison", shown, compared, {"change_pct": _FORMATS["percent"]}),
    ]
    return spreadsheets.as_xlsx(sheets)


def is_taken(path: Path, *, example: str) -> bool:
    """Whether a file is there that `write` would replace.

    Raises UsageError for a folder, naming a file in it, and for what cannot be the name of a file.
    """
    with _told(path):
        if path.is_dir():
            raise UsageError(f"{path} is a folder.", hint=f"Name a file: {path / example}.")
        return path.is_file()


def write(path: Path, content: bytes) -> None:
    """Write a file that appears when it is whole; a link stays, and what it points to changes.

    What is no plain file, such as `/dev/stdout` or a named pipe, is written into as it stands.

    Raises UsageError when it cannot be written.
    """
    with _told(path):
        if path.exists() and not path.is_file():
            path.write_bytes(content)
        else:
            # Not resolve(), which raises no OSError where links go round in a circle.
            _replace(Path(os.path.realpath(path)), content)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror}.", hint="Choose another file."
        ) from None


def _replace(path: Path, content: bytes) -> None:
    # Of its own, short name: what is legal for `path` is legal for this one too.
    partial = path.with_name(f".{os.getpid()}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError:
        # A folder that takes no file may refuse this as well; the first reason is the one to tell.
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
